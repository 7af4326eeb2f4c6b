//! The client: it sends and waits as [`CallDriver`] says.

use crate::ClientBuilder;
use crate::fault::fault;
use http::header::CONTENT_LENGTH;
use std::fmt;
use std::io::{self, Read};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use tracing::debug;
use ureq::{Agent, Body, SendBody};
use vod_core::call::{Call, Outcome};
use vod_core::response::{Answered, Payload, Reply};
use vod_core::upload::CancelToken;
use vod_core::{Accounts, Error, Operation, catalog};
use vod_driver::{
    Attempt, BuildError, CallDriver, CallTask, ClientState, Form, SharedRate, address, copy_of, is_loopback,
    now, unreadable,
};

/// How long to wait for `100 Continue` where it is requested. A server that does not know it gets the body
/// after that.
const EXPECTED_WITHIN: Duration = Duration::from_secs(1);

/// The most memory that is reserved for an answer before it is read, in bytes.
const MAX_RESERVED: u64 = 64 << 10;

/// A client of both providers. Clones are cheap and share connections, rate limits and the offsets of the
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
    /// Our own without proxies, for loopback addresses; `None` with a caller's own agent.
    pub(crate) direct: Option<Agent>,
    pub(crate) state: ClientState,
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
    pub fn send<O: Operation>(&self, operation: &O) -> Result<Reply<O::Output>, Error> {
        let call = Call::new(O::INFO, operation.values(), now())?;
        self.drive(call, None)?.typed(O::INFO)
    }

    /// Makes a call by its catalogue entry. Returns its data under the wire's names, or a file. The input is
    /// not checked again: [`input_unchecked`](catalog::Entry::input_unchecked) skips the limits.
    ///
    /// # Errors
    /// All kinds of [`Error`].
    pub fn call(&self, input: &catalog::Input) -> Result<Payload, Error> {
        let entry = input.entry();
        let call = Call::unchecked(entry.info(), input.values().clone(), now());
        entry.output(self.drive(call, None)?)
    }

    /// Drives a call to its end. `cancel` ends its waits, not a request that has been sent.
    pub(crate) fn drive(&self, call: Call<'_>, cancel: Option<&CancelToken>) -> Result<Answered, Error> {
        let call = self.inner.state.drive(call);
        call.span().in_scope(|| self.attempts(call, cancel))
    }

    fn attempts(
        &self,
        mut call: CallDriver<'_, '_>,
        cancel: Option<&CancelToken>,
    ) -> Result<Answered, Error> {
        loop {
            match call.next_task() {
                CallTask::Send(Attempt { request, limit, timeout, span, .. }) => {
                    let outcome = span.in_scope(|| self.attempt(request, limit, timeout));
                    call.done(outcome);
                }
                CallTask::Wait(wait) => {
                    if pause(wait, cancel) {
                        return Err(call.cancelled());
                    }
                }
                CallTask::Done(result) => return result,
            }
        }
    }

    /// Sends once and reads the answer, at most `limit` bytes of it.
    fn attempt(&self, request: http::Request<vod_core::Body>, limit: usize, timeout: Duration) -> Outcome {
        let (mut head, body) = request.into_parts();
        let bytes = match body {
            vod_core::Body::Bytes(bytes) => bytes,
            vod_core::Body::Pieces(pieces) => {
                let mut form = match Form::open(pieces) {
                    Ok(form) => form,
                    Err(outcome) => return *outcome,
                };
                head.headers.insert(CONTENT_LENGTH, form.length().into());
                // A file may take any time as long as it makes progress.
                let mut body = RecordingBody { form: &mut form, failure: None };
                let answer = self.run(
                    http::Request::from_parts(head, SendBody::from_reader(&mut body)),
                    self.inner.state.put_timeout,
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
            // An empty body has a length too. The body is read from this slice, which shows afterwards how
            // much of it has been sent.
            head.headers.insert(CONTENT_LENGTH, bytes.len().into());
            self.run(http::Request::from_parts(head, SendBody::from_reader(&mut unread)), timeout, false)
        } else {
            self.run(http::Request::from_parts(head, SendBody::none()), timeout, false)
        };
        match answer {
            Ok(response) => read(response, limit),
            // As long as a part of the body is still here, the provider cannot have all of it.
            Err(error) => Outcome::Fault(fault(error, unread.is_empty())),
        }
    }

    /// Sends a request. `timeout` limits the whole request, or, for the PUT of a file, the time without
    /// progress.
    pub(crate) fn run(
        &self,
        mut request: http::Request<SendBody<'_>>,
        timeout: Duration,
        put: bool,
    ) -> Result<http::Response<Body>, ureq::Error> {
        let Inner { http, direct, state } = &*self.inner;
        state.add_user_agent(request.headers_mut());
        let host = request.uri().host().unwrap_or_default();
        let (loopback, by_address) = (is_loopback(host), address(host).is_some());
        // No proxy is used for this machine's own addresses.
        let agent = direct.as_ref().filter(|_| loopback).unwrap_or(http);
        // Our own agents have the settings of an API call already, except this one for IP addresses.
        if direct.is_some() && !put && timeout == state.attempt_timeout && (loopback || !by_address) {
            return agent.run(request);
        }
        let each = Some(timeout);
        let still = each.filter(|_| put);
        // With a timeout on the whole request ureq looks the host up in a thread of its own, for each request
        // and even if the host is an IP address.
        let whole = each.filter(|_| !put && !by_address);
        let config =
            agent.configure_request(request).http_status_as_error(false).max_redirects(0).accept_encoding("");
        let config = config
            .timeout_global(whole)
            .timeout_per_call(None)
            .timeout_resolve(Some(state.connect_timeout).filter(|_| !by_address))
            .timeout_connect(Some(state.connect_timeout))
            .timeout_send_request(each)
            // Well before the timeout of each read, which would end the request.
            .timeout_await_100(Some(EXPECTED_WITHIN.min(timeout / 2)))
            .timeout_send_body(each.filter(|_| !put))
            .timeout_per_write(still)
            .timeout_per_read(still)
            .timeout_recv_response(each)
            .timeout_recv_body(each);
        agent.run(config.build())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &self.inner.state).finish_non_exhaustive()
    }
}

fn read(mut response: http::Response<Body>, limit: usize) -> Outcome {
    debug!(status = response.status().as_u16(), "answered");
    // With a known length the buffer need not grow while it is read. A length is not trusted beyond that.
    let reserved = response.body().content_length().map_or(0, |length| length.min(MAX_RESERVED) as usize + 1);
    let mut bytes = Vec::with_capacity(reserved);
    let result = response.body_mut().as_reader().take(limit as u64 + 1).read_to_end(&mut bytes);
    let head = response.into_parts().0;
    match result {
        Err(error) => Outcome::Fault(fault(error.into(), true)),
        // The rest is dropped with its connection.
        Ok(_) if bytes.len() > limit => Outcome::TooLarge(Box::new(head), bytes.into()),
        Ok(_) => Outcome::Answer(http::Response::from_parts(head, bytes.into())),
    }
}

/// A body that records its failure, so that a file that cannot be read is not taken for a broken connection.
struct RecordingBody<'a> {
    form: &'a mut Form,
    failure: Option<io::Error>,
}

impl Read for RecordingBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.form.read(buffer).map_err(|error| {
            let copy = copy_of(&error);
            self.failure = Some(error);
            copy
        })
    }
}

/// Waits, and returns whether the caller cancelled meanwhile.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelling_ends_a_wait() {
        assert!(!pause(Duration::ZERO, None));
        assert!(!pause(Duration::from_millis(1), Some(&CancelToken::new())));
        let cancel = CancelToken::new();
        let other = cancel.clone();
        let waiting = thread::spawn(move || pause(Duration::from_secs(3_600), Some(&other)));
        cancel.cancel();
        assert!(waiting.join().unwrap());
        assert!(pause(Duration::from_secs(3_600), Some(&cancel)), "cancelled before the wait");
    }

    #[test]
    fn clients_go_to_other_threads() {
        fn shared<T: Send + Sync + Clone>() {}
        shared::<Client>();
    }
}
