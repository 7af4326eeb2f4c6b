//! Output: results to stdout, everything else to stderr.

use crate::exit::Exit;
use crate::failure::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, IsTerminal as _, Write as _};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use vod_core::response::Payload;

/// Writes results and failures as text or JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    json: bool,
}

impl Printer {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether the output is JSON.
    pub(crate) const fn json(self) -> bool {
        self.json
    }

    /// Writes text as separate lines.
    pub(crate) fn text(self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes(), true)
    }

    /// Writes one JSON value on one line.
    pub(crate) fn line(self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(|error| Failure::Unexpected(error.to_string()))?;
        self.text(&text)
    }

    /// Writes a JSON value: on one line with `--json`, otherwise indented.
    pub(crate) fn value(self, value: &Value) -> Result<(), Failure> {
        if self.json { self.line(value) } else { self.text(&format!("{value:#}")) }
    }

    /// Writes an answer's data. A file is written unchanged; with `--json` it is a member of an object.
    pub(crate) fn payload(self, payload: &Payload) -> Result<(), Failure> {
        match payload {
            Payload::Json(value) => self.value(value),
            Payload::File { content_type, bytes } if self.json => {
                let (name, body) = body(bytes);
                self.line(&json!({ "content_type": content_type, name: body }))
            }
            Payload::File { bytes, .. } => self.bytes(bytes, false),
            _ => Err(Failure::Unexpected("an answer of a kind unknown to this version".to_owned())),
        }
    }

    fn bytes(self, bytes: &[u8], line: bool) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = out
            .write_all(bytes)
            .and_then(|()| if line { out.write_all(b"\n") } else { Ok(()) })
            .and_then(|()| out.flush());
        written.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Unexpected(format!("stdout: {error}")),
        })
    }

    /// Reports why a command failed, and returns its exit code.
    pub(crate) fn failure(self, failure: &Failure) -> Exit {
        match failure {
            Failure::OutputClosed => {}
            failure if self.json => note(&failure.to_json().to_string()),
            failure => note(&printable(&format!("error: {}", failure.to_text()))),
        }
        failure.exit()
    }

    /// Prints a warning; the work continues.
    pub(crate) fn warning(self, text: &str) {
        if self.json { self.aside("warning", text) } else { note(&printable(&format!("warning: {text}"))) }
    }

    /// Prints what the command is about to do.
    pub(crate) fn notice(self, text: &str) {
        if self.json { self.aside("notice", text) } else { note(&printable(text)) }
    }

    /// The same, with an extra member for programs.
    pub(crate) fn notice_with(self, text: &str, name: &str, value: &Value) {
        if self.json {
            note(&json!({ "kind": "notice", "message": text, name: value }).to_string());
        } else {
            self.notice(text);
        }
    }

    fn aside(self, kind: &str, text: &str) {
        note(&json!({ "kind": kind, "message": text }).to_string());
    }
}

/// A body with the name of its encoding: as text if it is UTF-8.
pub(crate) fn body(bytes: &[u8]) -> (&'static str, String) {
    match std::str::from_utf8(bytes) {
        Ok(text) => ("body", text.to_owned()),
        Err(_) => ("body_base64", BASE64.encode(bytes)),
    }
}

/// A name made safe for a terminal: control characters, which could move the cursor or change colours, are
/// escaped.
pub(crate) fn shown(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            control if control.is_control() => text.extend(control.escape_default()),
            character => text.push(character),
        }
    }
    text
}

/// Lines made safe for a terminal, as they may contain names.
pub(crate) fn printable(lines: &str) -> String {
    lines.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

/// Prints a line on stderr. If that fails, there is nobody to report it to.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints the log events of our own crates on stderr. Those of other crates are left out, as they may contain
/// URLs with signatures.
pub(crate) fn trace(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let ours = Targets::new().with_targets(
        ["vod", "vod_core", "vod_driver", "vod_import", "vod_async", "vod_emulator"]
            .map(|target| (target, level)),
    );
    let colour =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(colour);
    // Set once, at the start.
    let _ = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        for (name, expected) in
            [("第一课 é.mp4", "第一课 é.mp4"), ("a\u{1b}[2J\r\n\u{9b}", "a\\u{1b}[2J\\r\\n\\u{9b}"), ("", "")]
        {
            assert_eq!(shown(name), expected);
        }
        assert_eq!(printable("a\u{7}\n  b\n"), "a\\u{7}\n  b\n");
    }
}
