//! The metadata that is sent with each file.

use super::composed;
use super::titles::Line;
use crate::failure::Failure;
use clap::Args;
use std::borrow::Cow;
use std::path::Path;
use vod_core::Error;
use vod_core::driver::media_type;
use vod_core::import::TitleRow;
use vod_core::limits::{Rule, Violation};
use vod_core::operation::Provider;
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::upload::{MAX_PART, MIN_PART, Order, ToPolyv};

/// The default region.
const REGION: &str = "pek3b";

/// Flags for the metadata of the files.
#[derive(Debug, Default, Args)]
pub(crate) struct About {
    /// The title, for a single file; default: --titles, otherwise the file's name without its extension. Does
    /// not change a video whose upload has begun
    #[arg(long, value_name = "TEXT", value_parser = title, conflicts_with = "titles")]
    pub(super) title: Option<String>,
    /// A description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The category that the videos go to
    #[arg(long, value_name = "ID", help_heading = "To Polyv")]
    category: Option<i64>,
    /// A tag; repeatable
    #[arg(long = "tag", value_name = "TEXT", help_heading = "To Polyv")]
    tags: Vec<String>,
    /// Free text that callbacks return
    #[arg(long, value_name = "TEXT", help_heading = "To Polyv")]
    state: Option<String>,
    /// Play the source file itself, without transcoding
    #[arg(long, help_heading = "To Polyv")]
    keep_source: bool,
    /// Screen recording mode: no recompression
    #[arg(long, help_heading = "To Polyv")]
    screen_recording: bool,
    /// The size of the parts of a file, such as 8Mi: from 100Ki to 5Gi. A lost connection loses the parts
    /// under way, so small parts suit a bad or slow line. Default: 4Mi; with --limit-rate at most ten seconds
    /// of a job's share of the rate
    #[arg(long, value_name = "BYTES", value_parser = part_size, help_heading = "To Polyv")]
    pub(super) part_size: Option<u64>,
    /// The region of the account; default: pek3b
    #[arg(long, value_name = "NAME", help_heading = "To QingCloud")]
    region: Option<String>,
    /// The format, such as MP4; default: by the file's extension
    #[arg(long, value_name = "FORMAT", help_heading = "To QingCloud")]
    media_type: Option<String>,
}

fn title(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("a title must not be blank".to_owned()) } else { Ok(text.to_owned()) }
}

fn part_size(text: &str) -> Result<u64, String> {
    match crate::size::bytes(text)? {
        size if (MIN_PART..=MAX_PART).contains(&size) => Ok(size),
        size => Err(format!("{size} bytes, at least 100Ki and at most 5Gi")),
    }
}

impl About {
    /// Rejects flags that only the other provider has.
    pub(super) fn check(&self, provider: Provider) -> Result<(), Failure> {
        let polyv = [
            ("--category", self.category.is_some()),
            ("--tag", !self.tags.is_empty()),
            ("--state", self.state.is_some()),
            ("--keep-source", self.keep_source),
            ("--screen-recording", self.screen_recording),
            ("--part-size", self.part_size.is_some()),
        ];
        let qingcloud = [("--region", self.region.is_some()), ("--media-type", self.media_type.is_some())];
        for (owner, flags) in [(Provider::Polyv, &polyv[..]), (Provider::QingCloud, &qingcloud)] {
            let given: Vec<_> = flags.iter().filter_map(|(flag, given)| given.then_some(*flag)).collect();
            if owner != provider && !given.is_empty() {
                let owner = owner.info().title;
                return Err(Failure::Usage(format!("{}: for uploads to {owner} only", given.join(", "))));
            }
        }
        Ok(())
    }

    /// The order for a file of this size, checked against all limits.
    pub(super) fn order(
        &self,
        provider: Provider,
        path: &Path,
        bytes: u64,
        row: Option<&Line>,
    ) -> Result<Order, Error> {
        let title = row.map(|(_, row)| row.title.clone()).or_else(|| self.title.clone());
        let title = title.unwrap_or_else(|| {
            composed(&path.file_stem().unwrap_or_default().to_string_lossy()).into_owned()
        });
        let row = row.map(|(line, row)| (*line, row));
        let order = match provider {
            Provider::Polyv => Order::from(self.to_polyv(title, row.map(|(_, row)| row))),
            Provider::QingCloud => Order::from(self.to_qingcloud(title, path, row)?),
            other => {
                let rule = Rule::Other("a provider that takes uploads");
                return Err(Error::invalid(Violation::new("to", rule, other.name())));
            }
        };
        order.check(&name(path), bytes)?;
        Ok(order)
    }

    fn to_polyv(&self, title: String, row: Option<&TitleRow>) -> ToPolyv {
        let mut order = ToPolyv::new(title);
        order.description = row.and_then(|row| row.description.clone()).or_else(|| self.description.clone());
        order.category_id = row.and_then(|row| row.category).or(self.category).map(Into::into);
        order.state = row.and_then(|row| row.state.clone()).or_else(|| self.state.clone());
        let tags = row.and_then(|row| row.tags.as_deref()).map(|tags| {
            tags.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect()
        });
        order.tags = Some(tags.unwrap_or_else(|| self.tags.clone())).filter(|tags| !tags.is_empty());
        order.keep_source = self.keep_source.then_some(true);
        order.screen_recording = self.screen_recording.then_some(true);
        order
    }

    fn to_qingcloud(
        &self,
        title: String,
        path: &Path,
        row: Option<(u64, &TitleRow)>,
    ) -> Result<ApplyUpload, Error> {
        if let Some((line, row)) = row {
            let cells = [
                ("category", row.category.is_some()),
                ("tags", row.tags.is_some()),
                ("state", row.state.is_some()),
            ];
            if let Some((name, _)) = cells.into_iter().find(|(_, given)| *given) {
                return Err(Error::invalid(Violation::new(
                    format!("line {line}: {name}"),
                    Rule::Other("nothing for an upload to QingCloud"),
                    "a value",
                )));
            }
        }
        let media_type = media_type(self.media_type.as_deref().map(MediaType::from), &name(path))?;
        let mut apply = ApplyUpload::new(title, self.region.as_deref().unwrap_or(REGION), media_type);
        apply.description =
            row.and_then(|(_, row)| row.description.clone()).or_else(|| self.description.clone());
        Ok(apply)
    }
}

/// A path's last part: a dot in a directory's name starts no extension.
fn name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &str) -> Line {
        let list = format!("file,title,description,category,tags,state\n{cells}\n");
        vod_core::import::read_titles(list.as_bytes(), vod_core::import::Encoding::Auto).unwrap().remove(0)
    }

    #[test]
    fn a_row_wins_over_flags() {
        let flags = About {
            description: Some("d".to_owned()),
            category: Some(7),
            tags: vec!["t".to_owned()],
            state: Some("s".to_owned()),
            ..About::default()
        };
        let order = |row: Option<&Line>| match flags.order(Provider::Polyv, Path::new("x/a.b.mp4"), 1, row) {
            Ok(Order::Polyv(order)) => (
                order.title,
                order.description,
                order.category_id.map(|id| id.get()),
                order.tags,
                order.state,
            ),
            other => panic!("{other:?}"),
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            order(None),
            ("a.b".to_owned(), text("d"), Some(7), Some(vec!["t".to_owned()]), text("s"))
        );
        let all = row("a,第一课,描述,8,\" 数学 ,,初一\",row-1");
        assert_eq!(
            order(Some(&all)),
            (
                "第一课".to_owned(),
                text("描述"),
                Some(8),
                Some(["数学", "初一"].map(str::to_owned).to_vec()),
                text("row-1")
            )
        );
        assert_eq!(
            order(Some(&row("a,b,,,,"))),
            ("b".to_owned(), text("d"), Some(7), Some(vec!["t".to_owned()]), text("s"))
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |provider, path: &str, bytes, row: Option<&Line>| {
            About::default().order(provider, Path::new(path), bytes, row).unwrap_err().to_string()
        };
        for (provider, path, bytes, cells, expected) in [
            (
                Provider::QingCloud,
                "notes.txt",
                1,
                None,
                "MediaType: expected a documented extension, or the format, got \"notes.txt\"",
            ),
            (
                Provider::QingCloud,
                "v.mp4/notes",
                1,
                None,
                "MediaType: expected a documented extension, or the format, got \"notes\"",
            ),
            (
                Provider::Polyv,
                "v.mp4/notes",
                1,
                None,
                "file: expected a name that ends in the format, such as .mp4, got \"notes\"",
            ),
            (Provider::QingCloud, "a.mp4", 0, None, "file: expected a file that is not empty, got 0 bytes"),
            (
                Provider::QingCloud,
                "a.mp4",
                1,
                Some("a,b,,,t,"),
                "line 2: tags: expected nothing for an upload to QingCloud, got a value",
            ),
            (Provider::Polyv, "a.mp4", 0, None, "file: expected a file that is not empty, got 0 bytes"),
        ] {
            let found = wrong(provider, path, bytes, cells.map(row).as_ref());
            assert!(found.contains(expected), "{found}");
        }
        assert!(
            wrong(Provider::QingCloud, &format!("{}.mp4", "课".repeat(43)), 1, None)
                .contains("Title: expected at most 128 bytes of UTF-8, got 129")
        );
        let flags = About {
            state: Some("s".to_owned()),
            part_size: Some(MIN_PART),
            region: Some("r".to_owned()),
            ..About::default()
        };
        assert_eq!(
            flags.check(Provider::QingCloud).unwrap_err().to_text(),
            "--state, --part-size: for uploads to Polyv only"
        );
        assert_eq!(
            flags.check(Provider::Polyv).unwrap_err().to_text(),
            "--region: for uploads to QingCloud only"
        );
        for (text, ok) in [("100Ki", true), ("5Gi", true), ("99Ki", false), ("5.1Gi", false)] {
            assert_eq!(part_size(text).is_ok(), ok, "{text}");
        }
    }
}
