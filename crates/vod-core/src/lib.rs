//! The core of the `vod` family: it builds signed requests for Polyv VOD (保利威) and QingCloud VOD
//! (青云云点播), reads responses, validates inputs against the documented limits, and decides what is
//! retried. It does no I/O: time and random numbers are arguments, requests and responses are
//! [`http::Request<Body>`](http::Request) and [`http::Response<Bytes>`](http::Response). `vod-async` and
//! `vod-blocking` send them.
//!
//! | to | look in |
//! | --- | --- |
//! | find the operation for a job | [`polyv`] and [`qingcloud`], which describe their areas |
//! | make a call | [`Operation`], the example below |
//! | call by id, with JSON in and out | [`catalog`], which also lists and counts all operations |
//! | read long lists page by page | [`page`] |
//! | distinguish failures, and learn what is retried | [`Error`], [`retry`] |
//! | import by manifest, upload local files | [`import`], [`upload`] |
//! | be notified of what happens to videos | [`callback`] |
//! | receive callbacks so that none is lost | [`relay`] |
//! | write your own transport | [`call`] |
//! | generate other clients | [`openapi`] |
//!
//! # Features
//!
//! All on by default; a program that only makes calls and receives callbacks needs none of them.
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `import` | [`import`] |
//! | `openapi` | [`openapi`] |
//! | `upload` | [`upload`] |
//!
//! # Example
//!
//! ```
//! use vod_core::polyv::upload::{UploadInfo, UploadUrls};
//! use vod_core::{Accounts, Operation, Timestamp, polyv};
//!
//! let accounts = Accounts::from(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"));
//! let order = UploadUrls::new().with_upload_infos([UploadInfo::new("https://cdn.example.com/01.mp4", "第一课").with_state("row-1")]);
//! let request = order.request(&accounts, Timestamp::from_millis(1_700_000_000_000))?;
//! assert_eq!(request.uri().path(), "/v2/video/grab/d41c0b6f2a/upload/multi");
//!
//! // A title that is too long is found before anything is sent.
//! let order = UploadUrls::new().with_upload_infos([UploadInfo::new("https://cdn.example.com/01.mp4", "课".repeat(101))]);
//! let error = order.check().unwrap_err();
//! assert_eq!(error.to_string(), "polyv.upload.urls: uploadInfos[0].title: expected at most 100 characters, got 101");
//! # Ok::<(), vod_core::Error>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

// So that derived code can say `::vod_core` inside this crate too.
extern crate self as vod_core;

pub mod call;
pub mod callback;
pub mod catalog;
/// What the other crates of this family need and no caller does. It may change with any version.
#[doc(hidden)]
pub mod driver {
    pub use crate::call::jitter::Jitter;
    pub use crate::schema::input::nearest;
    #[cfg(feature = "upload")]
    pub use crate::upload::order::media_type;
}
pub mod error;
#[cfg(feature = "import")]
pub mod import;
pub mod operation;
pub mod polyv;
pub mod qingcloud;
pub mod relay;
pub mod time;
#[cfg(feature = "upload")]
pub mod upload;

mod accounts;
mod schema;
mod secret;
mod wire;

// Parts of modules under the paths that callers use.
pub use call::{rate, retry};
#[cfg(feature = "openapi")]
pub use catalog::openapi;
pub use operation::page;
pub use schema::{field, limits, value};
pub use wire::{answer, body, response};

pub use accounts::{Accounts, Endpoint};
pub use body::{Body, FileSource};
pub use error::Error;
pub use operation::{Operation, OperationInfo};
pub use response::Reply;
pub use secret::Secret;
pub use time::{Date, Timestamp};
pub use vod_derive::{Answer, Choice, Operation, Record};
