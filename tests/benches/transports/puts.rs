//! The PUT of a file: ours, which compares the checksum, beside the bare HTTP client that computes the same
//! checksum; and ours without checksums beside the bare HTTP client. Each PUT is a separate process, so that
//! its peak memory can be read from the system.

use crate::support::{self, Line, Server, median, peak_memory};
use bytes::Bytes;
use futures_util::StreamExt as _;
use md5::{Digest as _, Md5};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio_util::io::ReaderStream;
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::upload::{Checksums, UploadOptions};

/// Of the file, in bytes.
const FILE_SIZE: u64 = 1 << 30;
/// Rounds of PUTs.
const ROUNDS: usize = 5;

/// Measures both transports.
pub(crate) fn measure() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lesson.mp4");
    support::write_file(&file, FILE_SIZE);
    let etag = md5_of(&file);
    let server = Server::start_with(&["serve", &etag]);
    let file = file.to_str().expect("a path");
    for (ours, bare) in [("vod-async", "reqwest"), ("vod-blocking", "ureq")] {
        let clients = [ours.to_owned(), format!("{bare}-md5"), format!("{ours}-unchecked"), bare.to_owned()];
        let mut peaks = [0; 4];
        let rounds = support::rounds(ROUNDS + 1, [0, 1, 2, 3], |i| {
            let line = Line::parse(&child(&["put", &clients[i], &server.base, file, &etag]));
            peaks[i] = line.peak.max(peaks[i]);
            line.seconds
        });
        // The first round fills the page cache.
        let rounds = &rounds[1..];
        let speed = |i: usize| FILE_SIZE as f64 / median(rounds.iter().map(|round| round[i])) / 1e6;
        let ratio = |ours: usize, bare: usize| median(rounds.iter().map(|round| round[bare] / round[ours]));
        let peak = |i: usize| peaks[i] as f64 / 1024.0;
        println!(
            "{ours}, PUT of 1 GiB with its checksum: {:.0} MB/s and {:.1} MiB at most; {bare} with MD5 {:.0} MB/s and {:.1} MiB, ratio {:.3}; bare {bare}, ratio {:.3}",
            speed(0),
            peak(0),
            speed(1),
            peak(1),
            ratio(0, 1),
            ratio(0, 3)
        );
        println!(
            "{ours}, PUT of 1 GiB without: {:.0} MB/s and {:.1} MiB at most; bare {bare} {:.0} MB/s and {:.1} MiB, ratio {:.3}",
            speed(2),
            peak(2),
            speed(3),
            peak(3),
            ratio(2, 3)
        );
    }
}

fn md5_of(path: &Path) -> String {
    let (mut file, mut md5, mut buffer) =
        (File::open(path).expect("the file"), Md5::new(), vec![0; 256 << 10]);
    loop {
        match file.read(&mut buffer).expect("readable") {
            0 => return hex::encode(md5.finalize()),
            read => md5.update(&buffer[..read]),
        }
    }
}

fn child(arguments: &[&str]) -> String {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .expect("a process");
    assert!(output.status.success(), "{arguments:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

/// One PUT in its own process: prints the seconds and the peak memory.
pub(crate) fn put(client: &str, base: &str, file: &str, etag: &str) {
    let server = Server::at(base);
    let start = Instant::now();
    let apply = || ApplyUpload::new("第一课", "pek3b", MediaType::from("MP4"));
    let verify = client.ends_with("-md5");
    let checksums = if client.ends_with("-unchecked") { Checksums::Skip } else { Checksums::Verify };
    let options = UploadOptions::default().with_checksums(checksums);
    let url = format!("{base}/put");
    match client {
        "vod-async" | "vod-async-unchecked" => {
            let client = vod_async::Client::new(crate::accounts(&server)).expect("a client");
            runtime()
                .block_on(client.uploader().with_options(options).upload(
                    file,
                    apply(),
                    vod_async::Control::default(),
                ))
                .expect("uploaded");
        }
        "vod-blocking" | "vod-blocking-unchecked" => {
            let client = vod_blocking::Client::new(crate::accounts(&server)).expect("a client");
            client
                .uploader()
                .with_options(options)
                .upload(file, apply(), vod_blocking::Control::default())
                .expect("uploaded");
        }
        "reqwest" | "reqwest-md5" => runtime().block_on(async {
            let client = reqwest::Client::builder()
                .tls_backend_preconfigured(support::tls())
                .no_proxy()
                .build()
                .expect("a client");
            let file = tokio::fs::File::open(file).await.expect("the file");
            // As large as a careful user would choose; the default of a few KiB is many times slower.
            let pieces = ReaderStream::with_capacity(file, 256 << 10);
            let md5 = Arc::new(Mutex::new(Md5::new()));
            let body = if verify {
                let md5 = Arc::clone(&md5);
                reqwest::Body::wrap_stream(pieces.map(move |piece: io::Result<Bytes>| {
                    let piece = piece?;
                    md5.lock().expect("nobody panicked").update(&piece);
                    Ok::<_, io::Error>(piece)
                }))
            } else {
                reqwest::Body::wrap_stream(pieces)
            };
            let answer = client
                .put(url)
                .header("content-length", FILE_SIZE)
                .body(body)
                .send()
                .await
                .expect("answered");
            assert!(answer.status().is_success());
            let md5 = md5.lock().expect("nobody panicked").clone();
            assert!(!verify || hex::encode(md5.finalize()) == etag);
        }),
        "ureq" | "ureq-md5" => {
            let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
            let file = File::open(file).expect("the file");
            let mut hashed = Hashed { file: &file, md5: Md5::new() };
            let request = agent.put(url).header("content-length", FILE_SIZE);
            let answer = if verify {
                request.send(ureq::SendBody::from_reader(&mut hashed))
            } else {
                request.send(&file)
            };
            assert!(answer.expect("answered").status().is_success());
            assert!(!verify || hex::encode(hashed.md5.finalize()) == etag);
        }
        other => panic!("no client {other}"),
    }
    println!("{} {}", start.elapsed().as_secs_f64(), peak_memory());
}

/// A file, and the MD5 of what has been read of it.
struct Hashed<'a> {
    file: &'a File,
    md5: Md5,
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.md5.update(&buffer[..read]);
        Ok(read)
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
