//! `vod callback verify`: one captured callback.

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

/// Check one captured callback and print the event
///
/// Exits with 0 where the signature holds; with 3 for what is no callback (something is missing, malformed or
/// too large); and with 4 where it is one and the signature does not fit, is too old or from the future. The
/// reason stands in the error's `reason`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The URL that was called, or its path and query
    #[arg(value_name = "URL")]
    url: String,
    /// Whose callback it is; QingCloud's where it has that provider's headers, and else Polyv's
    #[arg(long, value_parser = provider::parser())]
    provider: Option<Provider>,
    /// The method; POST where there is a body, and else GET
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Option<Method>,
    /// A header of the request; may be given more than once
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The request's body; stdin with `-`
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// When it was received, as a time or in milliseconds since 1970; now where this is not given
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    rules: Rules,
}

fn method(text: &str) -> Result<Method, String> {
    text.to_ascii_uppercase().parse().map_err(|_| "this is no method".to_owned())
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
            // Letter for letter: a URL that is parsed and written again may have another slash.
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
        let request = request.as_mut().map_err(|error| {
            Failure::input("URL", "must be a URL, or a path and query", error.to_string())
        })?;
        request.headers_mut().extend(self.headers.into_iter().map(|(name, value)| (Some(name), value)));
        let verified = verifiers.verify(provider, request, self.at.unwrap_or_else(now))?;
        printer.value(&verified)?;
        Ok(Exit::Done)
    }
}
