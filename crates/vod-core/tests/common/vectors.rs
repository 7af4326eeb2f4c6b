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

/// The known requests, by `id/case`, sorted.
pub(crate) fn requests() -> Vec<(String, Value)> {
    of_operations("requests")
}

/// The known answers and refusals, by `id/case`, sorted.
pub(crate) fn answers() -> Vec<(String, Value)> {
    of_operations("answers")
}

/// One part of each operation's file.
fn of_operations(part: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (id, file) in files(&folder("vectors/operations")) {
        let Value::Object(mut parts) = file else { panic!("{id}: an object of requests and answers") };
        let Some(Value::Object(cases)) = parts.remove(part) else { panic!("{id}: no {part}") };
        assert!(parts.keys().all(|part| part == "requests" || part == "answers"), "{id}: {:?}", parts.keys());
        found.extend(cases.into_iter().map(|(case, vector)| (format!("{id}/{case}"), vector)));
    }
    assert!(!found.is_empty());
    found
}

/// The JSON files of a folder and the folders in it, by `folder/file` without the extension, sorted.
pub(crate) fn json_files(name: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for folder in sorted(&folder(name)) {
        let name = stem(&folder);
        found.extend(files(&folder).into_iter().map(|(file, json)| (format!("{name}/{file}"), json)));
    }
    assert!(!found.is_empty());
    found
}

/// The JSON files of a folder, by their names without the extension, sorted.
fn files(folder: &Path) -> Vec<(String, Value)> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (stem(&path), json)
    };
    sorted(folder).into_iter().map(read).collect()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    // An operation's id has dots of its own.
    let name = path.file_name().unwrap().to_str().unwrap();
    name.strip_suffix(".json").unwrap_or(name).to_owned()
}
