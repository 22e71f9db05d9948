//! Where a request comes from, behind proxies or not, and which loopback origin it dialled.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{FORWARDED, HOST};

use crate::config::{Network, origin_of};

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address: the peer's, or where the peer is a trusted proxy the last untrusted one that the proxies name.
///
/// A proxy sets one of the two headers and may hand on the other as the client sent it. Which one it sets is not told, so where they
/// name different clients neither is believed: those who send such a thing share the proxy's address.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: &IpAddr| {
        trusted
            .iter()
            .any(|network| network.0.contains(&address.to_canonical()))
    };
    if !is_trusted(&peer) {
        return peer;
    }
    // Each proxy appends who it heard from, so only the right end can be believed.
    let last_untrusted = |hops: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for hop in hops.into_iter().rev() {
            let Some(address) = hop else { break };
            client = address;
            if !is_trusted(&address) {
                break;
            }
        }
        client
    };
    let named = [x_forwarded_for(headers), forwarded(headers)].map(|hops| hops.map(last_untrusted));
    match named {
        [Some(one), Some(other)] if one != other => peer,
        [one, other] => one.or(other).unwrap_or(peer),
    }
}

/// Whether a request names where it was forwarded from.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED)
}

/// The hops that `X-Forwarded-For` names, in order, where it is there; `None` for one that is no address.
fn x_forwarded_for(headers: &HeaderMap) -> Option<Vec<Option<IpAddr>>> {
    let hops = list(headers, X_FORWARDED_FOR)?;
    Some(hops.iter().map(|hop| parse_hop(hop)).collect())
}

/// The hops that `Forwarded` (RFC 7239) names.
fn forwarded(headers: &HeaderMap) -> Option<Vec<Option<IpAddr>>> {
    let for_of = |hop: &String| {
        hop.split(';').find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            key.eq_ignore_ascii_case("for")
                .then(|| value.trim_matches('"').to_owned())
        })
    };
    let hops = list(headers, FORWARDED.as_str())?;
    Some(hops.iter().map(|hop| parse_hop(&for_of(hop)?)).collect())
}

/// The members of a header, over all its lines.
fn list(headers: &HeaderMap, name: &str) -> Option<Vec<String>> {
    // What is no text is a hop that is no address: left out, it would take the true hops behind it along.
    let lines = headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().unwrap_or("?"));
    let hops: Vec<_> = lines
        .flat_map(|value| value.split(','))
        .map(|hop| hop.trim().to_owned())
        .collect();
    (!hops.is_empty()).then_some(hops)
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    hop.parse()
        .ok()
        .or_else(|| {
            hop.parse::<std::net::SocketAddr>()
                .ok()
                .map(|address| address.ip())
        })
        .or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

/// The origin that the client dialled, where its host is a loopback one.
pub fn loopback_origin(headers: &HeaderMap, tls: bool) -> Option<String> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let origin = origin_of(&format!("{}://{host}", if tls { "https" } else { "http" }))?;
    let url = url::Url::parse(&origin).ok()?;
    let is_loopback = match url.host()? {
        url::Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
    };
    is_loopback.then_some(origin)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn r_161_only_trusted_proxies_are_believed_and_only_from_the_right() {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        for (peer, name, value, client) in [
            ("192.0.2.9", "x-forwarded-for", "198.51.100.1", "192.0.2.9"),
            (
                "10.0.0.1",
                "x-forwarded-for",
                "198.51.100.1",
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                "x-forwarded-for",
                "203.0.113.5, 198.51.100.1, 10.0.0.2",
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                "x-forwarded-for",
                "10.0.0.3, 10.0.0.2",
                "10.0.0.3",
            ),
            (
                "10.0.0.1",
                "x-forwarded-for",
                "198.51.100.1, junk",
                "10.0.0.1",
            ),
            ("10.0.0.1", "x-forwarded-for", "", "10.0.0.1"),
            (
                "::1",
                "forwarded",
                "for=\"[2001:db8::7]:4711\";proto=https",
                "2001:db8::7",
            ),
            (
                "::1",
                "forwarded",
                "for=198.51.100.1, For=10.1.1.1",
                "198.51.100.1",
            ),
            (
                "::ffff:10.0.0.1",
                "x-forwarded-for",
                "198.51.100.1",
                "198.51.100.1",
            ),
        ] {
            let found = client_address(peer.parse().unwrap(), &headers(name, value), &trusted);
            assert_eq!(
                found,
                client.parse::<IpAddr>().unwrap(),
                "{peer} {name}: {value}"
            );
        }
    }

    #[test]
    fn r_161_a_header_that_the_proxy_hands_on_names_nobody() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        for (x_forwarded_for, forwarded, client) in [
            // The proxy sets the one, the client has made up the other.
            ("198.51.100.1", "for=6.6.6.6", "10.0.0.1"),
            ("6.6.6.6", "for=198.51.100.1", "10.0.0.1"),
            ("6.6.6.6", "nonsense", "10.0.0.1"),
            // The proxy sets both.
            ("198.51.100.1", "for=198.51.100.1", "198.51.100.1"),
            (
                "6.6.6.6, 198.51.100.1",
                "for=198.51.100.1;proto=https",
                "198.51.100.1",
            ),
        ] {
            let mut headers = headers("x-forwarded-for", x_forwarded_for);
            headers.insert(FORWARDED, forwarded.parse().unwrap());
            let found = client_address("10.0.0.1".parse().unwrap(), &headers, &trusted);
            let expected: IpAddr = client.parse().unwrap();
            assert_eq!(found, expected, "{x_forwarded_for} {forwarded}");
        }
    }

    #[test]
    fn r_206_only_loopback_hosts_make_an_origin() {
        for (host, origin) in [
            ("localhost:3000", Some("http://localhost:3000")),
            ("LOCALHOST", Some("http://localhost")),
            ("127.0.0.1:80", Some("http://127.0.0.1")),
            ("[::1]:3000", Some("http://[::1]:3000")),
            ("chat.example.org", None),
            ("localhost.example.org", None),
            ("192.0.2.1", None),
        ] {
            assert_eq!(
                loopback_origin(&headers("host", host), false).as_deref(),
                origin,
                "{host}"
            );
        }
    }
}
