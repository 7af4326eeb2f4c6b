//! Requests and answers as values: fields, bodies, the error shape of each provider.

use super::multipart::{self, FilePart};
use super::{polyv, qingcloud};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

/// The family of an answer, which decides the form of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Polyv,
    /// Polyv's oldest interface, with a write token.
    PolyvV1,
    /// Polyv's interface for sub-accounts.
    PolyvV3,
    QingCloud,
    /// The storage behind QingCloud's presigned URLs, which speaks S3.
    Storage,
}

impl Shape {
    /// The provider of a path, known or not.
    pub(crate) fn of_path(path: &str) -> Self {
        match path {
            _ if path.starts_with("/api/") => Self::QingCloud,
            _ if path.starts_with("/v3/") || path.starts_with("/vod/v4/") => Self::PolyvV3,
            _ if path.starts_with("/uc/services/") => Self::PolyvV1,
            _ => Self::Polyv,
        }
    }

    /// A refusal in the provider's shape.
    pub(crate) fn refusal(self, code: i64, message: &str) -> Response<Bytes> {
        match self {
            Self::Polyv => polyv::Envelope::V2.refusal(code, message),
            Self::PolyvV1 => polyv::Envelope::V1.refusal(code, message),
            Self::PolyvV3 => polyv::Envelope::V3.refusal(code, message),
            Self::QingCloud => qingcloud::refusal(code, message),
            Self::Storage => storage_error(StatusCode::FORBIDDEN, &code.to_string(), message),
        }
    }
}

/// Decoded fields of a query or a form, in the order sent. A name may come more than once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Adds the fields of a query or form text.
    pub(crate) fn add(&mut self, encoded: &[u8]) {
        let pairs = form_urlencoded::parse(encoded);
        self.0.extend(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())));
    }

    /// The first value of this name; an empty one counts as absent, as both providers treat it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds one field.
    pub(crate) fn push(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }
}

/// The media type of a request's body, without parameters.
pub(crate) fn media_type(request: &Request<Bytes>) -> &str {
    content_type(request).split(';').next().unwrap_or_default().trim()
}

fn content_type(request: &Request<Bytes>) -> &str {
    request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What Polyv reads of a request: fields of the query and of the body, and files. If the body cannot be read,
/// the reason is returned beside the query's fields.
pub(crate) fn polyv_form(request: &Request<Bytes>) -> (Fields, Vec<FilePart>, Result<(), String>) {
    let mut fields = Fields::default();
    // The provider's own samples also put the fields of a POST into the query: both count.
    fields.add(request.uri().query().unwrap_or_default().as_bytes());
    let media_type = media_type(request);
    if request.method() != Method::POST {
        return (fields, Vec::new(), Ok(()));
    }
    if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        fields.add(request.body());
    } else if media_type.eq_ignore_ascii_case("multipart/form-data") {
        match multipart::parse(content_type(request), request.body()) {
            Ok(form) => {
                form.texts.into_iter().for_each(|(name, value)| fields.push(name, value));
                return (fields, form.files, Ok(()));
            }
            Err(reason) => return (fields, Vec::new(), Err(reason)),
        }
    }
    (fields, Vec::new(), Ok(()))
}

/// A request for the log: its query, and its body parsed as the provider does.
pub(crate) fn sent(shape: Shape, request: &Request<Bytes>) -> Value {
    match shape {
        Shape::Polyv | Shape::PolyvV1 | Shape::PolyvV3 => {
            let (fields, files, _) = polyv_form(request);
            said(&fields, &files)
        }
        Shape::QingCloud | Shape::Storage => {
            let mut fields = Fields::default();
            fields.add(request.uri().query().unwrap_or_default().as_bytes());
            let mut members: Map<String, Value> = serde_json::from_slice(request.body()).unwrap_or_default();
            members.extend(fields.iter().map(|(name, value)| (name.to_owned(), Value::from(value))));
            members.into()
        }
    }
}

/// Fields and files for the log: of a file its name, type and size.
pub(crate) fn said(fields: &Fields, files: &[FilePart]) -> Value {
    let mut members: Map<String, Value> =
        fields.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    members.extend(files.iter().map(|file| {
        let FilePart { field, file_name, content_type, bytes } = file;
        (field.clone(), json!({ "file": file_name, "type": content_type, "bytes": bytes.len() }))
    }));
    members.into()
}

/// An answer with a text body.
pub(crate) fn text(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    text(status, "application/json; charset=utf-8", body.to_string())
}

/// An error in the words of S3.
pub(crate) fn storage_error(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>",
        escape(code),
        escape(message)
    );
    text(status, "application/xml", body)
}

/// A text as a header value: printable ASCII stays, a line feed becomes `\n`, the rest is percent-encoded. At
/// most 4 KiB, since clients limit the size of headers.
pub(crate) fn header_text(text: &str) -> HeaderValue {
    let mut out = String::new();
    for c in text.chars() {
        if out.len() > 4080 {
            out.push_str("...");
            break;
        }
        match c {
            '\n' => out.push_str("\\n"),
            ' '..='~' => out.push(c),
            _ => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    out.push_str(&format!("%{byte:02X}"));
                }
            }
        }
    }
    HeaderValue::try_from(out).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let mut fields = Fields::default();
        fields.add(b"a=1&b=%E7%89%87+x&a=2&c=");
        assert_eq!(fields.get("a"), Some("1"));
        assert_eq!(fields.get("b"), Some("片 x"));
        assert_eq!(fields.get("c"), None);
    }

    #[test]
    fn header_texts_are_ascii_and_short() {
        assert_eq!(header_text("a=片\nb"), "a=%E7%89%87\\nb");
        assert!(header_text(&"x".repeat(100_000)).len() < 4100);
    }

    #[test]
    fn storage_errors_escape_their_text() {
        let body = storage_error(StatusCode::FORBIDDEN, "AccessDenied", "a<b>&c").into_body();
        assert!(body.ends_with(b"<Message>a&lt;b&gt;&amp;c</Message></Error>"));
    }
}
