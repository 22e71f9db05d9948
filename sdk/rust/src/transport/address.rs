//! Where the server is: the URL that is dialled and the origin that a login signature names (C-402).

use url::{Origin, Url};

use crate::error::{Error, Result};

/// A server, as the user wrote it: `https://chat.example.org`, `http://localhost:3000`, `wss://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    socket_url: Url,
    origin: String,
}

impl ServerAddress {
    /// Reads an address. `http`, `https`, `ws` and `wss` are taken; a path, query or fragment is not, and nor is a user name.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is no address of a server.
    pub fn parse(text: &str) -> Result<Self> {
        let fail = |why: &str| Error::Invalid(format!("{text:?} is no server: {why}"));
        let mut url = Url::parse(text.trim())
            .map_err(|_| fail("an address looks like https://chat.example.org"))?;
        let (page, socket) = match url.scheme() {
            "https" | "wss" => ("https", "wss"),
            "http" | "ws" => ("http", "ws"),
            _ => return Err(fail("the address must begin with https:// or http://")),
        };
        if !matches!(url.path(), "/" | "") || url.query().is_some() || url.fragment().is_some() {
            return Err(fail("the address must end after the host and port"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fail("the address must not hold a user name"));
        }
        url.set_scheme(page)
            .map_err(|()| fail("the address has no host"))?;
        let origin = match url.origin() {
            origin @ Origin::Tuple(..) => origin.ascii_serialization(),
            Origin::Opaque(_) => return Err(fail("the address has no host")),
        };
        url.set_scheme(socket)
            .map_err(|()| fail("the address has no host"))?;
        url.set_path("/socket.io/");
        url.set_query(Some("EIO=4&transport=websocket"));
        Ok(Self {
            socket_url: url,
            origin,
        })
    }

    /// The WHATWG origin of the address, in lower case and without the default port: what a login is bound to.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The websocket URL.
    pub(crate) fn socket_url(&self) -> &str {
        self.socket_url.as_str()
    }
}

impl std::fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.origin)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn c_402_the_origin_is_that_of_the_dialled_url() {
        for (text, origin, dialled) in [
            (
                "https://Chat.Example.ORG",
                "https://chat.example.org",
                "wss://chat.example.org/",
            ),
            (
                "wss://chat.example.org:443/",
                "https://chat.example.org",
                "wss://chat.example.org/",
            ),
            (
                "http://127.0.0.1:3000",
                "http://127.0.0.1:3000",
                "ws://127.0.0.1:3000/",
            ),
            ("ws://localhost:80", "http://localhost", "ws://localhost/"),
            ("http://[::1]:3000", "http://[::1]:3000", "ws://[::1]:3000/"),
            (
                "https://Bücher.example:8443",
                "https://xn--bcher-kva.example:8443",
                "wss://xn--bcher-kva.example:8443/",
            ),
        ] {
            let address = ServerAddress::parse(text).unwrap();
            assert_eq!(address.origin(), origin, "{text}");
            assert_eq!(
                address.socket_url(),
                format!("{dialled}socket.io/?EIO=4&transport=websocket"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "chat.example.org",
            "localhost:3000",
            "ftp://x",
            "https://x/path",
            "https://x/?q",
            "https://u:p@x",
            "file:///x",
        ] {
            assert!(
                matches!(ServerAddress::parse(bad), Err(Error::Invalid(_))),
                "{bad:?}"
            );
        }
    }
}
