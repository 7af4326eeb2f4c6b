//! The loop that drives calls: it waits and sends; what to do is the core's to say.

use crate::ClientBuilder;
use crate::builder::BuildError;
use crate::fault::fault;
use crate::file;
#[cfg(feature = "upload")]
use crate::upload::Left;
use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use http::header::{CONTENT_LENGTH, USER_AGENT};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tracing::{Instrument, debug, debug_span};
use vod_core::call::{Call, CancelToken, LONGEST_TIMEOUT, Outcome, Shared, Step};
use vod_core::error::{Fault, FaultKind};
use vod_core::response::{self, Answered, Payload, Reply};
use vod_core::retry::{Jitter, Policy};
#[cfg(feature = "upload")]
use vod_core::upload::Claims;
use vod_core::{Accounts, Body, Error, Operation, Timestamp, catalog};
use vod_driver::unreadable;

/// A client of both clouds. Clones are cheap and share connections, rate limits and what was learned of the
/// providers' clocks.
///
/// Its futures may be dropped at any time; a call whose future is dropped after it was sent may have been
/// carried out.
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
    pub(crate) accounts: Accounts,
    pub(crate) policy: Policy,
    /// Held for the moment of a decision, never while something is sent or waited for.
    pub(crate) shared: Mutex<Shared>,
    pub(crate) attempt_timeout: Duration,
    pub(crate) put_timeout: Duration,
    pub(crate) user_agent: Option<HeaderValue>,
    pub(crate) jitter: Jitter,
    /// What its uploads know of each other.
    #[cfg(feature = "upload")]
    pub(crate) claims: Claims,
    /// What those that were dropped left on threads.
    #[cfg(feature = "upload")]
    pub(crate) left: Left,
}

impl Client {
    /// A client with an HTTP client of its own and the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    /// Those of [`ClientBuilder::build`].
    pub fn new(accounts: impl Into<Accounts>) -> Result<Self, BuildError> {
        Self::builder(accounts).build()
    }

    /// Settings first.
    pub fn builder(accounts: impl Into<Accounts>) -> ClientBuilder {
        ClientBuilder::new(accounts.into())
    }

    /// The accounts that requests are signed for.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    /// Makes a call.
    ///
    /// # Errors
    /// All kinds of [`Error`].
    pub async fn send<O: Operation>(&self, operation: &O) -> Result<Reply<O::Output>, Error> {
        let call = Call::new(O::INFO, operation.values(), now())?;
        self.drive(call, None).await?.typed(O::INFO)
    }

    /// Makes a call of the catalogue: its data under the wire's names, or a file. The input is sent as it was
    /// made: [`input_unchecked`](catalog::Entry::input_unchecked) goes past the limits.
    ///
    /// # Errors
    /// All kinds of [`Error`].
    pub async fn call(&self, input: &catalog::Input) -> Result<Payload, Error> {
        let entry = input.entry();
        let call = Call::unchecked(entry.info(), input.values().clone(), now());
        entry.output(self.drive(call, None).await?)
    }

    /// Drives a call to its end; `cancel` ends its waits, not what is on its way.
    pub(crate) async fn drive(
        &self,
        call: Call<'_>,
        cancel: Option<&CancelToken>,
    ) -> Result<Answered, Error> {
        let span = debug_span!("vod.call", operation = call.info().id);
        self.attempts(call, cancel).instrument(span).await
    }

    async fn attempts(&self, mut call: Call<'_>, cancel: Option<&CancelToken>) -> Result<Answered, Error> {
        loop {
            let step = call.next(&mut self.shared(), now());
            match step {
                Step::Send(at) => {
                    let request = call.request(&self.inner.accounts, at)?;
                    let span = debug_span!("attempt", number = call.attempts());
                    let sent = now();
                    let timeout = call.attempt_timeout(self.inner.attempt_timeout, sent);
                    let outcome =
                        self.attempt(request, response::limit(call.info()), timeout).instrument(span).await;
                    call.done(outcome, sent, now(), self.inner.jitter.next());
                }
                Step::Wait(wait) => {
                    debug!(
                        ?wait,
                        reason = call.last_error().map_or_else(|| "rate limit".to_owned(), Error::to_string),
                        "waiting"
                    );
                    if pause(wait, cancel).await {
                        return Err(call.cancelled());
                    }
                }
                Step::Done(result) => {
                    match &result {
                        Ok(answered) => {
                            debug!(status = answered.status, request_id = answered.request_id, "done")
                        }
                        Err(error) => debug!(%error, request_id = error.request_id(), "failed"),
                    }
                    return result;
                }
            }
        }
    }

    /// Sends once and reads the answer, up to `limit` bytes of it.
    async fn attempt(&self, request: http::Request<Body>, limit: usize, timeout: Duration) -> Outcome {
        debug!(method = %request.method(), path = request.uri().path(), "sending");
        let client = self.client_for(request.uri().host());
        let (mut head, body) = request.into_parts();
        let (body, watch) = match body {
            Body::Bytes(bytes) => (bytes.into(), None),
            Body::Pieces(pieces) => match file::form(pieces).await {
                Ok((body, length, watch)) => {
                    head.headers.insert(CONTENT_LENGTH, length.into());
                    (body, Some(watch))
                }
                Err(outcome) => return *outcome,
            },
        };
        let request = match reqwest::Request::try_from(http::Request::from_parts(head, body)) {
            Ok(mut request) => {
                // The time that a file takes is the line's: only its answer is bounded. The longest stands in
                // the place of one that a caller's client may have.
                *request.timeout_mut() = Some(if watch.is_none() { timeout } else { LONGEST_TIMEOUT });
                self.add_user_agent(request.headers_mut());
                request
            }
            Err(error) => return Outcome::Fault(fault(error, false)),
        };
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
            () = watch.stalled(self.inner.put_timeout) => Outcome::Fault(Fault::new(FaultKind::Timeout, true)),
        };
        match watch.failure() {
            Some(error) => Outcome::Fault(unreadable(error)),
            None => outcome,
        }
    }

    pub(crate) fn client_for(&self, host: Option<&str>) -> &reqwest::Client {
        if host.is_some_and(is_loopback) { &self.inner.direct } else { &self.inner.http }
    }

    pub(crate) fn add_user_agent(&self, headers: &mut http::HeaderMap) {
        if let Some(user_agent) = &self.inner.user_agent {
            headers.insert(USER_AGENT, user_agent.clone());
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.inner.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the HTTP client: a caller's own may show default headers.
        let Inner {
            http: _,
            direct: _,
            accounts,
            policy,
            shared: _,
            attempt_timeout,
            put_timeout,
            user_agent: _,
            jitter: _,
            #[cfg(feature = "upload")]
                claims: _,
            #[cfg(feature = "upload")]
                left: _,
        } = &*self.inner;
        f.debug_struct("Client")
            .field("accounts", accounts)
            .field("policy", policy)
            .field("attempt_timeout", attempt_timeout)
            .field("put_timeout", put_timeout)
            .finish_non_exhaustive()
    }
}

async fn read(mut response: reqwest::Response, limit: usize) -> Outcome {
    let mut head = http::Response::new(());
    *head.status_mut() = response.status();
    *head.headers_mut() = std::mem::take(response.headers_mut());
    debug!(status = head.status().as_u16(), "answered");
    // Most answers come in one piece, which is then taken as it is.
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

/// Waits; says whether somebody cancelled meanwhile.
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

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

pub(crate) fn now() -> Timestamp {
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    })
}

/// The seed of a client's jitter. The system is asked once; where it has no randomness to give, the clock
/// will do, since it only keeps callers apart.
pub(crate) fn seed() -> u64 {
    getrandom::u64().unwrap_or_else(|_| now().as_millis().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_in_all_its_spellings() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.com", "10.0.0.1", "[::2]", "api.polyv.net", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }

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
