//! No secret is seen anywhere: the scenarios of the suite run with all logs of all crates at their most talkative, and nothing that was logged, told as an
//! error or shown by `Debug` holds a secret of the accounts, in any of the forms in which secrets get about.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use vod_emulator::{Emulator, Options};
use vod_tests::Transport;
use vod_tests::scenarios::{faults, operations, refusals, uploads};

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
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let _ = writeln!(Self, "log {}: {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

/// The forms in which a secret may get about.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex = hex::encode(bytes);
    let url = form_urlencoded::byte_serialize(bytes).collect();
    let padded = BASE64_STANDARD.encode(bytes);
    vec![secret.to_owned(), hex.to_uppercase(), hex, padded.trim_end_matches('=').to_owned(), BASE64_URL_SAFE_NO_PAD.encode(bytes), url]
}

/// Takes what was seen since the last time, and looks for secrets in it.
fn look(what: &str, secrets: &[String]) -> String {
    let seen = std::mem::take(&mut *SEEN.lock().unwrap_or_else(PoisonError::into_inner));
    let seen = String::from_utf8_lossy(&seen).into_owned();
    for form in secrets {
        if let Some(at) = seen.find(form.as_str()) {
            let line = seen[..at].rfind('\n').map_or(0, |start| start + 1);
            panic!("{what}: a secret is in {}", seen[line..at].chars().take(300).collect::<String>());
        }
    }
    // What we log ourselves holds no signature and no query either.
    for line in seen.lines().filter(|line| {
        line.contains(" vod_core") || line.contains(" vod_async") || line.contains(" vod_blocking") || line.contains(" noted") || line.contains(" told")
    }) {
        for piece in ["sign=", "ptime=", "X-Amz-", "QVOD "] {
            assert!(!line.contains(piece), "{what}: `{piece}` is in {}", line.chars().take(600).collect::<String>());
        }
    }
    seen
}

async fn all<T: Transport>(secrets: &[String]) {
    let mut seen = 0;
    macro_rules! run {
        ($($area:ident::$scenario:ident),* $(,)?) => {
            $(
                $area::$scenario::<T>().await;
                seen += look(concat!(stringify!($area), "::", stringify!($scenario)), secrets).len();
            )*
        };
    }
    operations::all_go_well::<T>().await;
    // That what is looked through is all there is to see.
    let text = look("operations::all_go_well", secrets);
    let client = T::NAME.replace('-', "_");
    for piece in [&client, "vod.call{operation=\"qingcloud.media.search\"", "noted", "log ", "request_id=", "polyv.sync.export"] {
        assert!(text.contains(piece), "{}: nothing of `{piece}` was logged", T::NAME);
    }
    run!(
        operations::typed,
        operations::without_an_account,
        faults::once_each,
        faults::again_and_again,
        faults::a_clock_that_is_off,
        faults::a_block,
        refusals::past_the_checks,
        refusals::of_the_account,
        uploads::bytes_arrive,
        uploads::storage_that_recovers,
        uploads::storage_that_does_not,
        uploads::a_connection_that_breaks,
        uploads::a_wish_before_the_start,
        uploads::a_url_that_expired,
        uploads::a_file_that_grows,
        uploads::no_such_file,
        uploads::an_application_that_fails,
    );
    assert!(seen > 1_000_000, "{}: {seen} bytes of logs are too few", T::NAME);
}

// One test, as the logs are the process's.
#[tokio::test]
async fn no_secret_is_seen() {
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_span_events(FmtSpan::FULL).with_ansi(false).with_writer(Everything);
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    log::set_boxed_logger(Box::new(Everything)).unwrap();
    log::set_max_level(log::LevelFilter::Trace);

    // The accounts of every bench, as they have one seed.
    let emulator = Emulator::start(Options { seed: vod_tests::SEED, ..Options::default() }).await.unwrap();
    let keys = emulator.credentials();
    let secrets: Vec<String> =
        [&keys.polyv_secret_key, &keys.polyv_write_token, &keys.polyv_app_secret, &keys.qingcloud_secret_access_key, &keys.qingcloud_callback_key]
            .into_iter()
            .flat_map(|secret| forms(secret))
            .collect();
    all::<vod_async::Client>(&secrets).await;
    all::<vod_blocking::Client>(&secrets).await;
}
