//! `vod request`: prints the signed request without sending it.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::fields::Fields;
use crate::output::{self, Printer};
use crate::settings::Settings;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::fmt::Write as _;
use vod_core::Timestamp;
use vod_core::body::{Body, FileData, Piece};
use vod_driver::now;

/// Print the signed request of an operation without sending it
///
/// `vod request ID --help` describes an operation's fields.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, override_usage = "vod request [OPTIONS] <ID> [NAME=VALUE]...")]
pub(crate) struct Request {
    #[command(flatten)]
    fields: Fields,
    /// Output format
    #[arg(long, value_enum, default_value_t = Form::Json)]
    format: Form,
    /// The date of the request, in milliseconds since 1970; default: now
    #[arg(long, value_name = "MILLIS", allow_negative_numbers = true)]
    at: Option<i64>,
    /// Show signatures and tokens in `http` and `curl` instead of `***`; `json` always shows them
    #[arg(long)]
    show_secrets: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// One object: method, url, headers, body
    Json,
    /// The text of an HTTP/1.1 request
    Http,
    /// A curl command for a POSIX shell
    Curl,
}

impl Request {
    pub(crate) fn run(
        &self,
        settings: impl FnOnce() -> Result<Settings, Failure>,
        printer: Printer,
    ) -> Result<Exit, Failure> {
        if let Some(done) = self.fields.help("request", printer) {
            return done;
        }
        let settings = settings()?;
        let input = self.fields.read()?;
        let accounts = settings.account(input.entry().info().provider())?;
        let request = input.request(&accounts, self.at.map_or_else(now, Timestamp::from_millis))?;
        let (head, body) = request.into_parts();
        let with = |body| http::Request::from_parts(head.clone(), body);
        let request = with(whole(&body, false)?);
        let shown = || {
            Ok::<_, Failure>(Shown {
                request: with(whole(&body, !self.show_secrets)?),
                masked: !self.show_secrets,
                length: request.body().len(),
            })
        };
        match self.format {
            Form::Json => printer.line(&json(&request))?,
            Form::Http => printer.text(&shown()?.http())?,
            Form::Curl => printer.text(&shown()?.curl())?,
        }
        Ok(Exit::Done)
    }
}

/// The body including its files, optionally with signatures and tokens masked in the text parts of a
/// multipart form.
fn whole(body: &Body, masked: bool) -> Result<Bytes, Failure> {
    let pieces = match body {
        Body::Bytes(bytes) => return Ok(bytes.clone()),
        Body::Pieces(pieces) => pieces,
    };
    let mut whole = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) if masked => {
                whole.extend_from_slice(mask_parts(&String::from_utf8_lossy(bytes)).as_bytes());
            }
            Piece::Bytes(bytes) => whole.extend_from_slice(bytes),
            Piece::File(piece) => match piece.file.data() {
                FileData::Bytes(bytes) => whole.extend_from_slice(bytes),
                FileData::Path(path) => {
                    let bytes = std::fs::read(path).map_err(|error| Failure::unreadable(path, &error))?;
                    piece.check_size(bytes.len() as u64)?;
                    whole.extend_from_slice(&bytes);
                }
            },
        }
    }
    Ok(whole.into())
}

/// A multipart form's text parts, with secret values masked.
fn mask_parts(text: &str) -> String {
    let mut shown = text.to_owned();
    for name in MASKED_FIELDS {
        let part = shown.find(&format!("; name=\"{name}\"\r\n"));
        let value = part.and_then(|part| Some(part + shown[part..].find("\r\n\r\n")? + 4));
        if let Some(start) = value {
            let end = shown[start..].find("\r\n--").map_or(shown.len(), |length| start + length);
            shown.replace_range(start..end, MASK);
        }
    }
    shown
}

fn json(request: &http::Request<Bytes>) -> serde_json::Value {
    let (name, body) = output::body(request.body());
    json!({ "method": request.method().as_str(), "url": request.uri().to_string(), "headers": headers(request), name: body })
}

fn headers(request: &http::Request<Bytes>) -> Vec<(&str, String)> {
    request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// A request for display.
struct Shown {
    request: http::Request<Bytes>,
    masked: bool,
    /// The length of the body as sent.
    length: usize,
}

/// Fields that grant access if leaked.
const MASKED_FIELDS: &[&str] = &["sign", "writetoken"];
const MASK: &str = "***";

impl Shown {
    fn headers(&self) -> impl Iterator<Item = (&str, String)> {
        let shown = |(name, value)| {
            (
                name,
                if self.masked && name == http::header::AUTHORIZATION.as_str() {
                    MASK.to_owned()
                } else {
                    value
                },
            )
        };
        headers(&self.request).into_iter().map(shown)
    }

    /// A query or form with secret values masked.
    fn pairs(&self, text: &str) -> String {
        let shown = |pair: &str| match pair.split_once('=') {
            Some((name, _)) if self.masked && MASKED_FIELDS.contains(&name) => format!("{name}={MASK}"),
            _ => pair.to_owned(),
        };
        text.split('&').map(shown).collect::<Vec<_>>().join("&")
    }

    fn path_and_query(&self) -> String {
        let path = self.request.uri().path();
        self.request
            .uri()
            .query()
            .map_or_else(|| path.to_owned(), |query| format!("{path}?{}", self.pairs(query)))
    }

    /// The body as text, or as bytes if it is not text.
    fn body(&self) -> Result<String, &[u8]> {
        let text = std::str::from_utf8(self.request.body()).map_err(|_| self.request.body().as_ref())?;
        let form = self
            .request
            .headers()
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        Ok(if form { self.pairs(text) } else { text.to_owned() })
    }

    fn http(&self) -> String {
        let authority = self.request.uri().authority().map_or("", http::uri::Authority::as_str);
        let mut text =
            format!("{} {} HTTP/1.1\nhost: {authority}\n", self.request.method(), self.path_and_query());
        for (name, value) in self.headers() {
            let _ = writeln!(text, "{name}: {value}");
        }
        match self.body() {
            Ok(body) if body.is_empty() => {}
            Ok(body) => {
                let _ = write!(text, "content-length: {}\n\n{body}", self.length);
            }
            Err(bytes) => {
                let _ =
                    write!(text, "content-length: {}\n\n<{} bytes of binary data>", self.length, bytes.len());
            }
        }
        text.truncate(text.trim_end_matches('\n').len());
        text
    }

    fn curl(&self) -> String {
        let uri = self.request.uri();
        let origin = format!(
            "{}://{}",
            uri.scheme_str().unwrap_or("https"),
            uri.authority().map_or("", http::uri::Authority::as_str)
        );
        let mut text = format!(
            "curl --globoff --request {} {}",
            self.request.method(),
            quoted(&format!("{origin}{}", self.path_and_query()))
        );
        for (name, value) in self.headers() {
            let _ = write!(text, " \\\n  --header {}", quoted(&format!("{name}: {value}")));
        }
        match self.body() {
            Ok(body) if body.is_empty() => {}
            Ok(body) => {
                let _ = write!(text, " \\\n  --data-raw {}", quoted(&body));
            }
            Err(bytes) => {
                let (_, encoded) = output::body(bytes);
                text = format!("printf %s {} | base64 -d | {text} \\\n  --data-binary @-", quoted(&encoded));
            }
        }
        text
    }
}

/// One word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &'static [u8], content_type: &str) -> http::Request<Bytes> {
        http::Request::post("https://api.example.com/v1/x?sign=ABC&ptime=1")
            .header("authorization", "QVOD id:signature")
            .header("content-type", content_type)
            .body(Bytes::from_static(body))
            .unwrap()
    }

    #[test]
    fn signatures_and_tokens_are_masked_unless_asked_for() {
        let request = request(
            b"title=it's&sign=DEF&writetoken=t&signer=x",
            "application/x-www-form-urlencoded; charset=utf-8",
        );
        let expected = "curl --globoff --request POST 'https://api.example.com/v1/x?sign=***&ptime=1' \\\n  --header 'authorization: ***' \\\n  \
                        --header 'content-type: application/x-www-form-urlencoded; charset=utf-8' \\\n  \
                        --data-raw 'title=it'\\''s&sign=***&writetoken=***&signer=x'";
        let shown = |masked| Shown { request: request.clone(), masked, length: request.body().len() };
        assert_eq!(shown(true).curl(), expected);
        let http = shown(true).http();
        let shown = shown(false).curl();
        assert!(
            shown.contains("sign=ABC")
                && shown.contains("QVOD id:signature")
                && shown.contains("writetoken=t&"),
            "{shown}"
        );
        assert!(
            http.starts_with(
                "POST /v1/x?sign=***&ptime=1 HTTP/1.1\nhost: api.example.com\nauthorization: ***\n"
            ),
            "{http}"
        );
        assert!(
            http.ends_with("content-length: 41\n\ntitle=it's&sign=***&writetoken=***&signer=x"),
            "{http}"
        );
    }

    #[test]
    fn a_body_that_is_no_text_is_still_complete() {
        let request = request(b"\xff\x00", "application/octet-stream");
        assert_eq!(json(&request)["body_base64"], "/wA=");
        let curl = Shown { request, masked: true, length: 2 }.curl();
        assert!(
            curl.starts_with("printf %s '/wA=' | base64 -d | curl ") && curl.ends_with("--data-binary @-"),
            "{curl}"
        );
    }

    #[test]
    fn parts_are_masked_by_their_names() {
        let part = |name: &str, value: &str| {
            format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{value}\r\n"
            )
        };
        let form = |token: &str, sign: &str| {
            format!(
                "{}{}{}{}--b--\r\n",
                part("writetoken", token),
                part("title", "signs"),
                part("sign", sign),
                part("signs", "x")
            )
        };
        assert_eq!(mask_parts(&form("t-1", "ABC")), form("***", "***"));
        assert_eq!(mask_parts(&part("title", "x")), part("title", "x"));
    }
}
