//! `/metrics` for Prometheus, on a port of its own.

use std::sync::OnceLock;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// One recorder per process, however many servers a test starts.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Starts recording, and says how to read it.
pub fn install() -> Option<PrometheusHandle> {
    RECORDER
        .get_or_init(|| {
            let handle = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
                .and_then(|builder| {
                    builder
                        .set_buckets_for_metric(Matcher::Suffix("_batch_size".to_owned()), COUNTS)
                })
                .and_then(|builder| builder.install_recorder());
            describe();
            handle
                .inspect_err(|cause| tracing::warn!(%cause, "no metrics"))
                .ok()
        })
        .clone()
}

fn describe() {
    describe_counter!(
        "sotto_events_total",
        "Events by name and outcome (`ok` or the refusal's code)."
    );
    describe_histogram!(
        "sotto_event_seconds",
        "From an event's arrival to its answer, by name."
    );
    describe_counter!(
        "sotto_notices_total",
        "Notices delivered to devices, by name."
    );
    describe_histogram!(
        "sotto_commit_seconds",
        "How long a batch took to apply and commit."
    );
    describe_histogram!(
        "sotto_commit_batch_size",
        "How many changes shared a commit."
    );
    describe_gauge!(
        "sotto_writer_queue_depth",
        "Changes that wait for the writer."
    );
    describe_gauge!("sotto_sockets", "Open Socket.IO connections.");
    describe_gauge!("sotto_links", "Open TCP connections.");
    describe_counter!(
        "sotto_closed_total",
        "Connections that the server closed, by reason."
    );
    describe_counter!(
        "sotto_dropped_total",
        "Packets that found a connection's queue full; each closes it."
    );
    describe_histogram!(
        "sotto_timed_late_seconds",
        "How late timed events were carried out."
    );
    describe_gauge!("sotto_wal_bytes", "Length of the write-ahead log.");
}

/// The route.
pub fn routes(handle: PrometheusHandle) -> Router {
    let render = async move || {
        handle.run_upkeep();
        (
            [(CONTENT_TYPE, "text/plain; version=0.0.4")],
            handle.render(),
        )
    };
    Router::new().route("/metrics", get(render))
}
