//! Blocking client for Polyv VOD (保利威) and QingCloud VOD (青云云点播): [`vod_core`] over [`ureq`].
//!
//! A [`Client`] sends the operations of [`vod_core`]. `vod-async` has the same API for asynchronous programs.
//! No runtime is started or needed. Calls may also be made inside one, where they block their thread.
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
//! one URL only; ureq itself sends nothing twice.
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
//! [`connect_timeout`](ClientBuilder::connect_timeout) limits TCP and TLS;
//! [`attempt_timeout`](ClientBuilder::attempt_timeout) one attempt, to the last byte of its answer;
//! [`Policy::total`] the call with all its attempts. The PUT of a file may take any time; only the time
//! without progress is limited, by [`put_timeout`](ClientBuilder::put_timeout).
//!
//! # Connections
//!
//! TLS is rustls with ring and the platform's certificates; a default provider of the process is neither used
//! nor set. Proxies come from the environment (`HTTPS_PROXY`, `NO_PROXY`, …); no proxy is used for loopback
//! addresses. To change any of this, pass [your own agent](ClientBuilder::http_client).
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
//! [`vod_core::callback`] verifies the providers' callbacks. Any server will do that has the method, the URL,
//! the headers and the raw body. This is the smallest one, over `std`, with the two limits that every
//! receiver needs: a size and a time.
//!
//! ```
//! use std::io::{BufRead, BufReader, Read, Write};
//! use std::net::{TcpListener, TcpStream};
//! use std::time::{Duration, SystemTime};
//! use vod_blocking::vod_core::callback::{CallbackError, MAX_BODY, Notification};
//! use vod_blocking::vod_core::polyv::callback::{Event, Verifier};
//! use vod_blocking::vod_core::Timestamp;
//!
//! /// Reads one request: the first line, the headers, and as much of a body as they announce.
//! fn read(stream: &TcpStream) -> Result<http::Request<bytes::Bytes>, Box<dyn std::error::Error>> {
//!     stream.set_read_timeout(Some(Duration::from_secs(10)))?;
//!     let mut head = BufReader::new(stream.take(64 << 10));
//!     let mut line = String::new();
//!     head.read_line(&mut line)?;
//!     let (method, url) = line.split_once(' ').and_then(|(method, rest)| Some((method, rest.split_once(' ')?.0))).ok_or("no request")?;
//!     let mut request = http::Request::builder().method(method).uri(url);
//!     let mut size = 0;
//!     loop {
//!         let mut line = String::new();
//!         head.read_line(&mut line)?;
//!         let Some((name, value)) = line.trim_end().split_once(':') else { break };
//!         if name.eq_ignore_ascii_case("content-length") {
//!             size = value.trim().parse()?;
//!         }
//!         request = request.header(name, value.trim());
//!     }
//!     if size > MAX_BODY {
//!         return Err(CallbackError::body_too_large(size).into());
//!     }
//!     let mut body = head.buffer()[..head.buffer().len().min(size)].to_vec();
//!     let mut stream = stream;
//!     Read::take(&mut stream, (size - body.len()) as u64).read_to_end(&mut body)?;
//!     if body.len() < size {
//!         return Err("the body broke off".into());
//!     }
//!     Ok(request.body(body.into())?)
//! }
//!
//! /// Answers one callback after its event has been decoded.
//! fn receive(mut stream: TcpStream, verifier: &Verifier) -> Result<Event, Box<dyn std::error::Error>> {
//!     let now = Timestamp::from_millis(SystemTime::UNIX_EPOCH.elapsed()?.as_millis() as i64);
//!     let result = read(&stream).and_then(|request| Ok(verifier.verify(&request, now)?.event()?));
//!     let status = match &result {
//!         Ok(_) => 200,
//!         Err(error) => error.downcast_ref::<CallbackError>().map_or(400, |error| error.status().as_u16()),
//!     };
//!     write!(stream, "HTTP/1.1 {status} \r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
//!     result
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::new("the account's secret key");
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let to = format!("http://{}/polyv", listener.local_addr()?);
//! # let sender = std::thread::spawn(move || {
//! #     use vod_blocking::vod_core::polyv::callback::{EventType, sample};
//! #     let agent = vod_blocking::ureq::Agent::config_builder().proxy(None).build().new_agent();
//! #     let keys = ["the account's secret key", "the account's secret key", "another key"];
//! #     let events = [EventType::TranscodeComplete, EventType::Pass, EventType::Pass];
//! #     let statuses = events.into_iter().zip(keys).map(|(event, key)| {
//! #         let request = sample(event, &to, &Default::default(), &key.into()).unwrap();
//! #         let sent = agent.run(request.map(|body| body.to_vec()));
//! #         sent.map_or_else(|error| error.to_string(), |answer| answer.status().as_u16().to_string())
//! #     });
//! #     statuses.collect::<Vec<_>>()
//! # });
//! # let mut seen = Vec::new();
//! for stream in listener.incoming() {
//!     match receive(stream?, &verifier) {
//!         Ok(event) => println!("{} of {:?}", event.kind(), event.subjects()),
//!         Err(error) => eprintln!("refused: {error}"),
//!     }
//! #   seen.push(());
//! #   if seen.len() == 3 { break }
//! }
//! # assert_eq!(sender.join().unwrap(), ["200", "200", "http status: 403"]);
//! # Ok(())
//! # }
//! ```
//!
//! # Logs
//!
//! [`tracing`] has a span `vod.call` for each call with its operation, in it a span `attempt` for each
//! attempt, and events for requests, answers and waits. They contain no secret, signature, query or header
//! value. ureq itself logs whole URLs, with their signatures, at the level `trace` of the `log` crate: leave
//! that off.

mod builder;
mod client;
mod fault;
#[cfg(feature = "importer")]
mod importer;
mod pages;
mod upload;

pub use builder::ClientBuilder;
pub use client::Client;
#[cfg(feature = "importer")]
pub use importer::Importer;
pub use pages::Pages;
pub use upload::Uploader;

pub use ureq;
pub use vod_core;
pub use vod_core::retry::Policy;
pub use vod_core::upload::{CancelToken, Control, Order, Progress, ToPolyv, Uploaded, Waiting};
pub use vod_driver::{BuildError, Checkpoints, SharedRate, TransferPool};
#[cfg(feature = "importer")]
pub use vod_import;
