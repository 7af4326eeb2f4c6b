//! Polyv VOD (保利威) and QingCloud VOD (青云云点播) for programs without a runtime: [`vod_core`] over
//! [`ureq`].
//!
//! A [`Client`] sends what [`vod_core`] describes. `vod-async` has the same surface for asynchronous
//! programs. Nothing of a runtime is started or needed here, and calls may be made from inside one (where
//! they block their thread, as all blocking calls do).
//!
//! ```no_run
//! use vod_blocking::Client;
//! use vod_core::polyv::upload::{UploadInfo, UploadUrls};
//! use vod_core::{Error, polyv};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"))?;
//! let order = UploadUrls::new().with_upload_infos([UploadInfo::new("https://cdn.example.com/01.mp4", "第一课").with_state("row-1")]);
//! match client.send(&order) {
//!     Ok(reply) => println!("taken: {}", reply.output),
//!     Err(error) if !error.outcome_known() => println!("it may have been taken, look before you send it again: {error}"),
//!     Err(error) => println!("not taken: {error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Retries and unknown outcomes
//!
//! What may be sent again follows from the operation's [effect](vod_core::operation::Effect); how often, from
//! the [`Policy`]. A request that would do its work twice and whose answer was lost is never sent again: its
//! error says so in [`outcome_known`](vod_core::Error::outcome_known). No redirect is followed, as a
//! signature holds for one URL only; ureq itself sends nothing twice.
//!
//! # Timeouts
//!
//! [`connect_timeout`](ClientBuilder::connect_timeout) bounds connection and TLS;
//! [`attempt_timeout`](ClientBuilder::attempt_timeout) one attempt from its start to the last byte of its
//! answer; [`Policy::total`] the call with all its attempts. The PUT of a file has no bound in all, only
//! [`put_timeout`](ClientBuilder::put_timeout) on the time in which nothing moves.
//!
//! # Connections
//!
//! TLS is rustls with ring and the platform's certificates; whatever provider the process has installed is
//! left alone. Proxies come from the environment (`HTTPS_PROXY`, `NO_PROXY`, …); loopback addresses are never
//! reached by proxy. To change any of this, bring [an agent of your own](ClientBuilder::http_client).
//!
//! # Uploads
//!
//! [`Client::uploader`] sends local files to either cloud: in parts where the provider takes them, over a
//! [`TransferPool`] that all uploads share, with checksums of what arrived, and with [`Checkpoints`] from
//! which an upload goes on after a crash. Which step follows which is [`vod_core::upload`]'s to say.
//!
//! # Callbacks
//!
//! What the providers call back with is verified by [`vod_core::callback`], which needs no server of ours:
//! any that gives method, URL, headers and the raw body will do. The example `blocking_receiver` is the
//! smallest one, over `std`, with the two bounds that every receiver needs: a size and a time.
//!
//! # Features
//!
//! `upload` adds [`Client::uploader`]; `import` and `openapi` are [vod-core's](vod_core). All three are on by
//! default.
//!
//! # Logs
//!
//! [`tracing`] has a span `vod.call` for each call with its operation, in it a span `attempt` for each
//! sending, and events for what is sent, answered and waited for. No secret, signature, query or header value
//! is in them. ureq itself logs whole URLs, with their signatures, at the level `trace` of the `log` crate:
//! leave that off.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod client;
mod fault;
mod pages;
#[cfg(feature = "upload")]
mod upload;

pub use builder::{BuildError, ClientBuilder};
pub use client::Client;
pub use pages::Pages;
#[cfg(feature = "upload")]
pub use upload::{TransferPool, Uploader};

pub use ureq;
pub use vod_core;
pub use vod_core::call::CancelToken;
pub use vod_core::retry::Policy;
#[cfg(feature = "upload")]
pub use vod_core::upload::{Control, Order, Progress, ToPolyv, Uploaded, Waiting};
#[cfg(feature = "upload")]
pub use vod_driver::Checkpoints;
