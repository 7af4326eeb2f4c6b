//! `vod callback verify`: verifies one captured callback.

use super::keys::{Rules, Verifiers};
use super::time;
use crate::commands::response::header;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fields;
use crate::output::Printer;
use crate::provider;
use crate::settings::Settings;
use bytes::Bytes;
use clap::Args;
use http::{HeaderName, HeaderValue, Method};
use std::path::PathBuf;
use vod_core::Timestamp;
use vod_core::callback::MAX_BODY;
use vod_core::operation::Provider;
use vod_driver::now;

/// Verify one captured callback and print the event
///
/// Exits with 0 if the signature is valid; with 3 if this is no callback (something is missing, malformed or
/// too large); and with 4 if the signature does not match, is too old or from the future. The member `reason`
/// of the error says which.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The URL that was called, or its path and query
    #[arg(value_name = "URL")]
    url: String,
    /// The provider; default: QingCloud if its headers are present, otherwise Polyv
    #[arg(long, value_parser = provider::parser())]
    provider: Option<Provider>,
    /// The method; default: POST with a body, otherwise GET
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Option<Method>,
    /// A header of the request; repeatable
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The request's body; `-` for stdin
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// When it was received, as a time or in milliseconds since 1970; default: now
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    rules: Rules,
}

fn method(text: &str) -> Result<Method, String> {
    text.to_ascii_uppercase().parse().map_err(|_| "expected an HTTP method".to_owned())
}

impl Verify {
    pub(crate) fn run(mut self, settings: &Settings, printer: Printer) -> Result<Exit, Failure> {
        let provider = self.provider.unwrap_or_else(|| {
            let has = |name: &str| self.headers.iter().any(|(known, _)| known == name);
            if has("x-qvod-signature") || has("x-qvod-timestamp") {
                Provider::QingCloud
            } else {
                Provider::Polyv
            }
        });
        if self.rules.public_url.is_none() && self.url.contains("://") {
            // Exactly as given: a URL that is parsed and serialised again may gain a slash.
            self.rules.public_url = Some(self.url.clone());
        }
        let verifiers = Verifiers::of(settings, Some(provider), &self.rules)?;
        // One byte beyond the limit is enough to see that there is more.
        let body =
            self.body.as_deref().map(|path| fields::first_bytes(path, MAX_BODY as u64 + 1)).transpose()?;
        let method = self.method.unwrap_or(if body.is_some() { Method::POST } else { Method::GET });
        let mut request = http::Request::builder()
            .method(method)
            .uri(&self.url)
            .body(Bytes::from(body.unwrap_or_default()));
        let request = request
            .as_mut()
            .map_err(|error| Failure::input("URL", "a URL, or a path and query", error.to_string()))?;
        request.headers_mut().extend(self.headers.into_iter().map(|(name, value)| (Some(name), value)));
        let verified = verifiers.verify(provider, request, self.at.unwrap_or_else(now))?;
        printer.value(&verified)?;
        Ok(Exit::Done)
    }
}
