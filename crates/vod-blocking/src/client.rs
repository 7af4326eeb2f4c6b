//! The loop that drives calls: it waits and sends; what to do is the core's to say.

use crate::ClientBuilder;
use crate::builder::BuildError;
use crate::fault::fault;
use http::HeaderValue;
use http::header::{CONTENT_LENGTH, USER_AGENT};
use std::fmt;
use std::io::{self, Read};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant, SystemTime};
use tracing::{debug, debug_span};
use ureq::{Agent, Body, SendBody};
use vod_core::call::{Call, CancelToken, Outcome, Shared, Step};
use vod_core::response::{self, Answered, Payload, Reply};
use vod_core::retry::{Jitter, Policy};
#[cfg(feature = "upload")]
use vod_core::upload::Claims;
use vod_core::{Accounts, Error, Operation, Timestamp, catalog};
use vod_driver::{Form, unreadable};

/// How long the server is given to say that it takes a body, where it is asked: one that knows nothing of
/// that is sent it then.
const EXPECTED_WITHIN: Duration = Duration::from_secs(1);

/// A client of both clouds. Clones are cheap and share connections, rate limits and what was learned of the
/// providers' clocks.
///
/// ```
/// use vod_blocking::Client;
/// use vod_core::polyv::{self, upload::{UploadInfo, UploadUrls}};
///
/// let client = Client::new(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"))?;
/// // Caught before anything is sent.
/// let order = UploadUrls::new().with_upload_infos([UploadInfo::new("ftp://cdn.example.com/01.mp4", "第一课")]);
/// assert_eq!(client.send(&order).unwrap_err().kind(), "invalid");
/// # Ok::<(), vod_blocking::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: Agent,
    /// Ours without proxies, for loopback addresses; `None` beside a caller's own agent.
    pub(crate) direct: Option<Agent>,
    pub(crate) accounts: Accounts,
    pub(crate) policy: Policy,
    /// Held for the moment of a decision, never while something is sent or waited for.
    pub(crate) shared: Mutex<Shared>,
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) put_timeout: Duration,
    pub(crate) user_agent: Option<HeaderValue>,
    pub(crate) jitter: Jitter,
    /// What its uploads know of each other.
    #[cfg(feature = "upload")]
    pub(crate) claims: Claims,
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
    pub fn send<O: Operation>(&self, operation: &O) -> Result<Reply<O::Output>, Error> {
        let call = Call::new(O::INFO, operation.values(), now())?;
        self.drive(call, None)?.typed(O::INFO)
    }

    /// Makes a call of the catalogue: its data under the wire's names, or a file. The input is sent as it was
    /// made: [`input_unchecked`](catalog::Entry::input_unchecked) goes past the limits.
    ///
    /// # Errors
    /// All kinds of [`Error`].
    pub fn call(&self, input: &catalog::Input) -> Result<Payload, Error> {
        let entry = input.entry();
        let call = Call::unchecked(entry.info(), input.values().clone(), now());
        entry.output(self.drive(call, None)?)
    }

    /// Drives a call to its end; `cancel` ends its waits, not what is on its way.
    pub(crate) fn drive(&self, call: Call<'_>, cancel: Option<&CancelToken>) -> Result<Answered, Error> {
        debug_span!("vod.call", operation = call.info().id).in_scope(|| self.attempts(call, cancel))
    }

    fn attempts(&self, mut call: Call<'_>, cancel: Option<&CancelToken>) -> Result<Answered, Error> {
        loop {
            let step = call.next(&mut self.shared(), now());
            match step {
                Step::Send(at) => {
                    let request = call.request(&self.inner.accounts, at)?;
                    let span = debug_span!("attempt", number = call.attempts());
                    let sent = now();
                    let timeout = call.attempt_timeout(self.inner.attempt_timeout, sent);
                    let outcome =
                        span.in_scope(|| self.attempt(request, response::limit(call.info()), timeout));
                    call.done(outcome, sent, now(), self.inner.jitter.next());
                }
                Step::Wait(wait) => {
                    debug!(
                        ?wait,
                        reason = call.last_error().map_or_else(|| "rate limit".to_owned(), Error::to_string),
                        "waiting"
                    );
                    if pause(wait, cancel) {
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
    fn attempt(&self, request: http::Request<vod_core::Body>, limit: usize, timeout: Duration) -> Outcome {
        debug!(method = %request.method(), path = request.uri().path(), "sending");
        let (mut head, body) = request.into_parts();
        let bytes = match body {
            vod_core::Body::Bytes(bytes) => bytes,
            vod_core::Body::Pieces(pieces) => {
                let mut form = match Form::open(pieces) {
                    Ok(form) => form,
                    Err(outcome) => return *outcome,
                };
                head.headers.insert(CONTENT_LENGTH, form.length().into());
                // The time that a file takes is the line's: it may only not stand still.
                let mut body = Noted { form: &mut form, failure: None };
                let answer = self.run(
                    http::Request::from_parts(head, SendBody::from_reader(&mut body)),
                    self.inner.put_timeout,
                    true,
                );
                let failure = body.failure;
                return match answer {
                    Ok(response) => read(response, limit),
                    Err(error) => {
                        Outcome::Fault(failure.map_or_else(|| fault(error, form.left() == 0), unreadable))
                    }
                };
            }
        };
        let mut unread = &bytes[..];
        let answer = if matches!(head.method, http::Method::POST | http::Method::PUT) {
            // A length is said for an empty body too. Being read from here, the body shows afterwards how
            // much of it has left.
            head.headers.insert(CONTENT_LENGTH, bytes.len().into());
            self.run(http::Request::from_parts(head, SendBody::from_reader(&mut unread)), timeout, false)
        } else {
            self.run(http::Request::from_parts(head, SendBody::none()), timeout, false)
        };
        match answer {
            Ok(response) => read(response, limit),
            // While a part of the body is still here the provider can't have it all.
            Err(error) => Outcome::Fault(fault(error, unread.is_empty())),
        }
    }

    /// Sends a request that may take so long, or, where it puts a file, may stand still for so long.
    pub(crate) fn run(
        &self,
        mut request: http::Request<SendBody<'_>>,
        timeout: Duration,
        put: bool,
    ) -> Result<http::Response<Body>, ureq::Error> {
        let inner = &*self.inner;
        if let Some(user_agent) = &inner.user_agent {
            request.headers_mut().insert(USER_AGENT, user_agent.clone());
        }
        let host = request.uri().host().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let loopback =
            address.map_or_else(|| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback());
        // Proxies are for what is elsewhere.
        let agent = inner.direct.as_ref().filter(|_| loopback).unwrap_or(&inner.http);
        // Our own agents have the settings of an API call already, all but this one for addresses.
        if inner.direct.is_some()
            && !put
            && timeout == inner.attempt_timeout
            && (loopback || address.is_none())
        {
            return agent.run(request);
        }
        let each = Some(timeout);
        let still = each.filter(|_| put);
        // A bound on the whole makes ureq look the host up in a thread of its own, for each request and even
        // where there is nothing to look up.
        let whole = each.filter(|_| !put && address.is_none());
        let config =
            agent.configure_request(request).http_status_as_error(false).max_redirects(0).accept_encoding("");
        let config = config
            .timeout_global(whole)
            .timeout_per_call(None)
            .timeout_resolve(Some(inner.connect_timeout).filter(|_| address.is_none()))
            .timeout_connect(Some(inner.connect_timeout))
            .timeout_send_request(each)
            // Well before the bound on each reading, which would end the request.
            .timeout_await_100(Some(EXPECTED_WITHIN.min(timeout / 2)))
            .timeout_send_body(each.filter(|_| !put))
            .timeout_per_write(still)
            .timeout_per_read(still)
            .timeout_recv_response(each)
            .timeout_recv_body(each);
        agent.run(config.build())
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.inner.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            http: _,
            direct: _,
            accounts,
            policy,
            shared: _,
            connect_timeout: _,
            attempt_timeout,
            put_timeout,
            user_agent: _,
            jitter: _,
            #[cfg(feature = "upload")]
                claims: _,
        } = &*self.inner;
        f.debug_struct("Client")
            .field("accounts", accounts)
            .field("policy", policy)
            .field("attempt_timeout", attempt_timeout)
            .field("put_timeout", put_timeout)
            .finish_non_exhaustive()
    }
}

fn read(mut response: http::Response<Body>, limit: usize) -> Outcome {
    debug!(status = response.status().as_u16(), "answered");
    let mut bytes = Vec::new();
    let result = response.body_mut().as_reader().take(limit as u64 + 1).read_to_end(&mut bytes);
    let head = response.into_parts().0;
    match result {
        Err(error) => Outcome::Fault(fault(error.into(), true)),
        // What has not been read is dropped with its connection.
        Ok(_) if bytes.len() > limit => Outcome::TooLarge(Box::new(head), bytes.into()),
        Ok(_) => Outcome::Answer(http::Response::from_parts(head, bytes.into())),
    }
}

/// A body whose failure is kept, so that a file that can't be read is told from a connection that broke.
struct Noted<'a> {
    form: &'a mut Form,
    failure: Option<io::Error>,
}

impl Read for Noted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.form.read(buffer).map_err(|error| {
            let again = io::Error::new(error.kind(), error.to_string());
            self.failure = Some(error);
            again
        })
    }
}

/// Waits; says whether somebody cancelled meanwhile.
pub(crate) fn pause(wait: Duration, cancel: Option<&CancelToken>) -> bool {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let Some(cancel) = cancel else {
        thread::sleep(wait);
        return false;
    };
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cancelled = pin!(cancel.cancelled());
    let deadline = Instant::now() + wait;
    loop {
        if cancelled.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            return true;
        }
        match deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => return false,
            left => thread::park_timeout(left),
        }
    }
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
    fn a_wish_ends_a_wait() {
        assert!(!pause(Duration::ZERO, None));
        assert!(!pause(Duration::from_millis(1), Some(&CancelToken::new())));
        let cancel = CancelToken::new();
        let other = cancel.clone();
        let waiting = thread::spawn(move || pause(Duration::from_secs(3_600), Some(&other)));
        cancel.cancel();
        assert!(waiting.join().unwrap());
        assert!(pause(Duration::from_secs(3_600), Some(&cancel)), "made before the wait");
    }

    #[test]
    fn clients_go_to_other_threads() {
        fn shared<T: Send + Sync + Clone>() {}
        shared::<Client>();
    }
}
