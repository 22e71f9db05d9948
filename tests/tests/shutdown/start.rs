//! Starts that are refused, and the settings as the binary prints them.

use std::collections::BTreeMap;
use std::process::Output;

use sotto_tests::process::{Server, database, sotto};

use crate::GRACE;

/// Runs the binary to its end.
async fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let ended = sotto(settings).args(arguments).output();
    tokio::time::timeout(GRACE, ended)
        .await
        .expect("it ends")
        .unwrap()
}

/// The one line that a failed start leaves.
fn one_line(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert_eq!(
        text.matches('\n').count(),
        1,
        "one line is expected: {text}"
    );
    text.trim_end().to_owned()
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_with_one_line() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]).await;
    let url = format!("sqlite://{}", database(data.path()).display());
    let settings = [
        ("SOTTO_LISTEN", "127.0.0.1:0"),
        ("SOTTO_DATABASE_URL", url.as_str()),
        ("SOTTO_METRICS_LISTEN", "off"),
    ];
    for arguments in [&[][..], &["serve"]] {
        let line = one_line(&run(arguments, &settings).await);
        assert!(
            line.contains("another server is using") && line.contains("sotto.db"),
            "{line}"
        );
    }
    // The first one has not noticed, and the file is free again once it is gone, by whatever death.
    assert_eq!(server.ready().await, 200);
    server.kill().await;
    drop(Server::start(data.path(), &[]).await);
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_with_one_line_that_names_it() {
    let data = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", database(data.path()).display());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let missing = data.path().join("missing.pem").display().to_string();
    for (settings, named) in [
        (&[("SOTTO_LISTEN", "3000")][..], "SOTTO_LISTEN"),
        (&[("SOTTO_LISTEN", "localhost:3000")], "SOTTO_LISTEN"),
        (&[("SOTTO_LISTEN", taken.as_str())], "SOTTO_LISTEN"),
        // Beyond loopback the origin has to be known, or any host could be one.
        (&[("SOTTO_LISTEN", "0.0.0.0:0")], "SOTTO_PUBLIC_URL"),
        (&[("SOTTO_LISTEN", "[::]:0")], "SOTTO_PUBLIC_URL"),
        (
            &[("SOTTO_PUBLIC_URL", "chat.example.org")],
            "SOTTO_PUBLIC_URL",
        ),
        (
            &[("SOTTO_PUBLIC_URL", "https://a.example,ftp://b.example")],
            "SOTTO_PUBLIC_URL",
        ),
        (
            &[("SOTTO_DATABASE_URL", "mysql://localhost/sotto")],
            "sqlite://",
        ),
        (&[("SOTTO_METRICS_LISTEN", "on")], "SOTTO_METRICS_LISTEN"),
        (
            &[("SOTTO_METRICS_LISTEN", taken.as_str())],
            "SOTTO_METRICS_LISTEN",
        ),
        (
            &[("SOTTO_TRUSTED_PROXIES", "10.0.0.0/33")],
            "SOTTO_TRUSTED_PROXIES",
        ),
        (
            &[("SOTTO_CORS_ORIGINS", "app.example.org")],
            "SOTTO_CORS_ORIGINS",
        ),
        (&[("SOTTO_TLS_CERT", missing.as_str())], "SOTTO_TLS_KEY"),
        (
            &[
                ("SOTTO_TLS_CERT", missing.as_str()),
                ("SOTTO_TLS_KEY", missing.as_str()),
            ],
            "SOTTO_TLS_CERT",
        ),
        (
            &[("SOTTO_LEGACY_DH_LOGIN", "maybe")],
            "SOTTO_LEGACY_DH_LOGIN",
        ),
        (&[("SOTTO_RETENTION_DAYS", "-1")], "SOTTO_RETENTION_DAYS"),
        (&[("SOTTO_DIRECTORY", "closed")], "SOTTO_DIRECTORY"),
        (&[("SOTTO_WEB", "maybe")], "SOTTO_WEB"),
        (
            &[("SOTTO_ICE_SERVERS", "http://stun.example.org")],
            "SOTTO_ICE_SERVERS",
        ),
        (
            &[("SOTTO_ICE_SERVERS", "turn:turn.example.org")],
            "SOTTO_TURN_SECRET",
        ),
        (&[("SOTTO_PING_INTERVAL", "0")], "SOTTO_PING_INTERVAL"),
        (&[("SOTTO_PING_INTERVAL", "soon")], "SOTTO_PING_INTERVAL"),
        (&[("SOTTO_LOG_FORMAT", "xml")], "SOTTO_LOG_FORMAT"),
        (&[("SOTTO_LOG", "sotto=loud")], "SOTTO_LOG"),
        (&[("SOTTO_DATABASE_READERS", "0")], "SOTTO_DATABASE_READERS"),
        (&[("SOTTO_LIMITS", "none")], "SOTTO_LIMITS"),
        (&[("SOTTO_MAX_MEMBERS", "1")], "SOTTO_MAX_MEMBERS"),
        (&[("SOTTO_MAX_MESSAGE", "1e6")], "SOTTO_MAX_MESSAGE"),
        (&[("SOTTO_MAX_FRAME", "1000")], "SOTTO_MAX_FRAME"),
        (&[("SOTTO_RATE_EVENTS", "-3")], "SOTTO_RATE_EVENTS"),
    ] {
        let mut all = vec![
            ("SOTTO_LISTEN", "127.0.0.1:0"),
            ("SOTTO_DATABASE_URL", url.as_str()),
            ("SOTTO_METRICS_LISTEN", "off"),
        ];
        all.extend(settings);
        let line = one_line(&run(&[], &all).await);
        assert!(line.contains(named), "{settings:?}: {line}");
        assert!(line.len() < 400, "{settings:?}: no clear line: {line}");
    }
}

#[tokio::test]
async fn the_start_says_where_the_web_client_is() {
    let data = tempfile::tempdir().unwrap();
    for (setting, said) in [
        ("on", "client on http://localhost:"),
        ("off", "SOTTO_WEB=off"),
    ] {
        let mut server = Server::start(data.path(), &[("SOTTO_WEB", setting)]).await;
        server.terminate().await;
        server.ended().await;
        let lines = server.stdout.text();
        let line = lines.lines().find(|line| line.contains("eb client"));
        let line = line.unwrap_or_else(|| panic!("{lines}"));
        // Where none was built, it says that.
        let missing = setting == "on" && line.contains("built without it");
        assert!(missing || line.contains(said), "{line}");
    }
}

/// Names and values of an environment file.
fn parse_env(text: &str) -> BTreeMap<String, String> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|line| {
        line.split_once('=')
            .unwrap_or_else(|| panic!("no setting: {line}"))
    });
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[tokio::test]
async fn what_config_prints_is_an_environment_file_that_gives_the_same_settings() {
    let changed = [
        ("SOTTO_LISTEN", "127.0.0.1:4321"),
        (
            "SOTTO_PUBLIC_URL",
            "https://one.example,https://two.example",
        ),
        ("SOTTO_LOG", "sotto=info,warn"),
        ("SOTTO_RETENTION_DAYS", "30"),
        ("SOTTO_LIMITS", "off"),
        ("SOTTO_MAX_MESSAGE", "1000"),
    ];
    for settings in [&[][..], &changed] {
        let printed = run(&["config"], settings).await;
        assert!(printed.status.success());
        let printed = String::from_utf8(printed.stdout).unwrap();
        let parsed = parse_env(&printed);
        for (name, value) in settings {
            assert_eq!(parsed.get(*name).map(String::as_str), Some(*value));
        }
        let again: Vec<_> = parsed
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let again = run(&["config"], &again).await;
        assert!(again.status.success(), "{again:?}");
        assert_eq!(String::from_utf8(again.stdout).unwrap(), printed);
    }
    // Flags count as well as variables.
    let flags = run(&["--listen", "127.0.0.1:4321", "config"], &[]).await;
    let parsed = parse_env(&String::from_utf8(flags.stdout).unwrap());
    assert_eq!(parsed["SOTTO_LISTEN"], "127.0.0.1:4321");
}

/// Every setting, as `sotto config` lists them, those without a value too.
async fn names() -> Vec<String> {
    let printed = String::from_utf8(run(&["config"], &[]).await.stdout).unwrap();
    let lines = printed.lines().map(|line| line.trim_start_matches('#'));
    let names = lines
        .filter(|line| line.starts_with("SOTTO_"))
        .filter_map(|line| line.split_once('='));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[tokio::test]
async fn r_130_help_names_every_setting() {
    let help = String::from_utf8(run(&["--help"], &[]).await.stdout).unwrap();
    let names = names().await;
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        assert!(
            help.contains(&format!("[env: {name}")),
            "--help does not name {name}"
        );
    }
}

#[tokio::test]
async fn secrets_are_masked_wherever_settings_are_printed() {
    let data = tempfile::tempdir().unwrap();
    let secret = "correct-horse-battery";
    let settings = [
        ("SOTTO_TURN_SECRET", secret),
        ("SOTTO_ICE_SERVERS", "turn:turn.example.org"),
    ];
    let mut server = Server::start(
        data.path(),
        &[&settings[..], &[("SOTTO_LOG", "debug")]].concat(),
    )
    .await;
    server.terminate().await;
    server.ended().await;
    let printed = server.stdout.text();
    assert!(
        printed.contains("Settings in force:") && printed.contains("SOTTO_TURN_SECRET=(secret)"),
        "{printed}"
    );
    let mut outputs = vec![printed, server.stderr.text()];
    for arguments in [&["config"][..], &["--help"]] {
        let output = run(arguments, &settings).await;
        assert!(output.status.success());
        outputs.push(String::from_utf8(output.stdout).unwrap());
    }
    for output in outputs {
        assert!(!output.contains(secret), "{output}");
    }
}
