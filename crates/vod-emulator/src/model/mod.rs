//! Both providers as one value, without sockets, files, clocks or threads: requests, events and the time go
//! in, answers and effects come out, so that the same calls in the same order always give the same answers.

pub(crate) mod callback;
mod log;
pub(crate) mod multipart;
pub(crate) mod polyv;
#[cfg(test)]
mod properties;
pub(crate) mod qingcloud;
pub(crate) mod random;
pub(crate) mod route;
#[cfg(test)]
mod testing;
pub(crate) mod text;
mod window;
pub(crate) mod wire;

use crate::credentials::DemoCredentials;
use crate::fault::disturb::{self, Delivery};
use crate::fault::{Fault, FaultPlan, FaultState};
use bytes::Bytes;
use callback::{Callbacks, Received};
use http::header::DATE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use jiff::Timestamp;
use log::{Entry, Log};
use random::Random;
use serde_json::{Value, json};
use std::net::IpAddr;
use wire::Shape;

/// What does not change while the emulator runs.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) base_url: url::Url,
    pub(crate) strict: bool,
    pub(crate) rate_limits: bool,
    pub(crate) seed: u64,
    pub(crate) faults: FaultPlan,
    pub(crate) credentials: DemoCredentials,
    pub(crate) callbacks: Callbacks,
    /// Whether callbacks may go to other machines.
    pub(crate) callbacks_anywhere: bool,
    pub(crate) limits: Limits,
    pub(crate) fetching: Fetching,
}

/// Which URLs of `polyv.upload.urls` the emulator downloads, see [`Options::fetch`](crate::Options::fetch).
///
/// The others are pretended: nothing is requested, and the download ends at once with a size drawn from the
/// seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fetching {
    /// All of them, over the network if need be.
    All,
    /// Those of loopback addresses and of the emulator's own address.
    #[default]
    Loopback,
    /// None.
    Pretend,
}

/// The limits of Polyv's account, which tests make small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes of storage.
    pub(crate) space: u64,
    /// How long the keys of an upload are valid, in seconds.
    pub(crate) validity: i64,
}

/// The providers, their clock, the fault plan and the log.
pub(crate) struct Model {
    config: Config,
    /// The offset of the emulated clock from the real one, in milliseconds.
    skew: i64,
    random: Random,
    faults: FaultState,
    polyv: polyv::State,
    qingcloud: qingcloud::State,
    callbacks: callback::State,
    limits: Limits,
    log: Log,
    effects: Vec<Effect>,
    /// Never restarts, not even on a reset: a late event must not match a job of the new state.
    jobs: u64,
}

/// Something to be done outside the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Download this URL and report with [`Event::Fetched`].
    Fetch { job: u64, url: String },
    /// After this many milliseconds, report with [`Event::Pretended`] that a download ended, or that it
    /// failed for this reason.
    Pretend { job: u64, millis: u64, failure: Option<String> },
    /// Remove this object from the storage.
    Remove { key: String },
    /// Remove this file of the storage behind Polyv's uploads.
    Discard { file: u64 },
    /// After this many milliseconds, send the request that [`Model::callback`] returns, and report with
    /// [`Event::Called`].
    Callback { id: u64, millis: u64 },
}

/// Something that happened outside the model.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A download ended, with the file's facts or the reason of its failure.
    Fetched { job: u64, outcome: Result<File, String> },
    /// A download that is only pretended ended, or failed for this reason.
    Pretended { job: u64, failure: Option<String> },
    /// An object was stored under a key.
    Stored { key: String, file: File },
    /// A callback was answered, or was not, for this reason.
    Called { id: u64, outcome: Result<Received, String> },
}

/// The facts of a file's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) bytes: u64,
    /// Lower-case hex; empty if it is not known.
    pub(crate) md5: String,
    /// Lower-case hex; only downloads have it.
    pub(crate) sha1: Option<String>,
}

/// A request to a storage, as the log shows it.
#[derive(Debug)]
pub(crate) struct StorageCall {
    /// Pseudo operation, if it is one.
    pub(crate) operation: Option<&'static str>,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) fields: Value,
    /// The text whose signature was expected, when it did not match.
    pub(crate) explain: Option<String>,
}

impl File {
    /// As a header: the MD5 in quotes.
    pub(crate) fn etag(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("\"{}\"", self.md5)).ok()
    }
}

/// The answer to one request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response<Bytes>,
    pub(crate) shape: Shape,
    pub(crate) delivery: Delivery,
    pub(crate) effects: Vec<Effect>,
}

/// A handled request.
pub(crate) struct Handled {
    response: Response<Bytes>,
    /// Envelope code or `ret_code`; the HTTP status where there is neither.
    code: i64,
    /// What was sent, for the log.
    fields: Value,
    /// The text whose signature was expected, when it did not match.
    explain: Option<String>,
}

impl Model {
    pub(crate) fn new(config: Config) -> Self {
        Self::with_jobs(config, 0)
    }

    fn with_jobs(config: Config, jobs: u64) -> Self {
        Self {
            skew: 0,
            random: Random::new(config.seed),
            faults: FaultState::new(config.faults.clone(), config.seed),
            polyv: polyv::State::default(),
            qingcloud: qingcloud::State::default(),
            callbacks: callback::State::new(config.callbacks.clone()),
            limits: config.limits,
            log: Log::default(),
            effects: Vec::new(),
            jobs,
            config,
        }
    }

    /// The emulated time, in Unix milliseconds, when the real time is `wall`.
    pub(crate) fn now(&self, wall: i64) -> i64 {
        // From 1970 to the year 9999: dates can be written, and differences cannot overflow.
        wall.saturating_add(self.skew).clamp(0, 253_402_200_000_000)
    }

    /// Answers one API request.
    pub(crate) fn handle(&mut self, wall: i64, peer: IpAddr, request: &Request<Bytes>) -> Answer {
        let path = request.uri().path();
        let found = route::find(request.method().as_str(), target(request));
        let shape = Shape::of_path(path);
        let id = found.as_ref().map(|(route, _)| route.id);
        let fault = self.fault(id.unwrap_or("unknown"));
        let now = self.now(wall);

        if matches!(fault, Some(Fault::Block {})) {
            self.polyv.block(now, peer);
        }
        let mut handled = match fault.as_ref().and_then(|fault| disturb::instead(fault, shape)) {
            Some(response) => Handled::undone(response, fault.as_ref(), wire::sent(shape, request)),
            None => match found {
                Some((route, captures)) => match route.handler {
                    route::Handler::Polyv { auth, answer } => {
                        polyv::answer(self, now, peer, request, (route, auth, answer), &captures)
                    }
                    route::Handler::QingCloud(handler) => {
                        qingcloud::answer(self, now, request, (route, handler), &captures)
                    }
                },
                None => unknown(shape, request),
            },
        };
        if let Some(fault) = &fault {
            disturb::rewrite(fault, shape, &mut handled.response, &mut self.random);
        }
        self.stamp(shape, now, &mut handled.response);
        if let Some(text) = &handled.explain {
            handled.response.headers_mut().insert("x-emulator-explain", wire::header_text(text));
        }
        self.log.add(Entry {
            at: now,
            operation: id,
            method: request.method().to_string(),
            path: path.to_owned(),
            fields: handled.fields,
            status: handled.response.status().as_u16(),
            code: handled.code,
            fault: fault.as_ref().map(Fault::kind),
            explain: handled.explain,
        });
        Answer {
            response: handled.response,
            shape,
            delivery: Delivery::of(fault.as_ref()),
            effects: self.take_effects(),
        }
    }

    /// The last request, as the log shows it.
    pub(crate) fn last_request(&self) -> Value {
        self.log.last_json()
    }

    /// Answers one API request without effects outside the model.
    pub(crate) fn examine(&mut self, wall: i64, peer: IpAddr, request: &Request<Bytes>) -> Answer {
        let mut answer = self.untold(|model| model.handle(wall, peer, request));
        answer.effects.clear();
        answer
    }

    /// Applies an event.
    pub(crate) fn event(&mut self, wall: i64, event: Event) {
        let now = self.now(wall);
        match event {
            Event::Fetched { job, outcome } => self.fetched(now, job, outcome),
            Event::Pretended { job, failure } => self.pretended(now, job, failure),
            Event::Stored { key, file } => self.qingcloud.stored(now, &key, file),
            Event::Called { id, outcome } => self.called(id, outcome),
        }
    }

    /// Takes the effects of anything except a request, whose answer contains its own.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        let discarded = self.polyv.uploads.take_discarded();
        self.effects.extend(discarded.into_iter().map(|file| Effect::Discard { file }));
        std::mem::take(&mut self.effects)
    }

    /// The fault for the next request of this operation; a skew takes effect at once.
    pub(crate) fn fault(&mut self, operation: &str) -> Option<Fault> {
        let fault = self.faults.fire(operation);
        if let Some(Fault::Skew { millis }) = fault {
            self.skew = millis;
        }
        fault
    }

    /// Applies a fault to an answer of the storage, as [`Model::handle`] does with its own, and logs the
    /// request.
    pub(crate) fn finish_storage(
        &mut self,
        wall: i64,
        call: StorageCall,
        fault: Option<&Fault>,
        mut response: Response<Bytes>,
    ) -> Answer {
        let now = self.now(wall);
        if let Some(fault) = fault {
            disturb::rewrite(fault, Shape::Storage, &mut response, &mut self.random);
        }
        self.stamp(Shape::Storage, now, &mut response);
        let StorageCall { operation, method, path, fields, explain } = call;
        if let Some(text) = &explain {
            response.headers_mut().insert("x-emulator-explain", wire::header_text(text));
        }
        self.log.add(Entry {
            at: now,
            operation,
            method: method.to_string(),
            path,
            fields,
            status: response.status().as_u16(),
            code: response.status().as_u16().into(),
            fault: fault.map(Fault::kind),
            explain,
        });
        Answer { response, shape: Shape::Storage, delivery: Delivery::of(fault), effects: Vec::new() }
    }

    /// Replaces the fault plan; its counters start at 0.
    pub(crate) fn set_faults(&mut self, plan: FaultPlan) {
        self.faults = FaultState::new(plan, self.config.seed);
    }

    /// Sets the offset of the emulated clock from the real one.
    pub(crate) fn set_skew(&mut self, millis: i64) {
        self.skew = millis;
    }

    /// Sets the limits of Polyv's account; omitted ones stay.
    pub(crate) fn set_limits(&mut self, space: Option<u64>, validity: Option<i64>) -> Limits {
        let before = self.limits;
        self.limits =
            Limits { space: space.unwrap_or(before.space), validity: validity.unwrap_or(before.validity) };
        self.limits
    }

    /// Forgets everything but the options, and returns what to remove.
    pub(crate) fn reset(&mut self) -> Vec<Effect> {
        let keys = self.qingcloud.keys().into_iter().map(|key| Effect::Remove { key });
        let effects =
            keys.chain(self.polyv.uploads.files().into_iter().map(|file| Effect::Discard { file })).collect();
        *self = Self::with_jobs(self.config.clone(), self.jobs);
        effects
    }

    /// The whole content and all requests, for `GET /_emulator/state`.
    pub(crate) fn state(&self, wall: i64) -> Value {
        json!({
            "clock": self.clock_json(wall),
            "videos": self.polyv.videos_json(),
            "tasks": self.polyv.tasks_json(),
            "polyv": self.polyv.areas_json(),
            "media": self.qingcloud.media_json(&self.config),
            "callbacks": self.callbacks.json(),
            "requests": self.log.entries_json(),
            "counts": self.log.counts(),
        })
    }

    /// The content and the requests in numbers, for `GET /_emulator/state?counts=1`.
    pub(crate) fn overview(&self, wall: i64) -> Value {
        let mut overview = self.polyv.overview_json();
        overview["clock"] = self.clock_json(wall);
        overview["media"] = self.qingcloud.count().into();
        overview["callbacks"] = json!({ "waiting": self.callbacks.open() });
        overview["requests"] = self.log.total().into();
        overview["counts"] = self.log.counts();
        overview
    }

    /// Some of the videos and rows of imports, for `GET /_emulator/state?title=…&state=…`.
    pub(crate) fn wanted(&self, wall: i64, wanted: &polyv::Wanted) -> Value {
        let mut found = self.polyv.wanted_json(wanted);
        found["clock"] = self.clock_json(wall);
        found
    }

    fn clock_json(&self, wall: i64) -> Value {
        json!({ "now": self.now(wall), "skew": self.skew })
    }

    /// Every answer has the emulated time, so that a client can see a skew; QingCloud's also have a request
    /// id.
    fn stamp(&mut self, shape: Shape, now: i64, response: &mut Response<Bytes>) {
        if let Some(date) = http_date(now) {
            response.headers_mut().insert(DATE, date);
        }
        if shape == Shape::QingCloud
            && let Ok(id) = HeaderValue::try_from(self.random.hex(32))
        {
            response.headers_mut().insert("x-qvod-request-id", id);
        }
    }

    fn next_job(&mut self) -> u64 {
        self.jobs += 1;
        self.jobs
    }
}

impl Handled {
    /// An answer that a fault gave instead of the provider.
    fn undone(response: Response<Bytes>, fault: Option<&Fault>, fields: Value) -> Self {
        let code = match fault {
            Some(Fault::Refuse { code, .. }) => *code,
            _ => response.status().as_u16().into(),
        };
        Self { response, code, fields, explain: None }
    }
}

/// Path and query.
fn target(request: &Request<Bytes>) -> &str {
    request.uri().path_and_query().map_or("", http::uri::PathAndQuery::as_str)
}

fn unknown(shape: Shape, request: &Request<Bytes>) -> Handled {
    let message = &route::suggestion(request.method().as_str(), target(request));
    let (code, mut response) = match shape {
        // 1101: no such method.
        Shape::QingCloud => (1101, qingcloud::refusal(1101, message)),
        // 8: no such method.
        Shape::PolyvV1 => (8, shape.refusal(8, message)),
        Shape::Polyv | Shape::PolyvV3 | Shape::Storage => (404, shape.refusal(404, message)),
    };
    *response.status_mut() = StatusCode::NOT_FOUND;
    Handled { response, code, fields: wire::sent(shape, request), explain: None }
}

/// A `Date` header, in whole seconds.
pub(crate) fn http_date(millis: i64) -> Option<HeaderValue> {
    let timestamp = Timestamp::from_millisecond(millis).ok()?;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&timestamp).ok()?;
    HeaderValue::try_from(text).ok()
}
