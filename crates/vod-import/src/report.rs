//! Reports: the rows of an import as a table.

use crate::RowRecord;
use serde_json::{Value, json};
use std::io::{self, Write};

/// The columns, in their order. The first names are those of a manifest, so that rows of a report can be
/// imported again.
const COLUMNS: [&str; 10] =
    ["line", "fileUrl", "title", "state", "outcome", "reason", "vid", "playUrl", "sent", "settled"];

/// Writes rows as CSV with a byte order mark, which spreadsheets need for Chinese text.
#[derive(Debug)]
pub struct CsvReport<W> {
    out: W,
}

impl<W: Write> CsvReport<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Those of `out`, here and below.
    pub fn begin(mut out: W) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        line(&mut out, &COLUMNS)?;
        Ok(Self { out })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn row(&mut self, row: &RowRecord) -> io::Result<()> {
        let time = |at: Option<vod_core::Timestamp>| at.map(|at| at.beijing()).unwrap_or_default();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        line(
            &mut self.out,
            &[
                row.line.to_string(),
                row.info.file_url.clone(),
                row.info.title.clone(),
                text(&row.info.state),
                row.state.name().to_owned(),
                text(&row.reason),
                text(&row.vid),
                text(&row.play_url),
                time(row.sent_at),
                time(row.settled_at),
            ],
        )
    }

    /// Flushes, and gives the writer back.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn line(out: &mut impl Write, cells: &[impl AsRef<str>]) -> io::Result<()> {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        let cell = cell.as_ref();
        if is_plain(cell) {
            out.write_all(cell.as_bytes())?;
        } else {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        }
    }
    out.write_all(b"\r\n")
}

/// Whether a cell needs no quotes.
fn is_plain(cell: &str) -> bool {
    !cell.contains(['"', ',', '\r', '\n', ';', '\t']) && cell.trim() == cell
}

impl RowRecord {
    /// The row as JSON, under the names of the columns; times are RFC 3339.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "line": self.line,
            "fileUrl": self.info.file_url,
            "title": self.info.title,
            "state": self.info.state,
            "outcome": self.state.name(),
            "reason": self.reason,
            "vid": self.vid,
            "playUrl": self.play_url,
            "sent": self.sent_at.map(|at| at.rfc3339()),
            "settled": self.settled_at.map(|at| at.rfc3339()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RowState;
    use vod_core::polyv::upload::UploadInfo;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let titles = ["第一课", "a,b", "say \"hi\"", "two\nlines"];
        let mut report = CsvReport::begin(Vec::new()).unwrap();
        for (at, title) in titles.iter().enumerate() {
            report
                .row(&RowRecord {
                    number: at as u64,
                    line: at as u64 + 2,
                    info: UploadInfo::new("https://cdn.example.com/01.mp4", *title).with_state("row-1"),
                    state: RowState::Failed,
                    reason: Some("the provider could not fetch it".to_owned()),
                    vid: None,
                    play_url: None,
                    sent_at: Some(vod_core::Timestamp::from_millis(1_700_000_000_000)),
                    settled_at: None,
                })
                .unwrap();
        }
        let written = report.finish().unwrap();
        let text = std::str::from_utf8(&written).unwrap();
        assert!(text.starts_with("\u{feff}line,fileUrl,title,state,outcome"), "{text}");
        assert!(
            text.contains(",failed,the provider could not fetch it,,,2023-11-15 06:13:20,\r\n"),
            "{text}"
        );
        assert!(text.contains(",\"say \"\"hi\"\"\",row-1,"), "{text}");
    }
}
