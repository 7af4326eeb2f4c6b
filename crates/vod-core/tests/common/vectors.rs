//! The vectors: what they are, as files.
#![allow(
    clippy::disallowed_methods,
    reason = "tests read their vectors; what the core may not call, they may"
)]

use serde_json::Value;
use std::path::{Path, PathBuf};

/// A folder beside this one's. Other crates of this repository use these files too, from where they are.
pub(crate) fn folder(name: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = own.ancestors().map(|above| above.join("crates/vod-core/tests"));
    tests.map(|tests| tests.join(name)).find(|folder| folder.exists()).unwrap_or_else(|| panic!("no {name}"))
}

/// The known requests, by `id/case`.
pub(crate) fn requests() -> Vec<(String, Value)> {
    json_files("vectors/operations")
}

/// The known answers and refusals, by `id/case`.
pub(crate) fn answers() -> Vec<(String, Value)> {
    json_files("vectors/answers")
}

/// The JSON files of a folder and the folders in it, by `folder/file` without the extension, sorted.
pub(crate) fn json_files(name: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut folders: Vec<_> =
        std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let mut files: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let name = format!(
                "{}/{}",
                folder.file_name().unwrap().to_str().unwrap(),
                file.file_stem().unwrap().to_str().unwrap()
            );
            let text = std::fs::read_to_string(&file).unwrap();
            let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            found.push((name, json));
        }
    }
    assert!(!found.is_empty());
    found
}
