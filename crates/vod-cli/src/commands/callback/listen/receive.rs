//! Accepts connections and reads callbacks within bounds.

use super::Verifiers;
use super::keep::{Keeper, Kept};
use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use vod_core::callback::{CallbackError, MAX_BODY};
use vod_core::operation::Provider;
use vod_core::relay::LogEntry;
use vod_driver::now;

/// The most connections at once. Further ones are closed immediately, so that idle connections cannot use up
/// the memory.
const MOST_CONNECTIONS: usize = 1_024;
/// The most headers of a request, and the largest head including the URL.
const MOST_HEADERS: usize = 64;
const MOST_HEAD: usize = 64 << 10;
/// A larger body needs one of a limited number of places: all connections together could otherwise send a
/// gigabyte.
const SMALL_BODY: usize = 64 << 10;
const LARGE_BODIES: usize = 64;
/// How long connections have to finish at the end.
const GRACE: Duration = Duration::from_secs(5);

/// The headers that are forwarded and needed to verify again.
const KEPT_HEADERS: [&str; 3] = ["content-type", "x-qvod-timestamp", "x-qvod-signature"];

/// What all connections share.
pub(super) struct Receiver {
    verifiers: Verifiers,
    only: Option<Provider>,
    /// Where it listens: the URL that was called, unless --public-url gives another.
    url: String,
    keeper: Keeper,
    patience: Duration,
    large: Semaphore,
}

impl Receiver {
    pub(super) fn new(
        verifiers: Verifiers,
        only: Option<Provider>,
        url: String,
        keeper: Keeper,
        patience: Duration,
    ) -> Self {
        Self { verifiers, only, url, keeper, patience, large: Semaphore::new(LARGE_BODIES) }
    }
}

/// Accepts connections until stopped, then lets them finish.
pub(super) async fn accept(listener: TcpListener, receiver: Receiver, mut stop: watch::Receiver<bool>) {
    let receiver = Arc::new(receiver);
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    let stopping = stop.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // If there is no place, the stream is dropped and so closed.
                    let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                    let serving = serve(stream, Arc::clone(&receiver), stopping.clone());
                    connections.spawn(async move {
                        serving.await;
                        drop(place);
                    });
                }
                // Probably out of file descriptors: give connections time to end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
            () = asked(&mut stop) => break,
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    // Connections that are still open then are closed.
    let _ = timeout(GRACE, ended).await;
    connections.shutdown().await;
}

async fn asked(stop: &mut watch::Receiver<bool>) {
    // A dropped sender also means stop.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn serve(stream: TcpStream, receiver: Arc<Receiver>, mut stop: watch::Receiver<bool>) {
    // Small responses must not wait for an acknowledgement. If this fails it only costs time.
    let _ = stream.set_nodelay(true);
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(receiver.patience)
        .max_headers(MOST_HEADERS)
        .max_header_size(MOST_HEAD)
        .max_buf_size(2 * MOST_HEAD);
    let service = service_fn(|request| {
        let receiver = Arc::clone(&receiver);
        async move { Ok::<_, Infallible>(receiver.answer(request).await) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // An error on a connection concerns only its sender.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = asked(&mut stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

impl Receiver {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match self.take(request).await {
            Ok(kept) => said(StatusCode::OK, if kept == Kept::Replay { "replay" } else { "ok" }),
            Err(refusal) => refusal,
        }
    }

    async fn take(&self, request: Request<Incoming>) -> Result<Kept, Response<Full<Bytes>>> {
        let provider = self
            .provider(request.uri().path())
            .ok_or_else(|| said(StatusCode::NOT_FOUND, "this path receives no provider's callbacks"))?;
        if *request.method() != Method::GET && *request.method() != Method::POST {
            let mut refusal = said(StatusCode::METHOD_NOT_ALLOWED, "expected GET or POST");
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
            return Err(refusal);
        }
        let _place = self.place(request.headers()).await?;
        let request = self.read(request).await?;
        let received = now();
        let verified =
            self.verifiers.verify(provider, &request, received).map_err(|error| refused(&error))?;
        let (head, body) = request.into_parts();
        let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        // Neither the signature nor the event uses the body of a GET, so it is not saved.
        let body = if head.method == Method::GET {
            String::new()
        } else {
            String::from_utf8_lossy(&body).into_owned()
        };
        let record = LogEntry::new(
            received,
            verified,
            head.method.as_str(),
            target,
            kept_headers(&head.headers),
            body,
        );
        let record =
            record.map_err(|error| said(StatusCode::BAD_REQUEST, &format!("malformed: body: {error}")))?;
        match self.keeper.keep(record).await {
            Kept::Failed => {
                let mut refusal = said(StatusCode::SERVICE_UNAVAILABLE, "the event could not be saved");
                refusal.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
                Err(refusal)
            }
            kept => Ok(kept),
        }
    }

    /// The provider whose callbacks use this path.
    fn provider(&self, path: &str) -> Option<Provider> {
        let provider = match self.only {
            Some(only) => only,
            None => Provider::from_name(path.trim_start_matches('/').split('/').next()?)?,
        };
        self.verifiers.has(provider).then_some(provider)
    }

    /// A place for a large body, held until it is saved. A body that is too large is rejected here.
    async fn place(&self, headers: &HeaderMap) -> Result<Option<SemaphorePermit<'_>>, Response<Full<Bytes>>> {
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse::<usize>().ok());
        match announced {
            Some(size) if size > MAX_BODY => return Err(refused(&CallbackError::body_too_large(size))),
            Some(size) if size <= SMALL_BODY => return Ok(None),
            // Neither a length nor chunked: there is no body.
            None if !headers.contains_key(TRANSFER_ENCODING) => return Ok(None),
            _ => {}
        }
        match timeout(self.patience, self.large.acquire()).await {
            Ok(Ok(place)) => Ok(Some(place)),
            _ => Err(closing(said(
                StatusCode::SERVICE_UNAVAILABLE,
                "body: too many large bodies at once, try again later",
            ))),
        }
    }

    /// Reads the whole request, with the URL as it was called.
    async fn read(&self, request: Request<Incoming>) -> Result<Request<Bytes>, Response<Full<Bytes>>> {
        let (mut head, body) = request.into_parts();
        let body = match timeout(self.patience, Limited::new(body, MAX_BODY).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                return Err(refused(&CallbackError::body_too_large(MAX_BODY + 1)));
            }
            Ok(Err(_)) => {
                return Err(closing(said(StatusCode::BAD_REQUEST, "body: the connection was lost")));
            }
            Err(_) => return Err(closing(said(StatusCode::REQUEST_TIMEOUT, "body: took too long"))),
        };
        let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        // The host in the request line is ignored: a client may write anything there.
        head.uri = format!("{}{target}", self.url)
            .parse::<Uri>()
            .map_err(|_| said(StatusCode::BAD_REQUEST, "URL: expected one with a path"))?;
        Ok(Request::from_parts(head, body))
    }
}

fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(|value| (name.to_owned(), value.to_owned()))
    };
    KEPT_HEADERS.into_iter().filter_map(text).collect()
}

fn refused(error: &CallbackError) -> Response<Full<Bytes>> {
    let refusal = said(error.status(), &format!("{}: {error}", error.name()));
    // The rest of a body that is too large is not read.
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { closing(refusal) } else { refusal }
}

fn closing(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn said(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(format!("{text}\n"))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
