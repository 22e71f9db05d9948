//! The session that outlives its connections: dial, log in by signature, hand out the open connection.

use std::time::Duration;

use rand::RngExt;
use sotto_crypto::Refusal;
use sotto_protocol::session::{Login, LoginChallengeResponse};
use sotto_protocol::text::Bytes;
use sotto_protocol::{Code, Event};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::account::{AccountKeys, text};
use crate::call::call;
use crate::error::{Error, Result};
use crate::transport::{Connection, ServerAddress, Socket, TransportConfig};

/// Dials and logs in: a signature over origin, name, key and challenge (C-401), and never anything else.
///
/// # Errors
/// [`Error::Connect`], [`Error::Refused`], or [`Error::Security`] with `E_CHALLENGE`.
pub(crate) async fn dial(
    server: &ServerAddress,
    keys: &AccountKeys,
    config: &TransportConfig,
) -> Result<Connection> {
    let connection = Socket::connect(server, config).await?;
    let login = Login {
        username: text(keys.username())?,
    };
    let challenge = match call(&connection.socket, &login).await {
        Err(Error::Protocol { .. }) => return Err(Refusal::Challenge.into()),
        answer => answer?,
    };
    let response = keys
        .identity()
        .sign_login(server.origin(), keys.username(), &challenge.0)?;
    let answer = LoginChallengeResponse {
        response: Bytes(response.to_vec()),
    };
    call(&connection.socket, &answer).await?;
    Ok(connection)
}

/// [`dial`] that waits out a server's limit on logins, within a minute.
pub(crate) async fn patient_dial(
    server: &ServerAddress,
    keys: &AccountKeys,
    config: &TransportConfig,
) -> Result<Connection> {
    let start = Instant::now();
    loop {
        let refused = match dial(server, keys, config).await {
            Err(Error::Refused(refused)) if refused.code == Some(Code::RateLimited) => refused,
            outcome => return outcome,
        };
        let wait = Duration::from_secs(refused.retry_after.unwrap_or(1));
        if start.elapsed() + wait > Duration::from_secs(60) {
            return Err(Error::Refused(refused));
        }
        tokio::time::sleep(wait).await;
    }
}

tokio::task_local! {
    /// Set in the one task that makes connections: it must never wait for one.
    static MAKES_CONNECTIONS: ();
}

/// Runs what makes connections. Its requests fail at once where there is none.
pub(crate) async fn making_connections<T>(work: impl Future<Output = T>) -> T {
    MAKES_CONNECTIONS.scope((), work).await
}

/// Where requests go: the open connection, or the wait for the next one.
#[derive(Debug)]
pub(crate) struct Link {
    state: watch::Sender<State>,
    patience: Duration,
}

#[derive(Clone, Debug)]
enum State {
    Offline,
    Online(Socket),
    Ended(Error),
}

impl Link {
    pub fn new(patience: Duration) -> Self {
        Self {
            state: watch::Sender::new(State::Offline),
            patience,
        }
    }

    pub fn online(&self, socket: Socket) {
        self.state.send_replace(State::Online(socket));
    }

    pub fn offline(&self) {
        self.state.send_replace(State::Offline);
    }

    /// No connection will come any more.
    pub fn end(&self, why: Error) {
        if let State::Online(socket) = self.state.send_replace(State::Ended(why)) {
            socket.close();
        }
    }

    /// Sends a request on the open connection, waiting for one as long as for an answer.
    pub async fn call<E: Event>(&self, request: &E) -> Result<E::Reply> {
        call(&self.socket().await?, request).await
    }

    /// [`Self::call`] for reads and for what may be repeated: waits out `rate_limited`.
    pub async fn patient<E: Event>(&self, request: &E) -> Result<E::Reply> {
        loop {
            match self.call(request).await {
                Err(Error::Refused(refused)) if refused.code == Some(Code::RateLimited) => {
                    let seconds = refused.retry_after.unwrap_or(1).clamp(1, 60);
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Waits for a connection, as long as for an answer.
    pub async fn ready(&self) -> Result<()> {
        self.socket().await.map(drop)
    }

    /// Ends the connection, if there is one, so that a new one is made.
    pub fn renew(&self) {
        if let State::Online(socket) = &*self.state.borrow() {
            socket.close();
        }
    }

    async fn socket(&self) -> Result<Socket> {
        let mut state = self.state.subscribe();
        if MAKES_CONNECTIONS.try_with(|()| ()).is_ok() {
            return match &*state.borrow() {
                State::Online(socket) => Ok(socket.clone()),
                State::Ended(why) => Err(why.clone()),
                State::Offline => Err(Error::Disconnected("not connected".to_owned())),
            };
        }
        // A connection that has just ended may not have been noticed here yet.
        let settled = state.wait_for(|state| match state {
            State::Offline => false,
            State::Online(socket) => !socket.is_closed(),
            State::Ended(_) => true,
        });
        match timeout_at(Instant::now() + self.patience, settled).await {
            Ok(Ok(state)) => match &*state {
                State::Online(socket) => Ok(socket.clone()),
                State::Ended(why) => Err(why.clone()),
                State::Offline => Err(Error::Disconnected("not connected".to_owned())),
            },
            _ => Err(Error::Disconnected(
                "the server cannot be reached at the moment".to_owned(),
            )),
        }
    }
}

/// How long to wait before each further attempt: doubling, with jitter, so that clients do not come back all at once.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(30);

    pub fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// The next wait, after `error`: at least as long as the server asked for.
    pub fn wait(&mut self, error: Option<&Error>) -> Duration {
        let ceiling = self.next;
        self.next = (ceiling * 2).min(Self::LONGEST);
        let wait = ceiling.mul_f64(rand::rng().random_range(0.5..=1.0));
        match error {
            Some(Error::Refused(refused)) => {
                wait + Duration::from_secs(refused.retry_after.unwrap_or(0).min(3_600))
            }
            _ => wait,
        }
    }
}

/// Whether trying again cannot help: the account or its key is not the server's.
pub(crate) fn is_final(error: &Error) -> bool {
    match error {
        Error::Security(_) | Error::Invalid(_) => true,
        Error::Refused(refused) => matches!(
            refused.code,
            Some(Code::NoSuchUser | Code::WrongResponse | Code::InvalidRequest)
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_within_bounds() {
        let mut backoff = Backoff::new();
        for ceiling in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let wait = backoff.wait(None).as_millis();
            assert!(
                (ceiling / 2..=ceiling).contains(&wait),
                "{wait} of {ceiling}"
            );
        }
    }
}
