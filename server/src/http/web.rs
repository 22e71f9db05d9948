//! The web client: one page and what it loads, at every path that is not the server's own. Reads alone, and under a policy that lets the
//! page load nothing from elsewhere.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH,
    STRICT_TRANSPORT_SECURITY, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::address::loopback_origin;
use super::encoding::{Encoding, choose};
use super::site::{INDEX, Site, content_type, file_name, may_be_route};

/// Paths that are never the web client's, nor what lies below them.
const RESERVED: &[&str] = &["/socket.io", "/healthz", "/readyz", "/metrics"];

/// What the page may do. `connect-src 'self'` covers the websocket to the page's own origin (CSP 3, «does url match source expression»;
/// Chrome 71, Firefox 50, Safari 16).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; \
    worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types sotto";

/// Calls need camera, microphone and screen; nothing here needs the rest.
const PERMISSIONS: &str = "camera=(self), display-capture=(self), microphone=(self), \
    accelerometer=(), geolocation=(), gyroscope=(), magnetometer=(), midi=(), payment=(), usb=()";

/// Stand on every answer.
const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("permissions-policy", PERMISSIONS),
];

/// A year, for which a browser does not ask again: the names of these files change with their content.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// Kept, but asked for each time.
const ASK: &str = "no-cache";

/// Said at `/` by a build that has no web client.
const NONE_BUILT: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Sotto</title>\n\
    <h1>Sotto</h1>\n<p>This is a Sotto server. It was built without the web client; other clients can use it.</p>\n</html>\n";

/// What the middleware holds.
#[derive(Debug)]
pub struct Web {
    /// Where the files come from.
    pub site: Site,
    /// Whether the server itself speaks TLS.
    pub tls: bool,
}

/// The middleware, around everything else.
pub async fn serve(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    if is_reserved(request.uri().path()) {
        return next.run(request).await;
    }
    let headers = request.headers();
    let path = request.uri().path();
    let mut answer = match *request.method() {
        Method::GET | Method::HEAD => web.read(path, headers).await,
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response(),
    };
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        answer.headers_mut().insert(*name, value);
    }
    if web.tls && is_beyond_loopback(headers) {
        let year = HeaderValue::from_static("max-age=31536000");
        answer.headers_mut().insert(STRICT_TRANSPORT_SECURITY, year);
    }
    answer
}

/// Whether the client dialled more than its own machine. Browsers keep «only over TLS» for a host, whatever the port: for localhost it would
/// be in the way of everything else there.
fn is_beyond_loopback(headers: &HeaderMap) -> bool {
    headers.contains_key(HOST) && loopback_origin(headers, true).is_none()
}

fn is_reserved(path: &str) -> bool {
    RESERVED.iter().any(|own| {
        path.strip_prefix(own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

impl Web {
    async fn read(&self, path: &str, headers: &HeaderMap) -> Response {
        if let Some(name) = file_name(path)
            && let Some(answer) = self.file(name, headers).await
        {
            return answer;
        }
        // The page shows what its address names: `/dm/7` is no file.
        if may_be_route(path)
            && takes_html(headers)
            && let Some(answer) = self.file(INDEX, headers).await
        {
            return answer;
        }
        if path == "/" {
            let kind = (CONTENT_TYPE, content_type(INDEX));
            return ([kind, (CACHE_CONTROL, "no-store")], NONE_BUILT).into_response();
        }
        let kind = (CONTENT_TYPE, "text/plain; charset=utf-8");
        let head = [kind, (CACHE_CONTROL, "no-store")];
        (StatusCode::NOT_FOUND, head, "There is nothing here.\n").into_response()
    }

    /// A file in the encoding that suits the client best; `None` where there is no such file.
    async fn file(&self, name: &str, headers: &HeaderMap) -> Option<Response> {
        let plain = self.site.get(name).await?;
        let mut packed = Vec::new();
        for encoding in [Encoding::Brotli, Encoding::Gzip] {
            if let Some(file) = self.site.get(&encoding.sibling(name)).await {
                packed.push((encoding, file));
            }
        }
        let offered: Vec<_> = packed.iter().map(|(encoding, _)| *encoding).collect();
        let chosen = choose(headers, &offered);
        let (encoding, file) = packed
            .into_iter()
            .find(|(encoding, _)| Some(*encoding) == chosen)
            .map_or((None, plain), |(encoding, file)| (Some(encoding), file));
        // The hash is that of the bytes which are sent, so that each encoding has its own, as a strong one must.
        let tag = format!("\"{}\"", hex::encode(&file.hash[..16]));
        let cache = if name.starts_with("assets/") {
            FOR_GOOD
        } else {
            ASK
        };
        let mut answer = if knows(headers, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut whole = Body::from(file.bytes).into_response();
            let kind = HeaderValue::from_static(content_type(name));
            whole.headers_mut().insert(CONTENT_TYPE, kind);
            if let Some(encoding) = encoding {
                let encoding = HeaderValue::from_static(encoding.name());
                whole.headers_mut().insert(CONTENT_ENCODING, encoding);
            }
            whole
        };
        let head = answer.headers_mut();
        head.insert(ETAG, HeaderValue::try_from(tag).ok()?);
        head.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        head.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        Some(answer)
    }
}

/// The members of a header that is a list, over all its lines.
fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter();
    lines
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
}

/// Whether the client has this very representation (RFC 9110, section 13.1.2: the comparison is the weak one).
fn knows(headers: &HeaderMap, tag: &str) -> bool {
    members(headers, &IF_NONE_MATCH)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Whether somebody opens a page: programs and pictures ask for `*/*`.
fn takes_html(headers: &HeaderMap) -> bool {
    members(headers, &ACCEPT).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_html = parts
            .next()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
        is_html && super::encoding::weight(parts) > 0.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_beyond_loopback_are_told_to_come_over_tls_for_good() {
        for (host, told) in [
            ("chat.example.org", true),
            ("chat.example.org:8443", true),
            ("localhost.example.org", true),
            ("localhost", false),
            ("localhost:3000", false),
            ("127.0.0.1:3000", false),
            ("[::1]", false),
        ] {
            let host = HeaderValue::from_static(host);
            let headers = HeaderMap::from_iter([(HOST, host.clone())]);
            assert_eq!(is_beyond_loopback(&headers), told, "{host:?}");
        }
        assert!(!is_beyond_loopback(&HeaderMap::new()));
    }
}
