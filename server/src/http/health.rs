//! `/healthz`: the process lives. `/readyz`: it can serve, which it cannot while going down or when the database fails.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::store::timed;

/// How long the database may take to answer a ready server.
const PATIENCE: Duration = Duration::from_secs(2);

/// What readiness is judged by.
#[derive(Clone)]
pub struct Health {
    /// Everything built once.
    pub app: Arc<App>,
    /// Cancelled when the server goes down.
    pub stopping: CancellationToken,
}

/// The two routes.
pub fn routes(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(async || Json(json!({ "status": "ok" }))))
        .route("/readyz", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> (StatusCode, Json<Value>) {
    match readiness(&health).await {
        Ok(()) => (StatusCode::OK, Json(json!({ "status": "ready" }))),
        Err(why) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "status": why })),
        ),
    }
}

/// Whether the server can serve right now.
///
/// # Errors
/// Why it cannot.
pub async fn readiness(health: &Health) -> Result<(), &'static str> {
    if health.stopping.is_cancelled() {
        return Err("stopping");
    }
    if !health.app.store.writer().healthy() {
        return Err("the last change could not be written");
    }
    // Any look at the database does; this one is by an index.
    match tokio::time::timeout(PATIENCE, timed::next_due(health.app.store.reader())).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err("the database does not answer"),
    }
}
