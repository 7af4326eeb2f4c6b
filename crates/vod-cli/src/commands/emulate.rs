//! `vod emulate`: an emulator of both providers on this machine.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::fields;
use crate::interrupt::Signals;
use crate::output::Printer;
use crate::settings;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use std::future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;
use vod_core::error::chain;
use vod_emulator::{Callbacks, DemoCredentials, Emulator, FaultPlan, Fetching, Options, StartError};

/// Run an emulator of both providers until interrupted
///
/// It accepts only its own demo credentials, and prints them with `--env` or in the ready file.
#[derive(Debug, Args)]
pub(crate) struct Emulate {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Write `{"env": {…}}` to FILE when ready
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Print the settings for other commands, as `export` lines
    #[arg(long)]
    env: bool,
    /// Which URLs of imports are really downloaded
    #[arg(long, value_enum, default_value_t = FetchName::Loopback)]
    fetch: FetchName,
    /// Faults to inject: a JSON array of fault rules, or a file with one
    ///
    /// A rule names an operation, when, and a fault: the answer to every tenth order is lost after it was
    /// carried out, one callback in five is lost, one download in ten fails, new videos appear in lists 5 to
    /// 60 seconds late:
    ///
    /// [{"operation":"polyv.upload.urls","every":10,"fault":{"kind":"reset_after"}}, {"operation":"callback","probability":0.2,"fault":{"kind":"lost"}}, {"operation":"fetch","probability":0.1,"fault":{"kind":"refuse","code":404,"message":"HTTP status 404"}}, {"operation":"video","fault":{"kind":"shown_late","seconds":5,"up_to":60}}]
    #[arg(long, value_name = "PLAN")]
    faults: Option<String>,
    /// The seed of credentials, ids and faults
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Accept undocumented fields and fields that are not signed
    #[arg(long)]
    lenient: bool,
    /// Where Polyv's callbacks go: a URL on this machine, such as that of `vod callback listen`
    #[arg(long, value_name = "URL")]
    polyv_callbacks: Option<Url>,
    /// Where QingCloud's callbacks go
    #[arg(long, value_name = "URL")]
    qingcloud_callbacks: Option<Url>,
    /// Enforce the providers' limits on calls: Polyv's 1500 in 10 s, QingCloud's 2000 an hour
    #[arg(long)]
    rate_limits: bool,
}

/// What happens to the URLs of imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FetchName {
    /// Download all, over the network if need be
    All,
    /// Download those of this machine; pretend the others, with sizes drawn from the seed
    Loopback,
    /// Pretend all
    Pretend,
}

impl From<FetchName> for Fetching {
    fn from(name: FetchName) -> Self {
        match name {
            FetchName::All => Self::All,
            FetchName::Loopback => Self::Loopback,
            FetchName::Pretend => Self::Pretend,
        }
    }
}

impl Emulate {
    pub(crate) fn run(&self, printer: Printer) -> Result<Exit, Failure> {
        let options = Options {
            listen: self.listen,
            strict: !self.lenient,
            seed: self.seed,
            faults: self.faults.as_deref().map(plan).transpose()?.unwrap_or_default(),
            rate_limits: self.rate_limits,
            fetch: self.fetch.into(),
            callbacks: Callbacks {
                polyv: self.polyv_callbacks.clone(),
                qingcloud: self.qingcloud_callbacks.clone(),
            },
            ..Options::default()
        };
        super::server_runtime()?.block_on(async {
            // Before anybody learns that it runs, so that no signal is missed.
            let mut signals =
                Signals::listen().map_err(|error| Failure::Unexpected(format!("signals: {error}")))?;
            let emulator = Emulator::start(options).await.map_err(|error| not_started(&error))?;
            let url = emulator.url();
            let settings = settings(emulator.credentials(), &url);
            let env: Map<String, Value> =
                settings.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            if let Some(path) = &self.ready_file {
                write_whole(path, &json!({ "env": env }))?;
            }
            if self.env {
                let lines: Vec<_> =
                    settings.iter().map(|(name, value)| format!("export {name}='{value}'")).collect();
                printer.text(&lines.join("\n"))?;
            } else if printer.json() {
                printer.line(&json!({ "url": url, "env": env }))?;
            }
            if !printer.json() {
                printer.notice(&format!("the emulator listens on {url}"));
            }
            let pretended = async {
                if self.fetch == FetchName::Loopback {
                    emulator.pretended().await;
                    printer.notice(PRETENDED);
                }
                future::pending::<()>().await;
            };
            tokio::select! {
                () = signals.asked() => {}
                () = pretended => {}
            }
            emulator.shutdown().await;
            Ok(Exit::Done)
        })
    }
}

/// Said once.
const PRETENDED: &str = "URLs of other machines are not downloaded: their videos are pretended, with sizes drawn \
    from the seed; `--fetch all` downloads them";

/// The settings that make this command talk to an emulator: environment variables and their values.
fn settings<'e>(credentials: &'e DemoCredentials, url: &'e str) -> [(&'static str, &'e str); 10] {
    [
        (settings::POLYV_USER_ID.env, &credentials.polyv_user_id),
        (settings::POLYV_SECRET_KEY.env, &credentials.polyv_secret_key),
        (settings::POLYV_WRITE_TOKEN.env, &credentials.polyv_write_token),
        (settings::POLYV_APP_ID.env, &credentials.polyv_app_id),
        (settings::POLYV_APP_SECRET.env, &credentials.polyv_app_secret),
        (settings::POLYV_ENDPOINT.env, url),
        (settings::QINGCLOUD_ACCESS_KEY_ID.env, &credentials.qingcloud_access_key_id),
        (settings::QINGCLOUD_SECRET_ACCESS_KEY.env, &credentials.qingcloud_secret_access_key),
        (settings::QINGCLOUD_CALLBACK_KEY.env, &credentials.qingcloud_callback_key),
        (settings::QINGCLOUD_ENDPOINT.env, url),
    ]
}

fn not_started(error: &StartError) -> Failure {
    let text = chain(error);
    match error {
        StartError::Callbacks(_) => {
            Failure::input("--polyv-callbacks, --qingcloud-callbacks", "URLs of this machine", text)
        }
        StartError::Listen { .. } => {
            Failure::input("--listen", "an address that nobody else listens on", text)
        }
        _ => Failure::Unexpected(text),
    }
}

/// A plan: the argument itself if it is JSON, otherwise from the file that it names.
fn plan(text: &str) -> Result<FaultPlan, Failure> {
    let inline = text.trim_start().starts_with(['[', '{']);
    let bytes = if inline { text.as_bytes().to_vec() } else { fields::bytes(Path::new(text))? };
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::input("--faults", "a JSON array of fault rules", error.to_string()))
}

/// Writes a file under a temporary name and renames it, so that a waiting process never sees half of it.
pub(crate) fn write_whole(path: &Path, value: &Value) -> Result<(), Failure> {
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let written = tempfile::NamedTempFile::new_in(directory).and_then(|mut file| {
        writeln!(file, "{value}")?;
        file.persist(path).map(drop).map_err(|error| error.error)
    });
    written.map_err(|error| Failure::unwritable(path, &error))
}
