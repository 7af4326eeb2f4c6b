//! The client: it sends and waits as [`CallDriver`] says.

use crate::ClientBuilder;
use crate::body;
use crate::fault::fault;
use crate::hosts::Hosts;
use crate::upload::DetachedWork;
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tracing::{Instrument, debug};
use vod_core::call::{Call, Outcome};
use vod_core::error::{Fault, FaultKind};
use vod_core::response::{Answered, Payload, Reply};
use vod_core::upload::CancelToken;
use vod_core::{Accounts, Body, Error, Operation, catalog};
use vod_driver::{
    Attempt, BuildError, CallDriver, CallTask, ClientState, LONGEST_TIMEOUT, SharedRate, is_loopback, now,
    unreadable,
};

/// A client of both providers. Clones are cheap and share connections, rate limits and the offsets of the
/// providers' clocks.
///
/// Its futures may be dropped at any time. If the future of a call is dropped after the request was sent, the
/// request may have been carried out.
///
/// ```
/// use vod_async::Client;
/// use vod_core::polyv::{self, upload::{UploadInfo, UploadUrls}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), vod_async::BuildError> {
/// let client = Client::new(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"))?;
/// // Caught before anything is sent.
/// let order = UploadUrls::new().with_upload_infos([UploadInfo::new("ftp://cdn.example.com/01.mp4", "第一课")]);
/// assert_eq!(client.send(&order).await.unwrap_err().kind(), "invalid");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    /// The same without proxies, for loopback addresses.
    pub(crate) direct: reqwest::Client,
    /// The timeout that both have for each request; `None` for a caller's own client, which may have any.
    pub(crate) client_timeout: Option<Duration>,
    pub(crate) hosts: Hosts,
    pub(crate) state: ClientState,
    /// What its dropped uploads still do on threads.
    pub(crate) detached: DetachedWork,
}

impl Client {
    /// A client with its own HTTP client and the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    /// Those of [`ClientBuilder::build`].
    pub fn new(accounts: impl Into<Accounts>) -> Result<Self, BuildError> {
        Self::builder(accounts).build()
    }

    /// A builder, for other settings than the defaults.
    pub fn builder(accounts: impl Into<Accounts>) -> ClientBuilder {
        ClientBuilder::new(accounts.into())
    }

    /// The accounts that requests are signed for.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.inner.state.accounts
    }

    /// The rate that this client shares with other processes, if it was given a
    /// [file for it](ClientBuilder::shared_rate).
    #[must_use]
    pub fn shared_rate(&self) -> Option<&SharedRate> {
        self.inner.state.shared_rate()
    }

    /// Makes a call and returns its typed output.
    ///
    /// # Errors
    /// All kinds of [`Error`].
    pub async fn send<O: Operation>(&self, operation: &O) -> Result<Reply<O::Output>, Error> {
        let call = Call::new(O::INFO, operation.values(), now())?;
        self.drive(call, None).await?.typed(O::INFO)
    }

    /// Makes a call by its catalogue entry. Returns its data under the wire's names, or a file. The input is
    /// not checked again: [`input_unchecked`](catalog::Entry::input_unchecked) skips the limits.
    ///
    /// # Errors
    /// All kinds of [`Error`].
    pub async fn call(&self, input: &catalog::Input) -> Result<Payload, Error> {
        let entry = input.entry();
        let call = Call::unchecked(entry.info(), input.values().clone(), now());
        entry.output(self.drive(call, None).await?)
    }

    /// Drives a call to its end. `cancel` ends its waits, not a request that has been sent.
    pub(crate) async fn drive(
        &self,
        call: Call<'_>,
        cancel: Option<&CancelToken>,
    ) -> Result<Answered, Error> {
        let call = self.inner.state.drive(call);
        let span = call.span();
        self.attempts(call, cancel).instrument(span).await
    }

    async fn attempts(
        &self,
        mut call: CallDriver<'_, '_>,
        cancel: Option<&CancelToken>,
    ) -> Result<Answered, Error> {
        loop {
            match call.next_task() {
                CallTask::Send(Attempt { request, limit, timeout, span, .. }) => {
                    let outcome = self.attempt(request, limit, timeout).instrument(span).await;
                    call.done(outcome);
                }
                CallTask::Wait(wait) => {
                    if pause(wait, cancel).await {
                        return Err(call.cancelled());
                    }
                }
                CallTask::Done(result) => return result,
            }
        }
    }

    /// Sends once and reads the answer, at most `limit` bytes of it.
    async fn attempt(&self, request: http::Request<Body>, limit: usize, timeout: Duration) -> Outcome {
        let client = self.client_for(request.uri().host());
        let (mut head, body) = request.into_parts();
        let (body, watch) = match body {
            Body::Bytes(bytes) => (bytes.into(), None),
            Body::Pieces(pieces) => match body::form(pieces).await {
                Ok((body, length, watch)) => {
                    head.headers.insert(CONTENT_LENGTH, length.into());
                    (body, Some(watch))
                }
                Err(outcome) => return *outcome,
            },
        };
        self.inner.state.add_user_agent(&mut head.headers);
        let mut request = match self.inner.hosts.url(&head.uri) {
            Ok(url) => reqwest::Request::new(head.method, url),
            Err(fault) => return Outcome::Fault(fault),
        };
        (*request.headers_mut(), *request.body_mut()) = (head.headers, Some(body));
        // A file may take any time as long as it makes progress. The longest timeout replaces the client's.
        let timeout = if watch.is_none() { timeout } else { LONGEST_TIMEOUT };
        // reqwest keeps a request's own timeout in a map, which costs more than all decisions here.
        if self.inner.client_timeout != Some(timeout) {
            *request.timeout_mut() = Some(timeout);
        }
        let Some(watch) = watch else {
            return match client.execute(request).await {
                Ok(response) => read(response, limit).await,
                Err(error) => Outcome::Fault(fault(error, true)),
            };
        };
        let outcome = tokio::select! {
            response = client.execute(request) => match response {
                Ok(response) => read(response, limit).await,
                Err(error) => Outcome::Fault(fault(error, true)),
            },
            () = watch.stalled(self.inner.state.put_timeout) => Outcome::Fault(Fault::new(FaultKind::Timeout, true)),
        };
        match watch.failure() {
            Some(error) => Outcome::Fault(unreadable(error)),
            None => outcome,
        }
    }

    pub(crate) fn client_for(&self, host: Option<&str>) -> &reqwest::Client {
        if host.is_some_and(is_loopback) { &self.inner.direct } else { &self.inner.http }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the HTTP client: a caller's own may show default headers.
        f.debug_struct("Client").field("state", &self.inner.state).finish_non_exhaustive()
    }
}

async fn read(mut response: reqwest::Response, limit: usize) -> Outcome {
    let mut head = http::Response::new(());
    *head.status_mut() = response.status();
    *head.headers_mut() = std::mem::take(response.headers_mut());
    debug!(status = head.status().as_u16(), "answered");
    // Most answers come in one piece, which is returned without a copy.
    let mut whole = Bytes::new();
    let mut pieces = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) if whole.is_empty() && pieces.is_empty() => whole = piece,
            Ok(Some(piece)) => {
                if pieces.is_empty() {
                    pieces.extend_from_slice(&std::mem::take(&mut whole));
                }
                pieces.extend_from_slice(&piece);
            }
            Ok(None) => break,
            Err(error) => return Outcome::Fault(fault(error, true)),
        }
        if whole.len().max(pieces.len()) > limit {
            let first = if pieces.is_empty() { whole } else { pieces.freeze() };
            return Outcome::TooLarge(Box::new(head.into_parts().0), first);
        }
    }
    Outcome::Answer(head.map(|()| if pieces.is_empty() { whole } else { pieces.freeze() }))
}

/// Waits, and returns whether the caller cancelled meanwhile.
pub(crate) async fn pause(wait: Duration, cancel: Option<&CancelToken>) -> bool {
    let Some(cancel) = cancel else {
        tokio::time::sleep(wait).await;
        return false;
    };
    tokio::select! {
        () = cancel.cancelled() => true,
        () = tokio::time::sleep(wait) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn futures_can_be_spawned() {
        fn sendable<T: Send>(_: &T) {}
        let client = Client::new(Accounts::new()).unwrap();
        sendable(&client.send(&vod_core::polyv::sync::ListTasks::new()));
        let apply = vod_core::qingcloud::upload::ApplyUpload::new(
            "t",
            "r",
            vod_core::qingcloud::MediaType::of_file_name("file.mp4").unwrap(),
        );
        let uploader = client.uploader();
        sendable(&uploader.upload("file.mp4", apply, crate::Control::default()));
        sendable(&uploader.abort("key", crate::Control::default()));
    }
}
