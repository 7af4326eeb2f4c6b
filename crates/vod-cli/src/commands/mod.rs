//! The commands, one file or folder each.

pub(crate) mod call;
pub(crate) mod callback;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod emulate;
pub(crate) mod import;
pub(crate) mod imports;
pub(crate) mod operations;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod upload;
pub(crate) mod uploads;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::{STATE_DIR, Settings, state_directory};
use std::sync::Once;
use tokio::runtime::{Builder, Runtime};
use vod_async::{Client, ClientBuilder, SharedRate};
use vod_core::error::chain;
use vod_core::operation::Provider;

/// Runs the command.
pub(crate) fn run(cli: Cli, printer: Printer) -> Result<Exit, Failure> {
    let settings = || Settings::load(cli.global.settings, printer);
    match cli.command {
        Command::Demo(demo) => demo.run(printer),
        Command::Import(import) => import.run(settings, printer),
        Command::Imports(imports) => imports.run(settings, printer),
        Command::Upload(upload) => upload.run(settings, printer),
        Command::Uploads(uploads) => uploads.run(settings, printer),
        Command::Call(call) => call.run(settings, printer),
        Command::Callback(callback) => callback.run(settings, printer),
        Command::Request(request) => request.run(settings, printer),
        Command::Response(response) => response.run(printer),
        Command::Operations(operations) => operations.run(printer),
        Command::Emulate(emulate) => emulate.run(printer),
        Command::Completions(completions) => completions.run(printer),
    }
}

/// A single-threaded runtime, which is enough for sending.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread().enable_all().build().map_err(no_runtime)
}

/// A runtime with a few threads, for a server that runs beside the command's work.
fn server_runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(no_runtime)
}

#[expect(clippy::needless_pass_by_value, reason = "passed to map_err")]
fn no_runtime(error: std::io::Error) -> Failure {
    Failure::Unexpected(format!("no runtime: {error}"))
}

/// A client for a provider's calls. It shares the rate with all commands of this user.
fn client(settings: &Settings, provider: Provider) -> Result<Client, Failure> {
    /// Said once, however many clients there are.
    static SAID: Once = Once::new();
    let builder = builder(settings.account(provider)?);
    let (client, problem) = match state_directory() {
        Some(directory) => {
            let client = built(builder.shared_rate(directory.join("rate")))?;
            let problem = client.shared_rate().and_then(SharedRate::problem).map(str::to_owned);
            (client, problem)
        }
        None => (built(builder)?, Some("there is no home directory for the shared rate".to_owned())),
    };
    if let Some(problem) = problem {
        SAID.call_once(|| {
            settings.printer().warning(&format!("{problem}; {STATE_DIR} can name another directory"));
        });
    }
    Ok(client)
}

/// A client that shares its rate with nobody.
fn client_for(accounts: impl Into<vod_core::Accounts>) -> Result<Client, Failure> {
    built(builder(accounts))
}

fn builder(accounts: impl Into<vod_core::Accounts>) -> ClientBuilder {
    Client::builder(accounts).user_agent(concat!("vod/", env!("CARGO_PKG_VERSION")))
}

fn built(builder: ClientBuilder) -> Result<Client, Failure> {
    builder.build().map_err(|error| Failure::Unexpected(chain(&error)))
}

/// Seconds since `start`, in milliseconds.
fn seconds_since(start: std::time::Instant) -> f64 {
    (start.elapsed().as_secs_f64() * 1e3).round() / 1e3
}
