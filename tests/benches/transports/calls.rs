//! Calls a second: ours, the same written by hand, and the bare HTTP client, which neither signs nor reads.

use crate::by_hand;
use crate::support::{self, Server, median};
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};
use vod_core::operation::Provider;
use vod_core::polyv::sync::ListTasks;
use vod_core::{Operation as _, Timestamp};

/// Rounds. The median of their ratios is reported, since a shared machine's speed drifts.
const ROUNDS: usize = 31;
/// Calls in a round.
const CALLS: usize = 2_000;
/// All send the same user agent.
const USER_AGENT: &str = "vod-bench/1";
/// All have a timeout, as every client should.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The client that makes the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// `vod-async` or `vod-blocking`.
    Ours,
    /// The same HTTP client, with the request signed and the answer read by hand.
    ByHand,
    /// The same HTTP client and nothing more: its URL is signed once for each round.
    Bare,
}

impl Who {
    const ALL: [Self; 3] = [Self::Ours, Self::ByHand, Self::Bare];

    pub(crate) fn of(name: &str) -> Self {
        match name {
            "ours" => Self::Ours,
            "by-hand" => Self::ByHand,
            "bare" => Self::Bare,
            other => panic!("no client is called {other}"),
        }
    }
}

/// Measures both transports with this many calls in flight.
pub(crate) fn measure(server: &Server, in_flight: usize) {
    let (runtime, ours, bare) = (runtime(), async_client(server), reqwest_client());
    report("vod-async", in_flight, |who| {
        runtime.block_on(asynchronous(server, &ours, &bare, who, CALLS, in_flight))
    });
    let (ours, bare) = (blocking_client(server), ureq_agent());
    report("vod-blocking", in_flight, |who| blocking(server, &ours, &bare, who, CALLS, in_flight));
}

/// Makes this many calls, one after the other, for a profiler.
pub(crate) fn profile(transport: &str, who: &str, calls: usize) {
    let (server, who) = (Server::start("serve"), Who::of(who));
    match transport {
        "async" => runtime().block_on(asynchronous(
            &server,
            &async_client(&server),
            &reqwest_client(),
            who,
            calls,
            1,
        )),
        "blocking" => blocking(&server, &blocking_client(&server), &ureq_agent(), who, calls, 1),
        other => panic!("no transport is called {other}"),
    };
}

fn async_client(server: &Server) -> vod_async::Client {
    vod_async::Client::builder(crate::accounts(server))
        .rate(Provider::Polyv, None)
        .user_agent(USER_AGENT)
        .connect_timeout(TIMEOUT)
        .attempt_timeout(TIMEOUT)
        .build()
        .expect("a client")
}

fn reqwest_client() -> reqwest::Client {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .timeout(TIMEOUT)
        .connect_timeout(TIMEOUT)
        .tls_backend_preconfigured(support::tls())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client")
}

fn blocking_client(server: &Server) -> vod_blocking::Client {
    vod_blocking::Client::builder(crate::accounts(server))
        .rate(Provider::Polyv, None)
        .user_agent(USER_AGENT)
        .connect_timeout(TIMEOUT)
        .attempt_timeout(TIMEOUT)
        .build()
        .expect("a client")
}

fn ureq_agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(USER_AGENT)
        .proxy(None)
        .max_redirects(0)
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
        .new_agent()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn asynchronous(
    server: &Server,
    ours: &vod_async::Client,
    bare: &reqwest::Client,
    who: Who,
    calls: usize,
    in_flight: usize,
) -> Duration {
    let url = same_request(server);
    let get = async |url: &str| bare.get(url).send().await.expect("answered").bytes().await.expect("a body");
    let call = async || match who {
        Who::Ours => {
            black_box(ours.send(&ListTasks::new().with_page(1u32)).await.expect("answered"));
        }
        Who::ByHand => {
            let answer = get(&by_hand::url(&server.base, &server.user_id, &server.secret_key)).await;
            black_box(by_hand::page(&answer).expect("a page"));
        }
        Who::Bare => assert!(!get(&url).await.is_empty()),
    };
    let worker = async || {
        for _ in 0..calls / in_flight {
            call().await;
        }
    };
    let start = Instant::now();
    futures_util::future::join_all((0..in_flight).map(|_| worker())).await;
    start.elapsed()
}

fn blocking(
    server: &Server,
    ours: &vod_blocking::Client,
    bare: &ureq::Agent,
    who: Who,
    calls: usize,
    in_flight: usize,
) -> Duration {
    let url = same_request(server);
    let get = |url: &str| bare.get(url).call().expect("answered").body_mut().read_to_vec().expect("a body");
    let call = || match who {
        Who::Ours => {
            black_box(ours.send(&ListTasks::new().with_page(1u32)).expect("answered"));
        }
        Who::ByHand => {
            let answer = get(&by_hand::url(&server.base, &server.user_id, &server.secret_key));
            black_box(by_hand::page(&answer).expect("a page"));
        }
        Who::Bare => assert!(!get(&url).is_empty()),
    };
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..in_flight {
            scope.spawn(|| (0..calls / in_flight).for_each(|_| call()));
        }
    });
    start.elapsed()
}

/// The same bytes as one of our calls: its URL, signed for each round so that it does not expire.
fn same_request(server: &Server) -> String {
    let now =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let request = ListTasks::new()
        .with_page(1u32)
        .request(&crate::accounts(server), Timestamp::from_millis(now))
        .expect("valid");
    request.uri().to_string()
}

fn report(name: &str, in_flight: usize, run: impl Fn(Who) -> Duration) {
    // The first round opens the connections.
    for who in Who::ALL {
        run(who);
    }
    let rounds = support::rounds(ROUNDS, Who::ALL, |who| run(who).as_secs_f64());
    let micros = |seconds: f64| seconds / CALLS as f64 * 1e6;
    let of = |i: usize| micros(median(rounds.iter().map(|round| round[i])));
    let beside = |i: usize| {
        (
            median(rounds.iter().map(|round| round[i] / round[0])),
            micros(median(rounds.iter().map(|round| round[0] - round[i]))),
        )
    };
    let (by_hand, bare) = (beside(1), beside(2));
    println!(
        "    {name}, {in_flight} in flight: {:.1} µs a call; by hand {:.1} µs, ratio {:.3}, {:+.1} µs; bare {:.1} µs, ratio {:.3}, {:+.1} µs",
        of(0),
        of(1),
        by_hand.0,
        by_hand.1,
        of(2),
        bare.0,
        bare.1
    );
}
