//! `vod callback listen`: a receiver of both providers' callbacks.
//!
//! A callback passes four stages. [`receive`] reads it within bounds and verifies it. [`keep`] drops replays
//! and makes it durable, many with one sync; only then is it answered. [`show`] and [`forward`] follow the
//! log at their own pace, so neither a blocked reader of stdout nor a target that is down delays a provider,
//! and their backlog takes no memory.

mod forward;
mod keep;
mod mark_rows;
mod receive;
mod show;
mod warning;

use super::keys::{Rules, Verifiers};
use super::log::{Log, Mark};
use super::target::Target;
use crate::commands::emulate::write_whole;
use crate::commands::import::open_journal;
use crate::commands::server_runtime;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Signals;
use crate::output::Printer;
use crate::provider;
use crate::settings::Settings;
use clap::Args;
use serde_json::json;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use vod_core::operation::Provider;
use vod_core::relay::Window;

/// Receive callbacks until interrupted: verify, log, print and forward them
///
/// Polyv's callbacks go to the path `/polyv` or anything below it, QingCloud's to `/qingcloud`; with
/// --provider all paths are that provider's. A callback is answered with 200 once it is durable in the log.
/// So is a replay, which is dropped. A rejected callback is answered with 400, 403, 404, 405, 408, 413 or 431
/// and is not logged.
///
/// With --forward each event of the log is forwarded as received until the target answers 2xx: its path and
/// query are appended to the target's URL; method, headers and body are kept. The headers `X-Vod-Event`, its
/// number, and `X-Vod-Key` are added; by the key a target can drop duplicates. The events of one video are
/// forwarded in order, one at a time. The progress is saved in FILE.position; after a crash, events that were
/// under way are forwarded again.
///
/// stdout has one JSON object for each new event. Use a proxy for TLS and a public name; QingCloud signs the
/// URL that it calls, so pass that one as --public-url.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The log of events: JSON lines, appended to. It contains signatures, so others cannot read it
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// Forward events to this URL
    #[arg(long, value_name = "URL")]
    forward: Option<String>,
    /// Events forwarded at once, each of a different video
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256), requires = "forward")]
    jobs: u16,
    /// Accept one provider's callbacks on every path
    #[arg(long, value_parser = provider::parser())]
    provider: Option<Provider>,
    #[command(flatten)]
    rules: Rules,
    /// How long an identical event counts as a replay, in seconds; at most the last 100,000 events are
    /// remembered. Polyv's events have no time: a video that passes review twice looks like a replay
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    remember: u64,
    /// How long a sender may take for the head of a request, and again for its body, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    patience: u64,
    /// Mark the rows of imports that events are about in this journal, as `vod import` uses it; without a name in
    /// its usual one
    #[arg(long, value_name = "FILE|URL", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "the flag may be missing, given alone, or have a value")]
    journal: Option<Option<OsString>>,
    /// Write `{"url": …}` to FILE when ready
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

/// How many events are remembered, some 60 bytes each.
const REMEMBERED: usize = 100_000;
/// How long the target has at the end to accept what is left.
const DRAIN: Duration = Duration::from_secs(10);

impl Listen {
    pub(crate) fn run(self, settings: &Settings, printer: Printer) -> Result<Exit, Failure> {
        let verifiers = Verifiers::of(settings, self.provider, &self.rules)?;
        let target = self.forward.as_deref().map(|url| Target::base("--forward", url)).transpose()?;
        let mut window = Window::new(REMEMBERED, Duration::from_secs(self.remember));
        let (log, torn) = Log::open(&self.log, |record| {
            window.insert(record.key(), record.received);
        })?;
        if torn > 0 {
            printer.notice(&format!(
                "{torn} bytes at the end of {} were never made durable: cut off",
                self.log.display()
            ));
        }
        let journal = self.journal.clone().map(open_journal).transpose()?;
        let mark = Mark::of(&self.log);
        let position = target.is_some().then(|| mark.load(log.durable())).transpose()?;
        server_runtime()?.block_on(async {
            // Before anybody learns that it runs, so that no signal is missed.
            let mut signals = Signals::listen().map_err(|error| Failure::Unexpected(format!("signals: {error}")))?;
            let busy = |error: std::io::Error| Failure::system("listen on", self.listen.to_string(), &error);
            let listener = TcpListener::bind(self.listen).await.map_err(busy)?;
            let url = format!("http://{}", listener.local_addr().map_err(busy)?);

            // Notified when a part ends unexpectedly: without its log the receiver must stop answering.
            let trouble = Arc::new(Notify::new());
            let durable = watch::Sender::new(log.durable());
            let unreadable = |error: std::io::Error| Failure::unreadable(&self.log, &error);
            let shown = show::Show::start(log.reader(log.durable().length).map_err(unreadable)?, durable.subscribe(), printer);
            let marked = match journal {
                Some(journal) => {
                    let reader = log.reader(0).map_err(unreadable)?;
                    Some(mark_rows::MarkRows::start(reader, durable.subscribe(), journal, printer))
                }
                None => None,
            };
            let handed_on = match (target, position) {
                (Some(target), Some(position)) => {
                    let readers = (log.reader(0).map_err(unreadable)?, log.places().map_err(unreadable)?);
                    let forward = forward::Forward::new(target, readers, position, mark.clone(), self.jobs.into(), printer);
                    let (stop, stopped) = watch::channel(None);
                    let (durable, trouble) = (durable.subscribe(), Arc::clone(&trouble));
                    let handed_on = tokio::spawn(async move {
                        let outcome = forward.run(durable, stopped).await;
                        trouble.notify_one();
                        outcome
                    });
                    Some((stop, handed_on))
                }
                _ => None,
            };
            let (keeper, kept) = keep::Keeper::start(log, window, durable, Arc::clone(&trouble), printer);
            let receiver = receive::Receiver::new(verifiers, self.provider, url.clone(), keeper, Duration::from_secs(self.patience));
            let (stop, stopped) = watch::channel(false);
            let receiving = tokio::spawn(receive::accept(listener, receiver, stopped));

            if let Some(path) = &self.ready_file {
                write_whole(path, &json!({ "url": url }))?;
            }
            printer.notice(&format!("listening for callbacks on {url}"));
            tokio::select! {
                () = signals.asked() => printer.notice("stopping: received callbacks are saved and forwarded; press Ctrl-C again to stop now"),
                () = trouble.notified() => {}
            }
            tokio::spawn(async move {
                signals.asked().await;
                std::process::exit(Exit::Interrupted as i32);
            });
            // If there is no receiver, nothing needs to be stopped.
            let _ = stop.send(true);
            let _ = receiving.await;
            let kept = kept.await.map_err(|error| Failure::Unexpected(error.to_string()))?;
            if let Some((stop, handed_on)) = handed_on {
                let _ = stop.send(Some(tokio::time::Instant::now() + DRAIN));
                let left = handed_on.await.map_err(|error| Failure::Unexpected(error.to_string()))??;
                if left > 0 {
                    printer.notice(&format!("{left} events are not forwarded yet: the next start resumes with them"));
                }
            }
            shown.end().await;
            if let Some(marked) = marked {
                marked.end().await;
            }
            kept.map(|()| Exit::Done)
        })
    }
}
