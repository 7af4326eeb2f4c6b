//! Receiving callbacks: from a server's request to a verified event of [`vod_core::callback`].
//!
//! With the feature `axum`, `Callback` is an extractor:
//!
#![cfg_attr(feature = "axum", doc = "```no_run")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, http::StatusCode, routing::any};
//! use vod_async::callback::Callback;
//! use vod_core::polyv::callback::{Event, Verifier};
//!
//! async fn polyv(Callback(event, verified): Callback<Verifier>) -> StatusCode {
//!     if let Event::Uploaded(uploaded) = event {
//!         println!("{} is {:?}; drop it if {} was seen before", uploaded.vid, uploaded.outcome, verified.dedup_key());
//!     }
//!     StatusCode::OK
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! // GET and POST: the providers use both.
//! let app: Router = Router::new().route("/polyv", any(polyv)).with_state(Verifier::new("the account's secret key"));
//! axum::serve(tokio::net::TcpListener::bind("127.0.0.1:8080").await?, app).await
//! # }
//! ```
//!
//! Other servers that have an [`http::Request`], such as a tower service or hyper itself, call [`receive`].
//!
//! Neither has a timeout of its own for a slow sender: give the server one.

use bytes::{BufMut, Bytes, BytesMut};
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt;
use std::fmt;
use std::pin::pin;
use vod_core::callback::{CallbackError, MAX_BODY, Verified, Verify};

/// Reads a callback's body, at most [`MAX_BODY`] bytes, verifies it at the current time and decodes the
/// event. Returns the event and what was verified.
///
/// For QingCloud the verifier needs the receiver's public URL
/// ([`with_url`](vod_core::qingcloud::callback::Verifier::with_url)), as servers see only a path.
///
/// ```
/// use vod_core::polyv::callback::{EventType, Verifier, sample};
/// use vod_core::callback::Notification;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Any `http_body::Body` will do: hyper's, tower's, or bytes as here.
/// let request = sample(EventType::Pass, "http://127.0.0.1/polyv", &Default::default(), &"key".into())?.map(http_body_util::Full::new);
/// let answer = match vod_async::callback::receive(request, &Verifier::new("key")).await {
///     Ok((event, verified)) => {
///         assert_eq!((event.kind(), verified.covered), ("pass", &["type", "vid"][..]));
///         http::Response::new(Default::default())
///     }
///     Err(error) => error.to_response(),
/// };
/// assert_eq!(answer.status(), 200);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ReceiveError`], which has the response to send.
pub async fn receive<B, V>(
    request: Request<B>,
    verifier: &V,
) -> Result<(V::Event, Verified<V::Event>), ReceiveError>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    V: Verify,
{
    let (head, body) = request.into_parts();
    let body = whole(body).await?;
    let verified = verifier.verify(&Request::from_parts(head, body), vod_driver::now())?;
    Ok((verified.event()?, verified))
}

async fn whole<B>(body: B) -> Result<Bytes, ReceiveError>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // A body that announces too much is not read at all.
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > MAX_BODY {
        return Err(CallbackError::body_too_large(announced).into());
    }
    let mut body = pin!(body);
    let mut bytes = BytesMut::with_capacity(announced);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| ReceiveError::Broken(error.into()))?.into_data() else {
            continue;
        };
        let size = bytes.len().saturating_add(bytes::Buf::remaining(&data));
        if size > MAX_BODY {
            return Err(CallbackError::body_too_large(size).into());
        }
        bytes.put(data);
    }
    Ok(bytes.freeze())
}

/// Why a request did not yield an event.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReceiveError {
    /// It is not a callback of the provider, or is not proved to be one.
    Refused(CallbackError),
    /// Its body broke off.
    Broken(Box<dyn std::error::Error + Send + Sync>),
}

impl ReceiveError {
    /// The status of the response.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Refused(error) => error.status(),
            Self::Broken(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// The response: the status, and what was wrong as text. It contains no secret.
    #[must_use]
    pub fn to_response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.to_string()));
        *response.status_mut() = self.status();
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}

impl From<CallbackError> for ReceiveError {
    fn from(error: CallbackError) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Broken(_) => f.write_str("body: broke off"),
        }
    }
}

impl std::error::Error for ReceiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(error) => error.source(),
            Self::Broken(error) => Some(&**error),
        }
    }
}

#[cfg(feature = "axum")]
pub use extract::Callback;

#[cfg(feature = "axum")]
mod extract {
    use super::{ReceiveError, Verified, Verify, receive};
    use axum_core::extract::{FromRef, FromRequest, Request};
    use axum_core::response::{IntoResponse, Response};

    /// An axum extractor: the event, and the verified callback that it was decoded from. Its verifier is the
    /// router's state or a part of it. A refused callback is answered with [`ReceiveError::to_response`].
    #[derive(Clone, Debug)]
    pub struct Callback<V: Verify>(pub V::Event, pub Verified<V::Event>);

    impl<S, V> FromRequest<S> for Callback<V>
    where
        S: Send + Sync,
        V: Verify + FromRef<S> + Send + Sync,
    {
        type Rejection = ReceiveError;

        async fn from_request(request: Request, state: &S) -> Result<Self, ReceiveError> {
            let (event, verified) = receive(request, &V::from_ref(state)).await?;
            Ok(Self(event, verified))
        }
    }

    impl IntoResponse for ReceiveError {
        fn into_response(self) -> Response {
            self.to_response().map(axum_core::body::Body::from)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::{Full, StreamBody};
    use serde_json::{Map, Value, json};
    use std::io;
    use vod_core::callback::Notification;
    use vod_core::polyv::callback::{EventType, Verifier, sample};

    fn posted() -> Request<Bytes> {
        posted_with(&json!({}))
    }

    fn posted_with(fields: &Value) -> Request<Bytes> {
        sample(
            EventType::TranscodeComplete,
            "http://127.0.0.1/polyv",
            fields.as_object().unwrap_or(&Map::new()),
            &"key".into(),
        )
        .unwrap()
    }

    /// The body in these pieces.
    fn pieces(pieces: Vec<io::Result<Frame<Bytes>>>) -> Request<impl Body<Data = Bytes, Error = io::Error>> {
        let (head, _) = posted().into_parts();
        Request::from_parts(head, StreamBody::new(stream::iter(pieces)))
    }

    #[tokio::test]
    async fn pieces_are_joined() {
        let (_, body) = posted().into_parts();
        let (one, two) = (body.slice(..10), body.slice(10..));
        let trailers = Frame::trailers(http::HeaderMap::new());
        let (event, verified) = receive(
            pieces(vec![Ok(Frame::data(one)), Ok(Frame::data(two)), Ok(trailers)]),
            &Verifier::new("key"),
        )
        .await
        .unwrap();
        assert_eq!((event.kind(), verified.kind()), ("TranscodeComplete", "TranscodeComplete"));
    }

    #[tokio::test]
    async fn errors_have_their_answers() {
        let mebibyte = Bytes::from(vec![b' '; MAX_BODY]);
        let cases: Vec<(Result<_, ReceiveError>, u16, &str)> = vec![
            (
                receive(posted().map(Full::new), &Verifier::new("another")).await,
                403,
                "sign: does not match the request",
            ),
            // The signature fits, and the event cannot be read: that is known before the answer.
            (
                receive(
                    posted_with(&json!({ "videoInfos": [{ "size": "large" }] })).map(Full::new),
                    &Verifier::new("key"),
                )
                .await,
                400,
                "videoInfos[0].size: expected a whole number, zero or more, got text of 5 characters",
            ),
            (
                receive(
                    posted().map(|_| Full::new(Bytes::from(vec![b' '; 2 * MAX_BODY]))),
                    &Verifier::new("key"),
                )
                .await,
                413,
                "body: expected at most 1048576 bytes, got 2097152",
            ),
            (
                receive(
                    pieces(vec![
                        Ok(Frame::data(mebibyte)),
                        Ok(Frame::data(Bytes::from_static(b"{"))),
                        Err(io::Error::other("not read")),
                    ]),
                    &Verifier::new("key"),
                )
                .await,
                413,
                "body: expected at most 1048576 bytes, got 1048577",
            ),
            (
                receive(pieces(vec![Err(io::ErrorKind::UnexpectedEof.into())]), &Verifier::new("key")).await,
                400,
                "body: broke off",
            ),
        ];
        for (result, status, text) in cases {
            let error = result.unwrap_err();
            let answer = error.to_response();
            assert_eq!(
                (answer.status().as_u16(), answer.body().as_ref(), error.to_string().as_str()),
                (status, text.as_bytes(), text)
            );
            assert_eq!(std::error::Error::source(&error).is_some(), matches!(error, ReceiveError::Broken(_)));
        }
    }
}
