//! Secrets are never shown: all scenarios run with the most verbose logs of all crates, and no log line,
//! error or `Debug` output contains an account's secret, in any encoding in which it could leak.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use vod_core::Timestamp;
use vod_emulator::{Emulator, Options};
use vod_tests::{Bench, Transport, scenarios};

static SEEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Everything;

impl Write for Everything {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Everything {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl log::Log for Everything {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        // A dump of the bytes on the wire, in rows of 16 bytes, too short to contain a secret.
        metadata.target() != "ureq_proto::util"
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        // In one write: otherwise threads that log at once could share a line.
        let line = format!("log {}: {}\n", record.target(), record.args());
        let _ = Self.write(line.as_bytes());
    }

    fn flush(&self) {}
}

/// The encodings in which a secret could leak.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex = hex::encode(bytes);
    let url = form_urlencoded::byte_serialize(bytes).collect();
    let padded = BASE64_STANDARD.encode(bytes);
    vec![
        secret.to_owned(),
        hex.to_uppercase(),
        hex,
        padded.trim_end_matches('=').to_owned(),
        BASE64_URL_SAFE_NO_PAD.encode(bytes),
        url,
    ]
}

/// Takes what was logged since the last call, and looks for secrets in it.
fn look(what: &str, secrets: &[String]) -> String {
    let seen = std::mem::take(&mut *SEEN.lock().unwrap_or_else(PoisonError::into_inner));
    let seen = String::from_utf8_lossy(&seen).into_owned();
    for form in secrets {
        if let Some(at) = seen.find(form.as_str()) {
            let line = seen[..at].rfind('\n').map_or(0, |start| start + 1);
            panic!("{what}: a secret is in {}", seen[line..at].chars().take(300).collect::<String>());
        }
    }
    // Our own log lines contain no signature and no query either.
    for line in seen.lines().filter(|line| {
        line.contains(" vod_core")
            || line.contains(" vod_driver")
            || line.contains(" vod_async")
            || line.contains(" vod_blocking")
            || line.contains(" noted")
            || line.contains(" told")
    }) {
        for piece in ["sign=", "ptime=", "X-Amz-", "QVOD ", "STS.", "CAIS"] {
            assert!(
                !line.contains(piece),
                "{what}: `{piece}` is in {}",
                line.chars().take(600).collect::<String>()
            );
        }
    }
    seen
}

async fn all<T: Transport>(secrets: &[String]) {
    let mut seen = String::new();
    macro_rules! run {
        ($($area:ident { $($scenario:ident),* $(,)? })*) => {
            $($(
                scenarios::$area::$scenario::<T>().await;
                let logs = look(concat!(stringify!($area), "::", stringify!($scenario)), secrets);
                if !stringify!($area).starts_with("uploads") {
                    seen.push_str(&logs);
                }
            )*)*
        };
    }
    vod_tests::scenarios!(run);
    // Proves that the logs were complete.
    let client = T::NAME.replace('-', "_");
    for piece in [
        &client,
        "vod.call{operation=\"qingcloud.media.search\"}:attempt{number=2}",
        "noted",
        "told",
        "log ",
        "request_id=",
        "waiting wait=",
        "polyv.sync.export",
    ] {
        assert!(seen.contains(piece), "{}: nothing of `{piece}` was logged", T::NAME);
    }
}

/// Requests as shown by `Debug`: what is signed may be shown, signatures must not.
async fn requests(secrets: &[String]) {
    let bench = Bench::<vod_async::Client>::start().await;
    let subjects = bench.subjects().await;
    for entry in scenarios::operations::spine() {
        let id = entry.info().id;
        let input = Bench::<vod_async::Client>::input(id, &scenarios::operations::input(id, &subjects));
        let request =
            input.request(bench.client.accounts(), Timestamp::from_millis(1_700_000_000_000)).unwrap();
        let shown = format!("{input:?} {request:?} {entry:?}");
        assert!(!shown.contains("QVOD "), "{id}: the signature is no header to show");
        assert!(secrets.iter().all(|secret| !shown.contains(secret.as_str())), "{id}");
    }
}

// A single test, since logs belong to the process.
#[tokio::test]
async fn no_secret_is_seen() {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(Everything);
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    log::set_boxed_logger(Box::new(Everything)).unwrap();
    log::set_max_level(log::LevelFilter::Trace);

    // All benches have the same seed, and so the same accounts.
    let emulator = Emulator::start(Options { seed: vod_tests::SEED, ..Options::default() }).await.unwrap();
    let keys = emulator.credentials();
    let secrets: Vec<String> = [
        &keys.polyv_secret_key,
        &keys.polyv_write_token,
        &keys.polyv_app_secret,
        &keys.qingcloud_secret_access_key,
        &keys.qingcloud_callback_key,
    ]
    .into_iter()
    .flat_map(|secret| forms(secret))
    .collect();
    all::<vod_async::Client>(&secrets).await;
    all::<vod_blocking::Client>(&secrets).await;
    requests(&secrets).await;
}
