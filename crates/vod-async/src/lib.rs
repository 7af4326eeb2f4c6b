//! Asynchronous client for Polyv VOD (保利威) and QingCloud VOD (青云云点播): [`vod_core`] over [`reqwest`],
//! on tokio.
//!
//! A [`Client`] sends the operations of [`vod_core`]. `vod-blocking` has the same API without a runtime.
//!
//! ```no_run
//! use vod_async::Client;
//! use vod_core::polyv::upload::{UploadInfo, UploadUrls};
//! use vod_core::{Error, polyv};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"))?;
//! let order = UploadUrls::new().with_upload_infos([UploadInfo::new("https://cdn.example.com/01.mp4", "第一课").with_state("row-1")]);
//! match client.send(&order).await {
//!     Ok(reply) => println!("accepted: {}", reply.output),
//!     Err(error) if !error.outcome_known() => println!("it may have been accepted; check before you send it again: {error}"),
//!     Err(error) => println!("not accepted: {error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Retries and unknown outcomes
//!
//! The operation's [effect](vod_core::operation::Effect) decides what is retried, the [`Policy`] how often. A
//! request that is not idempotent and whose answer was lost is never sent again; its error says so in
//! [`outcome_known`](vod_core::Error::outcome_known). No redirect is followed, as a signature is valid for
//! one URL only.
//!
//! An error's `Display` leaves its cause out; [`chain`](vod_core::error::chain) shows both.
//!
//! # Rate limits
//!
//! A client and its clones keep below the providers' documented limits. These count the calls of an IP
//! address: [`shared_rate`](ClientBuilder::shared_rate) keeps to them together with the other processes of
//! the machine.
//!
//! # Timeouts
//!
//! [`connect_timeout`](ClientBuilder::connect_timeout) limits DNS, TCP and TLS;
//! [`attempt_timeout`](ClientBuilder::attempt_timeout) one attempt, to the last byte of its answer;
//! [`Policy::total`] the call with all its attempts. The PUT of a file may take any time; only the time
//! without progress is limited, by [`put_timeout`](ClientBuilder::put_timeout).
//!
//! # Connections
//!
//! TLS is rustls with ring and the platform's certificates; a default provider of the process is neither used
//! nor set. Proxies come from the system's settings (`HTTPS_PROXY`, `NO_PROXY`, …); no proxy is used for
//! loopback addresses. To change any of this, pass [your own client](ClientBuilder::http_client).
//!
//! # Uploads
//!
//! [`Client::uploader`] sends local files to either provider: in parts where the provider takes them, over a
//! [`TransferPool`] that uploads share, with checksums of what arrived, and with [`Checkpoints`] from which
//! an upload resumes after a crash. [`vod_core::upload`] describes the steps and what they guarantee.
//!
//! [`Checksums`](vod_core::upload::Checksums) describes what the checksums cost, and how to skip them.
//!
//! # Callbacks
//!
//! [`callback`] receives the providers' callbacks in any server that has an [`http::Request`]; the feature
//! `axum` adds an extractor.
//!
//! # Logs
//!
//! [`tracing`] has a span `vod.call` for each call with its operation, in it a span `attempt` for each
//! attempt, and events for requests, answers and waits. They contain no secret, signature, query or header
//! value.

mod body;
mod builder;
pub mod callback;
mod client;
mod fault;
mod hosts;
#[cfg(feature = "importer")]
mod importer;
mod pages;
mod tls;
mod upload;

pub use builder::{ClientBuilder, http_client_builder};
pub use client::Client;
#[cfg(feature = "importer")]
pub use importer::Importer;
pub use pages::Pages;
pub use upload::Uploader;

pub use reqwest;
pub use vod_core;
pub use vod_core::retry::Policy;
pub use vod_core::upload::{CancelToken, Control, Order, Progress, ToPolyv, Uploaded, Waiting};
pub use vod_driver::{BuildError, Checkpoints, SharedRate, TransferPool};
#[cfg(feature = "importer")]
pub use vod_import;
