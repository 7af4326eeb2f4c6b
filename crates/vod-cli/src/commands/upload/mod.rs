//! `vod upload`: local files to either provider.

mod about;
mod checkpoints;
mod dry;
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
use indicatif::HumanBytes;
use report::ReportFile;
use send::Ended;
use serde_json::json;
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
/// A PATH is a file; a directory, of which the media files are taken, those of directories in it too, in the
/// order of their numbers, without hidden files and without following links; a pattern (`*`, `?`, `[a-z]`,
/// `**`) where there is no file of that name; or `-` for a list of files and directories on stdin.
///
/// Every file is held against the limits before anything is sent; what is wrong is named on stderr, and the
/// good files are sent. A file that an earlier run has uploaded is not sent again: its id and address are
/// told as before. What was interrupted in whatever way goes on when the same command is run again: at Polyv
/// with the parts that did not arrive, at QingCloud with the whole file, without leaving a second media. A
/// file that has changed since is refused unless --restart is given.
///
/// With --json stdout has a line for each file and one of counts at the end; stderr has the errors, and once
/// a second `{"progress": {files, done, sent, total, bytes_per_second, seconds_left}}`.
///
/// The exit code is 6 where some files failed. Where all did it is 5 if any got no usable answer, else 4 if
/// the provider refused any, else 1 if a checkpoint could not be read or kept (on a disk that is full, for
/// one), else 3: files that cannot be read, are empty, changed meanwhile, are uploaded by another process, or
/// break a limit.
#[derive(Debug, Args)]
#[command(after_long_help = help::text())]
pub(crate) struct Upload {
    /// What to upload
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Where to
    #[arg(long, value_parser = provider::parser())]
    to: Provider,
    /// The list on stdin has a NUL behind each path, as `find -print0` writes it
    #[arg(long)]
    null: bool,
    #[command(flatten)]
    about: About,
    /// A list of titles: CSV with a header. Its columns are `file`, which is a file's path, from here or from
    /// the list's directory, or its name alone; `title`; and, if wanted, `description`, and for Polyv
    /// `category` (an ID), `tags` (with commas between) and `state`. An empty cell means what the option of
    /// that name says
    #[arg(long, value_name = "CSV")]
    titles: Option<PathBuf>,
    /// The encoding of the list of titles; `gbk` for what a spreadsheet on a Chinese system writes as CSV
    #[arg(long, value_enum, default_value_t = EncodingName::Auto, requires = "titles")]
    encoding: EncodingName,
    /// Files under way at once, and parts of files
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=32))]
    jobs: u16,
    /// Send at most so many bytes a second in all, such as 5M or 500Ki
    #[arg(long, value_name = "BYTES", value_parser = crate::size::bytes)]
    limit_rate: Option<u64>,
    /// How often each part, and each question of an upload, is tried before the file is given up, with pauses
    /// of up to 30 seconds. A try of a question to the provider's API is itself up to four requests
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    tries: u32,
    /// Send nothing of all where any file is bad
    #[arg(long)]
    strict: bool,
    /// Upload files that have changed since their upload began, or ended, as they are now: what there is of
    /// an unfinished upload is removed, a finished video stays. Without it they are refused
    #[arg(long)]
    restart: bool,
    /// Upload once more what has been uploaded, as a video of its own; the first one stays. What is under way
    /// goes on as without it
    #[arg(long)]
    again: bool,
    /// Say what would be uploaded, and send nothing; no account is needed
    #[arg(long)]
    dry_run: bool,
    /// Write what became of each file to this file, .csv or .json, at the end or when interrupted
    #[arg(long, value_name = "FILE", value_parser = ReportFile::parse, conflicts_with = "dry_run")]
    report: Option<ReportFile>,
    #[command(flatten)]
    directory: Directory,
    /// Remember nothing: an upload that does not come to its end begins anew
    #[arg(long)]
    no_checkpoints: bool,
}

/// A file and what is wanted of it, or why it cannot be uploaded.
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
        // What is wrong with the arguments shows before anything is read.
        self.about.check(provider)?;
        if self.null && !self.paths.iter().any(|path| path == Path::new("-")) {
            return Err(Failure::Usage(
                "--null says how the list on stdin is written, and no PATH is `-`".to_owned(),
            ));
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
        let items = self.items(provider, printer)?;
        let bad = items.iter().filter(|item| item.order.is_err()).count();
        let Some(client) = client else {
            return dry::show(&self, provider, items, printer, start);
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
        self.finish(provider, &ended, all, written, printer, start)
    }

    /// The files, each held against all limits.
    fn items(&self, provider: Provider, printer: Printer) -> Result<Vec<Item>, Failure> {
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
                "--title is one file's title, and there are several files; --titles names those of many"
                    .to_owned(),
            ));
        }
        let rows = match &self.titles {
            Some(path) => Titles::read(path, self.encoding.into())?.assign(&found, printer)?,
            None => found.iter().map(|_| None).collect(),
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
        Ok(found.into_iter().zip(rows).map(item).collect())
    }

    /// Sends what is good of it, and tells of all; also says whether that could be told.
    async fn send(
        &self,
        client: Client,
        provider: Provider,
        items: Vec<Item>,
        printer: Printer,
    ) -> Result<(Vec<Ended>, Result<(), Failure>), Failure> {
        // Programs are told by lines.
        let bars = if printer.json() { Bars::hidden() } else { Bars::new() };
        let sending = self.sending(client, provider, &items, bars.clone(), printer)?;
        let mut ended: Vec<Option<Ended>> = items.iter().map(|_| None).collect();
        // Whatever becomes of the output, an upload that has begun is brought to its end.
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
            (_, Some(_)) => "files under way go on where they are when the same command is run again",
            (_, None) => "files under way are given up",
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

    /// Writes the report, whatever became of the output; says what is still to be said, and the counts as the
    /// last line.
    fn finish(
        &self,
        provider: Provider,
        ended: &[Ended],
        all: usize,
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
                printer.notice(&format!("{} of {all} files were not begun", unbegun().count()))
            }
            _ => {}
        }
        let reported = self.report.as_ref().map_or(Ok(()), |report| report.write(provider, ended));
        let closing = || {
            if printer.json() {
                printer.line(&json!({ "files": all, "uploaded": uploaded, "failed": all - uploaded, "bytes": bytes, "seconds": super::seconds_since(start) }))
            } else {
                let already =
                    if already > 0 { format!(", {already} of them by earlier runs") } else { String::new() };
                printer.text(&format!("{uploaded} of {all} files uploaded, {}{already}", HumanBytes(bytes)))
            }
        };
        // An output that failed once has nobody who reads the counts.
        written.and_then(|()| Failure::unless_closed(closing()))?;
        reported.map(|()| exit)
    }
}

impl Sending {
    /// Says how far all is: by the bar of all files, or as a line for programs.
    fn tell(&self, now: Instant, printer: Printer) {
        let status = self.meter.status(now);
        if printer.json() {
            // What has only just begun has no news.
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
