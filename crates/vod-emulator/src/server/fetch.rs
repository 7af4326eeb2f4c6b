//! Downloads of the URLs from `polyv.upload.urls`.

use super::{Shared, StartError, wall};
use crate::fault::Fault;
use crate::model::callback::is_local;
use crate::model::{Event, File};
use md5::Md5;
use reqwest::{Client, redirect};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use sha1::{Digest, Sha1};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest silence of a server.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_REDIRECTS: usize = 5;

#[derive(Clone)]
pub(super) struct Fetcher {
    /// For this machine: a proxy could not reach it.
    direct: Client,
    /// For other machines, with the system's proxy settings.
    proxied: Client,
    permits: Arc<Semaphore>,
    max_bytes: u64,
}

impl Fetcher {
    pub(super) fn new(concurrency: usize, max_bytes: u64, tls: &ClientConfig) -> Result<Self, StartError> {
        let builder = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .connect_timeout(CONNECT_TIMEOUT)
                .read_timeout(READ_TIMEOUT)
                .redirect(redirect::Policy::limited(MAX_REDIRECTS))
        };
        Ok(Self {
            direct: builder().no_proxy().build()?,
            proxied: builder().build()?,
            permits: Arc::new(Semaphore::new(concurrency)),
            max_bytes,
        })
    }

    /// Processes the queue until stopped, then drops what is under way.
    pub(super) async fn run(
        self,
        shared: Arc<Shared>,
        mut queue: mpsc::UnboundedReceiver<(u64, String)>,
        mut stop: oneshot::Receiver<()>,
    ) {
        let mut downloads = JoinSet::new();
        loop {
            // First a permit: downloads that cannot start yet stay in the queue, where they cost least.
            let permit = tokio::select! {
                permit = Arc::clone(&self.permits).acquire_owned() => permit,
                _ = &mut stop => break,
            };
            let (job, url) = tokio::select! {
                Some(next) = queue.recv() => next,
                _ = &mut stop => break,
            };
            let (fetcher, shared) = (self.clone(), Arc::clone(&shared));
            downloads.spawn(async move {
                let fault = shared.model().fault("fetch");
                let outcome = fetcher.fetch(&url, fault).await;
                shared.act(|model| model.event(wall(), Event::Fetched { job, outcome }));
                shared.pending.send_modify(|count| *count -= 1);
                drop(permit);
            });
            while downloads.try_join_next().is_some() {}
        }
        downloads.shutdown().await;
    }

    async fn fetch(&self, url: &str, fault: Option<Fault>) -> Result<File, String> {
        let late = fault.map_or(Ok(0), Fault::of_download)?;
        if late > 0 {
            tokio::time::sleep(Duration::from_millis(late)).await;
        }
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        let client = if is_local(&url) { &self.direct } else { &self.proxied };
        let mut response = client.get(url).send().await.map_err(reason)?;
        if !response.status().is_success() {
            return Err(format!("HTTP status {}", response.status().as_u16()));
        }
        let (mut bytes, mut md5, mut sha1) = (0_u64, Md5::new(), Sha1::new());
        while let Some(chunk) = response.chunk().await.map_err(reason)? {
            bytes += chunk.len() as u64;
            if bytes > self.max_bytes {
                return Err(format!("more than {} bytes", self.max_bytes));
            }
            md5.update(&chunk);
            sha1.update(&chunk);
        }
        if bytes == 0 {
            return Err("the file is empty".to_owned());
        }
        Ok(File { bytes, md5: hex::encode(md5.finalize()), sha1: Some(hex::encode(sha1.finalize())) })
    }
}

/// Why a request failed. The URL may contain a signature or a token, so errors do not repeat it.
pub(super) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}

/// The system's trusted certificates. A machine without any can still download over plain HTTP.
pub(super) fn tls() -> Result<ClientConfig, rustls::Error> {
    let builder = || {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
    };
    match builder()?.with_platform_verifier() {
        Ok(verified) => Ok(verified.with_no_client_auth()),
        Err(error) => {
            tracing::warn!(%error, "no trusted certificates: https downloads will fail");
            Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
        }
    }
}
