//! Sends the callbacks that are due. The model decides which, in which order, and how they are signed.

use super::fetch::reason;
use super::{Shared, StartError, wall};
use crate::model::Event;
use crate::model::callback::{Outgoing, Received};
use http::Method;
use http::header::{HeaderName, HeaderValue};
use reqwest::{Client, Request, Response, redirect};
use rustls::ClientConfig;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

/// Callbacks sent at once: a receiver that hangs must not use up the emulator's file descriptors.
const CONCURRENCY: usize = 16;
/// How many bytes of a receiver's response are kept.
const KEPT: usize = 1024;

#[derive(Clone)]
pub(super) struct Sender {
    client: Client,
    permits: Arc<Semaphore>,
    timeout: Duration,
}

impl Sender {
    /// Redirects and proxies are disabled, so that a callback reaches only its target.
    pub(super) fn new(timeout: Duration, tls: ClientConfig) -> Result<Self, StartError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { client, permits: Arc::new(Semaphore::new(CONCURRENCY)), timeout })
    }

    /// Sends what is due until stopped, then drops what is under way.
    pub(super) async fn run(
        self,
        shared: Arc<Shared>,
        mut due: mpsc::UnboundedReceiver<(u64, u64)>,
        mut stop: oneshot::Receiver<()>,
    ) {
        let mut callbacks = JoinSet::new();
        loop {
            let (id, millis) = tokio::select! {
                Some(next) = due.recv() => next,
                _ = &mut stop => break,
            };
            callbacks.spawn(self.clone().send(Arc::clone(&shared), id, millis));
            while callbacks.try_join_next().is_some() {}
        }
        callbacks.shutdown().await;
    }

    async fn send(self, shared: Arc<Shared>, id: u64, millis: u64) {
        if millis > 0 {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        let _permit = self.permits.acquire().await;
        // Created only now: the signature may contain the time of sending.
        let outgoing = shared.model().callback(wall(), id);
        if let Some(outgoing) = outgoing {
            let outcome = self.deliver(outgoing).await;
            shared.act(|model| model.event(wall(), Event::Called { id, outcome }));
        }
        shared.pending.send_modify(|count| *count -= 1);
    }

    async fn deliver(&self, outgoing: Outgoing) -> Result<Received, String> {
        let failed = |error: reqwest::Error| match error.is_timeout() {
            true => format!("no answer within {} ms", self.timeout.as_millis()),
            false => reason(error),
        };
        let mut response = self.client.execute(request(outgoing)).await.map_err(failed)?;
        let text = beginning(&mut response).await.map_err(failed)?;
        Ok(Received { status: response.status().as_u16(), text })
    }
}

fn request(outgoing: Outgoing) -> Request {
    let Outgoing { url, headers, body } = outgoing;
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let mut request = Request::new(method, url);
    *request.body_mut() = body.map(Into::into);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    request
}

/// The first bytes of a response, if they are text. The rest is not read.
async fn beginning(response: &mut Response) -> reqwest::Result<String> {
    let mut bytes = Vec::new();
    while bytes.len() < KEPT {
        let Some(chunk) = response.chunk().await? else {
            break;
        };
        bytes.extend_from_slice(&chunk[..chunk.len().min(KEPT - bytes.len())]);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
