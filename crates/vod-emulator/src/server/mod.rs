//! The model behind a socket: connections, the storage, downloads and the control surface.

mod body;
mod callback;
mod control;
mod fetch;
mod files;
mod oss;
mod service;
mod storage;

use crate::credentials::DemoCredentials;
use crate::fault::FaultPlan;
use crate::model::callback::{CallbackTargetError, Callbacks};
use crate::model::{Answer, Config, Effect, Limits, Model};
use bytes::Bytes;
use files::Files;
use serde_json::Value;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use storage::Storage;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// How an emulator behaves. The default is what tests want; say what differs:
/// `Options { seed: 7, ..Options::default() }`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address to listen on. Default: the loopback interface, a free port. Anything else makes it reachable
    /// from other machines, to whoever knows the demo credentials.
    pub listen: SocketAddr,
    /// Refuse fields that no reference knows, fields that are not signed, and bodies that nobody reads.
    /// Default: on.
    pub strict: bool,
    /// Decides credentials, ids and faults. Default: 0.
    pub seed: u64,
    /// What goes wrong. Default: nothing.
    pub faults: FaultPlan,
    /// Enforce Polyv's 1500 requests in 10 s (a block of five minutes follows) and QingCloud's 2000 in an
    /// hour. Default: off, so that tests and benchmarks do not meet them; turn it on to be like the
    /// providers.
    pub rate_limits: bool,
    /// How many URLs of `polyv.upload.urls` are downloaded at a time, at least 1. Default: 8.
    pub fetch_concurrency: usize,
    /// Largest file that a download may have, in bytes; beyond it the download fails. Default: 4 GiB.
    pub fetch_max_bytes: u64,
    /// Directory for the objects of the storage. It must exist, and what is stored stays there. Default: a
    /// temporary directory that goes with the emulator. What is uploaded to Polyv is below it, too, and goes
    /// with the emulator in any case.
    pub storage: Option<PathBuf>,
    /// Bytes of storage that Polyv's account has. Nothing is refused beyond them; `polyv.upload.init` says
    /// how many are left. Default: 50 GiB.
    pub polyv_space: u64,
    /// How long the storage keys that `polyv.upload.init` and `polyv.upload.token` give out live. Default:
    /// one hour.
    pub upload_validity: Duration,
    /// Where the providers call back. Default: nowhere.
    pub callbacks: Callbacks,
    /// Let callbacks go to other machines. They carry signatures by the demo credentials and what the
    /// emulator has. Default: off.
    pub callbacks_anywhere: bool,
    /// How long a receiver may take to answer a callback, from the connection to the end of the answer.
    /// Default: 5 s.
    pub callback_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            strict: true,
            seed: 0,
            faults: FaultPlan::default(),
            rate_limits: false,
            fetch_concurrency: 8,
            fetch_max_bytes: 4 << 30,
            storage: None,
            polyv_space: 50 << 30,
            upload_validity: Duration::from_secs(3600),
            callbacks: Callbacks::default(),
            callbacks_anywhere: false,
            callback_timeout: Duration::from_secs(5),
        }
    }
}

/// Why an emulator did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address could not be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The directory of the storage could not be used.
    #[error("cannot use {} as storage", directory.display())]
    Storage {
        /// The directory.
        directory: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The HTTP client that downloads URLs and sends callbacks could not be built.
    #[error("cannot build the client that downloads URLs and sends callbacks")]
    Client(#[from] reqwest::Error),
    /// The operating system offers no TLS that the client can use.
    #[error("cannot set up TLS for downloads")]
    Tls(#[from] rustls::Error),
    /// A callback may not be sent to the target given for it.
    #[error(transparent)]
    Callbacks(#[from] CallbackTargetError),
}

/// A running emulator. It stops when it is dropped; [`Emulator::shutdown`] also waits for the end.
#[derive(Debug)]
pub struct Emulator {
    shared: Arc<Shared>,
    url: String,
    credentials: DemoCredentials,
    // Dropping a sender is the signal to stop.
    stops: Vec<oneshot::Sender<()>>,
    tasks: Vec<JoinHandle<()>>,
}

/// What [`Emulator::examine`] found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Examined {
    /// The answer.
    pub response: http::Response<Bytes>,
    /// The request as `requests` of [`Emulator::state`] shows it: its operation, its fields, the answer's
    /// code.
    pub seen: Value,
}

impl Emulator {
    /// Starts an emulator on the current tokio runtime, and returns once it listens.
    ///
    /// # Errors
    ///
    /// When the address is taken, the storage directory cannot be used, a callback's target is not allowed,
    /// or no HTTP client can be built.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, or in one without I/O and time enabled.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        options.callbacks.check(options.callbacks_anywhere)?;
        let listen = |source| StartError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(listen)?;
        let mut address = listener.local_addr().map_err(listen)?;
        if address.ip().is_unspecified() {
            // Nobody can connect to 0.0.0.0; this machine is reachable under the loopback address.
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let url = format!("http://{address}");
        let credentials = DemoCredentials::draw(options.seed);
        let config = Config {
            base_url: url.parse().expect("a socket address makes a valid URL"),
            strict: options.strict,
            rate_limits: options.rate_limits,
            seed: options.seed,
            faults: options.faults,
            credentials: credentials.clone(),
            callbacks: options.callbacks,
            callbacks_anywhere: options.callbacks_anywhere,
            limits: Limits {
                space: options.polyv_space,
                validity: options.upload_validity.as_secs().try_into().unwrap_or(i64::MAX),
            },
        };
        let storage = Storage::open(&config, options.storage)?;
        let files = Files::open(storage.root())
            .map_err(|source| StartError::Storage { directory: storage.root().to_owned(), source })?;
        let (jobs, queue) = mpsc::unbounded_channel();
        let (callbacks, due) = mpsc::unbounded_channel();
        let pending = watch::Sender::new(0);
        let shared = Arc::new(Shared {
            model: Mutex::new(Model::new(config)),
            storage,
            files,
            jobs,
            callbacks,
            pending,
            runtime: Handle::current(),
        });
        let tls = fetch::tls()?;
        let fetcher = fetch::Fetcher::new(options.fetch_concurrency.max(1), options.fetch_max_bytes, &tls)?;
        let sender = callback::Sender::new(options.callback_timeout, tls)?;
        let (stop_fetching, fetching_stopped) = oneshot::channel();
        let (stop_sending, sending_stopped) = oneshot::channel();
        let (stop_serving, serving_stopped) = oneshot::channel();
        let tasks = vec![
            tokio::spawn(fetcher.run(Arc::clone(&shared), queue, fetching_stopped)),
            tokio::spawn(sender.run(Arc::clone(&shared), due, sending_stopped)),
            tokio::spawn(service::accept(listener, Arc::clone(&shared), serving_stopped)),
        ];
        Ok(Self { shared, url, credentials, stops: vec![stop_fetching, stop_sending, stop_serving], tasks })
    }

    /// The base URL, `http://127.0.0.1:PORT`, for both providers.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The accounts that it knows.
    #[must_use]
    pub fn credentials(&self) -> &DemoCredentials {
        &self.credentials
    }

    /// All that it has and was asked, the same as `GET /_emulator/state`: `clock`, `videos`, `tasks`,
    /// `media`, `polyv` (what else there is, by area), `callbacks` (all that wait, and the last 1000 that are
    /// over), `requests` (the last 1000) and `counts` by operation.
    #[must_use]
    pub fn state(&self) -> Value {
        self.shared.model().state(wall())
    }

    /// Reads and answers a request without a connection: for tests of what clients send. What follows from it
    /// later, such as a download or a callback, does not.
    pub fn examine(&self, request: &http::Request<Bytes>) -> Examined {
        let mut model = self.shared.model();
        let answer = model.examine(wall(), IpAddr::V4(Ipv4Addr::LOCALHOST), request);
        Examined { response: answer.response, seen: model.last_request() }
    }

    /// Replaces the fault plan; its rules count from the next request on.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.shared.model().set_faults(plan);
    }

    /// Sends callbacks to these targets from now on; those that wait go to where they were to go.
    ///
    /// # Errors
    ///
    /// When a target is no http or https URL, or another machine and [`Options::callbacks_anywhere`] is off.
    pub fn set_callbacks(&self, callbacks: Callbacks) -> Result<(), CallbackTargetError> {
        self.shared.model().set_callbacks(callbacks)
    }

    /// Sets its clock this far ahead of the real one (behind, if negative), in milliseconds.
    pub fn set_clock_skew(&self, millis: i64) {
        self.shared.model().set_skew(millis);
    }

    /// Forgets everything, back to the options it was started with. Downloads and callbacks under way end
    /// without a result.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Waits until no download and no callback is under way or queued. A callback that a fault holds back is
    /// not waited for.
    pub async fn settled(&self) {
        let mut pending = self.shared.pending.subscribe();
        // The sender lives as long as `self`.
        let _ = pending.wait_for(|count| *count == 0).await;
    }

    /// Stops, cutting what is under way, and waits until the port is free and the temporary storage gone.
    pub async fn shutdown(self) {
        drop(self.stops);
        for task in self.tasks {
            // A task that panicked has stopped, too.
            let _ = task.await;
        }
    }
}

/// What the connections and the downloads share.
struct Shared {
    model: Mutex<Model>,
    storage: Storage,
    files: Files,
    jobs: mpsc::UnboundedSender<(u64, String)>,
    /// Numbers of callbacks that are due, and how many milliseconds they wait. The model bounds them.
    callbacks: mpsc::UnboundedSender<(u64, u64)>,
    /// Downloads and callbacks queued or under way.
    pending: watch::Sender<usize>,
    runtime: Handle,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    /// The lock is held for one call of the pure model, never across an await.
    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers an API request, and carries out what follows.
    fn answer(self: &Arc<Self>, peer: IpAddr, request: &http::Request<Bytes>) -> Answer {
        let mut model = self.model();
        let mut answer = model.handle(wall(), peer, request);
        self.carry_out(std::mem::take(&mut answer.effects));
        answer
    }

    /// Lets something else happen to the model, and carries out what follows.
    fn act<T>(self: &Arc<Self>, act: impl FnOnce(&mut Model) -> T) -> T {
        let mut model = self.model();
        let result = act(&mut model);
        self.carry_out(model.take_effects());
        result
    }

    /// Waits for nothing. Called under the lock, so that what happened first is queued first.
    fn carry_out(self: &Arc<Self>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Fetch { job, url } => {
                    self.pending.send_modify(|count| *count += 1);
                    if self.jobs.send((job, url)).is_err() {
                        self.pending.send_modify(|count| *count -= 1);
                    }
                }
                Effect::Callback { id, millis } => {
                    self.pending.send_modify(|count| *count += 1);
                    if self.callbacks.send((id, millis)).is_err() {
                        self.pending.send_modify(|count| *count -= 1);
                    }
                }
                Effect::Remove { key } => {
                    let shared = Arc::clone(self);
                    self.runtime.spawn(async move { shared.storage.remove(&key).await });
                }
                Effect::Discard { file } => {
                    let shared = Arc::clone(self);
                    self.runtime.spawn_blocking(move || shared.files.discard(file));
                }
            }
        }
    }

    fn reset(self: &Arc<Self>) {
        let effects = self.model().reset();
        self.carry_out(effects);
    }
}

/// The real time in Unix milliseconds. The only clock that the emulator reads.
fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
