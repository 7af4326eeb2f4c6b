//! The target that events are forwarded to.

use crate::failure::Failure;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use std::time::Duration;
use vod_async::reqwest::{self, Client, Request, Url};
use vod_core::error::chain;
use vod_core::relay::LogEntry;

/// The timeout of the target for one event.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a response is read, so that its connection can be reused.
const MOST_OF_AN_ANSWER: usize = 64 << 10;

/// An HTTP client and the URL that it sends to.
#[derive(Clone)]
pub(super) struct Target {
    client: Client,
    base: Url,
}

impl Target {
    /// Parses a URL argument.
    pub(super) fn new(argument: &'static str, url: &str) -> Result<Self, Failure> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = parsed.ok_or_else(|| Failure::text(argument, "an http or https URL", url))?;
        let built = vod_async::http_client_builder().map_err(|error| chain(&error)).and_then(|builder| {
            let builder = builder
                .connect_timeout(Duration::from_secs(10))
                .timeout(TIMEOUT)
                .user_agent(concat!("vod/", env!("CARGO_PKG_VERSION")));
            // No proxy can reach this machine's loopback addresses.
            let builder = if base.host_str().is_some_and(vod_driver::is_loopback) {
                builder.no_proxy()
            } else {
                builder
            };
            builder.build().map_err(|error| chain(&error))
        });
        Ok(Self {
            client: built
                .map_err(|error| Failure::Unexpected(format!("cannot set up the HTTP client: {error}")))?,
            base,
        })
    }

    /// A target whose URL is the prefix of each callback's.
    pub(super) fn base(argument: &'static str, url: &str) -> Result<Self, Failure> {
        let target = Self::new(argument, url)?;
        if target.base.query().is_some() || target.base.fragment().is_some() {
            return Err(Failure::text(
                argument,
                "a URL without a query (that of each callback is put behind it)",
                url,
            ));
        }
        Ok(target)
    }

    /// Forwards an event as received: its path and query are appended to the target's URL; method, headers
    /// and body are kept. `X-Vod-Event`, its number in the log, and `X-Vod-Key`, which identifies duplicates,
    /// are added. Returns why it was not accepted: no response, or one other than 2xx.
    pub(super) async fn hand_on(&self, record: &LogEntry) -> Result<(), String> {
        let url = format!("{}{}", self.base.as_str().trim_end_matches('/'), record.target);
        let url = Url::parse(&url).map_err(|error| format!("its URL: {error}"))?;
        let method = Method::from_bytes(record.method.as_bytes()).map_err(|error| error.to_string())?;
        let mut request = Request::new(method, url);
        let own = [("x-vod-event", record.seq.to_string()), ("x-vod-key", record.key().to_owned())];
        let headers = record.headers.iter().map(|(name, value)| (name.as_str(), value.clone())).chain(own);
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&value)) {
                request.headers_mut().append(name, value);
            }
        }
        if !record.body.is_empty() || record.method != "GET" {
            *request.body_mut() = Some(record.body.clone().into());
        }
        let status = self.send(request).await?;
        if status.is_success() { Ok(()) } else { Err(format!("it responded with {status}")) }
    }

    /// Sends a request to the target's URL itself.
    pub(super) async fn post(&self, request: http::Request<bytes::Bytes>) -> Result<StatusCode, String> {
        let (head, body) = request.into_parts();
        let mut sent = Request::new(head.method, self.base.clone());
        sent.url_mut().set_query(head.uri.query());
        *sent.headers_mut() = head.headers;
        if !body.is_empty() {
            *sent.body_mut() = Some(body.into());
        }
        self.send(sent).await
    }

    async fn send(&self, request: Request) -> Result<StatusCode, String> {
        // The URL in the error would show the signature.
        let failed = |error: reqwest::Error| {
            let error = error.without_url();
            let mut cause: &dyn std::error::Error = &error;
            while let Some(source) = cause.source() {
                cause = source;
            }
            cause.to_string()
        };
        let mut answer = self.client.execute(request).await.map_err(failed)?;
        let status = answer.status();
        let mut read = 0;
        // The status is all that counts: a body that breaks off or does not end changes nothing.
        while let Ok(Some(chunk)) = answer.chunk().await {
            read += chunk.len();
            if read > MOST_OF_AN_ANSWER {
                break;
            }
        }
        Ok(status)
    }
}
