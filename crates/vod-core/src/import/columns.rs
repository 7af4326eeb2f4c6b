//! The columns of a list by their usual names, in English and Chinese, and where they are in its rows.

use super::row::RowError;
use crate::schema::field::Field;
use crate::schema::input::nearest;
use crate::schema::limits::{Rule, Violation};
use crate::schema::shown::{harmless, is_invisible};
use std::sync::Arc;

/// The names under which people write a field, as [`plain`] makes them.
pub(crate) type Spellings = &'static [(&'static str, &'static [&'static str])];

/// The most names of a header that an error lists.
const LISTED: usize = 12;

/// The fields that a list can have, and the names of their columns.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    fields: &'static [Field],
    spellings: Spellings,
    /// Fields and the plain names of the columns that were chosen for them.
    chosen: Vec<(usize, String)>,
    /// A choice for a field that there is not.
    unknown: Option<String>,
}

impl Columns {
    pub(crate) fn new(fields: &'static [Field], spellings: Spellings, chosen: Vec<(String, String)>) -> Self {
        let mut columns = Self { fields, spellings, chosen: Vec::new(), unknown: None };
        for (field, column) in chosen {
            match fields.iter().position(|known| plain(known.wire) == plain(&field)) {
                Some(field) => columns.chosen.push((field, plain(&column))),
                None => columns.unknown = Some(field),
            }
        }
        columns
    }

    pub(crate) const fn fields(&self) -> &'static [Field] {
        self.fields
    }

    /// A choice that cannot be followed.
    pub(crate) fn fault(&self) -> Option<Violation> {
        let name = self.unknown.as_ref()?;
        let nearest = nearest(name, self.fields.iter().map(|field| field.wire));
        Some(Violation::new(harmless(name), Rule::Known { nearest }, ""))
    }

    /// The field that a column of this name is for.
    pub(crate) fn field(&self, name: &str) -> Option<usize> {
        let name = plain(name);
        if let Some((field, _)) = self.chosen.iter().find(|(_, column)| *column == name) {
            return Some(*field);
        }
        self.fields.iter().enumerate().position(|(at, field)| {
            !self.chosen.iter().any(|(chosen, _)| *chosen == at)
                && (plain(field.wire) == name
                    || self
                        .spellings
                        .iter()
                        .any(|(wire, names)| *wire == field.wire && names.contains(&name.as_str())))
        })
    }

    /// For each field the columns that fit it.
    fn fitting(&self, names: &[String]) -> Vec<Vec<usize>> {
        let mut fitting = vec![Vec::new(); self.fields.len()];
        for (at, name) in names.iter().enumerate() {
            if let Some(field) = self.field(name) {
                fitting[field].push(at);
            }
        }
        fitting
    }

    /// How many fields find a column among these, and whether the first one does.
    pub(crate) fn known(&self, names: &[String]) -> (usize, bool) {
        let fitting = self.fitting(names);
        (fitting.iter().filter(|columns| !columns.is_empty()).count(), !fitting[0].is_empty())
    }

    /// Whether the required fields find their columns.
    fn is_enough(&self, names: &[String]) -> bool {
        self.fitting(names)
            .iter()
            .zip(self.fields)
            .all(|(columns, field)| !field.required || !columns.is_empty())
    }

    /// The violation for two columns or members that fit one field.
    pub(crate) fn question<'n>(&self, field: usize, names: impl Iterator<Item = &'n str>) -> Violation {
        let names: Vec<_> = names.map(harmless).collect();
        Violation::new(self.fields[field].wire, Rule::Column { several: true }, names.join(" and "))
    }
}

/// A column's name without what people write differently: case, white space, invisible characters, `_`, `-`,
/// `*`, full-width forms, what is in brackets behind it, and a colon or comma at the end.
pub(crate) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '【' => '[',
            c => c,
        };
        match c {
            '(' | '[' if !plain.is_empty() => break,
            '_' | '-' | '*' | '"' | '\'' => {}
            c if c.is_whitespace() || is_invisible(c) => {}
            c => plain.extend(c.to_lowercase()),
        }
    }
    plain.truncate(plain.trim_end_matches([':', ',', ';', '、']).len());
    plain
}

/// Where the columns are.
#[derive(Debug)]
pub(crate) struct Header {
    /// For each field, its position in the row.
    pub(crate) places: Vec<Option<usize>>,
    /// The other columns' positions and names.
    pub(crate) others: Vec<(usize, Arc<str>)>,
    /// The cells that each row has.
    pub(crate) width: usize,
    /// How many of them have no name.
    unnamed: usize,
    /// Whether full-width commas are between the names, so that they may be between cells.
    pub(crate) wide_commas: bool,
}

impl Header {
    /// One column alone: the first field's.
    pub(crate) fn of_first(fields: usize) -> Self {
        let mut places = vec![None; fields];
        places[0] = Some(0);
        Self { places, others: Vec::new(), width: 1, unnamed: 0, wide_commas: false }
    }

    /// How many columns have a name.
    pub(crate) fn named(&self) -> usize {
        self.width - self.unnamed
    }

    /// Reads the names, in any order; empty columns at the end do not count.
    pub(crate) fn read(line: u64, mut names: Vec<String>, columns: &Columns) -> Result<Self, RowError> {
        let mut wide_commas = false;
        if !columns.is_enough(&names) && names.iter().any(|name| name.contains('，')) {
            let split: Vec<String> =
                names.iter().flat_map(|name| name.split('，')).map(|name| name.trim().to_owned()).collect();
            if columns.is_enough(&split) {
                (names, wide_commas) = (split, true);
            }
        }
        while names.last().is_some_and(|name| plain(name).is_empty()) {
            names.pop();
        }
        if names.iter().any(|name| name.contains("://")) {
            let rule = Rule::Other("the names of the columns");
            return Err(RowError::one(line, "header", rule, "a row with a URL"));
        }
        let fitting = columns.fitting(&names);
        let lone_url = names.len() == 1 && !fitting[0].is_empty();
        let mut violations: Vec<_> = columns.fault().into_iter().collect();
        let missing: Vec<_> = (columns.fields.iter().zip(&fitting))
            .filter(|(field, columns)| field.required && columns.is_empty() && !lone_url)
            .map(|(field, _)| field.wire)
            .collect();
        let of_none = |at: usize| !fitting.iter().any(|columns| columns.contains(&at));
        for (_, name) in names.iter().enumerate().filter(|(at, _)| of_none(*at)) {
            if let Some(nearest) = nearest(name, missing.iter().copied()) {
                violations.push(Violation::new(harmless(name), Rule::Known { nearest: Some(nearest) }, ""));
            }
        }
        for (at, (field, places)) in columns.fields.iter().zip(&fitting).enumerate() {
            if places.len() > 1 {
                violations.push(columns.question(at, places.iter().map(|place| names[*place].as_str())));
            } else if missing.contains(&field.wire)
                || places.is_empty() && columns.chosen.iter().any(|(chosen, _)| *chosen == at)
            {
                violations.push(missing_from(field.wire, &names));
            }
        }
        if !violations.is_empty() {
            return Err(RowError::new(line, violations));
        }
        let others = names.iter().enumerate().filter(|(at, _)| of_none(*at)).map(|(at, name)| {
            let name =
                if name.is_empty() { format!("column {}", at + 1).into() } else { name.as_str().into() };
            (at, name)
        });
        Ok(Self {
            places: fitting.iter().map(|places| places.first().copied()).collect(),
            others: others.collect(),
            width: names.len(),
            unnamed: names.iter().filter(|name| plain(name).is_empty()).count(),
            wide_commas,
        })
    }
}

/// The violation for a file without a header.
pub(crate) fn no_header(line: u64, columns: &Columns) -> RowError {
    let required = columns.fields.iter().filter(|field| field.required);
    let rule = Rule::Column { several: false };
    RowError::new(line, required.map(|field| Violation::new(field.wire, rule.clone(), "no header")).collect())
}

fn missing_from(field: &str, names: &[String]) -> Violation {
    let mut listed: Vec<_> = names.iter().take(LISTED).map(|name| harmless(name)).collect();
    if names.len() > LISTED {
        listed.push("…".to_owned());
    }
    Violation::new(field, Rule::Column { several: false }, format!("only {}", listed.join(", ")))
}
