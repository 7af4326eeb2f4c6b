//! A call as its operation sees it: validated fields, files, and pages of lists.

use super::envelope::Refusal;
use crate::model::multipart::FilePart;
use crate::model::route::Route;
use crate::model::wire::Fields;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// An authenticated call.
pub(crate) struct Call<'a> {
    pub(crate) now: i64,
    /// The address of the client.
    pub(crate) peer: IpAddr,
    pub(crate) route: &'static Route,
    /// Decoded variable segments of the path, in its order.
    pub(crate) captures: &'a [Cow<'a, str>],
    /// Fields of the query and of the form.
    pub(crate) fields: &'a Fields,
    /// Files of the form.
    pub(crate) files: &'a [FilePart],
    pub(crate) strict: bool,
}

impl Call<'_> {
    /// A variable segment of the path, by its name in the route; empty if the route has no such segment.
    pub(crate) fn capture(&self, name: &str) -> &str {
        self.route.capture_index(name).and_then(|index| self.captures.get(index)).map_or("", AsRef::as_ref)
    }

    /// The file of this field, if sent.
    pub(crate) fn file(&self, field: &str) -> Option<&FilePart> {
        self.files.iter().find(|file| file.field == field)
    }

    /// A field that must be sent.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.fields.get(name).ok_or_else(|| Refusal::new(format!("{name} can not be empty.")))
    }

    /// A text of at most `limit` characters, if sent.
    pub(crate) fn text(&self, name: &str, limit: usize) -> Result<Option<&str>, Refusal> {
        let text = self.fields.get(name);
        let characters = text.map_or(0, |text| text.chars().count());
        if characters > limit {
            return Err(Refusal::new(format!("{name}: {characters} characters, at most {limit}")));
        }
        Ok(text)
    }

    /// The items of a comma-separated list that must be sent: at most `limit`, none of them empty.
    pub(crate) fn list(&self, name: &str, limit: usize) -> Result<Vec<&str>, Refusal> {
        let items: Vec<&str> = self.required(name)?.split(',').map(str::trim).collect();
        if let Some(index) = items.iter().position(|item| item.is_empty()) {
            return Err(Refusal::new(format!("{name}[{index}]: empty")));
        }
        if items.len() > limit {
            return Err(Refusal::new(format!("{name}: {} items, at most {limit}", items.len())));
        }
        Ok(items)
    }

    /// Video ids, separated by commas. Their form is checked, not their existence.
    pub(crate) fn vids(&self, name: &str, limit: usize) -> Result<Vec<&str>, Refusal> {
        let vids = self.list(name, limit)?;
        match vids.iter().find(|vid| !is_vid(vid)) {
            Some(vid) => Err(Refusal::new(format!("{name}: `{vid}` is not a video id"))),
            None => Ok(vids),
        }
    }

    /// Numbers, separated by commas, each within a range.
    pub(crate) fn numbers(
        &self,
        name: &str,
        limit: usize,
        range: RangeInclusive<i64>,
    ) -> Result<Vec<i64>, Refusal> {
        self.list(name, limit)?.into_iter().map(|text| number(name, text, range.clone())).collect()
    }

    /// A number within a range, or the default when it is not sent.
    pub(crate) fn number(
        &self,
        name: &str,
        range: RangeInclusive<i64>,
        default: i64,
    ) -> Result<i64, Refusal> {
        self.fields.get(name).map_or(Ok(default), |text| number(name, text, range))
    }

    /// One of a few values, if sent.
    pub(crate) fn choice(
        &self,
        name: &str,
        values: &[&'static str],
    ) -> Result<Option<&'static str>, Refusal> {
        let Some(text) = self.fields.get(name) else {
            return Ok(None);
        };
        let found = values.iter().copied().find(|value| *value == text);
        found
            .map(Some)
            .ok_or_else(|| Refusal::new(format!("{name}: `{text}` is none of {}", values.join(", "))))
    }

    /// `true` or `false`, if sent.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        Ok(self.choice(name, &["true", "false"])?.map(|text| text == "true"))
    }

    /// `Y` or `N`, if sent.
    pub(crate) fn letter(&self, name: &str) -> Result<Option<bool>, Refusal> {
        Ok(self.choice(name, &["Y", "N"])?.map(|text| text == "Y"))
    }

    /// `1` or `0`, if sent.
    pub(crate) fn bit(&self, name: &str) -> Result<Option<bool>, Refusal> {
        Ok(self.choice(name, &["1", "0"])?.map(|text| text == "1"))
    }

    /// The old calls can answer XML or JSONP, which the emulator does not: it refuses instead of answering in
    /// another format.
    pub(crate) fn json_only(&self) -> Result<(), Refusal> {
        if self.choice("format", &["json", "xml"])? == Some("xml") || self.fields.get("jsonp").is_some() {
            return Err(Refusal::new("format, jsonp: the emulator answers plain JSON only"));
        }
        Ok(())
    }
}

fn number(name: &str, text: &str, range: RangeInclusive<i64>) -> Result<i64, Refusal> {
    let number =
        text.parse::<i64>().map_err(|_| Refusal::new(format!("{name}: `{text}` is not a whole number")))?;
    if range.contains(&number) {
        return Ok(number);
    }
    Err(Refusal::new(match range.into_inner() {
        (low, i64::MAX) => format!("{name}: {number}, at least {low}"),
        (low, high) => format!("{name}: {number}, at least {low} and at most {high}"),
    }))
}

/// 32 hex digits, an underscore, and one more.
pub(crate) fn is_vid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 34
        && bytes[32] == b'_'
        && bytes.iter().enumerate().all(|(index, b)| index == 32 || b.is_ascii_hexdigit())
}

/// One page of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// From 1.
    pub(crate) number: i64,
    /// Items of a page.
    pub(crate) size: i64,
}

impl Page {
    /// `page` and `pageSize`, 10 by default and at most 1000.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Refusal> {
        Self::of_names(call, "page", "pageSize", 10, 1000)
    }

    /// The page asked for by fields of these names.
    pub(crate) fn of_names(
        call: &Call<'_>,
        number: &str,
        size: &str,
        default: i64,
        max: i64,
    ) -> Result<Self, Refusal> {
        let number = call.number(number, 1..=i64::MAX, 1)?;
        // The provider's SDK allows 0 without documentation; here it means the default.
        let size = match call.number(size, 0..=max, 0)? {
            0 => default,
            size => size,
        };
        Ok(Self { number, size })
    }

    pub(crate) fn offset(self) -> usize {
        usize::try_from((self.number - 1).saturating_mul(self.size)).unwrap_or(usize::MAX)
    }

    pub(crate) fn pages(self, total: usize) -> i64 {
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        total / self.size + i64::from(total % self.size != 0)
    }

    pub(crate) fn of_items<T>(self, items: impl Iterator<Item = T>) -> Vec<T> {
        items.skip(self.offset()).take(usize::try_from(self.size).unwrap_or(usize::MAX)).collect()
    }

    /// The object that most lists answer: the page's items as records, and the counts.
    pub(crate) fn json<T>(
        self,
        items: impl ExactSizeIterator<Item = T>,
        record: impl FnMut(T) -> Value,
    ) -> Value {
        let total = items.len();
        let contents: Value = self.of_items(items).into_iter().map(record).collect();
        json!({
            "pageSize": self.size, "pageNumber": self.number, "totalItems": total, "totalPages": self.pages(total), "contents": contents,
        })
    }

    /// The object that some lists answer: it has the page's position among all, but not the page's size.
    pub(crate) fn placed_json<T>(
        self,
        items: impl ExactSizeIterator<Item = T>,
        record: impl FnMut(T) -> Value,
    ) -> Value {
        let total = items.len();
        let contents: Vec<Value> = self.of_items(items).into_iter().map(record).collect();
        let (rows, offset, pages) = (contents.len(), self.offset(), self.pages(total).max(1));
        let row = |at: usize| if rows == 0 { 0 } else { offset + at };
        json!({
            "pageNumber": self.number,
            "totalItems": total,
            "totalPages": pages,
            "firstPage": self.number == 1,
            "lastPage": self.number >= pages,
            // At both ends they stay the same, as in the reference's sample.
            "nextPageNumber": self.number.saturating_add(1).min(pages),
            "prePageNumber": (self.number - 1).max(1),
            "startRow": row(1),
            "endRow": row(rows),
            "limit": rows,
            "offset": offset,
            "contents": contents,
        })
    }
}
