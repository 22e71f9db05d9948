//! Each measurement, briefly, against the real server, so that none rots unseen; and that a refusal is no figure.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use sotto_bench::compare::{self, Compare};
use sotto_bench::idle::{self, Idle};
use sotto_bench::logins::{self, Logins};
use sotto_bench::sends::{self, Sends};
use sotto_bench::server::{Launch, Place};
use sotto_bench::timed::{self, Timed};

/// The server of the same build, or the one that `SOTTO_TEST_BINARY` names.
fn launch() -> Launch {
    let named = std::env::var_os("SOTTO_TEST_BINARY").map(PathBuf::from);
    let binary = named.unwrap_or_else(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).map(Path::to_owned);
        profile.unwrap().join("sotto")
    });
    assert!(
        binary.exists(),
        "{} is missing: build it with `cargo build -p sotto-server`",
        binary.display()
    );
    Launch {
        binary,
        data: std::env::temp_dir(),
        settings: Vec::new(),
        cpus: Vec::new(),
    }
}

fn few_sends() -> Sends {
    Sends {
        group: 3,
        groups: 2,
        in_flight: 4,
        seconds: 1,
        bytes: 16,
    }
}

#[tokio::test]
async fn sends() {
    // `measure` itself fails unless every member gets every message once.
    let place = Place::Own(launch());
    let report = sends::measure(&place, &few_sends()).await.unwrap();
    assert!(report.acks > 0.0 && report.deliveries > report.acks);
    assert!(report.latency.p50 > 0.0 && report.latency.p50 <= report.latency.max);
    assert!(report.batch.unwrap() >= 1.0, "{:?}", report.batch);
    assert!(report.commit.unwrap() > 0.0);
    assert!(report.cpu_per_send.unwrap() > 0.0);
}

#[tokio::test]
async fn timed() {
    let timed = Timed {
        count: 20,
        within: 1,
        lead: Some(5),
        bytes: 64,
    };
    let report = timed::measure(&Place::Own(launch()), &timed).await.unwrap();
    assert!(report.arrival.max > 0.0 && report.stamp.max <= report.arrival.max);
    assert!(report.accepted > 0.0);
}

#[tokio::test]
async fn idle() {
    let idle = Idle {
        connections: 50,
        rest: 1,
    };
    let report = idle::measure(&Place::Own(launch()), &idle).await.unwrap();
    assert!(report.fresh && report.with > report.before, "{report:?}");
}

#[tokio::test]
async fn logins() {
    let logins = Logins {
        at_once: 2,
        seconds: 1,
    };
    let place = Place::Own(launch());
    let report = logins::measure(&place, &logins).await.unwrap();
    assert!(report.logins > 0.0 && report.latency.p50 > 0.0);
    assert!(report.cpu_each.unwrap() > 0.0);
}

#[tokio::test]
async fn compare() {
    let launch = launch();
    let compare = Compare {
        a: launch.binary.clone(),
        b: launch.binary.clone(),
        env_a: Vec::new(),
        env_b: vec![("SOTTO_DURABLE".to_owned(), "false".to_owned())],
        rounds: 1,
        sends: few_sends(),
    };
    let mut order = Vec::new();
    let table = compare::measure(&launch, &compare, |name, _| order.push(name.to_owned()))
        .await
        .unwrap();
    assert_eq!(order, ["A", "B"]);
    assert!(table.to_string().contains("| acks/s "), "{table}");
}

#[tokio::test]
async fn a_refusal_fails_the_measurement() {
    let server = Place::Own(launch()).server().unwrap();
    // Logins are bound to the server's origin, and this is another one.
    let mut target = server.target.clone();
    target.origin = "http://elsewhere.example".to_owned();
    let logins = Logins {
        at_once: 1,
        seconds: 1,
    };
    let place = Place::Running(target, server.probe);
    let cause = logins::measure(&place, &logins).await.unwrap_err();
    assert!(format!("{cause:#}").contains("wrong_response"), "{cause:#}");
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() {
    let mut launch = launch();
    let wrong = ("SOTTO_RETENTION_DAYS".to_owned(), "many".to_owned());
    launch.settings.push(wrong);
    let cause = Place::Own(launch).server().unwrap_err();
    assert!(
        format!("{cause:#}").contains("--retention-days"),
        "{cause:#}"
    );
}
