//! Which of the encodings that lie ready a client wants (RFC 9110, section 12.5.3).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

/// How a file may have been compressed when the web client was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
}

impl Encoding {
    /// As `Content-Encoding` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The file that holds another one in this encoding.
    pub fn sibling(self, name: &str) -> String {
        let ending = match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        };
        format!("{name}.{ending}")
    }
}

/// The one of `offered` that the client prefers, the first of equals; `None` for the file as it is.
pub fn choose(headers: &HeaderMap, offered: &[Encoding]) -> Option<Encoding> {
    let wishes: Vec<(&str, f32)> = headers
        .get_all(ACCEPT_ENCODING)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|wish| {
            let mut parts = wish.split(';').map(str::trim);
            (parts.next().unwrap_or_default(), weight(parts))
        })
        .collect();
    let of = |name: &str| {
        let named = |wish: &&(&str, f32)| wish.0.eq_ignore_ascii_case(name);
        let found = wishes.iter().find(named);
        found.map(|(_, weight)| *weight)
    };
    // Uncompressed is taken by everybody who does not rule it out, and preferred by those alone who say so.
    let plain = of("identity").unwrap_or(0.0);
    let mut best = None;
    let mut most = 0.0;
    for encoding in offered {
        let weight = of(encoding.name()).or_else(|| of("*")).unwrap_or(0.0);
        if weight > most && weight >= plain {
            (best, most) = (Some(*encoding), weight);
        }
    }
    best
}

/// What `q` says among the parameters of a wish: 0 to 1, and 1 where nothing is said. What is no number is no wish.
pub fn weight<'a>(parameters: impl Iterator<Item = &'a str>) -> f32 {
    for parameter in parameters {
        if let Some((key, value)) = parameter.split_once('=')
            && key.trim().eq_ignore_ascii_case("q")
        {
            let weight = value.trim().parse().unwrap_or(0.0);
            return if (0.0..=1.0).contains(&weight) {
                weight
            } else {
                0.0
            };
        }
    }
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_decides_and_brotli_wins_among_equals() {
        use Encoding::{Brotli, Gzip};
        let both = &[Brotli, Gzip][..];
        for (wish, offered, chosen) in [
            ("gzip, deflate, br, zstd", both, Some(Brotli)),
            ("gzip, deflate", both, Some(Gzip)),
            ("br", &[Gzip][..], None),
            ("br;q=0.2, gzip;q=0.9", both, Some(Gzip)),
            ("BR;Q=1.0, gzip;q=1", both, Some(Brotli)),
            ("br;q=0, gzip", both, Some(Gzip)),
            ("br; q=0 , gzip;q=0", both, None),
            ("*", both, Some(Brotli)),
            ("*;q=0", both, None),
            ("br;q=0, *", both, Some(Gzip)),
            ("identity, br;q=0.5", both, None),
            ("identity;q=0.5, gzip", both, Some(Gzip)),
            ("identity;q=0, gzip;q=0.1", both, Some(Gzip)),
            ("br;q=much", both, None),
            ("br;q=7", both, None),
            ("br;q=NaN", both, None),
            ("", both, None),
            ("brotli, xgzip", both, None),
        ] {
            let mut headers = HeaderMap::new();
            let wish = wish.parse().expect("a header");
            headers.insert(ACCEPT_ENCODING, wish);
            assert_eq!(choose(&headers, offered), chosen, "{headers:?}");
        }
        assert_eq!(choose(&HeaderMap::new(), both), None, "nothing is said");
    }
}
