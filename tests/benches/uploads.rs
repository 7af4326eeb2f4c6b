//! `vod upload` beside `curl -T` of the same file to the same server, alternating within one run: the speed
//! of both, and our peak memory. The server is the emulator in its own process, which checks signatures and
//! checksums and keeps the file on disk, for both clients.
//!
//! `VOD_BENCH_FILE_MIB` is the size of the file, 1024 by default, and `VOD_BENCH_ROUNDS` the number of pairs.
//! Linux only, since the peak is read from `/proc`.

mod support;

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha1::Sha1;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime};
use support::median;
use vod_core::polyv::upload::{InitUpload, UploadClient, UploadStart};
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::{Accounts, Endpoint, Timestamp, polyv, qingcloud};

fn main() -> ExitCode {
    let vod =
        std::env::current_exe().expect("this program").ancestors().nth(2).expect("a folder").join("vod");
    if !vod.exists() {
        eprintln!("{} is not built: run `cargo build --release -p vod-cli` first", vod.display());
        return ExitCode::FAILURE;
    }
    let number =
        |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().expect("a number"));
    let (mib, rounds) = (number("VOD_BENCH_FILE_MIB", 1024), number("VOD_BENCH_ROUNDS", 5));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lesson.mp4");
    support::write_file(&file, mib << 20);
    println!("{}", support::machine());
    let bench = Bench { emulator: Emulator::start(&vod, folder.path()), vod, file };
    for to in ["polyv", "qingcloud"] {
        let mut pairs = Vec::new();
        let mut peak = 0;
        for round in 0..=rounds {
            let ours = |peak: &mut u64| {
                let (seconds, high) = bench.ours(to);
                *peak = high.max(*peak);
                seconds
            };
            let (ours, curl) = if round % 2 == 0 {
                let first = ours(&mut peak);
                (first, bench.curl(to))
            } else {
                let first = bench.curl(to);
                (ours(&mut peak), first)
            };
            // The first pair fills the page cache.
            if round > 0 || rounds == 0 {
                pairs.push((ours, curl));
            }
        }
        let speed = |seconds: f64| (mib << 20) as f64 / seconds / 1e6;
        println!(
            "vod upload --to {to} of {mib} MiB: ours {:.0} MB/s and {:.1} MiB at most; curl -T {:.0} MB/s; ratio {:.3}",
            speed(median(pairs.iter().map(|pair| pair.0))),
            peak as f64 / 1024.0,
            speed(median(pairs.iter().map(|pair| pair.1))),
            median(pairs.iter().map(|pair| pair.1 / pair.0)),
        );
    }
    ExitCode::SUCCESS
}

struct Bench {
    vod: PathBuf,
    file: PathBuf,
    emulator: Emulator,
}

/// The emulator, and the settings for it.
struct Emulator {
    child: Child,
    settings: BTreeMap<String, String>,
}

impl Emulator {
    fn start(vod: &Path, folder: &Path) -> Self {
        let ready = folder.join("ready.json");
        let mut command = Command::new(vod);
        command
            .args(["emulate", "--listen", "127.0.0.1:0", "--ready-file"])
            .arg(&ready)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.env("TMPDIR", folder).spawn().expect("a process");
        let text = loop {
            assert!(child.try_wait().expect("its state").is_none(), "the emulator ended");
            if let Some(text) =
                std::fs::read(&ready).ok().filter(|text| serde_json::from_slice::<Value>(text).is_ok())
            {
                break text;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let ready: Value = serde_json::from_slice(&text).expect("JSON");
        let settings = ready["env"]
            .as_object()
            .expect("settings")
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        Self { child, settings: settings.collect() }
    }

    fn setting(&self, name: &str) -> &str {
        &self.settings[name]
    }

    fn accounts(&self) -> Accounts {
        let endpoint: Endpoint = self.setting("VOD_POLYV_ENDPOINT").parse().expect("an endpoint");
        let polyv =
            polyv::Credentials::new(self.setting("VOD_POLYV_USER_ID"), self.setting("VOD_POLYV_SECRET_KEY"));
        let qingcloud = qingcloud::Credentials::new(
            self.setting("VOD_QINGCLOUD_ACCESS_KEY_ID"),
            self.setting("VOD_QINGCLOUD_SECRET_ACCESS_KEY"),
        );
        Accounts::from(polyv.with_endpoint(endpoint.clone()))
            .with_qingcloud(qingcloud.with_endpoint(endpoint))
    }

    /// Resets the emulator, so that the disk does not fill.
    fn reset(&self) {
        let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
        agent
            .post(format!("{}/_emulator/reset", self.setting("VOD_POLYV_ENDPOINT")))
            .send_empty()
            .expect("reset");
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It has no state to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Bench {
    /// One upload by us: its seconds, and the process's peak memory in KiB.
    fn ours(&self, to: &str) -> (f64, u64) {
        self.emulator.reset();
        let start = Instant::now();
        let mut command = Command::new(&self.vod);
        command
            .args(["upload", "--json", "--no-checkpoints", "--to", to])
            .arg(&self.file)
            .envs(&self.emulator.settings)
            .stdout(Stdio::null());
        let mut child = command.stderr(Stdio::null()).spawn().expect("a process");
        // The peak only grows, so the last value before the end is the peak.
        let status = format!("/proc/{}/status", child.id());
        let watch = std::thread::spawn(move || {
            let mut peak = 0;
            while let Some(now) = std::fs::read_to_string(&status).ok().and_then(|text| high_water(&text)) {
                peak = now.max(peak);
                std::thread::sleep(Duration::from_millis(5));
            }
            peak
        });
        assert!(child.wait().expect("its end").success(), "vod upload --to {to}");
        (start.elapsed().as_secs_f64(), watch.join().expect("watched"))
    }

    /// One upload by curl, in seconds: the request is prepared before the clock runs.
    fn curl(&self, to: &str) -> f64 {
        self.emulator.reset();
        let client = vod_blocking::Client::new(self.emulator.accounts()).expect("a client");
        let (url, headers) = if to == "polyv" { self.object(&client) } else { presigned(&client) };
        let start = Instant::now();
        let mut command = Command::new("curl");
        command
            .args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--upload-file"])
            .arg(&self.file);
        for header in headers {
            command.args(["--header", &header]);
        }
        assert!(command.arg(url).stdout(Stdio::null()).status().expect("curl").success(), "curl to {to}");
        start.elapsed().as_secs_f64()
    }

    /// A signed PUT of the whole file to Polyv's storage.
    fn object(&self, client: &vod_blocking::Client) -> (String, Vec<String>) {
        let size = std::fs::metadata(&self.file).expect("the file").len();
        let init =
            InitUpload::new(i64::try_from(size).expect("a size"), UploadStart::New, UploadClient::JavaSdk)
                .with_title("curl");
        let ticket = client.send(&init).expect("a ticket").into_output();
        let object = format!("{}{}.mp4", ticket.prefix.unwrap_or_default(), ticket.vid.expect("a vid"));
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_millis();
        let date = Timestamp::from_millis(i64::try_from(since).expect("a time")).http_date();
        let token = ticket.security_token.expose();
        let text =
            format!("PUT\n\nvideo/mp4\n{date}\nx-oss-security-token:{token}\n/{}/{object}", ticket.bucket);
        let mut mac =
            Hmac::<Sha1>::new_from_slice(ticket.access_key_secret.expose().as_bytes()).expect("a key");
        mac.update(text.as_bytes());
        let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        let headers = vec![
            "Content-Type: video/mp4".to_owned(),
            format!("Date: {date}"),
            format!("x-oss-security-token: {token}"),
            format!("Authorization: OSS {}:{signature}", ticket.access_key_id.expose()),
        ];
        (format!("http://{}/{object}", ticket.domain), headers)
    }
}

fn presigned(client: &vod_blocking::Client) -> (String, Vec<String>) {
    let ticket = client
        .send(&ApplyUpload::new("curl", "pek3b", MediaType::from("MP4")))
        .expect("a ticket")
        .into_output();
    (ticket.url, vec!["Content-Type: video/mp4".to_owned()])
}

fn high_water(status: &str) -> Option<u64> {
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?
        .trim()
        .trim_end_matches(" kB")
        .trim()
        .parse()
        .ok()
}
