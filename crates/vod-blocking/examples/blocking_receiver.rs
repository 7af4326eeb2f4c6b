//! Receives Polyv's callbacks with the smallest server, over `std`. Any other will do as well: what
//! [`vod_core::callback`] needs is method, URL, headers and the raw body.
//!
//! ```sh
//! VOD_POLYV_SECRET_KEY=… cargo run -p vod-blocking --example blocking_receiver 127.0.0.1:8080
//! vod callback trigger pass vid=abc_d --to http://127.0.0.1:8080/polyv      # a signed sample
//! ```

use bytes::Bytes;
use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime};
use vod_core::Timestamp;
use vod_core::callback::{CallbackError, MAX_BODY, Notification};
use vod_core::polyv::callback::{Event, Verifier};

fn main() -> Result<(), Box<dyn Error>> {
    let listen = env::args().nth(1).ok_or("usage: blocking_receiver ADDRESS:PORT")?;
    let verifier = Verifier::new(env::var("VOD_POLYV_SECRET_KEY")?);
    for stream in TcpListener::bind(listen)?.incoming() {
        match receive(stream?, &verifier) {
            Ok(event) => println!("{} of {:?}", event.kind(), event.subjects()),
            Err(error) => eprintln!("refused: {error}"),
        }
    }
    Ok(())
}

/// Answers one callback, when its event has been read.
pub(crate) fn receive(mut stream: TcpStream, verifier: &Verifier) -> Result<Event, Box<dyn Error>> {
    let now = Timestamp::from_millis(SystemTime::UNIX_EPOCH.elapsed()?.as_millis() as i64);
    let result = read(&stream).and_then(|request| Ok(verifier.verify(&request, now)?.event()?));
    let status = match &result {
        Ok(_) => 200,
        Err(error) => error.downcast_ref::<CallbackError>().map_or(400, |error| error.status().as_u16()),
    };
    write!(stream, "HTTP/1.1 {status} \r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    result
}

/// Reads one request: its first line, its headers, and as much of a body as they announce. Time and size are
/// bounded, as every receiver needs.
fn read(stream: &TcpStream) -> Result<http::Request<Bytes>, Box<dyn Error>> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.take((64 << 10) + MAX_BODY as u64));
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (Some(method), Some(url)) = (words.next(), words.next()) else { return Err("no request".into()) };
    let mut request = http::Request::builder().method(method).uri(url);
    let mut size = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            size = value.trim().parse()?;
        }
        request = request.header(name, value.trim());
    }
    if size > MAX_BODY {
        return Err(CallbackError::body_too_large(size).into());
    }
    let mut body = vec![0; size];
    reader.read_exact(&mut body)?;
    Ok(request.body(body.into())?)
}
