//! The tables of structs with `#[answer(flatten)]` fields, joined while compiling: everything that reads a
//! table sees the members as they stand on the wire.

use crate::schema::field::{Field, Kind, Layout, Place};

/// What one field of a struct adds to its table.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the derive fills every member; nobody else builds one")]
pub struct Part {
    /// The fields: one of the struct's own, or all of the flattened struct.
    pub fields: &'static [Field],
    /// Where a prefix goes in each wire name, in bytes; at the beginning where the list is shorter.
    pub prefix_at: &'static [usize],
    /// The prefix; empty where names stay as they are.
    pub prefix: &'static str,
    /// With a prefix: what is put behind each field's docs, since the same fields come with other prefixes
    /// too.
    pub doc: &'static str,
}

impl Part {
    const fn prefix_at(&self, index: usize) -> usize {
        if index < self.prefix_at.len() { self.prefix_at[index] } else { 0 }
    }
}

const EMPTY: Field = Field {
    name: "",
    wire: "",
    aliases: &[],
    place: Place::Body,
    layout: Layout::Plain,
    kind: Kind::Nothing,
    required: false,
    may_be_blank: true,
    rules: &[],
    doc: "",
};

/// How many fields the parts have together.
#[must_use]
pub const fn count(parts: &[Part]) -> usize {
    let (mut part, mut count) = (0, 0);
    while part < parts.len() {
        count += parts[part].fields.len();
        part += 1;
    }
    count
}

/// How many bytes [`text`] has.
#[must_use]
pub const fn text_len(parts: &[Part]) -> usize {
    let (mut part, mut len) = (0, 0);
    while part < parts.len() {
        let Part { fields, prefix, doc, .. } = parts[part];
        let mut index = 0;
        while index < fields.len() && !prefix.is_empty() {
            len += fields[index].wire.len() + prefix.len() + fields[index].doc.len() + 1 + doc.len();
            index += 1;
        }
        part += 1;
    }
    len
}

/// The wire names and docs of all fields with a prefix, one behind the other.
#[must_use]
pub const fn text<const LEN: usize>(parts: &[Part]) -> [u8; LEN] {
    let mut text = [0; LEN];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let Part { fields, prefix, doc, .. } = parts[part];
        let mut index = 0;
        while index < fields.len() && !prefix.is_empty() {
            let (wire, split) = (fields[index].wire.as_bytes(), parts[part].prefix_at(index));
            let start = at;
            at = append(&mut text, at, wire.split_at(split).0);
            let prefix_start = at;
            at = append(&mut text, at, prefix.as_bytes());
            let rest_start = at;
            at = append(&mut text, at, wire.split_at(split).1);
            if prefix_start > start {
                text[prefix_start] = text[prefix_start].to_ascii_uppercase();
            }
            text[rest_start] = text[rest_start].to_ascii_uppercase();
            at = append(&mut text, at, fields[index].doc.as_bytes());
            at = append(&mut text, at, b" ");
            at = append(&mut text, at, doc.as_bytes());
            index += 1;
        }
        part += 1;
    }
    text
}

const fn append(text: &mut [u8], at: usize, more: &[u8]) -> usize {
    let mut index = 0;
    while index < more.len() {
        text[at + index] = more[index];
        index += 1;
    }
    at + index
}

/// The fields of all parts, those with a prefix under the names of `text`.
///
/// # Panics
/// Where two fields have the same name on the wire, and where one with aliases would get a prefix.
#[must_use]
pub const fn fields<const COUNT: usize>(parts: &[Part], text: &'static [u8]) -> [Field; COUNT] {
    let mut all = [EMPTY; COUNT];
    let (mut part, mut at, mut rest) = (0, 0, text);
    while part < parts.len() {
        let Part { fields, prefix, doc, .. } = parts[part];
        let mut index = 0;
        while index < fields.len() {
            let mut field = fields[index];
            if !prefix.is_empty() {
                assert!(field.aliases.is_empty(), "a field with an alias cannot get a prefix");
                (field.wire, rest) = cut(rest, field.wire.len() + prefix.len());
                (field.doc, rest) = cut(rest, field.doc.len() + 1 + doc.len());
            }
            let mut before = 0;
            while before < at {
                assert!(
                    !same(all[before].wire, field.wire),
                    "two fields of an answer have the same name on the wire"
                );
                before += 1;
            }
            all[at] = field;
            at += 1;
            index += 1;
        }
        part += 1;
    }
    all
}

const fn cut(text: &'static [u8], len: usize) -> (&'static str, &'static [u8]) {
    let (cut, rest) = text.split_at(len);
    match std::str::from_utf8(cut) {
        Ok(cut) => (cut, rest),
        Err(_) => panic!("a prefix is put between characters"),
    }
}

const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// Where a further prefix goes in each field's wire name.
#[must_use]
pub const fn prefix_at<const COUNT: usize>(parts: &[Part]) -> [usize; COUNT] {
    let mut all = [0; COUNT];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].fields.len() {
            all[at] = parts[part].prefix_at(index);
            at += 1;
            index += 1;
        }
        part += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Answer;
    use crate::answer::{FromAnswer, FromMembers, Json, Node};

    /// Inner.
    #[derive(Debug, Answer)]
    struct Watched {
        /// Plays.
        #[answer(wire = "videoView")]
        plays: Option<u64>,
        /// Shown.
        #[answer(wire = "formatPlayDuration", prefix_after = "format")]
        time: Option<String>,
    }

    /// Between.
    #[derive(Debug, Answer)]
    struct Both {
        /// Plain.
        #[answer(flatten)]
        all: Watched,
        /// On computers.
        #[answer(flatten, prefix = "pc")]
        pc: Watched,
    }

    /// Outer.
    #[derive(Debug, Answer)]
    struct Row {
        /// The day.
        day: String,
        /// Both.
        #[answer(flatten)]
        both: Both,
        /// The hour.
        #[answer(alias = "Hour")]
        hour: i64,
        /// Last year.
        #[answer(flatten, prefix = "old")]
        old: Watched,
    }

    #[test]
    fn tables_are_joined() {
        let table: Vec<_> = Row::FIELDS.iter().map(|field| (field.name, field.wire, field.doc)).collect();
        let expected = [
            ("day", "day", "The day."),
            ("plays", "videoView", "Plays."),
            ("time", "formatPlayDuration", "Shown."),
            ("plays", "pcVideoView", "Plays. On computers."),
            ("time", "formatPcPlayDuration", "Shown. On computers."),
            ("hour", "hour", "The hour."),
            ("plays", "oldVideoView", "Plays. Last year."),
            ("time", "formatOldPlayDuration", "Shown. Last year."),
        ];
        assert_eq!(table, expected);
    }

    #[test]
    fn members_are_read_from_the_same_object() {
        let read = |text: &str| Row::from_answer(&Node::root(&Json::parse(text).unwrap()));
        let row = read(
            r#"[{"day":"a","videoView":"1","pcVideoView":2,"formatPcPlayDuration":"x","Hour":4,"oldVideoView":5}]"#,
        )
        .unwrap();
        assert_eq!(
            (row.day.as_str(), row.both.all.plays, row.both.pc.plays, row.hour, row.old.plays),
            ("a", Some(1), Some(2), 4, Some(5))
        );
        assert_eq!((row.both.all.time, row.both.pc.time.as_deref(), row.old.time), (None, Some("x"), None));
        let error = read(r#"{"day":"a","hour":1,"pcVideoView":"many"}"#).unwrap_err();
        assert_eq!(error.path(), "pcVideoView");
    }

    #[test]
    #[should_panic(expected = "the same name on the wire")]
    fn one_name_twice() {
        let part = Part { fields: Watched::FIELDS, prefix_at: &[], prefix: "", doc: "" };
        let _ = fields::<4>(&[part, part], b"");
    }

    #[test]
    #[should_panic(expected = "an alias cannot get a prefix")]
    fn an_alias_with_a_prefix() {
        let fields_of = &Row::FIELDS[5..6];
        let _ = fields::<1>(&[Part { fields: fields_of, prefix_at: &[], prefix: "pc", doc: "" }], b"");
    }
}
