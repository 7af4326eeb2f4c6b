//! Connections: routes requests and sends answers.

use super::body::{self, Body};
use super::{Shared, control, oss, storage, wall};
use crate::fault::Fault;
use crate::fault::disturb::{self, Delivery};
use crate::model::polyv::upload::oss::PATH_PREFIX as OSS_PREFIX;
use crate::model::wire::{self, Shape};
use crate::model::{Answer, Event, StorageCall, http_date};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// The largest body of an API call; QingCloud's files go to the storage, which has no such limit.
const MAX_API_BODY: usize = 8 << 20;
/// The largest body of a form with files: the largest documented file, 50 MB, plus its fields.
const MAX_FORM_BODY: usize = 52 << 20;

/// The connection ends without an answer, on purpose.
#[derive(Debug, Error)]
#[error("connection closed by the fault plan")]
pub(super) struct Closed;

/// Accepts connections until stopped, then closes those that are open.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>, mut stop: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer.ip(), Arc::clone(&shared)));
                }
                Err(error) => {
                    // Probably out of file descriptors: give connections time to end.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = &mut stop => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, peer: IpAddr, shared: Arc<Shared>) {
    // Small answers must not wait for an acknowledgement. If this fails it only costs time.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| respond(Arc::clone(&shared), peer, request));
    let mut builder = http1::Builder::new();
    // A client may keep an idle connection for as long as it likes.
    builder.header_read_timeout(None);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "connection ended");
    }
}

async fn respond(
    shared: Arc<Shared>,
    peer: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Closed> {
    let path = request.uri().path();
    let mut response = if let Some(rest) = path.strip_prefix("/_emulator/") {
        let rest = rest.to_owned();
        control::respond(&shared, peer, &rest, request).await
    } else if path.starts_with(storage::PATH_PREFIX) {
        match *request.method() {
            Method::PUT => put(&shared, request).await?,
            _ => look(&shared, request).await?,
        }
    } else if path.starts_with(OSS_PREFIX) {
        oss::respond(&shared, request).await?
    } else {
        api(&shared, peer, request).await?
    };
    if let Some(date) = http_date(shared.model().now(wall())) {
        response.headers_mut().entry(DATE).or_insert(date);
    }
    Ok(response)
}

async fn api(
    shared: &Arc<Shared>,
    peer: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Closed> {
    let request = match collect(request).await {
        Ok(request) => request,
        Err(refusal) => return Ok(body::whole(refusal)),
    };
    deliver(shared.answer(peer, &request)).await
}

/// Reads a body of limited size into memory.
pub(super) async fn collect(request: Request<Incoming>) -> Result<Request<Bytes>, Response<Bytes>> {
    let (head, body) = request.into_parts();
    let content_type = head.headers.get(CONTENT_TYPE).map_or(&[][..], |value| value.as_bytes());
    let is_form =
        content_type.get(..20).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/form-data;"));
    let limit = if is_form { MAX_FORM_BODY } else { MAX_API_BODY };
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(Request::from_parts(head, body.to_bytes())),
        Err(error) => Err(wire::text(
            StatusCode::PAYLOAD_TOO_LARGE,
            "text/plain; charset=utf-8",
            format!("body: {error}, at most {limit} bytes\n"),
        )),
    }
}

/// A request to the storage: a file sent to a presigned URL.
async fn put(shared: &Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
    let call = storage_call("qingcloud.put", &request);
    let (fault, now) = {
        let mut model = shared.model();
        let fault = model.fault("qingcloud.put");
        (fault, model.now(wall()))
    };
    let response = match fault.as_ref().and_then(|fault| disturb::instead(fault, Shape::Storage)) {
        Some(response) => {
            match fault {
                Some(Fault::ResetDuring { bytes }) => oss::read_some(request.into_body(), bytes).await,
                Some(Fault::ResetBefore {}) => {}
                // A client that is still sending would see a broken pipe instead of the answer.
                _ => storage::drain(request.into_body()).await,
            }
            response
        }
        None => {
            let corrupt = matches!(fault, Some(Fault::Corrupt {}));
            let (response, stored) = shared.storage.put((wall(), now), request, corrupt).await;
            if let Some((key, file)) = stored {
                shared.act(|model| model.event(wall(), Event::Stored { key, file }));
            }
            response
        }
    };
    let answer = shared.model().finish_storage(wall(), call, fault.as_ref(), response);
    deliver(answer).await
}

/// A GET or HEAD of an object at its own address: the presigned URL without its query. Faults apply to the
/// head of the answer.
async fn look(shared: &Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
    let method = request.method().clone();
    let call = storage_call("qingcloud.object", &request);
    let key = storage::key_of(request.uri().path());
    let plain = matches!(method, Method::GET | Method::HEAD) && request.uri().query().is_none();
    storage::drain(request.into_body()).await;
    if !plain {
        let message = "presigned URLs are for PUT, and without their query for GET and HEAD";
        return Ok(body::whole(wire::storage_error(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            message,
        )));
    }
    let (fault, file) = {
        let mut model = shared.model();
        (model.fault("qingcloud.object"), model.object(&key).cloned())
    };
    let instead = fault.as_ref().and_then(|fault| disturb::instead(fault, Shape::Storage));
    let is_shown = instead.is_none() && file.is_some() && method == Method::GET;
    let found = || {
        let mut response = match &file {
            None => {
                wire::storage_error(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.")
            }
            Some(file) => {
                let mut response = wire::text(StatusCode::OK, "application/octet-stream", Bytes::new());
                response.headers_mut().insert(CONTENT_LENGTH, file.bytes.into());
                response.headers_mut().extend(file.etag().map(|etag| (ETAG, etag)));
                response
            }
        };
        shared.storage.name(response.headers_mut());
        response
    };
    let response = instead.unwrap_or_else(found);
    let answer = shared.model().finish_storage(wall(), call, fault.as_ref(), response);
    let response = deliver(answer).await?;
    if !is_shown {
        return Ok(response);
    }
    let stored = shared.storage.get(&method, &key, &HeaderMap::new()).await;
    Ok(response.map(|_| stored.into_body().boxed_unsync()))
}

fn storage_call(operation: &'static str, request: &Request<Incoming>) -> StorageCall {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    StorageCall { operation: Some(operation), method, path, fields: Value::Object(Map::new()), explain: None }
}

pub(super) async fn deliver(answer: Answer) -> Result<Response<Body>, Closed> {
    let Answer { response, shape, delivery, effects: _ } = answer;
    match delivery {
        Delivery::Whole => Ok(body::whole(response)),
        Delivery::Late(millis) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Ok(body::whole(response))
        }
        Delivery::Never => Err(Closed),
        Delivery::Cut(bytes) => Ok(body::cut(response, bytes)),
        Delivery::Filler(bytes) => Ok(body::filler(response, shape, bytes)),
    }
}
