//! A raw TCP server, for answers that no well-behaved provider gives.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A client's request: request line and headers, and body.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Asked {
    /// Request line and headers, in lower case.
    pub head: String,
    /// The body.
    pub body: String,
}

/// Listens on a free port of the loopback interface until the test's process ends, and answers one request
/// per connection.
pub struct RawServer {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Connections that are still open, from which nothing more is read.
    silent: Arc<Mutex<Vec<TcpStream>>>,
}

impl std::fmt::Debug for RawServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawServer").field("url", &self.url).finish_non_exhaustive()
    }
}

impl RawServer {
    /// Starts the server. `answer` receives a request's head (in lower case) and the server's own URL; if it
    /// returns `None`, nothing more is read or sent.
    pub fn start(answer: impl Fn(&str, &str) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, own, answer) = (Arc::clone(&asked), url.clone(), Arc::new(answer));
        let silent = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&silent);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if let Some(stream) = serve(stream, &log, &own, &*answer) {
                    kept.lock().unwrap().push(stream);
                }
            }
        });
        Self { url, asked, silent }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The requests, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Continues reading from connections that were left open, each until it ends or `at_most` bytes were
    /// read; returns the number of bytes of each.
    pub fn rest(&self, at_most: u64) -> Vec<u64> {
        let kept = std::mem::take(&mut *self.silent.lock().unwrap());
        // Closing a connection with unread bytes gives an error, not an end of file.
        let read = |stream: TcpStream| {
            let (mut stream, mut buffer, mut read) = (stream.take(at_most), [0; 4096], 0);
            while let Ok(piece @ 1..) = stream.read(&mut buffer) {
                read += piece as u64;
            }
            read
        };
        kept.into_iter().map(read).collect()
    }
}

/// Answers one request and closes the connection; returns it if it stays open.
fn serve(
    stream: TcpStream,
    log: &Mutex<Vec<Asked>>,
    own: &str,
    answer: &(dyn Fn(&str, &str) -> Option<Answer> + Sync),
) -> Option<TcpStream> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line.to_ascii_lowercase());
    }
    let Some(Answer { text, early, kept }) = answer(&head, own) else {
        log.lock().unwrap().push(Asked { head, body: String::new() });
        return Some(reader.into_inner());
    };
    if early {
        let _ = reader.get_mut().write_all(text.as_bytes());
        log.lock().unwrap().push(Asked { head, body: String::new() });
        return kept.then(|| reader.into_inner());
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |length| length.trim().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    log.lock().unwrap().push(Asked { head, body: String::from_utf8_lossy(&body).into_owned() });
    let _ = reader.get_mut().write_all(text.as_bytes());
    None
}

/// An answer to a request.
#[derive(Debug)]
pub struct Answer {
    text: String,
    /// Whether it is sent before the request's body is read.
    early: bool,
    /// Whether the connection then stays open.
    kept: bool,
}

/// An answer, after which the connection is closed.
pub fn answer(status: &str, headers: &str, body: &str) -> Option<Answer> {
    let text = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    Some(Answer { text, early: false, kept: false })
}

/// An answer, after which the connection is closed with the request's body unread.
pub fn early_answer(status: &str, headers: &str, body: &str) -> Option<Answer> {
    answer(status, headers, body).map(|answer| Answer { early: true, ..answer })
}

/// An answer after which the connection stays open, with the request's body unread.
pub fn kept_answer(status: &str, headers: &str, body: &str) -> Option<Answer> {
    let text = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
    Some(Answer { text, early: true, kept: true })
}

/// No answer: the connection is closed with the request's body unread.
pub const fn broken() -> Option<Answer> {
    Some(Answer { text: String::new(), early: true, kept: false })
}
