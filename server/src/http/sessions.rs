//! Around every Engine.IO request: whom it comes from, and which session's transport it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::address::{client_address, is_forwarded, loopback_origin};
use super::listener::Peer;
use crate::config::Network;
use crate::conn::{Wire, Wires};
use crate::limits::AddressKey;
use crate::socket::Handshake;

/// No session's id is longer; a longer one is not worth remembering.
const LONGEST_SID: usize = 32;

/// What the middleware holds.
#[derive(Debug)]
pub struct Sessions {
    /// The sessions by id.
    pub wires: Arc<Wires>,
    /// Proxies whose word counts.
    pub trusted: Vec<Network>,
    /// Whether the server itself speaks TLS.
    pub tls: bool,
    /// Whether an untrusted proxy was warned of.
    pub warned: AtomicBool,
}

/// The middleware around the Socket.IO layer.
pub async fn carry(
    State(sessions): State<Arc<Sessions>>,
    mut request: Request,
    next: Next,
) -> Response {
    if !request.uri().path().starts_with("/socket.io") {
        return next.run(request).await;
    }
    let Some(peer) = request.extensions().get::<Peer>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let query = request.uri().query().unwrap_or_default();
    let value_of = |key: &str| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
            .map(str::to_owned)
    };
    let transport = value_of("transport").unwrap_or_default();
    // Cut at a second `=`, as engineioxide reads it.
    let is_websocket = transport.split('=').next() == Some("websocket");
    match value_of("sid") {
        None => {
            let wire = Arc::new(Wire::default());
            if is_websocket {
                wire.attach(&peer.link);
            }
            let handshake = sessions.handshake(&peer, &request, wire);
            request.extensions_mut().insert(handshake);
            next.run(request).await
        }
        Some(sid) if is_websocket && sid.len() <= LONGEST_SID => {
            let wire = sessions.wires.adopt(&sid, Arc::default());
            wire.attach(&peer.link);
            next.run(request).await
        }
        Some(sid) => match sessions.wires.get(&sid) {
            Some(wire) => poll(&wire, request, next).await,
            None => next.run(request).await,
        },
    }
}

/// A polling request of a session: counted, and ended with it.
async fn poll(wire: &Wire, request: Request, next: Next) -> Response {
    let over = || {
        let body = r#"{"code":1,"message":"Session ID unknown"}"#;
        (
            StatusCode::BAD_REQUEST,
            [("content-type", "application/json")],
            body,
        )
            .into_response()
    };
    if wire.ended.is_cancelled() {
        return over();
    }
    tokio::select! {
        response = next.run(request) => {
            let bytes = response.body().size_hint().lower();
            wire.wrote(usize::try_from(bytes).unwrap_or(usize::MAX));
            response
        }
        () = wire.ended.cancelled() => over(),
    }
}

impl Sessions {
    fn handshake(&self, peer: &Peer, request: &Request, wire: Arc<Wire>) -> Handshake {
        let headers = request.headers();
        let address = client_address(peer.address.ip(), headers, &self.trusted);
        let believed = self
            .trusted
            .iter()
            .any(|network| network.0.contains(&peer.address.ip().to_canonical()));
        if !believed && is_forwarded(headers) && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "a request came with a forwarding header from a peer that SOTTO_TRUSTED_PROXIES does not name; \
                 if that is your proxy, name it there, or all its clients share one address"
            );
        }
        let loopback_origin = loopback_origin(headers, self.tls);
        Handshake {
            address: AddressKey::from(address),
            loopback_origin,
            wire,
        }
    }
}
