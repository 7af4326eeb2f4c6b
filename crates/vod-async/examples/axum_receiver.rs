//! Receives Polyv's callbacks with axum.
//!
//! ```sh
//! VOD_POLYV_SECRET_KEY=… cargo run -p vod-async --features axum --example axum_receiver 127.0.0.1:8080
//! vod callback trigger pass vid=abc_d --to http://127.0.0.1:8080/polyv      # a signed sample
//! ```

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::routing::any;
use std::collections::HashSet;
use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use vod_async::callback::Callback;
use vod_core::polyv::callback::{Event, Verifier};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen = env::args().nth(1).ok_or("usage: axum_receiver ADDRESS:PORT")?;
    let verifier = Verifier::new(env::var("VOD_POLYV_SECRET_KEY")?);
    Ok(axum::serve(TcpListener::bind(listen).await?, app(verifier)).await?)
}

/// What the handlers share.
#[derive(Clone)]
struct Service {
    verifier: Verifier,
    /// The events that were taken. A service keeps them where they outlive it.
    seen: Arc<Mutex<HashSet<String>>>,
}

/// The extractor finds its verifier in the service's state.
impl FromRef<Service> for Verifier {
    fn from_ref(service: &Service) -> Self {
        service.verifier.clone()
    }
}

/// A router that takes Polyv's events at `/polyv`.
pub(crate) fn app(verifier: Verifier) -> Router {
    // GET and POST: some events come by the one, some by the other.
    Router::new().route("/polyv", any(polyv)).with_state(Service { verifier, seen: Arc::default() })
}

/// Runs only for what is signed; the extractor has refused the rest.
async fn polyv(State(service): State<Service>, Callback(event, verified): Callback<Verifier>) -> StatusCode {
    // A provider calls again until it hears 200, and sometimes after it.
    let key = verified.dedup_key().to_string();
    if service.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(key) {
        match event {
            Event::Uploaded(uploaded) => println!("{} is {:?}", uploaded.vid, uploaded.outcome),
            other => println!("{other:?}"),
        }
    }
    StatusCode::OK
}
