//! Rows → orders.

use super::row::Row;
use crate::error::Error;
use crate::operation::Operation;
use crate::polyv::upload::{UploadInfo, UploadUrls};
use crate::schema::limits::{self, Rule, Violation};
use std::ops::RangeInclusive;

/// Rows that are sent in one order.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch {
    /// Its number, from 1.
    pub number: u64,
    /// The manifest's lines from its first row to its last. Bad rows in between are not part of it.
    pub lines: RangeInclusive<u64>,
    /// The order to send.
    pub order: UploadUrls,
}

impl Batch {
    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.order.upload_infos.as_ref().map_or(0, Vec::len) as u64
    }
}

/// The fields that name the videos of an order.
const SOURCES: [&str; 3] = ["fileUrl", "title", "uploadInfos"];

/// Collects rows into orders of the provider's maximum size.
#[derive(Clone, Debug)]
pub struct Batches {
    template: UploadUrls,
    size: usize,
    number: u64,
    lines: Option<RangeInclusive<u64>>,
    infos: Vec<UploadInfo>,
}

impl Batches {
    /// Every batch is `template` with its rows: category, screen recording and watermark apply to all of
    /// them.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the template breaks a limit, or has videos of its own.
    pub fn new(template: UploadUrls) -> Result<Self, Error> {
        let mut found = Vec::new();
        limits::check(UploadUrls::INFO.fields, &template.values(), &mut found);
        // The rows are still to come.
        found.retain(|violation| {
            !SOURCES.iter().any(|wire| violation.path.split(['[', '.']).next() == Some(*wire))
        });
        let rule = Rule::Other("the videos of the manifest alone");
        let values = template.values();
        let given = SOURCES.iter().filter(|wire| values.get(wire).is_some());
        found.extend(given.map(|wire| Violation::new(*wire, rule.clone(), "others in the template")));
        if found.is_empty() {
            Ok(Self { template, size: most(), number: 0, lines: None, infos: Vec::new() })
        } else {
            Err(Error::violations(UploadUrls::INFO.id, found))
        }
    }

    /// Takes a row; returns a batch when it is full.
    pub fn push(&mut self, row: Row) -> Option<Batch> {
        let first = self.lines.as_ref().map_or(row.line, |lines| *lines.start());
        self.lines = Some(first..=row.line);
        if self.infos.is_empty() {
            self.infos.reserve_exact(self.size);
        }
        self.infos.push(row.info);
        if self.infos.len() < self.size { None } else { self.finish() }
    }

    /// The last, incomplete batch, if any.
    pub fn finish(&mut self) -> Option<Batch> {
        let lines = self.lines.take()?;
        self.number += 1;
        let order = self.template.clone().with_upload_infos(std::mem::take(&mut self.infos));
        Some(Batch { number: self.number, lines, order })
    }
}

/// The most videos in an order, from its field table.
fn most() -> usize {
    let rules = UploadUrls::INFO
        .fields
        .iter()
        .filter(|field| field.wire == "uploadInfos")
        .flat_map(|field| field.rules);
    rules
        .filter_map(|rule| if let Rule::MaxItems(most) = rule { Some(*most as usize) } else { None })
        .min()
        .unwrap_or(1)
}
