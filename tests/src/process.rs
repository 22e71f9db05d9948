//! The real `sotto` binary as a process, to be killed, traced and stopped; for the tests of crashes, durability, erasure, races and
//! shutdown.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// How long anything may take before the test fails: a deadline, never a pause.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Microseconds since 1970 UTC, as the server on this machine counts them.
pub fn now_us() -> i64 {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX)
}

/// The `sotto` binary of the same build as the running test, or the one that `SOTTO_TEST_BINARY` names.
///
/// # Panics
/// With what to do where it is missing or older than one of its sources.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("SOTTO_TEST_BINARY") {
        return named.into();
    }
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test
        .ancestors()
        .find(|folder| folder.ends_with("deps"))
        .and_then(Path::parent)
        .expect("tests are built in target/<profile>/deps");
    let binary = profile.join("sotto");
    let build = "build it with `cargo build -p sotto-server` in the profile of the tests";
    let modified = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let Some(built) = modified(&binary) else {
        panic!("{} is missing: {build}", binary.display());
    };
    // Cargo lists beside a binary what it was built from. A space within a path stands behind a backslash.
    let sources = std::fs::read_to_string(profile.join("sotto.d")).unwrap_or_default();
    let sources = sources.split_once(": ").map_or("", |(_, sources)| sources);
    for source in sources.trim().replace("\\ ", "\0").split(' ') {
        let source = PathBuf::from(source.replace('\0', " "));
        assert!(
            modified(&source).is_some_and(|changed| changed <= built),
            "{} is older than {}: {build}",
            binary.display(),
            source.display()
        );
    }
    binary
}

/// A command for the `sotto` binary that sees these settings and none of this shell's.
pub fn sotto(settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary());
    command
        .env_clear()
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// What a process has written so far.
#[derive(Clone, Debug, Default)]
pub struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    /// The text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    fn collect(&self, mut from: impl AsyncRead + Unpin + Send + 'static) -> Reading {
        let output = self.clone();
        let (grown, reading) = watch::channel(());
        tokio::spawn(async move {
            let mut chunk = vec![0; 64 << 10];
            while let Ok(read @ 1..) = from.read(&mut chunk).await {
                output
                    .0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(&chunk[..read]);
                grown.send_replace(());
            }
        });
        reading
    }
}

/// Changes whenever there is more; its sender is gone at the end.
type Reading = watch::Receiver<()>;

/// A running server process; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Its standard output.
    pub stdout: Output,
    /// Its log.
    pub stderr: Output,
    read: [Reading; 2],
    port: u16,
}

impl Server {
    /// Starts the binary on a free port with its data in `data` and waits until `/readyz` says that it is ready. Rates are off.
    ///
    /// # Panics
    /// With its output where it does not become ready.
    pub async fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        let url = format!("sqlite://{}", database(data).display());
        let mut command = sotto(&[
            ("SOTTO_LISTEN", "127.0.0.1:0"),
            ("SOTTO_DATABASE_URL", &url),
            ("SOTTO_METRICS_LISTEN", "off"),
            ("SOTTO_LIMITS", "off"),
        ]);
        command.envs(settings.iter().copied());
        let mut child = command.spawn().expect("the binary can be started");
        let (stdout, stderr) = (Output::default(), Output::default());
        let mut read = [
            stdout.collect(child.stdout.take().expect("a pipe")),
            stderr.collect(child.stderr.take().expect("a pipe")),
        ];
        let deadline = Instant::now() + PATIENCE;
        let port = loop {
            let text = stdout.text();
            let line = text
                .split_once('\n')
                .filter(|(line, _)| line.contains("listens on"));
            if let Some((line, _)) = line {
                let port = line.rsplit(':').next().and_then(|port| port.parse().ok());
                break port.expect("the first line ends with the port");
            }
            let more = tokio::time::timeout_at(deadline.into(), read[0].changed()).await;
            assert!(
                matches!(more, Ok(Ok(()))),
                "the server did not start: {} {}",
                text,
                stderr.text()
            );
        };
        let server = Self {
            child,
            stdout,
            stderr,
            read,
            port,
        };
        assert_eq!(server.ready().await, 200, "{}", server.stderr.text());
        server
    }

    /// Its process id.
    ///
    /// # Panics
    /// Where it has ended.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the server runs")
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The origin that logins are bound to.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The status that `/readyz` answers.
    ///
    /// # Panics
    /// Where it answers nothing.
    pub async fn ready(&self) -> u16 {
        let exchange = async {
            let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await?;
            stream
                .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = tokio::time::timeout(PATIENCE, exchange)
            .await
            .expect("/readyz answers in time")
            .expect("/readyz answers");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
        status.expect("an HTTP answer begins with its status")
    }

    /// `kill -9`; returns when the process is gone.
    ///
    /// # Panics
    /// Where it cannot be killed.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("the server can be killed");
    }

    /// Asks it to go down, as a service manager would.
    pub async fn terminate(&self) {
        signal(self.pid(), "TERM").await;
    }

    /// Waits until it has ended by itself and all of its output is there.
    ///
    /// # Panics
    /// Where it does not end in time.
    pub async fn ended(&mut self) -> ExitStatus {
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .expect("the server ends in time")
            .expect("the server can be waited for");
        for reading in &mut self.read {
            while reading.changed().await.is_ok() {}
        }
        status
    }
}

/// Sends a signal to one process.
///
/// # Panics
/// Where there is no such process.
pub async fn signal(pid: u32, name: &str) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .status()
        .await
        .expect("a shell can be started");
    assert!(sent.success(), "no signal to process {pid}");
}

/// The database file in a data folder.
pub fn database(data: &Path) -> PathBuf {
    data.join("sotto.db")
}
