//! The log of requests.

use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// How many requests are kept; older ones are dropped, but stay in the counts.
const KEPT: usize = 1000;
/// How many bytes of them are kept, roughly.
const BYTES: usize = 32 << 20;
/// How many bytes of one field's value are kept.
const VALUE: usize = 64 * 1024;
/// How many fields of one request are kept: more than any operation has.
const FIELDS: usize = 256;

/// One request and its answer.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Emulated time in Unix milliseconds.
    pub(crate) at: i64,
    pub(crate) operation: Option<&'static str>,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) fields: Value,
    pub(crate) status: u16,
    pub(crate) code: i64,
    pub(crate) fault: Option<&'static str>,
    pub(crate) explain: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Each with its size.
    entries: VecDeque<(Entry, usize)>,
    /// The sum of the sizes.
    bytes: usize,
    counts: BTreeMap<&'static str, u64>,
}

impl Log {
    pub(crate) fn add(&mut self, mut entry: Entry) {
        *self.counts.entry(entry.operation.unwrap_or("unknown")).or_default() += 1;
        shorten(&mut entry.fields);
        entry.explain = entry.explain.map(cut);
        let size = entry.size();
        self.entries.push_back((entry, size));
        self.bytes += size;
        while self.entries.len() > KEPT || self.bytes > BYTES && self.entries.len() > 1 {
            self.bytes -= self.entries.pop_front().map_or(0, |(_, size)| size);
        }
    }

    pub(crate) fn counts(&self) -> Value {
        json!(self.counts)
    }

    /// All requests so far, including those no longer kept.
    pub(crate) fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    pub(crate) fn entries_json(&self) -> Value {
        self.entries.iter().map(|(entry, _)| shown(entry)).collect()
    }

    pub(crate) fn last_json(&self) -> Value {
        self.entries.back().map_or(Value::Null, |(entry, _)| shown(entry))
    }
}

impl Entry {
    /// About how many bytes it takes.
    fn size(&self) -> usize {
        let fields = self.fields.as_object().map_or(0, |fields| {
            // A list or an object is at most this long as a text.
            let value = |value: &Value| value.as_str().map_or(VALUE, str::len);
            fields.iter().map(|(name, sent)| name.len() + value(sent)).sum()
        });
        size_of::<Self>() + self.path.len() + self.explain.as_ref().map_or(0, String::len) + fields
    }
}

fn shown(entry: &Entry) -> Value {
    let Entry { at, operation, method, path, fields, status, code, fault, explain } = entry;
    json!({
        "at": at, "operation": operation, "method": method, "path": path, "fields": fields,
        "status": status, "code": code, "fault": fault, "explain": explain,
    })
}

/// Limits the memory of the log, not what the operations see.
fn shorten(fields: &mut Value) {
    let Value::Object(members) = fields else {
        return;
    };
    let count = members.len();
    if count > FIELDS {
        *members = std::mem::take(members).into_iter().take(FIELDS).collect();
        members.insert("…".to_owned(), json!(format!("{count} fields in all")));
    }
    for value in members.values_mut() {
        match value {
            Value::String(text) => *text = cut(std::mem::take(text)),
            // A list or an object that is too long is kept as the start of its text.
            Value::Array(_) | Value::Object(_) => {
                let text = value.to_string();
                if text.len() > VALUE {
                    *value = Value::String(cut(text));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn cut(mut text: String) -> String {
    let total = text.len();
    if total > VALUE {
        text.truncate(text.floor_char_boundary(VALUE));
        text.shrink_to_fit();
        text.push_str(&format!("… ({total} bytes in all)"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: i64, value: &str) -> Entry {
        Entry {
            at,
            operation: Some("polyv.video.get"),
            method: "GET".to_owned(),
            path: "/".to_owned(),
            fields: json!({ "vid": value }),
            status: 200,
            code: 200,
            fault: None,
            explain: None,
        }
    }

    #[test]
    fn it_is_bounded_and_counts_all() {
        let mut log = Log::default();
        for at in 0..1500 {
            log.add(entry(at, "v"));
        }
        let entries = log.entries_json();
        assert_eq!(entries.as_array().unwrap().len(), KEPT);
        assert_eq!(entries[0]["at"], 500);
        assert_eq!(log.counts(), json!({ "polyv.video.get": 1500 }));
    }

    #[test]
    fn large_requests_push_out_older_ones() {
        let mut log = Log::default();
        let large = "x".repeat(VALUE);
        for at in 0..KEPT as i64 {
            log.add(entry(at, &large));
        }
        let kept = log.entries_json().as_array().unwrap().len();
        assert!((400..=BYTES / VALUE).contains(&kept), "{kept}");
        assert_eq!((log.last_json()["at"].as_i64(), log.total()), (Some(KEPT as i64 - 1), KEPT as u64));
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        let mut log = Log::default();
        log.add(entry(0, &"片".repeat(40_000)));
        let kept = log.entries_json()[0]["fields"]["vid"].as_str().unwrap().to_owned();
        assert!(kept.len() < VALUE + 40 && kept.ends_with("(120000 bytes in all)"));
    }

    #[test]
    fn the_log_is_bounded_for_any_request() {
        let mut log = Log::default();
        let mut many = entry(0, "v");
        many.fields =
            (0..100_000).map(|n| (format!("f{n:06}"), json!("v"))).collect::<serde_json::Map<_, _>>().into();
        many.explain = Some("&".repeat(1 << 20));
        log.add(many);
        let mut deep = entry(0, "v");
        deep.fields = json!({ "Tasks": vec![7; 100_000] });
        log.add(deep);
        let kept = log.entries_json();
        assert_eq!(kept[0]["fields"].as_object().unwrap().len(), FIELDS + 1);
        assert_eq!(kept[0]["fields"]["…"], "100000 fields in all");
        assert!(kept[1]["fields"]["Tasks"].as_str().unwrap().ends_with("(200001 bytes in all)"));
        assert!(kept.to_string().len() < 3 * VALUE);
    }
}
