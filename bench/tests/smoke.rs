//! The load generator against a server in this process: that each measurement measures, so that none rots unseen.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use clap::Parser;
use sotto_bench::logins::{self, Logins};
use sotto_bench::probe::Probe;
use sotto_bench::sends::{self, Sends};
use sotto_bench::server::Place;
use sotto_bench::timed::{self, Timed};
use sotto_bench::wire::Target;
use sotto_server::config::Cli;
use sotto_server::{SystemClock, serve};
use tokio::net::TcpListener;

async fn place(directory: &std::path::Path) -> Place {
    let database = format!("sqlite://{}/sotto.db", directory.display());
    let arguments = [
        "sotto",
        "--limits",
        "off",
        "--metrics-listen",
        "127.0.0.1:0",
    ];
    let arguments = arguments.into_iter().chain(["--database-url", &database]);
    let config = Cli::parse_from(arguments).config;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let clock = Arc::new(SystemClock);
    let running = serve(config, listener, clock, std::future::pending())
        .await
        .unwrap();
    let probe = Probe {
        pid: Some(std::process::id()),
        metrics: running.metrics_address,
    };
    let url = format!("http://{}", running.address);
    Place::Running(Target::parse(&url, None).unwrap(), probe)
}

#[tokio::test]
async fn each_measurement_measures() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path()).await;

    let sends = Sends {
        group: 3,
        groups: 2,
        in_flight: 4,
        seconds: 1,
        bytes: 16,
    };
    // `measure` itself fails unless every member gets every message once.
    let report = sends::measure(&place, &sends).await.unwrap();
    assert!(report.acks > 0.0 && report.deliveries > report.acks);
    assert!(report.latency.p50 > 0.0 && report.latency.p50 <= report.latency.max);
    assert!(report.batch.unwrap() >= 1.0, "{:?}", report.batch);
    assert!(report.commit.unwrap() > 0.0);
    assert!(report.cpu_per_send.unwrap() > 0.0);

    let timed = Timed {
        count: 20,
        within: 1,
        lead: Some(5),
        bytes: 64,
    };
    let report = timed::measure(&place, &timed).await.unwrap();
    assert!(report.arrival.max > 0.0 && report.stamp.max <= report.arrival.max);

    let logins = Logins {
        at_once: 2,
        seconds: 1,
    };
    let report = logins::measure(&place, &logins).await.unwrap();
    assert!(report.logins > 0.0 && report.latency.p50 > 0.0);
}

#[tokio::test]
async fn a_refusal_fails_the_measurement() {
    let directory = tempfile::tempdir().unwrap();
    let Place::Running(mut target, probe) = place(directory.path()).await else {
        unreachable!("it runs already");
    };
    // Logins are bound to the server's origin, and this is another one.
    target.origin = "http://elsewhere.example".to_owned();
    let logins = Logins {
        at_once: 1,
        seconds: 1,
    };
    let cause = logins::measure(&Place::Running(target, probe), &logins)
        .await
        .unwrap_err();
    assert!(format!("{cause:#}").contains("wrong_response"), "{cause:#}");
}
