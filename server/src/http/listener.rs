//! The accept loop: one task per TCP connection, each with its switch, TLS where it is set up, and no patience for idlers.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tower::ServiceExt as _;

use crate::conn::Link;

/// How long a peer that acknowledges nothing is waited for: without it a client that stops reading would stay for a quarter of an hour.
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);
/// How long a TLS handshake or a request's header may take.
const HEADER: Duration = Duration::from_secs(10);
/// Bytes of a request's header, and of what is read ahead of its body.
const MAX_HEADER: usize = 65_536;
/// How long to wait after the system refused another connection.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// Who is at the other end of a request's TCP connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// The connection.
    pub link: Arc<Link>,
}

/// Reads certificate and key.
///
/// # Errors
/// Where a file cannot be read or the two do not fit.
pub fn tls(cert: &std::path::Path, key: &std::path::Path) -> anyhow::Result<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(|certs| certs.collect::<Result<Vec<_>, _>>())
        .with_context(|| format!("SOTTO_TLS_CERT: cannot read {}", cert.display()))?;
    let key_der = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("SOTTO_TLS_KEY: cannot read {}", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key_der)
        .context("SOTTO_TLS_CERT and SOTTO_TLS_KEY do not fit each other")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Accepts connections until told to stop, and ends those that are open when `cut` is cancelled.
pub async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    max_connections: usize,
    stop: CancellationToken,
    cut: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(max_connections));
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(cause) => {
                    // Mostly out of file descriptors: others will be free soon.
                    tracing::warn!(%cause, "a connection could not be accepted");
                    tokio::time::sleep(AFTER_REFUSAL).await;
                    continue;
                }
            },
            () = stop.cancelled() => return,
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            metrics::counter!("sotto_closed_total", "why" => "server_full").increment(1);
            continue;
        };
        set_up(&stream);
        let link = Arc::new(Link::new(cut.child_token()));
        let peer = Peer { address, link };
        tokio::spawn(connection(
            stream,
            tls.clone(),
            router.clone(),
            peer,
            Seat::taken(permit),
        ));
    }
}

fn set_up(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let nodelay = socket.set_tcp_nodelay(true);
    let timeout = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    if let Err(cause) = nodelay.and(timeout) {
        tracing::debug!(%cause, "a socket option could not be set");
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    peer: Peer,
    seat: Seat,
) {
    let link = Arc::clone(&peer.link);
    match tls {
        None => serve(Metered::new(stream, link, seat), router, peer).await,
        Some(acceptor) => match tokio::time::timeout(HEADER, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => serve(Metered::new(stream, link, seat), router, peer).await,
            Ok(Err(cause)) => tracing::debug!(%cause, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

async fn serve(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    peer: Peer,
) {
    let service = router.map_request(
        move |mut request: axum::http::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(peer.clone());
            request.map(axum::body::Body::new)
        },
    );
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(MAX_HEADER)
        .serve_connection(TokioIo::new(io), TowerToHyperService::new(service))
        .with_upgrades()
        .await;
    if let Err(cause) = served {
        tracing::debug!(%cause, "a connection ended early");
    }
}

pin_project_lite::pin_project! {
    /// A stream that counts what it writes and ends when its link is cut.
    struct Metered<S> {
        #[pin]
        stream: S,
        #[pin]
        cut: WaitForCancellationFutureOwned,
        link: Arc<Link>,
        seat: Seat,
    }
}

impl<S> Metered<S> {
    fn new(stream: S, link: Arc<Link>, seat: Seat) -> Pin<Box<Self>> {
        let cut = link.cut.clone().cancelled_owned();
        Box::pin(Self {
            stream,
            cut,
            link,
            seat,
        })
    }
}

/// One of the places that the server has for connections. It lies beside the stream, since hyper lets go of a connection that is
/// upgraded to a websocket.
struct Seat(
    #[expect(dead_code, reason = "held until the connection is over")] OwnedSemaphorePermit,
);

impl Seat {
    fn taken(permit: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("sotto_links").increment(1);
        Self(permit)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::gauge!("sotto_links").decrement(1);
    }
}

fn is_cut(
    cut: Pin<&mut WaitForCancellationFutureOwned>,
    link: &Link,
    cx: &mut Context<'_>,
) -> bool {
    // The token is asked first: a future that has completed must not be polled again.
    link.cut.is_cancelled() || std::future::Future::poll(cut, cx).is_ready()
}

fn aborted() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the server ended the connection",
    )
}

impl<S: AsyncRead> AsyncRead for Metered<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        if is_cut(this.cut, this.link, cx) {
            return Poll::Ready(Err(aborted()));
        }
        this.stream.poll_read(cx, buf)
    }
}

impl<S: AsyncWrite> AsyncWrite for Metered<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        if is_cut(this.cut, this.link, cx) {
            return Poll::Ready(Err(aborted()));
        }
        let written = this.stream.poll_write(cx, buf);
        if let Poll::Ready(Ok(bytes)) = written {
            this.link.wrote(bytes);
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        if is_cut(this.cut, this.link, cx) {
            return Poll::Ready(Err(aborted()));
        }
        this.stream.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_shutdown(cx)
    }
}
