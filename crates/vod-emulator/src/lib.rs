//! An emulator of two video-on-demand clouds, Polyv and QingCloud VOD, for tests and demonstrations.
//!
//! ```
//! use vod_emulator::{Emulator, Options};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), vod_emulator::StartError> {
//! let emulator = Emulator::start(Options { seed: 7, ..Options::default() }).await?;
//! let user_id = &emulator.credentials().polyv_user_id;
//! println!("account {user_id} at {}", emulator.url());
//! assert_eq!(emulator.state()["videos"], serde_json::json!([]));
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What is real
//!
//! - Signatures, clocks, limits and the documented errors are checked as the providers' references say, by code that
//!   shares nothing with the clients. In strict mode a field that no reference knows, or that is not signed, is
//!   refused too.
//! - `polyv.upload.urls` makes a task, and every URL is downloaded: streamed, counted, hashed, a few at a time.
//! - `qingcloud.upload.apply` gives a presigned URL to an S3 service in the same process, which verifies its
//!   signature and its expiry, and stores the file. The play URL serves it.
//! - Polyv's videos keep their digests only: their `mp4` play URL leads back to where they came from.
//!
//! Nothing is decoded or transcoded. Length, picture size and bit rate are made up from the byte count, at one
//! megabit a second.
//!
//! # What the references leave open
//!
//! | question | the emulator's choice |
//! | --- | --- |
//! | HTTP status of a Polyv error envelope | 200 |
//! | a blocked Polyv address | 403 with the text `qps exceeds number of calls`, the words of the live product |
//! | Polyv values over a documented limit | code 400, with a message that names the field and the limit |
//! | an empty `uploadInfos` array | `[uploadInfos] is invalid` |
//! | a Polyv video that does not exist | an empty array |
//! | columns of `polyv.sync.export` | `fileUrl,title,state,result,vid,bytes,message`, UTF-8 with a byte order mark |
//! | HTTP status of a QingCloud `ret_code` | 401 for 1200 and 1300, 403 for 1400, 404 for 1101 and 2100, 429 for 2500, 503 for 5100, 500 for the other 5xxx, else 400 |
//! | a QingCloud field that breaks a rule | 1100 |
//! | `CREATED` without an object | 2100 |
//! | a second, different commit | 1400 |
//! | answer of `qingcloud.media.update` | `{"ret_code":0}` |
//!
//! # HTTP surface
//!
//! Both providers' paths are at the root. Every answer has a `Date` by the emulated clock. After a signature mismatch
//! the header `x-emulator-explain` shows the text that should have been signed, with `<secret>` in the secret's place.
//! A path that is no operation is answered with 404 and the nearest operation's name. The emulator's own paths:
//!
//! | path | what it does |
//! | --- | --- |
//! | `GET /_emulator/state` | what it has and was asked, see [`Emulator::state`] |
//! | `POST /_emulator/faults` | replaces the [`FaultPlan`]: a JSON array of [`FaultRule`]s |
//! | `POST /_emulator/clock` | `{"millis": 1700000000000}` sets the time, `{"skew": -5000}` its distance from the real one |
//! | `POST /_emulator/reset` | back to the start, see [`Emulator::reset`] |
//! | `GET /_emulator/sample/{n}.mp4` | [`sample_mp4`], for any number `n` |
//! | `GET /_emulator/play/…` | what play URLs lead to |
//! | `GET /_emulator/tasks/{id}.csv` | what a fetch task's `fileurl` leads to |
//!
//! # Faults
//!
//! A [`FaultPlan`] says what goes wrong: for which operation ([`FaultRule::operation`]), when, and how ([`Fault`]).
//! It is deterministic: the same plan and seed treat the same requests alike. For `qingcloud.put` the answers have S3's
//! XML shape. For `fetch`, latency delays the download and a skew moves the clock; every other kind makes the
//! download fail.

mod credentials;
mod fault;
mod model;
mod sample;
mod server;

pub use credentials::DemoCredentials;
pub use fault::{Charset, Fault, FaultPlan, FaultPlanError, FaultRule};
pub use sample::sample_mp4;
pub use server::{Emulator, Options, StartError};
