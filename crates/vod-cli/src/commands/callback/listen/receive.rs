//! Connections: callbacks in, within bounds.

use super::keep::{Keeper, Kept};
use super::Verifiers;
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

/// The most connections at once; further ones are closed as they come, so that those who hold theirs open
/// keep out no memory.
const MOST_CONNECTIONS: usize = 1_024;
/// The most headers of a request, and the most bytes of its head with the URL.
const MOST_HEADERS: usize = 64;
const MOST_HEAD: usize = 64 << 10;
/// A body that is larger needs one of so many places, as all connections together could send a gigabyte.
const SMALL_BODY: usize = 64 << 10;
const LARGE_BODIES: usize = 64;
/// How long connections are given at the end.
const GRACE: Duration = Duration::from_secs(5);

/// What is handed on and checked again, of all that a request may have.
const KEPT_HEADERS: [&str; 3] = ["content-type", "x-qvod-timestamp", "x-qvod-signature"];

/// What connections share.
pub(super) struct Receiver {
    verifiers: Verifiers,
    only: Option<Provider>,
    /// Where it listens, which is the URL that was called where nobody says otherwise.
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

/// Accepts connections until told to stop; then lets them finish what is under way.
pub(super) async fn accept(listener: TcpListener, receiver: Receiver, mut stop: watch::Receiver<bool>) {
    let receiver = Arc::new(receiver);
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    let stopping = stop.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Dropped, and so closed, where there is no place.
                    let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                    let serving = serve(stream, Arc::clone(&receiver), stopping.clone());
                    connections.spawn(async move {
                        serving.await;
                        drop(place);
                    });
                }
                // Out of file descriptors, most likely: give connections time to end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
            () = asked(&mut stop) => break,
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    // Those that are still open then are cut.
    let _ = timeout(GRACE, ended).await;
    connections.shutdown().await;
}

async fn asked(stop: &mut watch::Receiver<bool>) {
    // Nobody to ask is an end, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn serve(stream: TcpStream, receiver: Arc<Receiver>, mut stop: watch::Receiver<bool>) {
    // Small answers must not wait for an acknowledgement; failing to say so costs only time.
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
    // How a connection ends is its sender's business.
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
            .ok_or_else(|| said(StatusCode::NOT_FOUND, "no provider's callbacks come to this path"))?;
        if *request.method() != Method::GET && *request.method() != Method::POST {
            let mut refusal = said(StatusCode::METHOD_NOT_ALLOWED, "callbacks are GET or POST");
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
        // What a GET carries in its body takes part in nothing.
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
                let mut refusal = said(StatusCode::SERVICE_UNAVAILABLE, "the event could not be kept");
                refusal.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
                Err(refusal)
            }
            kept => Ok(kept),
        }
    }

    /// Whose callbacks come to this path.
    fn provider(&self, path: &str) -> Option<Provider> {
        let provider = match self.only {
            Some(only) => only,
            None => Provider::from_name(path.trim_start_matches('/').split('/').next()?)?,
        };
        self.verifiers.has(provider).then_some(provider)
    }

    /// A place for a large body, held until it is kept; and the end of a body that is too large.
    async fn place(&self, headers: &HeaderMap) -> Result<Option<SemaphorePermit<'_>>, Response<Full<Bytes>>> {
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse::<usize>().ok());
        match announced {
            Some(size) if size > MAX_BODY => return Err(refused(&CallbackError::body_too_large(size))),
            Some(size) if size <= SMALL_BODY => return Ok(None),
            // Neither a length nor chunks: there is no body.
            None if !headers.contains_key(TRANSFER_ENCODING) => return Ok(None),
            _ => {}
        }
        match timeout(self.patience, self.large.acquire()).await {
            Ok(Ok(place)) => Ok(Some(place)),
            _ => {
                Err(closing(said(StatusCode::SERVICE_UNAVAILABLE, "body: too many large ones are under way")))
            }
        }
    }

    /// The whole request, its URL as it was called.
    async fn read(&self, request: Request<Incoming>) -> Result<Request<Bytes>, Response<Full<Bytes>>> {
        let (mut head, body) = request.into_parts();
        let body = match timeout(self.patience, Limited::new(body, MAX_BODY).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                return Err(refused(&CallbackError::body_too_large(MAX_BODY + 1)));
            }
            Ok(Err(_)) => return Err(closing(said(StatusCode::BAD_REQUEST, "body: it broke off"))),
            Err(_) => return Err(closing(said(StatusCode::REQUEST_TIMEOUT, "body: it took too long"))),
        };
        let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        // A client may write any host into a request's first line: it is not asked.
        head.uri = format!("{}{target}", self.url)
            .parse::<Uri>()
            .map_err(|_| said(StatusCode::BAD_REQUEST, "the URL: must have a path"))?;
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
    // What is left of too large a body is not read.
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
