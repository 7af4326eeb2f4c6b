//! `vod response`: reads a captured response as the client would.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::fields;
use crate::output::Printer;
use clap::Args;
use http::{HeaderName, HeaderValue};
use std::path::PathBuf;

/// Read a captured response as the client would
///
/// Prints the output on stdout; or the error as JSON on stderr, with the exit code that the call would have
/// had.
#[derive(Debug, Args)]
pub(crate) struct Response {
    /// The operation's id; `vod operations` lists them
    #[arg(value_name = "ID")]
    id: String,
    /// The response's body; default, or with `-`: stdin
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    body: PathBuf,
    /// The HTTP status
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..=599))]
    status: u16,
    /// A header of the response; repeatable
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Parses a header argument.
pub(crate) fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("a header is written `name: value`")?;
    let name = name.trim().parse().map_err(|_| "expected a header name")?;
    let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| "expected a header value")?;
    Ok((name, value))
}

impl Response {
    pub(crate) fn run(self, printer: Printer) -> Result<Exit, Failure> {
        let entry = fields::entry(&self.id)?;
        // One byte beyond the limit is enough to see that there is more.
        let most = vod_core::response::limit(entry.info()) as u64 + 1;
        let mut answer = http::Response::new(fields::first_bytes(&self.body, most)?.into());
        // The argument's range is that of statuses.
        *answer.status_mut() =
            http::StatusCode::from_u16(self.status).map_err(|error| Failure::Usage(error.to_string()))?;
        answer.headers_mut().extend(self.headers.into_iter().map(|(name, value)| (Some(name), value)));
        match entry.response(&answer) {
            Ok(payload) => printer.payload(&payload).map(|()| Exit::Done),
            // Programs read this error whether or not they asked for JSON.
            Err(error) => Ok(Printer::new(true).failure(&Failure::Api(error))),
        }
    }
}
