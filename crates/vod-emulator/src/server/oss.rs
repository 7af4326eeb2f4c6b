//! Requests to the storage behind Polyv's uploads.

use super::body::{self, Body};
use super::files::Broken;
use super::service::{Closed, collect, deliver};
use super::storage::drain;
use super::{Shared, wall};
use crate::model::polyv::upload::oss::{self, Wanted};
use crate::model::wire;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::sync::Arc;

pub(super) async fn respond(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Closed> {
    let (head, incoming) = request.into_parts();
    let begun = shared.model().begin_oss(wall(), &head);
    let body = match begun.wanted() {
        Wanted::Nothing => {
            // A client that is still sending would see a broken pipe instead of the answer.
            drain(incoming).await;
            oss::Body::Nothing
        }
        Wanted::Break(bytes) => {
            read_some(incoming, bytes).await;
            oss::Body::Nothing
        }
        Wanted::Text => match collect(Request::from_parts(head, incoming)).await {
            Ok(request) => oss::Body::Text(request.into_body()),
            Err(refusal) => return Ok(body::whole(refusal)),
        },
        Wanted::File { corrupt, md5 } => match shared.files.write(incoming, corrupt, md5).await {
            Ok(written) => oss::Body::File(written),
            Err(Broken::Disk(reason)) => oss::Body::Failed(reason),
            Err(Broken::Connection) => return Err(Closed),
        },
    };
    let (answer, acknowledged) = shared.act(|model| model.finish_oss(wall(), begun, body));
    let response = deliver(answer).await?;
    if let Some(part) = acknowledged {
        shared.model().acknowledge_oss(&part);
    }
    Ok(response)
}

/// Reads this many bytes of a body, or all of it if it is shorter.
pub(super) async fn read_some(mut body: impl hyper::body::Body<Data = bytes::Bytes> + Unpin, bytes: u64) {
    let mut left = bytes;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
    }
}

/// The bytes of an uploaded Polyv video or of a QingCloud media, by its id.
pub(super) async fn object(shared: &Shared, method: &Method, id: &str) -> Response<Body> {
    let uploaded = shared.model().uploaded_bytes(id);
    if let Some((files, size)) = uploaded {
        let mut response = wire::text(StatusCode::OK, "application/octet-stream", bytes::Bytes::new());
        response.headers_mut().insert(http::header::CONTENT_LENGTH, size.into());
        let bytes = if method == Method::HEAD {
            body::whole(Response::default()).into_body()
        } else {
            shared.files.read(&files)
        };
        return response.map(|_| bytes);
    }
    let key = shared.model().object_key(id);
    match key {
        Some(key) => {
            shared.storage.get(method, &key, &http::HeaderMap::new()).await.map(BodyExt::boxed_unsync)
        }
        None => {
            body::whole(wire::json(StatusCode::NOT_FOUND, &serde_json::json!({ "error": "no such object" })))
        }
    }
}
