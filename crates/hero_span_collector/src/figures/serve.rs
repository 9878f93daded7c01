//! Figures over HTTP, on this machine only.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::Figures;
use crate::Error;

const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long a client may take for the head of its request.
const PATIENCE: Duration = Duration::from_secs(5);

/// A port that shows figures until it is dropped.
#[derive(Debug)]
pub struct Exposed {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Exposed {
    /// Where it listens, the port included that the system chose for 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Exposed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Shows the figures at `http://ADDRESS/metrics`. Must run within a tokio
/// runtime with I/O and time.
///
/// # Errors
///
/// When the address is not of this machine's loopback, or cannot be had.
pub async fn expose(figures: Figures, address: SocketAddr) -> Result<Exposed, Error> {
    if !address.ip().is_loopback() {
        return Err(Error::not_loopback(address));
    }
    let fault = |e| Error::port(address, e);
    let listener = TcpListener::bind(address).await.map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    let task = tokio::spawn(accept_all(listener, figures));
    Ok(Exposed { address, task })
}

async fn accept_all(listener: TcpListener, figures: Figures) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, figures.clone()))),
            // Out of descriptors, say: who asks will ask again.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn answer(stream: TcpStream, figures: Figures) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let known = request.uri().path() == "/metrics";
        let response = match *request.method() {
            Method::GET | Method::HEAD if known => shown(&figures),
            Method::GET | Method::HEAD => plain(StatusCode::NOT_FOUND, "see /metrics\n"),
            _ => plain(StatusCode::METHOD_NOT_ALLOWED, "GET /metrics\n"),
        };
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // Whoever asked has gone: nobody to tell.
    let _ = connection.await;
}

fn shown(figures: &Figures) -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::OK, "");
    *response.body_mut() = Full::new(figures.to_text().into());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(TYPE));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
