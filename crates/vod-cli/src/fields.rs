//! An operation's input from the command line.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::{cli, manual};
use clap::Args;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use vod_core::catalog::{self, Entry};

/// An operation and its input.
#[derive(Debug, Args)]
pub(crate) struct Fields {
    /// The operation's id; `vod operations` lists them
    #[arg(value_name = "ID", required_unless_present = "help")]
    id: Option<String>,
    /// A field by its wire name: `name=value`, `name=@file` for a file's text, `name:=json` for JSON; repeat
    /// a name to make a list
    #[arg(value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// A JSON object of fields from FILE, or from stdin with `-`; fields given as arguments win
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Do not check the input against the documented limits, to see the provider's own checks
    #[arg(long)]
    unchecked: bool,
    // Replaces the help flag of all commands, which knows no ids.
    /// Print help; after an ID that of the operation: its fields with limits and values, and its output
    #[arg(short, long)]
    help: bool,
}

impl Fields {
    /// The help, if it was asked for: that of the operation, or without an id that of the command.
    pub(crate) fn help(&self, command: &str, printer: Printer) -> Option<Result<Exit, Failure>> {
        self.help.then(|| {
            match &self.id {
                Some(id) if printer.json() => printer.line(&catalog::describe(entry(id)?.info()))?,
                Some(id) => printer.text(&manual::page(entry(id)?.info(), command))?,
                None => printer.text(&cli::help(command))?,
            }
            Ok(Exit::Done)
        })
    }

    /// The operation.
    pub(crate) fn entry(&self) -> Result<&'static Entry, Failure> {
        // Clap requires an id unless help was asked for.
        entry(self.id.as_deref().unwrap_or_default())
    }

    /// The input, checked against all limits unless `--unchecked`.
    pub(crate) fn read(&self) -> Result<catalog::Input, Failure> {
        let entry = self.entry()?;
        let mut members = match &self.input {
            None => Map::new(),
            Some(path) => match serde_json::from_str(&text(path)?) {
                Ok(Value::Object(members)) => members,
                Ok(_) => return Err(Failure::input("--input", "a JSON object", "other JSON")),
                Err(error) => {
                    return Err(Failure::input("--input", "a JSON object", error.to_string()));
                }
            },
        };
        for (name, value) in named(&self.fields)? {
            members.insert(name, value);
        }
        let members = Value::Object(members);
        Ok(if self.unchecked { entry.input_unchecked(&members)? } else { entry.input(&members)? })
    }
}

/// The operation with this id.
pub(crate) fn entry(id: &str) -> Result<&'static Entry, Failure> {
    catalog::get(id).ok_or_else(|| {
        let hint = catalog::nearest(id).map_or_else(
            || "`vod operations` lists them".to_owned(),
            |nearest| format!("did you mean `{nearest}`?"),
        );
        Failure::Usage(format!("there is no operation `{id}`; {hint}"))
    })
}

/// Reads `name=value` arguments.
pub(crate) fn named(arguments: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut values: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for argument in arguments {
        let malformed = || {
            Failure::Usage(format!(
                "`{}` is not of the form name=value",
                argument.chars().take(60).collect::<String>()
            ))
        };
        let (name, text) = argument.split_once('=').ok_or_else(malformed)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => (
                name,
                serde_json::from_str(text)
                    .map_err(|error| Failure::Usage(format!("`{name}:=` takes JSON: {error}")))?,
            ),
            None => (
                name,
                Value::String(
                    text.strip_prefix('@')
                        .map_or_else(|| Ok(text.to_owned()), |path| one_value(Path::new(path)))?,
                ),
            ),
        };
        if name.is_empty() {
            return Err(malformed());
        }
        values.entry(name).or_default().push(value);
    }
    let one_or_list =
        |mut values: Vec<Value>| if values.len() == 1 { values.remove(0) } else { Value::Array(values) };
    Ok(values.into_iter().map(|(name, values)| (name.to_owned(), one_or_list(values))).collect())
}

/// A file's text without the last line end, which editors add.
fn one_value(path: &Path) -> Result<String, Failure> {
    let mut text = text(path)?;
    if text.ends_with('\n') {
        text.truncate(text.len() - if text.ends_with("\r\n") { 2 } else { 1 });
    }
    Ok(text)
}

/// The text of a file, or of stdin.
fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?)
        .map_err(|_| Failure::input(path.display().to_string(), "UTF-8", "other bytes"))
}

/// The bytes of a file, or of stdin for `-`.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    first_bytes(path, u64::MAX)
}

/// The first `most` bytes.
pub(crate) fn first_bytes(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map(|_| bytes).map_err(|error| Failure::unreadable(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(arguments: &[&str]) -> Result<Value, String> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        named(&arguments).map(Value::Object).map_err(|failure| failure.to_text())
    }

    #[test]
    fn names_and_values() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        io::Write::write_all(&mut file, "第一课\r\n".as_bytes()).unwrap();
        let from_file = format!("title=@{}", file.path().display());
        let table: &[(&[&str], Value)] = &[
            (&[], json!({})),
            (&["page=2", "title=a=b", "tag="], json!({ "page": "2", "title": "a=b", "tag": "" })),
            (
                &["fileUrl=http://a/1", "fileUrl=http://a/2"],
                json!({ "fileUrl": ["http://a/1", "http://a/2"] }),
            ),
            (
                &["uploadInfos:=[{\"title\":\"x\"}]", "n:=1"],
                json!({ "uploadInfos": [{ "title": "x" }], "n": 1 }),
            ),
            (&["DeleteParts.N=a", "at:=\"@x\""], json!({ "DeleteParts.N": "a", "at": "@x" })),
            (&[&from_file], json!({ "title": "第一课" })),
        ];
        for (arguments, expected) in table {
            assert_eq!(read(arguments).as_ref(), Ok(expected), "{arguments:?}");
        }
        for (arguments, expected) in [
            (&["title"][..], "`title` is not of the form name=value"),
            (&["=x"], "`=x` is not of the form name=value"),
            (&[":=1"], "`:=1` is not of the form name=value"),
            (&["n:={"], "`n:=` takes JSON: EOF while parsing an object at line 1 column 1"),
        ] {
            assert_eq!(read(arguments), Err(expected.to_owned()), "{arguments:?}");
        }
        assert!(
            read(&["title=@/no/such/file"])
                .unwrap_err()
                .starts_with("cannot read /no/such/file: no such file")
        );
    }
}
