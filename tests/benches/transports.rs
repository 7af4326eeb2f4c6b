//! Calls a second and the speed of a PUT over loopback, ours beside the bare HTTP client sending the same
//! bytes, alternating within one run.
//!
//! The server is a separate process, as in practice; so is each PUT, so that its peak memory can be read from
//! the system. Linux only, since the peak is read from `/proc`.

mod support;

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime};
use support::{Line, Server, median, peak_memory};
use tokio_util::io::ReaderStream;
use vod_core::operation::Provider;
use vod_core::polyv::sync::ListTasks;
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::{Accounts, Endpoint, Operation, Timestamp, polyv, qingcloud};

/// Pairs of rounds. The median of their ratios is reported, since a shared machine's speed drifts.
const ROUNDS: usize = 21;
/// Calls in a round.
const CALLS: usize = 2_000;
/// The file that is put.
const FILE_SIZE: u64 = 1 << 30;
/// Pairs of PUTs.
const PUTS: usize = 5;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve"] => support::serve(),
        ["emulate"] => support::emulate(),
        ["put", client, url, file] => put(client, url, file),
        _ => measure(),
    }
    ExitCode::SUCCESS
}

fn measure() {
    println!("{}", support::machine());
    // The emulator checks requests and looks up answers, as a provider does.
    for (mode, about) in [("emulate", "the emulator"), ("serve", "a server that does nothing")] {
        let server = Server::start(mode);
        println!("beside {about}:");
        for in_flight in [1, 32] {
            calls_async(&server, in_flight);
            calls_blocking(&server, in_flight);
        }
    }
    puts(&Server::start("serve"));
}

fn accounts(server: &Server) -> Accounts {
    let endpoint = Endpoint::parse(&server.base).expect("an endpoint");
    Accounts::from(
        polyv::Credentials::new(server.user_id.as_str(), server.secret_key.as_str())
            .with_endpoint(endpoint.clone()),
    )
    .with_qingcloud(qingcloud::Credentials::new("QKEYBENCH", "kept-secret").with_endpoint(endpoint))
}

/// The same bytes as one of our calls: its URL, signed for each round so that it does not expire.
fn same_request(server: &Server) -> String {
    let now =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let request = ListTasks::new()
        .with_page(1u32)
        .request(&accounts(server), Timestamp::from_millis(now))
        .expect("valid");
    request.uri().to_string()
}

/// The bare client sends the same user agent as ours.
const USER_AGENT: &str = "vod-bench/1";

/// It also has a timeout, as every client should.
const TIMEOUT: Duration = Duration::from_secs(20);

fn calls_async(server: &Server, in_flight: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = vod_async::Client::builder(accounts(server))
        .rate(Provider::Polyv, None)
        .user_agent(USER_AGENT)
        .build()
        .expect("a client");
    let bare = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .timeout(TIMEOUT)
        .connect_timeout(TIMEOUT)
        .tls_backend_preconfigured(support::tls())
        .no_proxy()
        .build()
        .expect("a client");
    let round = |ours: bool| {
        let url = same_request(server);
        runtime.block_on(async {
            let start = Instant::now();
            let mut workers = Vec::new();
            for _ in 0..in_flight {
                let (client, bare, url) = (client.clone(), bare.clone(), url.clone());
                let calls = CALLS / in_flight;
                workers.push(async move {
                    for _ in 0..calls {
                        if ours {
                            client.send(&ListTasks::new().with_page(1u32)).await.expect("answered");
                        } else {
                            let answer =
                                bare.get(&url).send().await.expect("answered").bytes().await.expect("a body");
                            assert!(!answer.is_empty());
                        }
                    }
                });
            }
            futures_util::future::join_all(workers).await;
            start.elapsed()
        })
    };
    report_calls(&format!("vod-async beside reqwest, {in_flight} in flight"), round);
}

fn calls_blocking(server: &Server, in_flight: usize) {
    let client = vod_blocking::Client::builder(accounts(server))
        .rate(Provider::Polyv, None)
        .user_agent(USER_AGENT)
        .build()
        .expect("a client");
    let bare = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(USER_AGENT)
        .proxy(None)
        .accept_encoding("")
        // The default is three; with that many threads most of the time would go into connecting.
        .max_idle_connections(64)
        .max_idle_connections_per_host(32)
        .timeout_connect(Some(TIMEOUT))
        .timeout_send_request(Some(TIMEOUT))
        .timeout_send_body(Some(TIMEOUT))
        .timeout_recv_response(Some(TIMEOUT))
        .timeout_recv_body(Some(TIMEOUT))
        .build()
        .new_agent();
    let round = |ours: bool| {
        let url = same_request(server);
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..in_flight {
                scope.spawn(|| {
                    for _ in 0..CALLS / in_flight {
                        if ours {
                            client.send(&ListTasks::new().with_page(1u32)).expect("answered");
                        } else {
                            let answer = bare
                                .get(&url)
                                .call()
                                .expect("answered")
                                .body_mut()
                                .read_to_vec()
                                .expect("a body");
                            assert!(!answer.is_empty());
                        }
                    }
                });
            }
        });
        start.elapsed()
    };
    report_calls(&format!("vod-blocking beside ureq, {in_flight} in flight"), round);
}

fn report_calls(name: &str, mut round: impl FnMut(bool) -> Duration) {
    // The first round opens the connections.
    round(true);
    round(false);
    let pairs: Vec<(f64, f64)> = (0..ROUNDS).map(|i| support::in_turn(i, &mut round)).collect();
    let rate = |seconds: f64| CALLS as f64 / seconds;
    let ours = median(pairs.iter().map(|pair| rate(pair.0)));
    let bare = median(pairs.iter().map(|pair| rate(pair.1)));
    let ratio = median(pairs.iter().map(|pair| pair.1 / pair.0));
    let more = median(pairs.iter().map(|pair| (pair.0 - pair.1) / CALLS as f64 * 1e6));
    println!(
        "    {name}: ours {ours:.0} calls/s, reference {bare:.0} calls/s, ratio {ratio:.3}, {more:+.1} µs a call"
    );
}

fn puts(server: &Server) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lesson.mp4");
    support::write_file(&file, FILE_SIZE);
    let file = file.to_str().expect("a path");
    for (ours, bare) in [("vod-async", "reqwest"), ("vod-blocking", "ureq")] {
        let mut pairs = Vec::new();
        let mut peak = (0, 0);
        for i in 0..=PUTS {
            let one = |client: &str| Line::parse(&child(&["put", client, &server.base, file]));
            let (a, b) = if i % 2 == 0 {
                let a = one(ours);
                (a, one(bare))
            } else {
                let b = one(bare);
                (one(ours), b)
            };
            peak = (peak.0.max(a.peak), peak.1.max(b.peak));
            // The first pair fills the page cache.
            if i > 0 {
                pairs.push((a.seconds, b.seconds));
            }
        }
        let speed = |seconds: f64| FILE_SIZE as f64 / seconds / 1e6;
        println!(
            "{ours} beside {bare}, PUT of 1 GiB: ours {:.0} MB/s and {:.1} MiB at most, reference {:.0} MB/s and {:.1} MiB, ratio {:.3}",
            speed(median(pairs.iter().map(|pair| pair.0))),
            peak.0 as f64 / 1024.0,
            speed(median(pairs.iter().map(|pair| pair.1))),
            peak.1 as f64 / 1024.0,
            median(pairs.iter().map(|pair| pair.1 / pair.0)),
        );
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
fn put(client: &str, base: &str, file: &str) {
    let server = Server::at(base);
    let start = Instant::now();
    let apply = || ApplyUpload::new("第一课", "pek3b", MediaType::from("MP4"));
    match client {
        "vod-async" => {
            let client = vod_async::Client::new(accounts(&server)).expect("a client");
            runtime()
                .block_on(client.uploader().upload(file, apply(), vod_async::Control::default()))
                .expect("uploaded");
        }
        "vod-blocking" => {
            let client = vod_blocking::Client::new(accounts(&server)).expect("a client");
            client.uploader().upload(file, apply(), vod_blocking::Control::default()).expect("uploaded");
        }
        "reqwest" => runtime().block_on(async {
            let client = reqwest::Client::builder()
                .tls_backend_preconfigured(support::tls())
                .no_proxy()
                .build()
                .expect("a client");
            let file = tokio::fs::File::open(file).await.expect("the file");
            // As large as a careful user would choose; the default of a few KiB is many times slower.
            let body = reqwest::Body::wrap_stream(ReaderStream::with_capacity(file, 256 << 10));
            let answer = client
                .put(format!("{base}/put"))
                .header("content-length", FILE_SIZE)
                .body(body)
                .send()
                .await
                .expect("answered");
            assert!(answer.status().is_success());
        }),
        "ureq" => {
            let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
            let file = std::fs::File::open(file).expect("the file");
            let answer = agent.put(format!("{base}/put")).send(&file).expect("answered");
            assert!(answer.status().is_success());
        }
        other => panic!("no client {other}"),
    }
    println!("{} {}", start.elapsed().as_secs_f64(), peak_memory());
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
