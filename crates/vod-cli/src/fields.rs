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
    /// A field by its name on the wire: `name=value`, `name=@file` for a file's text, `name:=json` for JSON;
    /// a name given more than once makes a list
    #[arg(value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// A JSON object of fields from FILE, or from stdin with `-`; fields that are named beside it win
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Do not hold the input against the documented limits: the provider's own checks are to answer
    #[arg(long)]
    unchecked: bool,
    // Instead of the flag that every command has: that one knows no ids.
    /// Print help; behind an ID that of the operation: its fields with their limits and values, and what
    /// comes back
    #[arg(short, long)]
    help: bool,
}

impl Fields {
    /// The help, where it is asked for instead of the command's work: that of the operation, or without one
    /// that of the command.
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
        // Without an id the arguments are not accepted, unless for the help.
        entry(self.id.as_deref().unwrap_or_default())
    }

    /// The input, held against all limits unless that was not wanted.
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

/// The operation of this id.
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

/// A file's text without the end of its last line, which editors add.
fn one_value(path: &Path) -> Result<String, Failure> {
    let mut text = text(path)?;
    if text.ends_with('\n') {
        text.truncate(text.len() - if text.ends_with("\r\n") { 2 } else { 1 });
    }
    Ok(text)
}

/// A file's text, or that of stdin.
fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?)
        .map_err(|_| Failure::input(path.display().to_string(), "UTF-8", "other bytes"))
}

/// A file's bytes, or those of stdin where it is `-`.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    first_bytes(path, u64::MAX)
}

/// The first so many of them.
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
