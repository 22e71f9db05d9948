//! Starting and stopping: builds everything in order, and takes it down in the reverse one with nothing lost.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::http::{HeaderValue, Method};
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::app::App;
use crate::clock::{DAY, SharedClock};
use crate::config::{Config, OffOr};
use crate::conn::Wires;
use crate::http::health::{self, Health};
use crate::http::sessions::{Sessions, carry};
use crate::http::site::{INDEX, Site};
use crate::http::web::{self, Web};
use crate::http::{admin, listener, metrics};
use crate::limits::{Rates, Switch};
use crate::notify::Teller;
use crate::presence;
use crate::scheduler::{self, Sweeps};
use crate::socket::{self, Edge, Hub};
use crate::store::{self, OpenOptions};

/// How long each step of going down may take; together well under the 10 s that service managers wait.
const LANES: Duration = Duration::from_secs(3);
const WRITER: Duration = Duration::from_secs(4);
const FLUSH: Duration = Duration::from_secs(1);
/// How long a client may pause while it sends the body of a request.
const BODY: Duration = Duration::from_secs(30);
/// Where metrics are served unless a setting says otherwise.
const METRICS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 3001);

/// A server that listens.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it serves metrics, if it does.
    pub metrics_address: Option<SocketAddr>,
    /// Whether it serves the web client.
    pub web: WebClient,
    task: tokio::task::JoinHandle<()>,
}

/// Whether a server serves the web client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebClient {
    /// It does.
    Served,
    /// It would, but was built without one.
    Missing,
    /// It was told not to.
    Off,
}

impl Running {
    /// Waits until it has gone down.
    ///
    /// # Errors
    /// Where it broke on the way.
    pub async fn ended(self) -> anyhow::Result<()> {
        self.task.await.context("the server broke")
    }
}

/// Starts a server on `listener` that goes down when `shutdown` completes. When this returns it takes connections, and what fell due
/// while it was down is being done.
///
/// # Errors
/// One line that says which setting or which file is in the way.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    clock: SharedClock,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<Running> {
    config.validate()?;
    let address = listener.local_addr()?;
    let tls = match (&config.tls_cert, &config.tls_key) {
        (Some(cert), Some(key)) => Some(listener::tls(cert, key)?),
        _ => None,
    };
    let recorder = metrics::install();
    let metrics_listener = listen_for_metrics(&config).await?;
    let (store, writer) = store::open(&open_options(&config), Arc::clone(&clock)).await?;
    let (hub, hub_events) = Hub::new(&config.limits);
    let notifier = Arc::clone(&hub);
    let (teller, ends) = Teller::new(notifier);
    let app = Arc::new(App {
        origins: config.origins()?,
        rates: Rates::new(&config.limits),
        clock,
        store,
        teller: Arc::new(teller),
        config,
    });
    let mut parts = Parts::build(&app, &hub, tls.is_some());
    let web = parts.add_web_client(&app.config, tls.is_some()).await;
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(socket::caretaker(Arc::clone(&app), hub_events));
    tasks.spawn(presence::tell_profiles(Arc::clone(&app), ends.profiles));
    let metrics_address = metrics_listener
        .as_ref()
        .and_then(|listener| listener.local_addr().ok());
    if let (Some(listener), Some(recorder)) = (metrics_listener, recorder) {
        serve_plainly(
            &mut tasks,
            listener,
            metrics::routes(recorder).merge(health::routes(parts.health.clone())),
        );
    }
    parts.open_admin_socket(&app, &mut tasks)?;
    let sweeps = parts.start_sweeps(&app).await?;
    let timed = tokio::spawn(scheduler::run(Arc::clone(&app), ends.due, stop.clone()));
    let accepting = tokio::spawn(listener::accept(
        listener,
        tls,
        parts.router,
        app.config.limits.max_connections,
        stop.clone(),
        parts.cut.clone(),
    ));
    let going_down = GoingDown {
        edge: parts.edge,
        writer,
        cut: parts.cut,
        stopping: parts.health.stopping,
    };
    let task = tokio::spawn(async move {
        shutdown.await;
        tracing::info!("going down");
        going_down.stopping.cancel();
        stop.cancel();
        sweeps.stop().await;
        for task in [accepting, timed] {
            drop(task.await);
        }
        going_down.run(tasks).await;
        tracing::info!("down");
    });
    Ok(Running {
        address,
        metrics_address,
        web,
        task,
    })
}

/// Serves routes that need no switch and no meter.
fn serve_plainly<L>(tasks: &mut JoinSet<()>, listener: L, routes: Router)
where
    L: axum::serve::Listener,
    L::Addr: std::fmt::Debug,
{
    tasks.spawn(async move { drop(axum::serve(listener, routes).await) });
}

fn open_options(config: &Config) -> OpenOptions {
    OpenOptions {
        url: config.database_url.clone(),
        readers: config.database_readers,
        durable: config.durable,
        queue_depth: config.limits.max_writer_queue,
        keep_us: i64::from(config.retention_days) * DAY,
    }
}

/// What is built around the app.
struct Parts {
    edge: Arc<Edge>,
    wires: Arc<Wires>,
    health: Health,
    router: Router,
    cut: CancellationToken,
}

impl Parts {
    fn build(app: &Arc<App>, hub: &Arc<Hub>, tls: bool) -> Self {
        let wires = Arc::new(Wires::default());
        let (layer, io) = socket::layer(&app.config);
        let edge = socket::open(
            &io,
            Arc::clone(app),
            Arc::clone(hub),
            Arc::clone(&wires),
            TaskTracker::new(),
        );
        let health = Health {
            app: Arc::clone(app),
            stopping: CancellationToken::new(),
        };
        let sessions = Sessions {
            wires: Arc::clone(&wires),
            trusted: app.config.trusted_proxies.clone(),
            tls,
            warned: AtomicBool::new(false),
        };
        let router = health::routes(health.clone())
            .layer(layer)
            .layer(RequestBodyTimeoutLayer::new(BODY))
            .layer(from_fn_with_state(Arc::new(sessions), carry))
            .layer(cors(&app.config.cors_origins));
        Self {
            edge,
            wires,
            health,
            router,
            cut: CancellationToken::new(),
        }
    }

    /// Puts the web client around everything else: it takes the paths that are nobody's, and is no page for other origins to use.
    async fn add_web_client(&mut self, config: &Config, tls: bool) -> WebClient {
        if config.web == Switch::Off {
            return WebClient::Off;
        }
        let folder = config.web_folder.clone();
        let site = folder.map_or_else(Site::built, Site::Folder);
        let is_there = site.get(INDEX).await.is_some();
        let web = Arc::new(Web { site, tls });
        self.router = std::mem::take(&mut self.router).layer(from_fn_with_state(web, web::serve));
        if is_there {
            WebClient::Served
        } else {
            WebClient::Missing
        }
    }

    /// Opens the operator's door beside the database.
    fn open_admin_socket(&self, app: &App, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
        let path = store::beside(&app.config.database_url, "sock")?;
        match admin::listen(&path) {
            Ok(listener) => serve_plainly(tasks, listener, admin::routes(self.health.clone())),
            Err(cause) => tracing::warn!(%cause, "no admin socket at {}", path.display()),
        }
        Ok(())
    }

    async fn start_sweeps(&self, app: &Arc<App>) -> anyhow::Result<Sweeps> {
        let (edge, wires) = (Arc::clone(&self.edge), Arc::clone(&self.wires));
        let connections = move || {
            socket::sweep(&edge);
            wires.forget_orphans();
        };
        scheduler::start_sweeps(Arc::clone(app), connections).await
    }
}

fn cors(origins: &[String]) -> CorsLayer {
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(
            origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok()),
        )
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([axum::http::header::CONTENT_TYPE])
}

/// Binds the private port. The default one is let go where it is taken; one that was asked for is not.
async fn listen_for_metrics(config: &Config) -> anyhow::Result<Option<TcpListener>> {
    match config.metrics_listen {
        Some(OffOr::Off) => Ok(None),
        Some(OffOr::On(address)) => TcpListener::bind(address)
            .await
            .with_context(|| format!("SOTTO_METRICS_LISTEN: cannot listen on {address}"))
            .map(Some),
        None => match TcpListener::bind(METRICS).await {
            Ok(listener) => Ok(Some(listener)),
            Err(cause) => {
                tracing::warn!(%cause, "no metrics: {METRICS} is taken (set SOTTO_METRICS_LISTEN)");
                Ok(None)
            }
        },
    }
}

/// What is needed to go down.
struct GoingDown {
    edge: Arc<Edge>,
    writer: store::writer::Running,
    cut: CancellationToken,
    stopping: CancellationToken,
}

impl GoingDown {
    /// Everything that was taken is carried out, committed, answered and told; then the connections are closed.
    async fn run(self, mut tasks: JoinSet<()>) {
        let hub = &self.edge.hub;
        self.edge.pause();
        self.edge.lanes.close();
        within(LANES, "events in progress", self.edge.quiet()).await;
        self.edge.abandon();
        self.edge.app.store.writer().close();
        within(WRITER, "the writer", self.writer.ended()).await;
        let flushed = async {
            for connection in hub.connections() {
                connection.wire.drained_to(0).await;
            }
        };
        within(FLUSH, "slow clients", flushed).await;
        // Nobody is told that everybody leaves: all are about to be cut off.
        tasks.shutdown().await;
        for connection in hub.connections() {
            hub.close(&connection, "shutdown");
        }
        self.cut.cancel();
    }
}

async fn within(limit: Duration, what: &str, step: impl Future<Output = ()>) {
    if tokio::time::timeout(limit, step).await.is_err() {
        tracing::warn!("not waiting any longer for {what}");
    }
}

/// Brings the schema up to date and stops.
///
/// # Errors
/// What is in the way, in one line.
pub async fn migrate(config: &Config, clock: SharedClock) -> anyhow::Result<()> {
    let (store, writer) = store::open(&open_options(config), clock).await?;
    store.writer().close();
    writer.ended().await;
    Ok(())
}

/// How the server that runs on this database is, in one line; `None` where none runs.
///
/// # Errors
/// Where the database's address is malformed.
pub async fn running(config: &Config) -> anyhow::Result<Option<String>> {
    let status = admin::ask(store::beside(&config.database_url, "sock")?).await;
    Ok(status.map(|status| {
        let how = status
            .unready
            .map_or_else(|| "ready".to_owned(), |why| format!("not ready: {why}"));
        format!(
            "server: {} is running on this database, {how}",
            status.version
        )
    }))
}

/// Checks settings, files and database; one line for each finding. With a server running on the database, address and database are its own
/// business, and it is asked how it is.
///
/// # Errors
/// The first thing that would keep the server from starting.
pub async fn doctor(config: &Config, clock: SharedClock) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    config.validate()?;
    findings.push("settings: fit each other".to_owned());
    if let (Some(cert), Some(key)) = (&config.tls_cert, &config.tls_key) {
        listener::tls(cert, key)?;
        findings.push("TLS: certificate and key fit each other".to_owned());
    }
    anyhow::ensure!(
        clock.now_us() > OLDEST_PLAUSIBLE_US,
        "the clock is years behind; messages would be stamped and scheduled wrongly"
    );
    findings.push("clock: plausible".to_owned());
    if let Some(status) = running(config).await? {
        findings.push(status);
        return Ok(findings);
    }
    TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("SOTTO_LISTEN: cannot listen on {}", config.listen))?;
    findings.push(format!("address: {} is free", config.listen));
    migrate(config, clock).await?;
    findings.push(format!(
        "database: {} opens, its schema is up to date",
        config.database_url
    ));
    Ok(findings)
}

/// A clock before this (14 November 2023) was never set.
const OLDEST_PLAUSIBLE_US: i64 = 1_700_000_000_000_000;
