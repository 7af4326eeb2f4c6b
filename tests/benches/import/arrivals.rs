//! Notes when requests arrive, between a client and its server.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Passes connections on to a server. A request begins with the first bytes of a connection, and with those
/// after an answer: the client sends no request before the last one is answered.
pub(crate) struct Gate {
    pub(crate) base: String,
    times: Arc<Mutex<Vec<Instant>>>,
    /// Its connections end with it.
    _runtime: tokio::runtime::Runtime,
}

impl Gate {
    /// A gate to the server at this base URL.
    pub(crate) fn to(base: &str) -> Self {
        let server = base.strip_prefix("http://").expect("an http URL").to_owned();
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let times = Arc::new(Mutex::new(Vec::new()));
        let noted = times.clone();
        runtime.spawn(async move {
            loop {
                let (client, _) = listener.accept().await.expect("a connection");
                tokio::spawn(pass(client, server.clone(), noted.clone()));
            }
        });
        Self { base, times, _runtime: runtime }
    }

    /// When each request arrived.
    pub(crate) fn arrivals(&self) -> Vec<Instant> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn pass(mut client: TcpStream, server: String, times: Arc<Mutex<Vec<Instant>>>) {
    let mut server = TcpStream::connect(server).await.expect("the server");
    client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).expect("a connection");
    let (mut request, mut answer) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let mut is_new = true;
    loop {
        let passed = tokio::select! {
            read = client.read(&mut request) => match read {
                Ok(0) | Err(_) => return,
                Ok(read) => {
                    if std::mem::take(&mut is_new) {
                        times.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
                    }
                    server.write_all(&request[..read]).await
                }
            },
            read = server.read(&mut answer) => match read {
                Ok(0) | Err(_) => return,
                Ok(read) => {
                    is_new = true;
                    client.write_all(&answer[..read]).await
                }
            },
        };
        if passed.is_err() {
            return;
        }
    }
}
