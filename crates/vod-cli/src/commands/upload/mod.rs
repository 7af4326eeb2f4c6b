//! `vod upload`: local files to either provider.

mod about;
mod checkpoints;
mod dry_run;
mod files;
mod help;
mod pattern;
mod progress;
mod report;
mod send;
mod titles;

pub(crate) use checkpoints::{Directory, Entry, acknowledged, unusable, word};
pub(crate) use files::place;
pub(crate) use progress::Meter;
pub(crate) use report::kind_of;
pub(crate) use send::Sending;

use crate::encoding::EncodingName;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::Printer;
use crate::progress::Bars;
use crate::provider;
use crate::settings::Settings;
use about::About;
use clap::Args;
use files::Files;
use futures_util::{StreamExt as _, stream};
use icu_normalizer::ComposingNormalizerBorrowed;
use indicatif::HumanBytes;
use report::ReportFile;
use send::Ended;
use serde_json::json;
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use titles::Titles;
use vod_async::{Client, TransferPool};
use vod_core::Error;
use vod_core::operation::Provider;
use vod_core::upload::{Changed, Order, UploadOptions, part_size_at};

/// Upload local files
///
/// A PATH is a file; a directory, whose media files are uploaded in natural order, including those in
/// subdirectories but without hidden files and without following links; a pattern (`*`, `?`, `[a-z]`, `**`)
/// if there is no file with that name; or `-` for a list of files and directories on stdin.
///
/// All files are validated before anything is sent; errors are printed on stderr, and the good files are
/// sent. A file that an earlier run has uploaded is not sent again: its id and address are printed again.
/// Interrupted uploads resume when the same command is run again: at Polyv with the missing parts, at
/// QingCloud with the whole file, without leaving a second media. A file that has changed since is rejected
/// unless --restart is given.
///
/// With --json stdout has a line for each file and one with counts at the end; stderr has the errors, and
/// once a second `{"progress": {files, done, sent, total, bytes_per_second, seconds_left}}`.
///
/// The exit code is 6 if some files failed. If all failed it is 5 if any got no usable answer, otherwise 4 if
/// the provider refused any, otherwise 1 if a checkpoint could not be read or saved (for example on a full
/// disk), otherwise 3: files that cannot be read, are empty, have changed, are being uploaded by another
/// process, or break a limit.
#[derive(Debug, Args)]
#[command(after_long_help = help::text())]
pub(crate) struct Upload {
    /// What to upload
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The provider
    #[arg(long, value_parser = provider::parser())]
    to: Provider,
    /// The list on stdin has NUL after each path, as written by `find -print0`
    #[arg(long)]
    null: bool,
    #[command(flatten)]
    about: About,
    /// A list of titles: CSV with a header. Columns: `file`, a path relative to here or to the list's
    /// directory, or just a name; `title`; and optionally `description`, and for Polyv `category` (an ID),
    /// `tags` (separated by commas) and `state`, also by usual names such as `文件名` and `标题`. An empty
    /// cell means the value of the option with that name
    #[arg(long, value_name = "CSV")]
    titles: Option<PathBuf>,
    /// The encoding of the list of titles
    #[arg(long, value_enum, default_value_t = EncodingName::Auto, requires = "titles")]
    encoding: EncodingName,
    /// Files uploaded at once, and parts of files
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=32))]
    jobs: u16,
    /// The most bytes a second in all, such as 5M or 500Ki
    #[arg(long, value_name = "BYTES", value_parser = crate::size::bytes)]
    limit_rate: Option<u64>,
    /// How often each part, and each API call of an upload, is tried before the file fails, with pauses of up
    /// to 30 seconds. One try of an API call makes up to four requests
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    tries: u32,
    /// Send nothing if any file is bad, or if any row of --titles finds no file
    #[arg(long)]
    strict: bool,
    /// Upload files that have changed since their upload began or ended: an unfinished upload is removed, a
    /// finished video stays. Without it they are rejected
    #[arg(long)]
    restart: bool,
    /// Upload finished files again, as another video; the first one stays. Unfinished uploads resume as usual
    #[arg(long)]
    again: bool,
    /// Print what would be uploaded, and send nothing; needs no account
    #[arg(long)]
    dry_run: bool,
    /// Write the outcome of each file to this file, .csv or .json, at the end or when interrupted
    #[arg(long, value_name = "FILE", value_parser = ReportFile::parse, conflicts_with = "dry_run")]
    report: Option<ReportFile>,
    #[command(flatten)]
    directory: Directory,
    /// Keep no checkpoints: an interrupted upload starts over
    #[arg(long)]
    no_checkpoints: bool,
}

/// A text in normal form C, in which everything but the disks of a Mac writes it.
fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// What there is besides what was sent.
struct Counts {
    /// All files.
    all: usize,
    /// Titles of the list that found no file.
    unused: usize,
}

/// A file and its order, or why it cannot be uploaded.
struct Item {
    path: PathBuf,
    bytes: u64,
    order: Result<Order, Error>,
}

impl Upload {
    pub(crate) fn run(
        self,
        settings: impl FnOnce() -> Result<Settings, Failure>,
        printer: Printer,
    ) -> Result<Exit, Failure> {
        let start = Instant::now();
        let provider = self.to;
        // Wrong arguments are reported before anything is read.
        self.about.check(provider)?;
        if self.null && !self.paths.iter().any(|path| path == Path::new("-")) {
            return Err(Failure::Usage("--null is for a list on stdin, but no PATH is `-`".to_owned()));
        }
        if let (Some(titles), Some(report)) = (&self.titles, &self.report)
            && report.is_at(titles)
        {
            return Err(Failure::Usage(
                "--report names the list of --titles, which it would overwrite".to_owned(),
            ));
        }
        let client = if self.dry_run { None } else { Some(super::client(&settings()?, provider)?) };
        if let Some(report) = &self.report {
            report.try_out()?;
        }
        let (items, unused) = self.items(provider, printer)?;
        let bad = items.iter().filter(|item| item.order.is_err()).count();
        let Some(client) = client else {
            return dry_run::show(&self, provider, items, printer, start);
        };
        let all = items.len();
        let (ended, written) = if bad == all || self.strict && bad > 0 {
            let bars = Bars::new();
            if bad < all && !printer.json() {
                printer.notice("nothing was sent, as not every file is good and --strict was given");
            }
            let ended: Vec<_> = items
                .into_iter()
                .filter_map(|item| Some(Ended::unsent(item.path, item.bytes, item.order.err()?)))
                .collect();
            let written = ended
                .iter()
                .try_for_each(|ended| Failure::unless_closed(ended.print(provider, printer, &bars)));
            (ended, written)
        } else {
            super::runtime()?.block_on(self.send(client, provider, items, printer))?
        };
        self.finish(provider, &ended, Counts { all, unused }, written, printer, start)
    }

    /// The files, each checked against all limits, and how many titles of the list have no file.
    fn items(&self, provider: Provider, printer: Printer) -> Result<(Vec<Item>, usize), Failure> {
        let mut files = Files::new(provider);
        for path in &self.paths {
            if path == Path::new("-") { files.list(io::stdin(), self.null)? } else { files.argument(path) }
        }
        let (found, left_out) = files.into_found();
        if left_out.count() > 0 {
            printer.notice_with(&left_out.to_text(), "left_out", &left_out.to_json());
        }
        if self.about.title.is_some() && found.len() > 1 {
            return Err(Failure::Usage(
                "--title is for a single file, and there are several; use --titles".to_owned(),
            ));
        }
        let (rows, unused) = match &self.titles {
            Some(path) => Titles::read(path, self.encoding.into())?.assign(&found, self.strict, printer)?,
            None => (found.iter().map(|_| None).collect(), 0),
        };
        for (file, _) in found
            .iter()
            .zip(&rows)
            .filter(|(file, row)| file.bytes.is_ok() && row.is_none() && self.about.title.is_none())
        {
            if file.path.file_stem().is_some_and(|stem| stem.to_str().is_none()) {
                printer.warning(&format!(
                    "{}: its name is not UTF-8, so its title will have \u{fffd} in it",
                    file.path.display()
                ));
            }
        }
        let item = |(file, row): (files::Found, Option<titles::Line>)| {
            let bytes = *file.bytes.as_ref().unwrap_or(&0);
            let order =
                file.bytes.and_then(|bytes| self.about.order(provider, &file.path, bytes, row.as_ref()));
            Item { path: file.path, bytes, order }
        };
        Ok((found.into_iter().zip(rows).map(item).collect(), unused))
    }

    /// Sends the good files and reports on all; also returns whether the reports could be written.
    async fn send(
        &self,
        client: Client,
        provider: Provider,
        items: Vec<Item>,
        printer: Printer,
    ) -> Result<(Vec<Ended>, Result<(), Failure>), Failure> {
        // Programs get progress as lines.
        let bars = if printer.json() { Bars::hidden() } else { Bars::new() };
        let sending = self.sending(client, provider, &items, bars.clone(), printer)?;
        let mut ended: Vec<Option<Ended>> = items.iter().map(|_| None).collect();
        // Even if the output fails, uploads that have begun are finished.
        let mut written = Ok(());
        let mut good = Vec::new();
        for (index, Item { path, bytes, order }) in items.into_iter().enumerate() {
            match order {
                Ok(order) => good.push((index, path, bytes, order)),
                Err(error) => {
                    let file = Ended::unsent(path, bytes, error);
                    written = written.and(Failure::unless_closed(file.print(provider, printer, &bars)));
                    ended[index] = Some(file);
                }
            }
        }
        let uploads = stream::iter(good).map(|(index, path, bytes, order)| {
            let sending = &sending;
            async move { (index, sending.send(&path, &place(&path), bytes, order).await) }
        });
        let mut uploads = uploads.buffer_unordered(self.jobs.into());
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                biased;
                next = uploads.next() => {
                    let Some((index, file)) = next else { break };
                    written = written.and(Failure::unless_closed(file.print(provider, printer, &bars)));
                    ended[index] = Some(file);
                }
                at = seconds.tick() => sending.tell(at.into_std(), printer),
            }
        }
        if let Some(all) = &sending.all {
            all.finish_and_clear();
        }
        Ok((ended.into_iter().flatten().collect(), written))
    }

    fn sending(
        &self,
        client: Client,
        provider: Provider,
        items: &[Item],
        bars: Bars,
        printer: Printer,
    ) -> Result<Sending, Failure> {
        let checkpoints = if self.no_checkpoints { None } else { Some(self.directory.open()?) };
        let changed = if self.restart { Changed::Restart } else { Changed::Refuse };
        let mut options = UploadOptions::default()
            .with_changed(changed)
            .with_again(self.again)
            .with_max_attempts(self.tries);
        if let Some(bytes) =
            self.about.part_size.or_else(|| self.limit_rate.map(|rate| part_size_at(rate, self.jobs.into())))
        {
            options = options.with_part_size(bytes);
        }
        let mut line = TransferPool::new(self.jobs.into());
        if let Some(rate) = self.limit_rate {
            line = line.with_limit(rate);
        }
        let mut uploader = client.uploader().with_line(line).with_options(options);
        if let Some(checkpoints) = &checkpoints {
            uploader = uploader.with_checkpoints(checkpoints.clone());
        }
        let good = items.iter().filter(|item| item.order.is_ok());
        let (files, total) = good.fold((0, 0), |(files, total), item| (files + 1, total + item.bytes));
        let what = match (provider, &checkpoints) {
            (Provider::QingCloud, _) => "files under way are committed as cancelled",
            (_, Some(_)) => "run the same command again to resume files under way",
            (_, None) => "files under way are abandoned",
        };
        let cancel = interrupt::watch(&bars, printer, what);
        let all = (files > 1).then(|| bars.all_files(total));
        Ok(Sending {
            client,
            uploader,
            checkpoints,
            cancel,
            printer,
            bars,
            all,
            meter: Meter::new(files, total),
            refused: OnceLock::new(),
        })
    }

    /// Writes the report, even if the output failed; then prints the remaining messages, and the counts as
    /// the last line.
    fn finish(
        &self,
        provider: Provider,
        ended: &[Ended],
        Counts { all, unused }: Counts,
        written: Result<(), Failure>,
        printer: Printer,
        start: Instant,
    ) -> Result<Exit, Failure> {
        let codes: Vec<Exit> =
            ended.iter().filter_map(|file| file.result.as_ref().err()).map(Exit::of).collect();
        let exit = Exit::of_all(&codes, ended.len());
        let there = || ended.iter().filter_map(|file| Some((file.bytes, file.result.as_ref().ok()?.already)));
        let (uploaded, bytes) = (there().count(), there().map(|(bytes, _)| bytes).sum::<u64>());
        let already = there().filter(|(_, already)| *already).count();
        let unbegun = || ended.iter().filter(|file| file.unbegun);
        match unbegun().next().map(|file| &file.result) {
            Some(Err(Error::Refused(_))) => printer.notice(&format!(
                "{} of {all} files were not begun: the account is refused",
                unbegun().count()
            )),
            Some(_) if !printer.json() => {
                printer.notice(&format!("{} of {all} files were not begun", unbegun().count()));
            }
            _ => {}
        }
        let reported = self.report.as_ref().map_or(Ok(()), |report| report.write(provider, ended));
        let closing = || {
            if printer.json() {
                let mut counts = json!({ "files": all, "uploaded": uploaded, "failed": all - uploaded, "bytes": bytes, "seconds": super::seconds_since(start) });
                if unused > 0 {
                    counts["titles_unused"] = json!(unused);
                }
                printer.line(&counts)
            } else {
                let unused = match unused {
                    0 => String::new(),
                    1 => "; 1 title was not used".to_owned(),
                    unused => format!("; {unused} titles were not used"),
                };
                let already =
                    if already > 0 { format!(", {already} of them by earlier runs") } else { String::new() };
                printer.text(&format!(
                    "{uploaded} of {all} files uploaded, {}{already}{unused}",
                    HumanBytes(bytes)
                ))
            }
        };
        // If the output failed before, nobody reads the counts.
        written.and_then(|()| Failure::unless_closed(closing()))?;
        reported.map(|()| exit)
    }
}

impl Sending {
    /// Shows the overall progress, on the bar of all files or as a line for programs.
    fn tell(&self, now: Instant, printer: Printer) {
        let status = self.meter.status(now);
        if printer.json() {
            // Nothing to report right after the start.
            if status.has_begun() {
                self.bars.note(&status.to_json().to_string());
            }
        } else if let Some(all) = &self.all {
            all.set_position(status.sent());
            all.set_prefix(status.done());
            all.set_message(status.speed());
        }
    }
}
