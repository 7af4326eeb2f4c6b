//! How much of the documented rate an import uses, by the arrivals at the emulator, which enforces it.

use crate::arrivals::Gate;
use crate::support::Server;
use crate::{Bench, child, setting, text, write_manifest};
use std::time::Duration;

/// The documented limit: so many in 10 seconds.
const LIMIT: usize = 1_500;
const WINDOW: Duration = Duration::from_secs(10);

pub(crate) fn measure(bench: &Bench) {
    let seconds = setting("VOD_BENCH_SECONDS", 30);
    let (manifest, journal) = (bench.folder.path().join("rated.csv"), bench.journal("rated"));
    // More than can be sent.
    write_manifest(&manifest, seconds * 16_000);
    child(["plan", text(&manifest), text(&journal)]);
    let server = Server::start("emulate-limits");
    let gate = Gate::to(&server.base);
    let seconds = (seconds + 1).to_string();
    let figures = child(["rated", &gate.base, &server.user_id, &server.secret_key, text(&journal), &seconds]);
    assert_eq!(figures.waits, 0, "the emulator blocks nothing");
    let times = gate.arrivals();
    let span = Duration::from_secs(setting("VOD_BENCH_SECONDS", 30));
    // The first is the question that comes before all orders.
    let orders = times[1..].partition_point(|time| time.duration_since(times[1]) < span);
    let fullest = (0..times.len())
        .map(|first| times[first..].partition_point(|time| time.duration_since(times[first]) < WINDOW))
        .max()
        .unwrap_or_default();
    println!(
        "import at the documented rate: {orders} orders arrived in {} s, {:.3} of the documented; at most {fullest} in any 10 s (documented {LIMIT}), no block",
        span.as_secs(),
        orders as f64 / (LIMIT as f64 * span.as_secs_f64() / WINDOW.as_secs_f64()),
    );
}
