//! The outcome of each file: lines during the run, and a report at the end.

use super::checkpoints::word;
use super::files::identity;
use super::send::Ended;
use crate::failure::{Failure, error_text};
use crate::output::{Printer, printable, shown};
use crate::progress::Bars;
use indicatif::HumanBytes;
use serde_json::{Value, json};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use vod_core::Error;
use vod_core::error::FaultKind;
use vod_core::limits::Rule;
use vod_core::operation::Provider;
use vod_core::upload::Stage;

impl Ended {
    /// One word for the outcome.
    fn outcome(&self) -> &'static str {
        match &self.result {
            Ok(uploaded) if uploaded.already => "already",
            Ok(_) => "uploaded",
            Err(error) => word_of(error),
        }
    }

    fn line(&self, provider: Provider) -> Value {
        json!({
            "file": self.path.to_string_lossy(),
            "provider": provider.name(),
            "id": self.id,
            "play_url": self.result.as_ref().ok().and_then(|uploaded| uploaded.play_url.as_ref()),
            "bytes": self.bytes,
            "seconds": self.seconds,
            "outcome": self.outcome(),
        })
    }

    /// Prints the outcome.
    pub(super) fn print(&self, provider: Provider, printer: Printer, bars: &Bars) -> Result<(), Failure> {
        match &self.result {
            Err(_) => self.tell(provider, printer, bars),
            Ok(uploaded) if !printer.json() => {
                let plays =
                    uploaded.play_url.as_deref().map_or_else(String::new, |url| format!(", plays at {url}"));
                let how = if uploaded.already { "was uploaded already, as" } else { "uploaded as" };
                return bars.apart(|| {
                    printer.text(&format!(
                        "{}: {how} {}{plays}",
                        shown(&self.path.to_string_lossy()),
                        uploaded.id
                    ))
                });
            }
            Ok(_) => {}
        }
        if printer.json() { bars.apart(|| printer.line(&self.line(provider))) } else { Ok(()) }
    }

    /// Reports on stderr why the file was not uploaded. Files that were not started are counted at the end,
    /// but programs get a line for each after an interruption.
    pub(super) fn tell(&self, provider: Provider, printer: Printer, bars: &Bars) {
        let Err(error) = &self.result else { return };
        if !printer.json() {
            if !self.unbegun {
                bars.note(&printable(&format!(
                    "{}: {}",
                    shown(&self.path.to_string_lossy()),
                    self.why(provider, error)
                )));
            }
        } else if !self.unbegun || is_cancelled(error) {
            let mut json = error.to_json();
            json["file"] = json!(self.path.to_string_lossy());
            json["checkpoint"] = json!(self.left.map(word));
            bars.note(&json.to_string());
        }
    }

    /// Why the file was not uploaded, and what to do.
    fn why(&self, provider: Provider, error: &Error) -> String {
        let id = self.id.as_ref().map_or_else(String::new, |id| format!(" ({} {id})", provider.info().item));
        let more = match (provider, self.left) {
            (Provider::QingCloud, None) if is_cancelled(error) && self.id.is_some() => {
                "; it was committed as cancelled".to_owned()
            }
            (_, Some(left)) if is_resumable(error) => {
                format!("; the same command {}", from_where(provider, left))
            }
            (_, None) if is_cancelled(error) => "; the next upload starts over".to_owned(),
            _ if is_damaged(error) => {
                "; `vod uploads` shows its key; `vod uploads forget` removes it, and the file counts as new"
                    .to_owned()
            }
            _ if must_choose(error) => {
                "; --restart uploads it as it is now, and removes the unfinished upload".to_owned()
            }
            _ => String::new(),
        };
        let text = if is_cancelled(error) { String::new() } else { format!(": {}", error_text(error)) };
        format!("{}{text}{id}{more}", self.outcome())
    }

    /// The cells of the report.
    fn cells(&self, provider: Provider) -> [String; 8] {
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        let uploaded = self.result.as_ref().ok();
        [
            self.path.to_string_lossy().into_owned(),
            provider.name().to_owned(),
            text(self.id.as_ref()),
            text(uploaded.and_then(|uploaded| uploaded.play_url.as_ref())),
            self.bytes.to_string(),
            self.seconds.to_string(),
            self.outcome().to_owned(),
            self.result.as_ref().err().map(error_text).unwrap_or_default(),
        ]
    }
}

/// The word for the outcome of a file that was not uploaded.
pub(super) fn word_of(error: &Error) -> &'static str {
    match error {
        error if is_cancelled(error) => "cancelled",
        Error::Invalid(_) => "invalid",
        Error::Refused(_) => "refused",
        error if error.outcome_known() => "failed",
        _ => "unknown",
    }
}

/// What the same command would do.
fn from_where(provider: Provider, left: Stage) -> String {
    match left {
        Stage::UnderWay(0) if provider == Provider::Polyv => "starts over, as no part had arrived".to_owned(),
        Stage::UnderWay(bytes) if provider == Provider::Polyv => {
            format!("resumes after {}", HumanBytes(bytes))
        }
        Stage::Completing => "resumes, with nothing left to send".to_owned(),
        _ => "resumes, after checking how far it is".to_owned(),
    }
}

fn is_cancelled(error: &Error) -> bool {
    matches!(error, Error::Transport(transport) if transport.fault.kind == FaultKind::Cancelled)
}

/// Whether running the same command again can help: not if the input is wrong or the file has changed.
fn is_resumable(error: &Error) -> bool {
    match error {
        Error::Invalid(_) => false,
        Error::Transport(transport) if transport.fault.kind == FaultKind::Source => {
            kind_of(error) != Some(io::ErrorKind::InvalidData)
        }
        _ => true,
    }
}

/// Whether there is a checkpoint that cannot be read.
fn is_damaged(error: &Error) -> bool {
    matches!(error, Error::Transport(transport) if transport.fault.kind == FaultKind::Checkpoint)
        && kind_of(error) == Some(io::ErrorKind::InvalidData)
}

/// The kind of system error, if it was one.
pub(crate) fn kind_of(error: &Error) -> Option<io::ErrorKind> {
    let Error::Transport(transport) = error else { return None };
    transport.fault.source.as_ref()?.downcast_ref::<io::Error>().map(io::Error::kind)
}

/// Whether the file has changed since its upload began, so that the user must choose.
fn must_choose(error: &Error) -> bool {
    matches!(error, Error::Invalid(invalid) if invalid.violations.iter().any(|violation| matches!(violation.rule, Rule::Unchanged { .. })))
}

/// The format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
}

/// The file to write the outcome of each file to.
#[derive(Clone, Debug)]
pub(super) struct ReportFile {
    path: PathBuf,
    form: Form,
}

impl ReportFile {
    /// A file whose name has the extension of a format.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        let form = match extension.to_str() {
            // A name that ends in a slash is a directory.
            _ if text.ends_with(std::path::is_separator) => None,
            Some("csv") => Some(Form::Csv),
            Some("json") => Some(Form::Json),
            _ => None,
        };
        let form = form.ok_or("a report is a file whose name ends in .csv or .json")?;
        Ok(Self { path, form })
    }

    /// Whether it would overwrite this file.
    pub(super) fn is_at(&self, file: &Path) -> bool {
        identity(&self.path) == identity(file)
    }

    /// Checks that it can be written, before anything is sent.
    pub(super) fn try_out(&self) -> Result<(), Failure> {
        self.beside().map(drop).map_err(|error| Failure::unwritable(&self.path, &error))
    }

    /// Writes it atomically: a reader sees the old report or the new one.
    pub(super) fn write(&self, provider: Provider, files: &[Ended]) -> Result<(), Failure> {
        let text = match self.form {
            Form::Csv => csv(files.iter().map(|ended| ended.cells(provider))),
            Form::Json => json_list(provider, files),
        };
        let written = self.beside().and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|error| error.error)
        });
        written
            .map(drop)
            .map_err(|error| Failure::Unexpected(format!("cannot write {}: {error}", self.path.display())))
    }

    fn beside(&self) -> io::Result<tempfile::NamedTempFile> {
        if self.path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let directory =
            self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".vod-report-");
        // Permissions as for other files: the user's umask decides.
        #[cfg(unix)]
        builder.permissions(<std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
        builder.tempfile_in(directory)
    }
}

fn json_list(provider: Provider, files: &[Ended]) -> String {
    let file = |ended: &Ended| {
        let mut line = ended.line(provider);
        line["error"] = ended.result.as_ref().err().map_or(Value::Null, Error::to_json);
        format!("  {line}")
    };
    let files: Vec<_> = files.iter().map(file).collect();
    if files.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", files.join(",\n")) }
}

fn csv(rows: impl Iterator<Item = [String; 8]>) -> String {
    let mut text = "file,provider,id,play_url,bytes,seconds,outcome,error\r\n".to_owned();
    for cells in rows {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            if cell.contains([',', '"', '\r', '\n']) {
                text.push('"');
                text.push_str(&cell.replace('"', "\"\""));
                text.push('"');
            } else {
                text.push_str(cell);
            }
        }
        text.push_str("\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_separators_are_quoted() {
        let row = ["a, \"b\"\n.mp4", "polyv", "", "", "1", "0.5", "failed", "第一"].map(str::to_owned);
        assert_eq!(
            csv([row].into_iter()).lines().skip(1).collect::<Vec<_>>().join("\n"),
            "\"a, \"\"b\"\"\n.mp4\",polyv,,,1,0.5,failed,第一"
        );
    }

    #[test]
    fn a_report_has_a_form() {
        for (name, form) in [
            ("a.csv", Some(Form::Csv)),
            ("x/A.JSON", Some(Form::Json)),
            ("-", None),
            ("csv", None),
            ("a.txt", None),
            ("", None),
            ("a.csv/", None),
        ] {
            assert_eq!(ReportFile::parse(name).ok().map(|report| report.form), form, "{name}");
        }
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| ReportFile::parse(directory.path().join(name).to_str().unwrap()).unwrap();
        at("a.csv").try_out().unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        at("none/a.csv").try_out().unwrap_err();
        std::fs::create_dir(directory.path().join("b.json")).unwrap();
        at("b.json").try_out().unwrap_err();
        at("c.json").write(Provider::Polyv, &[]).unwrap();
        assert_eq!(std::fs::read_to_string(directory.path().join("c.json")).unwrap(), "[]\n");
    }
}
