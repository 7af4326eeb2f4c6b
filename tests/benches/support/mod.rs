//! A server that does as little as possible, and readings of clock and memory.
#![allow(dead_code, reason = "each benchmark uses a part")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The server, in its own process.
pub(crate) struct Server {
    child: Option<Child>,
    pub(crate) base: String,
    pub(crate) user_id: String,
    pub(crate) secret_key: String,
}

impl Server {
    pub(crate) fn start(mode: &str) -> Self {
        Self::start_with(&[mode])
    }

    /// Starts this program with these arguments.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its address");
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut word = || words.next().expect("address, user id and key");
        Self { child: Some(child), base: word(), user_id: word(), secret_key: word() }
    }

    /// A server that was started elsewhere and accepts any key.
    pub(crate) fn at(base: &str) -> Self {
        Self::known(base, "d41c0b6f2a", "kept-secret")
    }

    /// A server that was started elsewhere.
    pub(crate) fn known(base: &str, user_id: &str, secret_key: &str) -> Self {
        let [base, user_id, secret_key] = [base, user_id, secret_key].map(str::to_owned);
        Self { child: None, base, user_id, secret_key }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has no state to lose.
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Serves until it is killed. Answers every GET with a page of tasks and applications with its own URL, and
/// discards PUTs. Their ETag is given: computing it would take processor time from the client that is
/// measured.
pub(crate) fn serve(etag: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        println!("{base} d41c0b6f2a kept-secret");
        std::io::stdout().flush().expect("flushed");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(connection(stream, base.clone(), etag.to_owned()));
        }
    });
}

/// Runs the emulator until it is killed.
pub(crate) fn emulate(options: vod_emulator::Options) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let emulator = vod_emulator::Emulator::start(options).await.expect("started");
        let credentials = emulator.credentials();
        println!("{} {} {}", emulator.url(), credentials.polyv_user_id, credentials.polyv_secret_key);
        std::io::stdout().flush().expect("flushed");
        std::future::pending::<()>().await;
    });
}

async fn connection(mut stream: TcpStream, base: String, etag: String) {
    let _ = stream.set_nodelay(true);
    let mut buffer = vec![0; 1 << 20];
    let mut filled = 0;
    loop {
        let end = loop {
            if let Some(end) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            match stream.read(&mut buffer[filled..]).await {
                Ok(0) | Err(_) => return,
                Ok(n) => filled += n,
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
        let length: u64 = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or(0);
        let body = match head.split(' ').nth(1) {
            Some("/api/v1/media/") => format!(r#"{{"MediaId":"7","StoragePath":"{base}/put","ret_code":0}}"#),
            Some(path) if path.ends_with("/uploaded") => {
                r#"{"MediaId":"7","PlayUrl":null,"ret_code":0}"#.to_owned()
            }
            Some("/put") => String::new(),
            _ => PAGE.to_owned(),
        };
        // The part of the body that came with the head, and then the rest, is discarded.
        let mut left = length.saturating_sub((filled - end) as u64);
        filled = 0;
        while left > 0 {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(n) => left = left.saturating_sub(n as u64),
            }
        }
        let answer = format!(
            "HTTP/1.1 200 OK\r\netag: \"{etag}\"\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

const PAGE: &str = r#"{"code":200,"status":"success","message":"","data":{"pageNumber":1,"totalItems":1,"totalPages":1,"firstPage":true,"lastPage":true,
"contents":[{"taskid":"t7Yb2Kq","userid":"d41c0b6f2a","classifyid":"1","seccesscount":2,"totalcount":2,"failcount":0,"status":"Y","createtime":1780000000000}]}}"#;

/// The output of a PUT's process.
pub(crate) struct Line {
    pub(crate) seconds: f64,
    /// In KiB.
    pub(crate) peak: u64,
}

impl Line {
    pub(crate) fn parse(text: &str) -> Self {
        let (seconds, peak) = text.trim().split_once(' ').expect("two figures");
        Self { seconds: seconds.parse().expect("seconds"), peak: peak.parse().expect("KiB") }
    }
}

/// This process's peak memory in KiB.
pub(crate) fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").trim().parse().expect("KiB")
}

/// Runs all of these in each round and returns the result of each run, in the order of `all`; which is first
/// rotates from round to round.
pub(crate) fn rounds<T: Copy, const N: usize>(
    count: usize,
    all: [T; N],
    mut run: impl FnMut(T) -> f64,
) -> Vec<[f64; N]> {
    (0..count)
        .map(|round| {
            let mut results = [0.0; N];
            for turn in 0..N {
                let i = (round + turn) % N;
                results[i] = run(all[i]);
            }
            results
        })
        .collect()
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A file of noise that no layer can compress or skip.
pub(crate) fn write_file(path: &Path, size: u64) {
    let mut file = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(path).expect("a file"));
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..size / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes()).expect("room");
    }
    file.flush().expect("room");
}

/// The machine that measured.
pub(crate) fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |line| line.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, {model}")
}

/// A TLS configuration for the bare client, which requires one but does not use it.
pub(crate) fn tls() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocols")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
