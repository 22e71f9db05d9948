//! The web client, as a browser is given it: files, encodings, caching, the headers of `docs/operations.md`, and all that is not there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use sotto_server::{Switch, WebClient};
use sotto_tests::TestServer;
use sotto_tests::http::{self, Answer};
use tempfile::TempDir;

const PAGE: &str =
    "<!doctype html><title>Sotto</title><script src=\"/assets/app-1a2B_3.js\"></script>";
const SCRIPT: &str = "export const app = 1;";
const HTML: &str = "accept: text/html,application/xhtml+xml,*/*;q=0.8";

/// A server with a small web client, and the folder in which that lies.
async fn server() -> (TestServer, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("dist");
    fs::create_dir_all(site.join("assets")).unwrap();
    fs::create_dir_all(site.join(".vite")).unwrap();
    for (name, content) in [
        ("index.html", PAGE),
        ("index.html.br", "the page, by brotli"),
        ("sw.js", "self.skipWaiting();"),
        ("manifest.webmanifest", "{}"),
        ("icon.svg", "<svg/>"),
        ("assets/app-1a2B_3.js", SCRIPT),
        ("assets/app-1a2B_3.js.br", "the script, by brotli"),
        ("assets/app-1a2B_3.js.gz", "the script, by gzip"),
        ("assets/app-4c5D.css", "a{}"),
        (".vite/manifest.json", "{\"secret\":1}"),
        ("../outside.txt", "outside"),
    ] {
        fs::write(site.join(name), content).unwrap();
    }
    let server = TestServer::with(|config| config.web_folder = Some(site)).await;
    assert_eq!(server.running().web, WebClient::Served);
    (server, folder)
}

async fn get(server: &TestServer, path: &str, headers: &[&str]) -> Answer {
    http::get(server.running().address, path, headers).await
}

/// The header lines that the documentation promises for every answer.
fn promised() -> Vec<(String, String)> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
    let docs = fs::read_to_string(docs).unwrap();
    let (_, rest) = docs.split_once("<!-- headers -->").unwrap();
    let (block, _) = rest.split_once("<!-- /headers -->").unwrap();
    let lines = block
        .lines()
        .filter_map(|line| line.trim().split_once(": "));
    let lines: Vec<_> = lines
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    assert_eq!(lines.len(), 7, "{lines:?}");
    lines
}

/// What an answer says beside its content.
fn head_of(answer: &Answer) -> Vec<(String, String)> {
    let lines = answer
        .head
        .lines()
        .skip(1)
        .filter_map(|l| l.split_once(": "));
    let own = ["date", "connection", "content-length"];
    let mut lines: Vec<_> = lines
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn the_page_its_files_and_the_headers_are_those_of_the_documentation() {
    let (server, _folder) = server().await;
    let immutable = "public, max-age=31536000, immutable";
    for (path, kind, cache, content) in [
        ("/", "text/html; charset=utf-8", "no-cache", PAGE),
        ("/index.html", "text/html; charset=utf-8", "no-cache", PAGE),
        (
            "/sw.js",
            "text/javascript; charset=utf-8",
            "no-cache",
            "self.skipWaiting();",
        ),
        (
            "/manifest.webmanifest",
            "application/manifest+json",
            "no-cache",
            "{}",
        ),
        ("/icon.svg", "image/svg+xml", "no-cache", "<svg/>"),
        (
            "/assets/app-1a2B_3.js",
            "text/javascript; charset=utf-8",
            immutable,
            SCRIPT,
        ),
        (
            "/assets/app-4c5D.css",
            "text/css; charset=utf-8",
            immutable,
            "a{}",
        ),
    ] {
        // No query leads elsewhere.
        for path in [path.to_owned(), format!("{path}?v=../../outside.txt")] {
            let answer = get(&server, &path, &[]).await;
            assert_eq!((answer.status, &answer.body[..]), (200, content), "{path}");
            let tag = answer.header("etag").unwrap().to_owned();
            assert!(tag.starts_with('"') && tag.len() == 34, "strong: {tag}");
            let mut head = promised();
            for (name, value) in [
                ("cache-control", cache),
                ("content-type", kind),
                ("etag", &tag),
                ("vary", "Accept-Encoding"),
            ] {
                head.push((name.to_owned(), value.to_owned()));
            }
            head.sort();
            assert_eq!(head_of(&answer), head, "{path}");
            assert_eq!(
                answer.header("content-length"),
                Some(content.len().to_string().as_str())
            );
        }
    }
}

#[tokio::test]
async fn an_encoding_is_chosen_and_has_a_tag_of_its_own() {
    let (server, _folder) = server().await;
    let path = "/assets/app-1a2B_3.js";
    let mut tags = Vec::new();
    for (wish, encoding, content) in [
        ("gzip, deflate, br", Some("br"), "the script, by brotli"),
        ("br;q=0.5, gzip;q=0.8", Some("gzip"), "the script, by gzip"),
        ("deflate", None, SCRIPT),
    ] {
        let wish = format!("accept-encoding: {wish}");
        let answer = get(&server, path, &[&wish]).await;
        assert_eq!((answer.status, &answer.body[..]), (200, content), "{wish}");
        assert_eq!(answer.header("content-encoding"), encoding);
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
        assert_eq!(
            answer.header("content-type"),
            Some("text/javascript; charset=utf-8"),
            "that of the file, not of its packing"
        );
        tags.push(answer.header("etag").unwrap().to_owned());
        // It is not sent again, and no tag of another encoding stands for it.
        for (index, tag) in tags.iter().enumerate() {
            let known = format!("if-none-match: \"x\", W/{tag}");
            let again = get(&server, path, &[&wish, &known]).await;
            let expected = if index + 1 == tags.len() { 304 } else { 200 };
            assert_eq!(again.status, expected, "{wish} {known}");
            assert!(again.body.is_empty() == (expected == 304));
        }
    }
    // A file without a sibling is sent as it is.
    let plain = get(&server, "/sw.js", &["accept-encoding: br, gzip"]).await;
    assert_eq!(plain.header("content-encoding"), None);
    let page = get(&server, "/", &["accept-encoding: br, gzip"]).await;
    assert_eq!(page.body, "the page, by brotli");
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let (server, folder) = server().await;
    let first = get(&server, "/", &[]).await;
    let known = format!("if-none-match: {}", first.header("etag").unwrap());
    for known in [&known, "if-none-match: *"] {
        let again = get(&server, "/", &[known]).await;
        assert_eq!((again.status, &again.body[..]), (304, ""));
        let mut head = head_of(&first);
        head.retain(|(name, _)| name != "content-type");
        assert_eq!(head_of(&again), head, "RFC 9110, section 15.4.5");
        assert_eq!(again.header("content-length"), None);
    }
    fs::write(folder.path().join("dist/index.html"), "another page").unwrap();
    let changed = get(&server, "/", &[&known]).await;
    assert_eq!((changed.status, &changed.body[..]), (200, "another page"));
}

#[tokio::test]
async fn addresses_that_the_page_reads_are_answered_with_the_page() {
    let (server, _folder) = server().await;
    for path in [
        "/dm/7",
        "/settings/",
        "/person/bob.smith/verify",
        "/person/%C3%BC.%20x",
        "/metric",
        "/healthz-no",
        "/socket.iop",
    ] {
        let answer = get(&server, path, &[HTML]).await;
        assert_eq!((answer.status, &answer.body[..]), (200, PAGE), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        for other in [
            "accept: */*",
            "accept: text/html;q=0",
            "accept: application/json",
        ] {
            let answer = get(&server, path, &[other]).await;
            assert_eq!(answer.status, 404, "{path} {other}");
        }
        assert_eq!(get(&server, path, &[]).await.status, 404, "{path}");
    }
}

/// Whatever is asked for: a page, «not found» or a refusal, and never a file from beyond the folder.
#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let (server, _folder) = server().await;
    let long = format!("/{}", "a".repeat(60_000));
    let deep = "/..".repeat(1_000);
    for path in [
        "/../outside.txt",
        "/assets/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/%2e%2e%2foutside.txt",
        "/..%2foutside.txt",
        "/%252e%252e%252foutside.txt",
        "/..%5coutside.txt",
        "/..\\outside.txt",
        "/assets/..;/outside.txt",
        "//outside.txt",
        "/./../outside.txt",
        "/.vite/manifest.json",
        "/index.html%00",
        "/index.html%00.js",
        "/assets/app-1a2B_3.js%00",
        "/assets/app-1a2B_3.js.br",
        "/assets/app-1a2B_3.js.gz",
        "/assets/app-1a2B_3.js%2ebr",
        "/index.html.br",
        "/INDEX.HTML",
        "/assets/gone-1a2b.js",
        "/assets",
        "/assets/",
        "/%zz.js",
        "/%ff%fe",
        "/%0d%0ax-evil:%201",
        &long,
        &deep,
    ] {
        for accept in ["accept: */*", HTML] {
            let answer = get(&server, path, &[accept]).await;
            let shown = &path[..path.len().min(40)];
            // Two of these may be taken for names of people or DMs.
            let may_be_page = accept == HTML && ["/assets", "/assets/"].contains(&path);
            let expected = if may_be_page { 200 } else { 404 };
            assert_eq!(answer.status, expected, "{shown} {accept}");
            assert_eq!(answer.body == PAGE, may_be_page, "{shown} {accept}");
            let mut head = promised();
            head.retain(|line| !head_of(&answer).contains(line));
            assert!(head.is_empty(), "{shown} lacks {head:?}");
            assert_eq!(answer.header("x-evil"), None);
        }
    }
    // What is no request at all does not come so far.
    for path in ["/index.html\0", "/a b"] {
        let answer = get(&server, path, &[HTML]).await;
        assert_eq!(answer.status, 400, "{path:?}");
    }
    let address = server.running().address;
    let whole = format!("http://{address}/../outside.txt");
    assert_eq!(get(&server, &whole, &[]).await.status, 404);
}

#[tokio::test]
async fn it_is_only_read() {
    let (server, _folder) = server().await;
    let address = server.running().address;
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        for path in ["/", "/assets/app-1a2B_3.js", "/nothing"] {
            let answer = http::send(address, method, path, &[HTML], "").await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    for (path, headers) in [
        ("/", vec![]),
        ("/assets/app-1a2B_3.js", vec!["accept-encoding: br"]),
        ("/nothing", vec![]),
        ("/dm/1", vec![HTML]),
    ] {
        let full = http::send(address, "GET", path, &headers, "").await;
        let head = http::send(address, "HEAD", path, &headers, "").await;
        assert_eq!(head.body, "", "{path}");
        assert_eq!(head.status, full.status, "{path}");
        assert_eq!(head_of(&head), head_of(&full), "{path}");
        let length = full.body.len().to_string();
        assert_eq!(head.header("content-length"), Some(&length[..]), "{path}");
    }
}

#[tokio::test]
async fn the_servers_own_paths_are_never_the_pages() {
    let (server, folder) = server().await;
    // A file of that name changes nothing.
    fs::create_dir(folder.path().join("dist/socket.io")).unwrap();
    for name in ["healthz", "readyz", "metrics", "socket.io/evil.js"] {
        fs::write(folder.path().join("dist").join(name), "evil").unwrap();
    }
    let handshake = "/socket.io/?EIO=4&transport=polling";
    let answer = get(&server, handshake, &[HTML]).await;
    assert!(
        answer.status == 200 && answer.body.starts_with("0{"),
        "{answer:?}"
    );
    assert_eq!(answer.header("content-security-policy"), None);
    for (path, status, body) in [
        ("/healthz", 200, "{\"status\":\"ok\"}"),
        ("/readyz", 200, "{\"status\":\"ready\"}"),
        ("/metrics", 404, ""),
        ("/metrics/x", 404, ""),
        ("/healthz/x", 404, ""),
    ] {
        let answer = get(&server, path, &[HTML]).await;
        assert_eq!((answer.status, &answer.body[..]), (status, body), "{path}");
    }
    for path in ["/socket.io/evil.js", "/socket.io"] {
        let answer = get(&server, path, &[HTML]).await;
        assert!(answer.body != "evil" && answer.body != PAGE, "{answer:?}");
    }
    // The other way round: what is asked for at the page's paths is no connection.
    let answer = get(&server, "/?EIO=4&transport=polling", &[]).await;
    assert_eq!(answer.body, PAGE);
    // And the client works.
    server.pair().await;
}

#[tokio::test]
async fn pages_elsewhere_may_use_the_server_and_not_its_page() {
    let (mut server, _folder) = server().await;
    server.end().await;
    server.config.cors_origins = vec!["*".to_owned()];
    server.begin().await;
    let origin = "origin: https://app.example.org";
    let answer = get(&server, "/", &[origin]).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let answer = get(&server, "/socket.io/?EIO=4&transport=polling", &[origin]).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn off_is_as_if_there_were_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), PAGE).unwrap();
    let server = TestServer::with(|config| {
        config.web = Switch::Off;
        config.web_folder = Some(folder.path().to_owned());
    })
    .await;
    assert_eq!(server.running().web, WebClient::Off);
    for path in ["/", "/index.html", "/dm/7"] {
        let answer = get(&server, path, &[HTML]).await;
        assert_eq!((answer.status, &answer.body[..]), (404, ""), "{path}");
        assert_eq!(answer.header("content-security-policy"), None);
    }
}

#[tokio::test]
async fn a_server_without_a_web_client_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("dist");
    let server = TestServer::with(|config| config.web_folder = Some(missing)).await;
    assert_eq!(server.running().web, WebClient::Missing);
    let answer = get(&server, "/", &[HTML]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("without the web client"), "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for path in ["/dm/7", "/index.html", "/assets/app.js"] {
        assert_eq!(get(&server, path, &[HTML]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn anyone_can_compare_what_is_delivered_with_a_build_of_their_own() {
    let (server, folder) = server().await;
    let site = folder.path().join("dist");
    // Real siblings would be unpacked by curl: these are none.
    for name in [
        "index.html.br",
        "assets/app-1a2B_3.js.br",
        "assets/app-1a2B_3.js.gz",
    ] {
        fs::remove_file(site.join(name)).unwrap();
    }
    let compare = async || {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/same-web");
        let ran = tokio::process::Command::new(script)
            .arg(server.origin())
            .arg(folder.path().join("own"))
            .output();
        let ran = ran.await.unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    };
    assert_eq!(compare().await.0, Some(2), "there is nothing to compare");
    let own = folder.path().join("own/assets");
    fs::create_dir_all(&own).unwrap();
    let files = ["index.html", "sw.js", "assets/app-1a2B_3.js"];
    for file in files {
        fs::copy(site.join(file), folder.path().join("own").join(file)).unwrap();
    }
    assert_eq!(
        compare().await,
        (Some(0), "3 files, 0 not the same\n".to_owned())
    );
    fs::write(site.join("assets/app-1a2B_3.js"), "export const app = 2;").unwrap();
    fs::remove_file(site.join("sw.js")).unwrap();
    let (status, told) = compare().await;
    assert_eq!(status, Some(1));
    let expected =
        "not the same: assets/app-1a2B_3.js\nnot the same: sw.js\n3 files, 2 not the same\n";
    assert_eq!(told, expected);
}

/// What a browser would be given now: every file that the page names is there, and would not be asked for twice.
async fn page_is_whole(address: SocketAddr) {
    let page = http::get(address, "/", &[HTML]).await;
    assert_eq!(page.status, 200);
    let parts = page.body.split('"').filter(|part| part.starts_with('/'));
    let files: Vec<_> = parts.filter(|part| part.contains('.')).collect();
    assert!(!files.is_empty(), "{}", page.body);
    for file in files {
        let answer = http::get(address, file, &[]).await;
        assert_eq!(answer.status, 200, "{file}");
        let asset = file.starts_with("/assets/");
        let cache = answer.header("cache-control").unwrap();
        assert_eq!(cache.contains("immutable"), asset, "{file}");
        let packed = http::get(address, file, &["accept-encoding: br"]).await;
        let is_text = file.ends_with(".js") || file.ends_with(".css");
        if asset && is_text && answer.body.len() > 2_000 {
            assert_eq!(packed.header("content-encoding"), Some("br"), "{file}");
            assert!(packed.body.len() < answer.body.len(), "{file}");
        }
    }
}

#[tokio::test]
async fn the_web_client_that_was_built_is_served_whole() {
    let server = TestServer::start().await;
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/dist/index.html");
    if built.exists() {
        assert_eq!(server.running().web, WebClient::Served);
        page_is_whole(server.running().address).await;
    } else {
        assert_eq!(server.running().web, WebClient::Missing);
    }
}
