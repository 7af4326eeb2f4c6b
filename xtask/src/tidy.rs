//! Checks that no compiler makes.

use crate::{Outcome, root, words};
use std::fs;
use std::path::{Path, PathBuf};

/// A file longer than this cannot be read in one sitting.
const LONGEST: usize = 700;

/// Where nothing is known of the command: bindings and services use these too.
const LIBRARIES: [&str; 2] = ["crates/vod-core/src/", "crates/vod-emulator/src/"];

pub(crate) fn run() -> Outcome {
    let mut sources = Vec::new();
    for folder in ["crates", "xtask", "tests"] {
        files(&root().join(folder), "rs", &mut sources).map_err(|error| format!("{folder}: {error}"))?;
    }
    sources.sort();
    let mut faults = Vec::new();
    let mut declared = Vec::new();
    let mut listed = Vec::new();
    for path in &sources {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let shown = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        let lines = text.lines().count();
        if lines > LONGEST {
            faults.push(format!("{shown}: {lines} lines, at most {LONGEST}"));
        }
        // Inputs of compile-fail tests are read by their message, not by their docs.
        if !shown.contains("/ui/") && !text.starts_with("//!") {
            faults.push(format!("{shown}: a file must begin with its subject (`//!`)"));
        }
        for (number, line) in text.lines().enumerate() {
            if open_mark(line) {
                faults.push(format!("{shown}:{}: an open mark", number + 1));
            }
            if line.ends_with(' ') {
                faults.push(format!("{shown}:{}: trailing white space", number + 1));
            }
        }
        if LIBRARIES.iter().any(|folder| shown.starts_with(folder)) {
            for (number, line) in text.lines().enumerate() {
                if let Some(word) = word_of_the_command(line) {
                    faults.push(format!("{shown}:{}: `{word}` is a word of the command", number + 1));
                }
            }
        }
        faults.extend(words::in_rust(&text).into_iter().map(|habit| format!("{shown}:{habit}")));
        if shown.starts_with("crates/vod-core/src/") {
            declared.extend(operations_in(&text));
            listed.extend(listed_in(&text));
        }
    }
    // An operation that is in no list is missing from the catalogue.
    for name in &declared {
        // Two areas may each have an operation with this name.
        let times = |names: &[String]| names.iter().filter(|other| *other == name).count();
        if times(&listed) != times(&declared) {
            faults.push(format!(
                "the operation {name} is declared {} times, but is {} times in a list of operations",
                times(&declared),
                times(&listed)
            ));
        }
    }
    if declared.is_empty() {
        faults.push("no operation was found: is the search wrong?".to_owned());
    }
    readme(&mut faults)?;
    pages(&mut faults)?;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// The names of the structs that derive `Operation`.
fn operations_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut derives = false;
    for line in text.lines() {
        if line.starts_with("#[derive(") {
            derives = line.contains("Operation");
        } else if let Some(rest) = line.strip_prefix("pub struct ") {
            if derives {
                names.push(rest.chars().take_while(|c| c.is_alphanumeric()).collect());
            }
            derives = false;
        }
    }
    names
}

/// The names of the operations in lists: `Entry::of::<area::Name>()`.
fn listed_in(text: &str) -> Vec<String> {
    let entries = text.split("Entry::of::<").skip(1).filter_map(|rest| rest.split_once(">()"));
    entries.map(|(path, _)| path.rsplit("::").next().unwrap_or(path).to_owned()).collect()
}

/// A mark of unfinished work. Spelt in two halves, so that this file does not contain it.
fn open_mark(line: &str) -> bool {
    [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("#[ign", "ore"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
    ]
    .iter()
    .any(|mark| line.contains(mark))
}

/// A flag (`--` and a word of small letters) or the name of a setting in the environment.
fn word_of_the_command(line: &str) -> Option<&str> {
    let word = |start: usize, is_part: fn(char) -> bool| {
        let rest = &line[start..];
        &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())]
    };
    let before = |start: usize| line[..start].chars().next_back();
    let flags = line.match_indices("--").map(|(start, _)| start).filter(|start| {
        let letters = line[start + 2..].chars().take_while(char::is_ascii_lowercase).count();
        letters >= 2 && before(*start).is_none_or(|c| !c.is_alphanumeric() && c != '-')
    });
    let mut flags = flags.map(|start| word(start, |c| c == '-' || c.is_ascii_lowercase()));
    let mut settings = line
        .match_indices(concat!("VO", "D_"))
        .map(|(start, _)| start)
        .filter(|start| before(*start).is_none_or(|c| !c.is_alphanumeric()));
    let setting = settings.next().map(|start| word(start, |c| c == '_' || c.is_ascii_alphanumeric()));
    flags.next().or(setting)
}

/// The README has the commands that CI runs.
fn readme(faults: &mut Vec<String>) -> Outcome {
    let text = fs::read_to_string(root().join("README.md")).map_err(|error| format!("README.md: {error}"))?;
    for command in ["cargo test --workspace", "cargo run --release -p vod-cli -- demo"] {
        if !text.lines().any(|line| line.trim().trim_start_matches("$ ").starts_with(command)) {
            faults.push(format!("README.md does not have the command `{command}`"));
        }
    }
    Ok(())
}

/// The words of all Markdown pages.
fn pages(faults: &mut Vec<String>) -> Outcome {
    let mut pages = Vec::new();
    files(root().as_path(), "md", &mut pages).map_err(|error| error.to_string())?;
    pages.sort();
    for path in &pages {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let shown = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        faults.extend(words::in_markdown(&text).into_iter().map(|habit| format!("{shown}:{habit}")));
    }
    Ok(())
}

/// The files below a folder with this extension. Hidden folders and build directories are skipped.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name != "target" && !name.starts_with('.') {
                files(&path, extension, found)?;
            }
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::word_of_the_command;

    #[test]
    fn words_of_the_command() {
        for (line, word) in [
            ("read it with `--encoding gbk`", Some("--encoding")),
            ("--dry-run", Some("--dry-run")),
            (concat!("set VO", "D_POLYV_USER_ID first"), Some(concat!("VO", "D_POLYV_USER_ID"))),
            ("// ---- lines", None),
            ("a -- b, --b-1, --EDGE", None),
            ("QVOD, well--known", None),
        ] {
            assert_eq!(word_of_the_command(line), word, "{line}");
        }
    }
}
