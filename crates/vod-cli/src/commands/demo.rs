//! `vod demo`: both main jobs on a built-in emulator.

use super::import::{Job, Manifest, Notes, Sent, send as import};
use super::upload::{Meter, Sending};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::Printer;
use crate::progress::Bars;
use crate::table::table;
use clap::Args;
use indicatif::HumanBytes;
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::sync::OnceLock;
use std::time::Instant;
use vod_async::{Client, Uploaded};
use vod_core::import::{Batches, Format, ReadOptions};
use vod_core::polyv::Page;
use vod_core::polyv::upload::UploadUrls;
use vod_core::polyv::video::{SearchVideos, VideoDetail, VideoOrder};
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::media::{GetMedia, MediaPage, SearchMedia};
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::{Accounts, Endpoint, polyv, qingcloud};
use vod_emulator::{Emulator, sample_mp4};

/// Import a manifest and upload a file on a built-in emulator; needs no account
#[derive(Debug, Args)]
pub(crate) struct Demo {}

/// Rows of the manifest: two and a half batches.
const ROWS: u32 = 250;
/// Videos that the table shows.
const SHOWN: u32 = 8;

impl Demo {
    pub(crate) fn run(&self, printer: Printer) -> Result<Exit, Failure> {
        super::server_runtime()?.block_on(demo(printer))
    }
}

async fn demo(printer: Printer) -> Result<Exit, Failure> {
    let start = Instant::now();
    let emulator = Emulator::start(vod_emulator::Options::default())
        .await
        .map_err(|error| Failure::Unexpected(error.to_string()))?;
    let client = super::client_for(accounts(&emulator)?)?;
    let bars = Bars::new();
    let cancel = interrupt::watch(&bars, printer, "finishing what is under way");
    if !printer.json() {
        printer.notice(&format!("An emulator of Polyv and QingCloud listens on {}; a manifest of {ROWS} videos and a file go there.", emulator.url()));
    }

    let manifest = Manifest::of_text(manifest(&emulator.url()));
    let bar = bars.bytes(manifest.size(), "importing");
    let job = Job {
        batches: Batches::new(UploadUrls::new())?,
        options: ReadOptions::new().with_format(Format::Csv),
        jobs: 4,
        notes: Notes::new(printer, bars.clone()),
        bar: bar.clone(),
    };
    let sent = import(&client, manifest, job, &cancel).await?;
    bar.finish_and_clear();

    let unexpected = |error: std::io::Error| Failure::Unexpected(format!("the sample file: {error}"));
    let directory = tempfile::tempdir().map_err(unexpected)?;
    let path = directory.path().join("样片.mp4");
    fs::write(&path, sample_mp4()).map_err(unexpected)?;
    let bytes = sample_mp4().len() as u64;
    let meter = Meter::new(1, bytes);
    let sending = Sending {
        client: client.clone(),
        uploader: client.uploader(),
        checkpoints: None,
        cancel,
        printer,
        bars: bars.clone(),
        all: None,
        meter,
        refused: OnceLock::new(),
    };
    let order = ApplyUpload::new("样片", "pek3b", MediaType::from("MP4")).into();
    let uploaded = sending.send(&path, &path, bytes, order).await.result?;

    // The provider's answer only says that the order was accepted; the videos exist once it has fetched them.
    let fetching = bars.waiting("waiting until the emulator has fetched the videos");
    emulator.settled().await;
    fetching.finish_and_clear();
    let summary = Summary::ask(&client, &uploaded).await?;
    emulator.shutdown().await;

    let exit = summary.exit(&sent);
    if printer.json() {
        let report = &sent.report;
        printer.line(&json!({
            "imported": summary.videos.total_items,
            "batches": report.batches,
            "failed": report.invalid + report.refused + report.unknown,
            "uploaded": summary.media.total,
            "play_url": uploaded.play_url,
            "seconds": super::seconds_since(start),
        }))?;
    } else {
        printer.text(&summary.show(&sent, &uploaded))?;
    }
    Ok(exit)
}

fn accounts(emulator: &Emulator) -> Result<Accounts, Failure> {
    let credentials = emulator.credentials();
    let endpoint = Endpoint::parse(&emulator.url())?;
    let polyv = polyv::Credentials::new(&credentials.polyv_user_id, credentials.polyv_secret_key.as_str())
        .with_endpoint(endpoint.clone());
    let qingcloud = qingcloud::Credentials::new(
        &credentials.qingcloud_access_key_id,
        credentials.qingcloud_secret_access_key.as_str(),
    );
    Ok(Accounts::from(polyv).with_qingcloud(qingcloud.with_endpoint(endpoint)))
}

/// A manifest of lessons, as a spreadsheet would write it.
fn manifest(url: &str) -> String {
    const SUBJECTS: [&str; 5] = ["语文", "数学", "物理", "化学", "历史"];
    let mut text = String::from("\u{feff}fileUrl,title,state\r\n");
    for n in 1..=ROWS {
        let subject = SUBJECTS[n as usize % SUBJECTS.len()];
        // Every fifth title has a comma, so that quotes are needed.
        let title =
            if n % 5 == 0 { format!("\"{subject},第{n}课\"") } else { format!("{subject}第{n}课") };
        let _ = write!(text, "{url}/_emulator/sample/{n}.mp4,{title},row-{n}\r\n");
    }
    text
}

/// What the providers have at the end.
struct Summary {
    videos: Page<VideoDetail>,
    media: MediaPage,
    title: String,
}

impl Summary {
    async fn ask(client: &Client, uploaded: &Uploaded) -> Result<Self, Failure> {
        let search = SearchVideos::new().with_sort(VideoOrder::NewestFirst).with_page_size(SHOWN);
        let videos = client.send(&search).await?.into_output();
        let media = client.send(&SearchMedia::new()).await?.into_output();
        let info = client.send(&GetMedia::new(uploaded.id.as_str())).await?.into_output();
        let title = info.basics.and_then(|basics| basics.title).unwrap_or_default();
        Ok(Self { videos, media, title })
    }

    fn exit(&self, sent: &Sent) -> Exit {
        match sent.exit() {
            Exit::Done if self.videos.total_items == Some(u64::from(ROWS)) && self.media.total == Some(1) => {
                Exit::Done
            }
            Exit::Done => Exit::Unexpected,
            exit => exit,
        }
    }

    fn show(&self, sent: &Sent, uploaded: &Uploaded) -> String {
        let count = |count: Option<u64>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
        let counts = table(
            ["PROVIDER", "ITEM", "SOURCE"],
            &[
                [
                    "Polyv".to_owned(),
                    format!("{} videos", count(self.videos.total_items)),
                    format!("imported by URL in {} batches", sent.report.batches),
                ],
                [
                    "QingCloud".to_owned(),
                    format!("{} media", count(self.media.total)),
                    "uploaded: apply, PUT, commit".to_owned(),
                ],
            ],
        );
        let mut rows = Vec::new();
        for video in &self.videos.items {
            let basics = video.basics.as_ref();
            rows.push([
                video.vid.to_string(),
                basics.and_then(|basics| basics.title.clone()).unwrap_or_default(),
                basics
                    .and_then(|basics| basics.source_size_bytes)
                    .map_or_else(String::new, |size| HumanBytes(size).to_string()),
            ]);
        }
        rows.push([
            uploaded.id.clone(),
            self.title.clone(),
            HumanBytes(sample_mp4().len() as u64).to_string(),
        ]);
        let newest = table(["ID", "TITLE", "SIZE"], &rows);
        format!(
            "{counts}\n\nThe newest videos, and the media:\n{newest}\n\nThe media's play URL, valid while the emulator ran: {}",
            uploaded.play_url.as_deref().unwrap_or("none")
        )
    }
}
