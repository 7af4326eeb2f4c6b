//! A listener as a process, raw HTTP requests, and a target to forward to.

use super::{Running, vod};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::thread;

/// The keys in these tests.
pub(crate) const POLYV_KEY: &str = "kp-of-tests";
pub(crate) const QINGCLOUD_KEY: &str = "Kq0ofTests";

/// The command with the callback keys.
pub(crate) fn with_keys(arguments: &[&str]) -> Command {
    let mut command = vod(arguments);
    command.env("VOD_POLYV_SECRET_KEY", POLYV_KEY).env("VOD_QINGCLOUD_CALLBACK_KEY", QINGCLOUD_KEY);
    command
}

/// A listener that is ready.
pub(crate) struct Listener {
    pub(crate) process: Running,
    pub(crate) address: SocketAddr,
    stderr: BufReader<ChildStderr>,
}

impl Listener {
    /// Starts it with this log and further arguments.
    pub(crate) fn start(log: &Path, arguments: &[&str]) -> Self {
        Self::with(
            with_keys(&["callback", "listen", "--log", log.to_str().unwrap()])
                .args(arguments)
                .stdout(Stdio::null()),
        )
    }

    pub(crate) fn with(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let said = until(&mut stderr, "listening for callbacks on http://");
        let address = said.trim().rsplit('/').next().unwrap().parse().unwrap_or_else(|_| panic!("{said}"));
        Self { process: Running(child), address, stderr }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits until stderr contains this.
    pub(crate) fn says(&mut self, text: &str) -> String {
        until(&mut self.stderr, text)
    }

    /// Interrupts it; returns its exit code and the rest of stderr.
    #[cfg(unix)]
    pub(crate) fn interrupt(mut self) -> (i32, String) {
        super::run(Command::new("kill").args(["-INT", &self.process.0.id().to_string()])).expect(0);
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        (self.process.0.wait().unwrap().code().unwrap(), said)
    }

    /// Kills it as a crash would.
    pub(crate) fn kill(mut self) {
        self.process.0.kill().unwrap();
        self.process.0.wait().unwrap();
    }

    /// Its highest memory use so far, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse().unwrap()
    }
}

fn until(stderr: &mut BufReader<ChildStderr>, text: &str) -> String {
    let mut all = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended without `{text}`: {all}");
        if line.contains(text) {
            return line;
        }
        all.push_str(&line);
    }
}

/// A raw connection.
pub(crate) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(crate) fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Sends a request; returns the response's status and body.
    pub(crate) fn ask(&mut self, request: &http::Request<bytes::Bytes>) -> std::io::Result<(u16, String)> {
        self.write(&bytes_of(request))?;
        self.answer()
    }

    pub(crate) fn answer(&mut self) -> std::io::Result<(u16, String)> {
        let (first, length, _) = head(&mut self.0)?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        let status = first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or(std::io::ErrorKind::InvalidData)?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// Waits until the other side closes the connection.
    pub(crate) fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset counts as closed.
        let _ = self.0.read_to_end(&mut rest);
    }
}

/// A request as HTTP/1.1 bytes.
pub(crate) fn bytes_of(request: &http::Request<bytes::Bytes>) -> Vec<u8> {
    let target = request.uri().path_and_query().unwrap();
    let mut text = format!(
        "{} {target} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n",
        request.method(),
        request.uri().host().unwrap_or("x"),
        request.body().len()
    );
    for (name, value) in request.headers() {
        text += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    [text.as_bytes(), b"\r\n", request.body()].concat()
}

/// The first line, the length of the body, and the headers.
type Head = (String, usize, Vec<(String, String)>);

/// The head of a request or response; `None` at the end.
fn head(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Head>> {
    let mut first = String::new();
    if stream.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    Ok(Some((first.trim().to_owned(), length, headers)))
}

/// A request that a target received.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Method and target.
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// Decides the status of a response; `None` closes the connection.
pub(crate) type Answer = dyn Fn(Seen) -> Option<u16> + Send + Sync;

/// Starts a target and returns its URL. It ends with the process.
pub(crate) fn target(answer: Arc<Answer>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    serve(listener, answer);
    url
}

pub(crate) fn serve(listener: TcpListener, answer: Arc<Answer>) {
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, answer) = (stream.unwrap(), Arc::clone(&answer));
            // A client that disconnects has what it needs.
            thread::spawn(move || talk(BufReader::new(stream), &*answer));
        }
    });
}

fn talk(mut stream: BufReader<TcpStream>, answer: &Answer) -> std::io::Result<()> {
    stream.get_ref().set_nodelay(true)?;
    while let Some((line, length, headers)) = head(&mut stream)? {
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let line = line.trim_end_matches(" HTTP/1.1").to_owned();
        let Some(status) = answer(Seen { line, headers, body }) else { return Ok(()) };
        stream.get_mut().write_all(format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n").as_bytes())?;
    }
    Ok(())
}
