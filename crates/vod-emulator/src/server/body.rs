//! Bodies of answers, including broken ones.

use crate::fault::disturb;
use crate::model::wire::Shape;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(super) type Body = UnsyncBoxBody<Bytes, BoxError>;

const CHUNK: usize = 64 * 1024;

pub(super) fn whole(response: Response<Bytes>) -> Response<Body> {
    response.map(|bytes| Full::new(bytes).map_err(|never| match never {}).boxed_unsync())
}

/// Announces the whole body, sends its first bytes, and cuts the connection.
pub(super) fn cut(mut response: Response<Bytes>, bytes: usize) -> Response<Body> {
    if bytes >= response.body().len() {
        return whole(response);
    }
    let length = HeaderValue::from(response.body().len());
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response.map(|body| {
        let start = body.slice(..bytes);
        let parts = stream::unfold(Some(start), |state| async move {
            match state {
                Some(start) => Some((Ok(Frame::data(start)), None)),
                None => {
                    // A pause lets the connection send its data before the error closes it.
                    tokio::task::yield_now().await;
                    Some((Err(BoxError::from("cut by the fault plan")), None))
                }
            }
        });
        StreamBody::new(parts).boxed_unsync()
    })
}

/// A JSON value in the provider's shape with `bytes` characters of filler, generated while it is sent.
pub(super) fn filler(mut response: Response<Bytes>, shape: Shape, bytes: u64) -> Response<Body> {
    let (head, tail) = disturb::filler_frame(shape);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.saturating_add((head.len() + tail.len()) as u64)));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    let chunk = Bytes::from(vec![b'x'; CHUNK]);
    let middle = stream::unfold(bytes, move |left| {
        let part = chunk.slice(..CHUNK.min(usize::try_from(left).unwrap_or(CHUNK)));
        let left = left - part.len() as u64;
        std::future::ready((!part.is_empty()).then_some((part, left)))
    });
    let frames = stream::StreamExt::chain(stream::iter([Bytes::from_static(head.as_bytes())]), middle);
    let frames = stream::StreamExt::chain(frames, stream::iter([Bytes::from_static(tail.as_bytes())]));
    let frames = stream::StreamExt::map(frames, |part| Ok(Frame::data(part)));
    response.map(|_| StreamBody::new(frames).boxed_unsync())
}
