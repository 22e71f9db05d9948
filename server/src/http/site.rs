//! The files of the web client: where they come from, which paths name one, and of what type they are.

use std::borrow::Cow;
use std::path::PathBuf;

use axum::body::Bytes;
use rust_embed::Embed;
use sha2::{Digest, Sha256};

/// The page.
pub const INDEX: &str = "index.html";

/// Bytes that a path may have; the web client's own are far shorter.
const LONGEST: usize = 1_024;

/// What was built before the server was. The folder may be missing: then the server has no web client.
#[derive(Embed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Built;

/// Where the files come from.
#[derive(Clone, Debug)]
pub enum Site {
    /// Out of the binary.
    Embedded,
    /// Read anew for each request.
    Folder(PathBuf),
}

/// A file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its content.
    pub bytes: Bytes,
    /// The SHA-256 of that.
    pub hash: [u8; 32],
}

impl Site {
    /// The web client that was built with this server: in a debug build, whose compilation should not depend on it, what lies in its folder.
    pub fn built() -> Self {
        if cfg!(debug_assertions) {
            Self::Folder(concat!(env!("CARGO_MANIFEST_DIR"), "/../web/dist").into())
        } else {
            Self::Embedded
        }
    }

    /// The file of this name, which is one of [`file_name`]'s.
    pub async fn get(&self, name: &str) -> Option<File> {
        match self {
            Self::Embedded => {
                let file = Built::get(name)?;
                let bytes = match file.data {
                    Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                    Cow::Owned(bytes) => bytes.into(),
                };
                let hash = file.metadata.sha256_hash();
                Some(File { bytes, hash })
            }
            Self::Folder(folder) => {
                let bytes = tokio::fs::read(folder.join(name)).await.ok()?;
                let hash = Sha256::digest(&bytes).into();
                let bytes = bytes.into();
                Some(File { bytes, hash })
            }
        }
    }
}

/// The type of each kind of file that the web client may have.
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff2", "font/woff2"),
];

/// `Content-Type` of a file.
pub fn content_type(name: &str) -> &'static str {
    known_type(name).unwrap_or("application/octet-stream")
}

fn known_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    let known = TYPES
        .iter()
        .find(|(known, _)| ending.eq_ignore_ascii_case(known))?;
    Some(known.1)
}

/// The file that a request's path would name. None of ours has a name of which that could not be told by its letters, so nothing is decoded,
/// and no name leads out of the folder. Compressed siblings are no files of their own.
pub fn file_name(path: &str) -> Option<&str> {
    if path == "/" {
        return Some(INDEX);
    }
    let name = path.strip_prefix('/')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let is_hidden = |part: &str| part.is_empty() || part.starts_with('.');
    let is_packed = name.ends_with(".br") || name.ends_with(".gz");
    let fits = name.len() <= LONGEST && name.bytes().all(is_plain);
    (fits && !is_packed && !name.split('/').any(is_hidden)).then_some(name)
}

/// Whether a path may be one that the page itself reads, and so is answered with the page: no file's, and nothing that is only meant to
/// confuse. Usernames stand in such paths, which may have dots and almost every other character.
pub fn may_be_route(path: &str) -> bool {
    let Ok(text) = percent_encoding::percent_decode_str(path).decode_utf8() else {
        return false;
    };
    let is_odd = |letter: char| letter.is_control() || letter == '\\';
    let is_step = |part: &str| part == "." || part == "..";
    let last = text.rsplit('/').next().unwrap_or_default();
    path.len() <= LONGEST
        && !text.contains(is_odd)
        && !text.split('/').any(is_step)
        && known_type(last).is_none()
        && !last.ends_with(".br")
        && !last.ends_with(".gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_name_a_file() {
        for (path, name) in [
            ("/", Some("index.html")),
            ("/index.html", Some("index.html")),
            ("/assets/app-D_3x-9.js", Some("assets/app-D_3x-9.js")),
            ("/sw.js", Some("sw.js")),
            ("/assets/app.js.br", None),
            ("/index.html.gz", None),
            ("/.vite/manifest.json", None),
            ("/assets/.hidden", None),
            ("/../Cargo.toml", None),
            ("/assets/../../Cargo.toml", None),
            ("/assets//app.js", None),
            ("//etc/passwd", None),
            ("/assets/", None),
            ("/%2e%2e/Cargo.toml", None),
            ("/assets%2fapp.js", None),
            ("/a\\b.js", None),
            ("/index.html%00", None),
            ("/ü.js", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(file_name(path), name, "{path}");
        }
        let long = format!("/{}", "a".repeat(LONGEST));
        assert!(file_name(&long).is_some() && file_name(&format!("{long}a")).is_none());
    }

    #[test]
    fn routes_are_what_people_are_called_and_nothing_that_steps_about() {
        for path in [
            "/dm/7",
            "/dm/7/details",
            "/settings/",
            "/person/bob.smith",
            "/person/%C3%BC",
            "/person/a%20b",
            "/person/...",
        ] {
            assert!(may_be_route(path), "{path}");
        }
        for path in [
            "/missing.js",
            "/assets/gone-1a2b.css",
            "/index.html.br",
            "/favicon.ICO",
            "/../dm",
            "/%2e%2e/dm",
            "/dm/%2E%2e%2fx",
            "/dm/..",
            "/a%5cb",
            "/dm%00",
            "/dm%0d%0a",
            "/person/%ff",
        ] {
            assert!(!may_be_route(path), "{path}");
        }
        assert!(!may_be_route(&"/a".repeat(LONGEST)));
    }
}
