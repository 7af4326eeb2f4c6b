//! The model behind a socket: connections, the storage, downloads and control requests.

mod body;
mod callback;
mod control;
mod fetch;
mod files;
mod oss;
mod pretend;
mod service;
mod storage;

use crate::credentials::DemoCredentials;
use crate::fault::FaultPlan;
use crate::model::callback::{CallbackTargetError, Callbacks};
use crate::model::{Answer, Config, Effect, Fetching, Limits, Model};
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

/// The settings of an emulator. The default suits tests; name what differs:
/// `Options { seed: 7, ..Options::default() }`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on. Default: a free port on the loopback interface. With any other address,
    /// everybody on other machines who knows the demo credentials can use it.
    pub listen: SocketAddr,
    /// Refuse undocumented fields, fields that are not signed, and bodies that would not be read. Default:
    /// on.
    pub strict: bool,
    /// The seed of credentials, ids and faults. Default: 0.
    pub seed: u64,
    /// The faults to inject. Default: none.
    pub faults: FaultPlan,
    /// Enforce Polyv's 1500 requests in 10 s (followed by a block of five minutes) and QingCloud's 2000 an
    /// hour. Default: off, so that tests and benchmarks are not limited.
    pub rate_limits: bool,
    /// Which URLs of `polyv.upload.urls` are downloaded; the others are pretended. Default: those of this
    /// machine, so that nothing leaves it.
    pub fetch: Fetching,
    /// How many URLs of `polyv.upload.urls` are downloaded at once, at least 1. Default: 8.
    pub fetch_concurrency: usize,
    /// The largest file that is downloaded, in bytes; larger downloads fail. Default: 4 GiB.
    pub fetch_max_bytes: u64,
    /// The directory for the objects of QingCloud's storage. It must exist, and stored objects stay there.
    /// Default: a temporary directory, removed with the emulator. Uploads to Polyv are stored below it, too,
    /// but always removed with the emulator.
    pub storage: Option<PathBuf>,
    /// The storage of Polyv's account, in bytes. Nothing is refused beyond it; `polyv.upload.init` returns
    /// how much is left. Default: 50 GiB.
    pub polyv_space: u64,
    /// How long the storage keys from `polyv.upload.init` and `polyv.upload.token` are valid. Default: one
    /// hour.
    pub upload_validity: Duration,
    /// Where the providers send callbacks. Default: nowhere.
    pub callbacks: Callbacks,
    /// Allow callbacks to other machines. They are signed with the demo credentials and show the emulator's
    /// data. Default: off.
    pub callbacks_anywhere: bool,
    /// The timeout of a callback, from the connection to the end of the response. Default: 5 s.
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
            fetch: Fetching::default(),
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
    /// Cannot listen on the address.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The storage directory cannot be used.
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
    /// The target is not allowed for callbacks.
    #[error(transparent)]
    Callbacks(#[from] CallbackTargetError),
}

/// A running emulator. Dropping it stops it; [`Emulator::shutdown`] also waits for the end.
#[derive(Debug)]
pub struct Emulator {
    shared: Arc<Shared>,
    url: String,
    credentials: DemoCredentials,
    // Dropping a sender signals the stop.
    stops: Vec<oneshot::Sender<()>>,
    tasks: Vec<JoinHandle<()>>,
}

/// The result of [`Emulator::examine`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Examined {
    /// The answer.
    pub response: http::Response<Bytes>,
    /// The request as in `requests` of [`Emulator::state`]: its operation, its fields, the answer's code.
    pub seen: Value,
}

impl Emulator {
    /// Starts an emulator on the current tokio runtime, and returns once it listens.
    ///
    /// # Errors
    ///
    /// If the address is in use, the storage directory cannot be used, a callback target is not allowed, or
    /// no HTTP client can be built.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, or in one without I/O and time enabled.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        options.callbacks.check(options.callbacks_anywhere)?;
        let listen = |source| StartError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(listen)?;
        let mut address = listener.local_addr().map_err(listen)?;
        if address.ip().is_unspecified() {
            // Nobody can connect to 0.0.0.0; this machine can be reached by the loopback address.
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
            fetching: options.fetch,
        };
        let storage = Storage::open(&config, options.storage)?;
        let files = Files::open(storage.root())
            .map_err(|source| StartError::Storage { directory: storage.root().to_owned(), source })?;
        let (jobs, queue) = mpsc::unbounded_channel();
        let (callbacks, due) = mpsc::unbounded_channel();
        let (pretended, pretences) = mpsc::unbounded_channel();
        let pending = watch::Sender::new(0);
        let shared = Arc::new(Shared {
            model: Mutex::new(Model::new(config)),
            storage,
            files,
            jobs,
            callbacks,
            pretended,
            has_pretended: watch::Sender::new(false),
            pending,
            runtime: Handle::current(),
        });
        let tls = fetch::tls()?;
        let fetcher = fetch::Fetcher::new(options.fetch_concurrency.max(1), options.fetch_max_bytes, &tls)?;
        let sender = callback::Sender::new(options.callback_timeout, tls)?;
        let (stop_fetching, fetching_stopped) = oneshot::channel();
        let (stop_pretending, pretending_stopped) = oneshot::channel();
        let (stop_sending, sending_stopped) = oneshot::channel();
        let (stop_serving, serving_stopped) = oneshot::channel();
        let tasks = vec![
            tokio::spawn(fetcher.run(Arc::clone(&shared), queue, fetching_stopped)),
            tokio::spawn(pretend::run(Arc::clone(&shared), pretences, pretending_stopped)),
            tokio::spawn(sender.run(Arc::clone(&shared), due, sending_stopped)),
            tokio::spawn(service::accept(listener, Arc::clone(&shared), serving_stopped)),
        ];
        let stops = vec![stop_fetching, stop_pretending, stop_sending, stop_serving];
        Ok(Self { shared, url, credentials, stops, tasks })
    }

    /// The base URL, `http://127.0.0.1:PORT`, for both providers.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The credentials that it accepts.
    #[must_use]
    pub fn credentials(&self) -> &DemoCredentials {
        &self.credentials
    }

    /// Its content and requests, as in `GET /_emulator/state`: `clock`, `videos`, `tasks`, `media`, `polyv`
    /// (other content, by area), `callbacks` (all that wait, and the last 1000 that ended), `requests` (the
    /// last 1000, and at most about 32 MiB of them) and `counts` by operation.
    #[must_use]
    pub fn state(&self) -> Value {
        self.shared.model().state(wall())
    }

    /// Its content and requests in numbers, as in `GET /_emulator/state?counts=1`: `videos`, `titles` and
    /// `states` (how many are `different`, how many of these are `repeated`, and how many videos are
    /// `surplus` to one of each), `tasks`, `items` (rows of imports `waiting`, `fetched` and `failed`),
    /// `media`, `callbacks` (those `waiting`), `requests` and `counts` by operation.
    #[must_use]
    pub fn counts(&self) -> Value {
        self.shared.model().overview(wall())
    }

    /// Reads and answers a request without a connection, to test what clients send. Later effects, such as
    /// downloads and callbacks, do not happen.
    pub fn examine(&self, request: &http::Request<Bytes>) -> Examined {
        let mut model = self.shared.model();
        let answer = model.examine(wall(), IpAddr::V4(Ipv4Addr::LOCALHOST), request);
        Examined { response: answer.response, seen: model.last_request() }
    }

    /// Replaces the fault plan; its rules count from the next request.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.shared.model().set_faults(plan);
    }

    /// Sets the targets of new callbacks; waiting ones keep theirs.
    ///
    /// # Errors
    ///
    /// If a target is not an http or https URL, or is another machine while [`Options::callbacks_anywhere`]
    /// is off.
    pub fn set_callbacks(&self, callbacks: Callbacks) -> Result<(), CallbackTargetError> {
        self.shared.model().set_callbacks(callbacks)
    }

    /// Sets its clock this many milliseconds ahead of the real one (behind, if negative).
    pub fn set_clock_skew(&self, millis: i64) {
        self.shared.model().set_skew(millis);
    }

    /// Forgets everything and restores the options that it was started with. Downloads and callbacks under
    /// way have no effect.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Waits until no download or callback is queued or under way. Callbacks held back by a fault are
    /// ignored.
    pub async fn settled(&self) {
        let mut pending = self.shared.pending.subscribe();
        // The sender lives as long as `self`.
        let _ = pending.wait_for(|count| *count == 0).await;
    }

    /// Waits until a download is pretended for the first time. It waits forever if none is.
    pub async fn pretended(&self) {
        let mut pretended = self.shared.has_pretended.subscribe();
        // The sender lives as long as `self`.
        let _ = pretended.wait_for(|has| *has).await;
    }

    /// Stops, cutting what is under way, and waits until the port is free and the temporary storage removed.
    pub async fn shutdown(self) {
        drop(self.stops);
        for task in self.tasks {
            // A panicked task has also stopped.
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
    /// Numbers of callbacks that are due, and their delay in milliseconds. The model limits their number.
    callbacks: mpsc::UnboundedSender<(u64, u64)>,
    /// Pretended downloads.
    pretended: mpsc::UnboundedSender<pretend::Pretence>,
    /// Whether there was one.
    has_pretended: watch::Sender<bool>,
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

    /// Answers an API request and carries out its effects.
    fn answer(self: &Arc<Self>, peer: IpAddr, request: &http::Request<Bytes>) -> Answer {
        let mut model = self.model();
        let mut answer = model.handle(wall(), peer, request);
        self.carry_out(std::mem::take(&mut answer.effects));
        answer
    }

    /// Applies another change to the model and carries out its effects.
    fn act<T>(self: &Arc<Self>, act: impl FnOnce(&mut Model) -> T) -> T {
        let mut model = self.model();
        let result = act(&mut model);
        self.carry_out(model.take_effects());
        result
    }

    /// Does not block. Called under the lock, so that effects are queued in order.
    fn carry_out(self: &Arc<Self>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Fetch { job, url } => {
                    self.pending.send_modify(|count| *count += 1);
                    if self.jobs.send((job, url)).is_err() {
                        self.pending.send_modify(|count| *count -= 1);
                    }
                }
                Effect::Pretend { job, millis, failure } => {
                    self.has_pretended.send_if_modified(|has| !std::mem::replace(has, true));
                    self.pending.send_modify(|count| *count += 1);
                    if self.pretended.send(pretend::Pretence { job, millis, failure }).is_err() {
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

/// The real time in Unix milliseconds: the only place where the emulator reads the clock.
fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
