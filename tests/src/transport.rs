//! Both transports behind one trait.

use futures_util::StreamExt;
use std::fmt::Debug;
use std::path::PathBuf;
use std::time::Duration;
use vod_core::catalog::Input;
use vod_core::operation::Provider;
use vod_core::page::Paged;
use vod_core::response::{Payload, Reply};
use vod_core::retry::Policy;
use vod_core::upload::{CancelToken, Order, Progress, UploadOptions, Uploaded, Waiting};
use vod_core::{Accounts, Error, Operation};
use vod_driver::Checkpoints;

/// The parts of a client.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Setup {
    /// The credentials that sign requests.
    pub accounts: Accounts,
    /// The retry policy: the default's attempts with very short waits.
    pub policy: Policy,
    /// The timeout of one attempt; long enough for a busy machine.
    pub attempt_timeout: Duration,
    /// The timeout of a PUT that makes no progress.
    pub put_timeout: Duration,
}

impl Setup {
    /// The usual setup.
    #[must_use]
    pub fn new(accounts: Accounts) -> Self {
        Self {
            accounts,
            policy: quick(),
            attempt_timeout: Duration::from_secs(30),
            put_timeout: Duration::from_secs(30),
        }
    }
}

/// The default's attempts with very short waits.
fn quick() -> Policy {
    Policy::default()
        .with_backoff(Duration::from_millis(1), Duration::from_millis(4))
        .with_total(Duration::from_secs(60))
}

/// A listener to an upload's progress.
pub type OnProgress = Box<dyn FnMut(Progress) + Send>;

/// A listener to an upload's waits.
pub type OnWait = Box<dyn FnMut(&Waiting) + Send>;

/// The settings of an upload.
#[must_use]
pub struct How {
    /// The directory of its checkpoint.
    pub checkpoints: Option<Checkpoints>,
    /// Its options; by default four attempts with very short waits.
    pub options: UploadOptions,
    /// The most parts under way at once.
    pub slots: usize,
    /// The rate limit in bytes per second.
    pub limit: Option<u64>,
    /// The cancel token.
    pub cancel: CancelToken,
    /// Receives progress.
    pub progress: OnProgress,
    /// Receives waits.
    pub waits: OnWait,
}

impl Default for How {
    fn default() -> Self {
        let options = UploadOptions::default().with_policy(quick());
        Self {
            checkpoints: None,
            options,
            slots: 4,
            limit: None,
            cancel: CancelToken::new(),
            progress: Box::new(|_| {}),
            waits: Box::new(|_| {}),
        }
    }
}

impl How {
    /// Sets the cancel token.
    pub fn with_cancel(mut self, cancel: CancelToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Sets the progress listener.
    pub fn with_progress(mut self, progress: impl FnMut(Progress) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Sets the checkpoints.
    pub fn with_checkpoints(mut self, checkpoints: &Checkpoints) -> Self {
        self.checkpoints = Some(checkpoints.clone());
        self
    }

    /// Changes the options.
    pub fn with_options(mut self, change: impl FnOnce(UploadOptions) -> UploadOptions) -> Self {
        self.options = change(self.options);
        self
    }
}

/// A client, used from asynchronous tests.
pub trait Transport: Clone + Debug + Send + Sync + 'static {
    /// Its name in messages.
    const NAME: &'static str;

    /// A client with its own HTTP client and no rate limit.
    fn new(setup: &Setup) -> Self;

    /// A typed call.
    fn send<O>(&self, operation: O) -> impl Future<Output = Result<Reply<O::Output>, Error>> + Send
    where
        O: Operation + Send + Sync + 'static,
        O::Output: Send;

    /// A call of the catalogue.
    fn call(&self, input: &Input) -> impl Future<Output = Result<Payload, Error>> + Send;

    /// The rows of each page of a list, to its end or the first error.
    fn pages<O>(&self, operation: O) -> impl Future<Output = Result<Vec<Vec<O::Item>>, Error>> + Send
    where
        O: Paged + Send + Sync + 'static,
        O::Output: Send,
        O::Item: Send;

    /// The rows of a list, one by one, to its end or the first error.
    fn items<O>(&self, operation: O) -> impl Future<Output = Vec<Result<O::Item, Error>>> + Send
    where
        O: Paged + Send + Sync + 'static,
        O::Output: Send,
        O::Item: Send;

    /// An upload.
    fn upload(
        &self,
        file: PathBuf,
        order: impl Into<Order> + Send,
        how: How,
    ) -> impl Future<Output = Result<Uploaded, Error>> + Send;

    /// Aborts an abandoned upload.
    fn abort(&self, key: String, how: How) -> impl Future<Output = Result<(), Error>> + Send;
}

impl Transport for vod_async::Client {
    const NAME: &'static str = "vod-async";

    fn new(setup: &Setup) -> Self {
        let Setup { accounts, policy, attempt_timeout, put_timeout } = setup.clone();
        let builder =
            Self::builder(accounts).policy(policy).attempt_timeout(attempt_timeout).put_timeout(put_timeout);
        let builder = builder.rate(Provider::Polyv, None).rate(Provider::QingCloud, None);
        noted(&builder);
        builder.build().unwrap()
    }

    async fn send<O>(&self, operation: O) -> Result<Reply<O::Output>, Error>
    where
        O: Operation + Send + Sync + 'static,
        O::Output: Send,
    {
        told(self, self.send(&operation).await)
    }

    async fn call(&self, input: &Input) -> Result<Payload, Error> {
        noted(input);
        told(self, self.call(input).await)
    }

    async fn pages<O>(&self, operation: O) -> Result<Vec<Vec<O::Item>>, Error>
    where
        O: Paged + Send + Sync + 'static,
        O::Output: Send,
        O::Item: Send,
    {
        let (mut pages, mut all) = (self.pages(operation), Vec::new());
        while let Some(page) = pages.next().await {
            all.push(page?);
        }
        Ok(all)
    }

    async fn items<O>(&self, operation: O) -> Vec<Result<O::Item, Error>>
    where
        O: Paged + Send + Sync + 'static,
        O::Output: Send,
        O::Item: Send,
    {
        self.pages(operation).items().collect().await
    }

    async fn upload(
        &self,
        file: PathBuf,
        order: impl Into<Order> + Send,
        how: How,
    ) -> Result<Uploaded, Error> {
        let (uploader, control) = over_async(self, how);
        told(self, uploader.upload(file, order.into(), control).await)
    }

    async fn abort(&self, key: String, how: How) -> Result<(), Error> {
        let (uploader, control) = over_async(self, how);
        told(self, uploader.abort(&key, control).await)
    }
}

impl Transport for vod_blocking::Client {
    const NAME: &'static str = "vod-blocking";

    fn new(setup: &Setup) -> Self {
        let Setup { accounts, policy, attempt_timeout, put_timeout } = setup.clone();
        let builder =
            Self::builder(accounts).policy(policy).attempt_timeout(attempt_timeout).put_timeout(put_timeout);
        let builder = builder.rate(Provider::Polyv, None).rate(Provider::QingCloud, None);
        noted(&builder);
        builder.build().unwrap()
    }

    async fn send<O>(&self, operation: O) -> Result<Reply<O::Output>, Error>
    where
        O: Operation + Send + Sync + 'static,
        O::Output: Send,
    {
        let client = self.clone();
        told(self, on_a_thread(move || client.send(&operation)).await)
    }

    async fn call(&self, input: &Input) -> Result<Payload, Error> {
        noted(input);
        let (client, input) = (self.clone(), input.clone());
        told(self, on_a_thread(move || client.call(&input)).await)
    }

    async fn pages<O>(&self, operation: O) -> Result<Vec<Vec<O::Item>>, Error>
    where
        O: Paged + Send + Sync + 'static,
        O::Output: Send,
        O::Item: Send,
    {
        let client = self.clone();
        on_a_thread(move || client.pages(operation).collect()).await
    }

    async fn items<O>(&self, operation: O) -> Vec<Result<O::Item, Error>>
    where
        O: Paged + Send + Sync + 'static,
        O::Output: Send,
        O::Item: Send,
    {
        let client = self.clone();
        on_a_thread(move || client.pages(operation).items().collect()).await
    }

    async fn upload(
        &self,
        file: PathBuf,
        order: impl Into<Order> + Send,
        how: How,
    ) -> Result<Uploaded, Error> {
        let ((uploader, control), order) = (over_blocking(self, how), order.into());
        told(self, on_a_thread(move || uploader.upload(file, order, control)).await)
    }

    async fn abort(&self, key: String, how: How) -> Result<(), Error> {
        let (uploader, control) = over_blocking(self, how);
        told(self, on_a_thread(move || uploader.abort(&key, control)).await)
    }
}

/// Starts an upload with these settings, in a transport's own API.
macro_rules! over {
    ($name:ident, $transport:ident) => {
        fn $name(client: &$transport::Client, how: How) -> ($transport::Uploader, $transport::Control) {
            let How { checkpoints, options, slots, limit, cancel, progress, waits } = how;
            let line = $transport::TransferPool::new(slots);
            let line = if let Some(limit) = limit { line.with_limit(limit) } else { line };
            let uploader = client.uploader().with_line(line).with_options(options);
            let uploader = if let Some(checkpoints) = checkpoints {
                uploader.with_checkpoints(checkpoints)
            } else {
                uploader
            };
            let control =
                $transport::Control::default().with_cancel(cancel).with_progress(progress).with_waits(waits);
            noted(&uploader);
            noted(&control);
            (uploader, control)
        }
    };
}

over!(over_async, vod_async);
over!(over_blocking, vod_blocking);

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Logs everything that a program could print about a call, for the canary test, which looks for secrets.
fn told<T, C: Debug>(client: &C, result: Result<T, Error>) -> Result<T, Error> {
    noted(client);
    if let Err(error) = &result {
        tracing::debug!(%error, debug = ?error, json = %error.to_json(), "told");
    }
    result
}

fn noted(value: &impl Debug) {
    tracing::debug!(?value, "noted");
}
