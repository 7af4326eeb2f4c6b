//! Files sent in forms, kept so that the URLs in answers work.

use crate::model::Model;
use bytes::Bytes;
use std::collections::BTreeMap;

/// The most bytes kept; beyond it the oldest files are dropped.
const KEPT: usize = 256 << 20;

#[derive(Debug, Default)]
pub(crate) struct Store {
    files: BTreeMap<u64, (String, Bytes)>,
    next: u64,
    total: usize,
}

impl Store {
    fn add(&mut self, content_type: String, bytes: Bytes) -> u64 {
        let number = self.next;
        self.next += 1;
        self.total += bytes.len();
        self.files.insert(number, (content_type, bytes));
        while self.total > KEPT
            && let Some((_, (_, oldest))) = self.files.pop_first()
        {
            self.total -= oldest.len();
        }
        number
    }
}

impl Model {
    /// Keeps a file and returns its URL.
    pub(super) fn keep_file(&mut self, content_type: &str, extension: &str, bytes: Bytes) -> String {
        let number = self.polyv.files.add(content_type.to_owned(), bytes);
        format!("{}_emulator/files/{number}.{extension}", self.config.base_url.as_str())
    }

    /// Type and bytes of a kept file, by the last segment of its URL.
    pub(crate) fn kept_file(&self, name: &str) -> Option<(&str, Bytes)> {
        let (number, _) = name.split_once('.')?;
        let (content_type, bytes) = self.polyv.files.files.get(&number.parse().ok()?)?;
        Some((content_type, bytes.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::Bench;

    #[test]
    fn a_file_is_found_by_its_url() {
        let mut bench = Bench::new();
        let url = bench.model.keep_file("image/png", "png", Bytes::from_static(b"png"));
        assert_eq!(url, "http://127.0.0.1:9/_emulator/files/0.png");
        assert_eq!(bench.model.kept_file("0.png"), Some(("image/png", Bytes::from_static(b"png"))));
        for name in ["1.png", "0", "x.png", ""] {
            assert_eq!(bench.model.kept_file(name), None);
        }
    }

    #[test]
    fn the_oldest_files_go_first() {
        let mut store = Store::default();
        let large = Bytes::from(vec![0; KEPT / 2]);
        let numbers: Vec<u64> = (0..3).map(|_| store.add(String::new(), large.clone())).collect();
        assert_eq!(numbers, [0, 1, 2]);
        assert_eq!(store.files.keys().copied().collect::<Vec<_>>(), [1, 2]);
    }
}
