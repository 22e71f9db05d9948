//! The one way in: every event of every connection comes through [`Dispatch`], is gated here, and gets exactly one answer.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::FutureExt;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::AckSender;
use socketioxide::handler::{FromMessageParts, MessageHandler, Value};
use socketioxide::socket::Socket;
use sotto_protocol::reply::Reply;
use sotto_protocol::{Code, Refusal};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::hub::{Connection, Hub};
use super::lane::{Lane, Outstanding, Queued};
use super::routes::{self, Route, Turn};
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::handlers::calls::DeviceGone;
use crate::handlers::dms::{invitation, pending_invitations};
use crate::limits::Rate;
use crate::notify::Actor;
use crate::session::Me;

/// How many bytes of invitations may wait for a client before the next one is sent.
const INVITATIONS_AHEAD: u64 = 65_536;

/// What all connections share.
pub struct Edge {
    /// Everything built once.
    pub app: Arc<App>,
    /// The open connections.
    pub hub: Arc<Hub>,
    /// The lanes of open connections.
    pub lanes: TaskTracker,
    /// Events that are being carried out or wait for their turn.
    busy: watch::Sender<usize>,
    /// Whether new events are refused, since the server goes down.
    paused: AtomicBool,
    /// Whether what still waits for its turn is refused as well.
    abandoned: AtomicBool,
}

/// An event counts as busy until this is dropped.
pub(super) struct Busy(Arc<Edge>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.send_modify(|count| *count -= 1);
    }
}

impl Edge {
    pub(super) fn new(app: Arc<App>, hub: Arc<Hub>, lanes: TaskTracker) -> Self {
        Self {
            app,
            hub,
            lanes,
            busy: watch::Sender::new(0),
            paused: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
        }
    }

    /// Refuses new events from now on.
    pub fn pause(&self) {
        self.paused.store(true, Ordering::Relaxed);
    }

    /// Refuses what still waits for its turn, too: a client that reads no answers has its lane stand still.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    /// Waits until every event that was taken is answered.
    pub async fn quiet(&self) {
        drop(self.busy.subscribe().wait_for(|count| *count == 0).await);
    }
}

/// The handler that one connection has.
#[derive(Clone)]
pub(super) struct Dispatch {
    pub edge: Arc<Edge>,
    pub lane: Lane,
    /// Looked up per event rather than held: the socket holds this handler, and holding the socket in turn would leak both.
    pub connection: std::sync::Weak<Connection>,
}

/// A local type, so that the implementation does not overlap with socketioxide's own.
pub(super) struct Dispatched;

impl MessageHandler<LocalAdapter, Dispatched> for Dispatch {
    /// Called on the connection's reading task, in wire order.
    fn call(&self, socket: Arc<Socket<LocalAdapter>>, mut value: Value, ack_id: Option<i64>) {
        let Some(connection) = self.connection.upgrade() else {
            return;
        };
        let Ok(ack) = AckSender::from_message_parts(&socket, &mut value, &ack_id);
        connection.heard(self.edge.app.clock.now_us());
        let is_member = connection.session.me().is_some();
        let (name, argument) = parse(&value);
        let route = routes::find(&name);
        let label = route.map_or("unknown", |route| route.name);
        let answer = Answer::new(
            Arc::clone(&self.edge),
            connection,
            ack,
            ack_id.is_some(),
            label,
        );
        if self.edge.paused.load(Ordering::Relaxed) {
            return answer.refuse(Refusal::retry_after(Code::Unavailable, 5));
        }
        // An unknown name and a malformed argument take their turns as well: answers leave in the order of the events, and rates and
        // login come before forms.
        let event = Queued {
            route,
            argument,
            answer,
        };
        if let Err(event) = self.lane.push(event, is_member) {
            event
                .answer
                .refuse(Refusal::retry_after(Code::RateLimited, 1));
        }
    }
}

/// Name and one argument of `["name", argument]`.
fn parse(value: &Value) -> (Cow<'_, str>, Result<Option<String>, Refusal>) {
    let malformed = |sentence: &'static str| Err(Refusal::saying(Code::InvalidRequest, sentence));
    let Some(text) = value.as_str() else {
        return (Cow::Borrowed(""), malformed("Binary is not taken."));
    };
    let Ok(parts) = serde_json::from_str::<Vec<&RawValue>>(text) else {
        return (Cow::Borrowed(""), malformed("An array is expected."));
    };
    let name = parts
        .first()
        .and_then(|name| serde_json::from_str(name.get()).ok());
    let argument = match parts.get(1..) {
        None | Some([]) => Ok(None),
        Some([one]) if one.get().starts_with('{') => Ok(Some(one.get().to_owned())),
        Some([_]) => malformed("One JSON object is expected as the argument."),
        Some(_) => malformed("No more than one argument is expected."),
    };
    (name.unwrap_or_default(), argument)
}

impl Edge {
    /// Carries one event out: gate, run, answer.
    pub(super) async fn carry_out(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        event: Queued,
        outstanding: &Outstanding,
    ) {
        let Queued {
            route,
            argument,
            answer,
        } = event;
        if self.abandoned.load(Ordering::Relaxed) {
            return answer.refuse(Refusal::retry_after(Code::Unavailable, 5));
        }
        let Some(route) = route else {
            outstanding.settled().await;
            return answer.refuse(routes::unknown());
        };
        if let Err(refusal) = self.within_rates(route, connection) {
            outstanding.settled().await;
            return answer.refuse(refusal);
        }
        let turn = Turn {
            edge: self,
            connection,
            argument,
            answer,
            outstanding,
        };
        if AssertUnwindSafe(route.run(turn))
            .catch_unwind()
            .await
            .is_err()
        {
            // The answer was dropped on the way, and says so itself.
            tracing::error!(event = route.name, "a handler panicked");
        }
    }

    /// Counts the event against the rates of its kind.
    fn within_rates(&self, route: &Route, connection: &Connection) -> Result<(), Refusal> {
        let rates = &self.app.rates;
        let session = &connection.session;
        let Some(me) = session.me() else {
            rates.count(Rate::GuestEvent(session.device.0))?;
            return match route.name {
                "register" => rates.count(Rate::Registration(session.address)),
                "login" => rates.count(Rate::Login(session.address)),
                _ => Ok(()),
            };
        };
        rates.count(Rate::Event(me.id))?;
        match route.name {
            "send_message" => rates.count(Rate::Send(me.id)),
            "create_dm" => rates.count(Rate::Dm(me.id)),
            "call_signal" => rates.count(Rate::CallSignal(me.id)),
            _ => Ok(()),
        }
    }

    /// Makes a member of a stranger: answers, takes the connection among the user's devices, sends what it has not acked yet. The order
    /// matters: an invitation that commits meanwhile is told to the device, or read here, or both.
    pub(super) async fn log_in(
        &self,
        connection: &Arc<Connection>,
        outcome: Result<Arc<Me>>,
        answer: Answer,
    ) {
        let me = match outcome {
            Ok(me) => me,
            Err(cause) => return answer.send::<bool>(Err(cause)),
        };
        let answer = answer.shared();
        if let Err(refusal) = self.hub.log_in(connection, me, || answer.send(Ok(true))) {
            return answer.send::<bool>(Err(refusal.into()));
        }
        if let Err(cause) = self.send_invitations(connection).await {
            drop(cause.into_refusal("login_challenge_response"));
        }
    }

    /// One after the other as the client reads them: all at once could be more than its queue holds, at every login anew.
    async fn send_invitations(&self, connection: &Connection) -> Result<()> {
        if connection.over.is_cancelled() {
            return Ok(());
        }
        let ctx = Ctx::new(Arc::clone(&self.app), Arc::clone(&connection.session))?;
        for id in pending_invitations(&ctx).await? {
            connection.wire.drained_to(INVITATIONS_AHEAD).await;
            if connection.over.is_cancelled() {
                break;
            }
            self.app.teller.tell(invitation(&ctx, id).await?);
        }
        Ok(())
    }
}

impl Edge {
    /// Gives back what a device held, once everything that it asked for is in the writer's queue.
    pub(super) async fn device_gone(&self, connection: &Connection) {
        let Some(me) = connection.session.me() else {
            return;
        };
        let actor = Actor {
            me,
            device: connection.session.device,
        };
        match self.app.commit(DeviceGone { actor }).await {
            Ok(()) => {}
            // Going down: the writer takes nothing any more, and calls end with the process.
            Err(_) if self.app.store.writer().is_closed() => {}
            Err(cause) => drop(cause.into_refusal("disconnect")),
        }
    }
}

/// The one answer of an event. Dropped unsent, it answers that something broke.
pub(super) struct Answer {
    edge: Arc<Edge>,
    connection: Arc<Connection>,
    ack: Option<AckSender>,
    /// Whether the client asked for an ack.
    wants_ack: bool,
    event: &'static str,
    began: Instant,
    _busy: Busy,
}

impl Answer {
    fn new(
        edge: Arc<Edge>,
        connection: Arc<Connection>,
        ack: AckSender,
        wants_ack: bool,
        event: &'static str,
    ) -> Self {
        edge.busy.send_modify(|count| *count += 1);
        let busy = Busy(Arc::clone(&edge));
        Self {
            edge,
            connection,
            ack: Some(ack),
            wants_ack,
            event,
            began: Instant::now(),
            _busy: busy,
        }
    }

    /// Answers with a result or with why there is none.
    pub(super) fn send<T: Serialize>(mut self, outcome: Result<T>) {
        self.deliver(outcome);
    }

    fn refuse(self, refusal: Refusal) {
        self.send::<bool>(Err(refusal.into()));
    }

    /// For two places of which only one will answer.
    pub(super) fn shared(self) -> SharedAnswer {
        SharedAnswer(Arc::new(Mutex::new(Some(self))))
    }

    fn deliver<T: Serialize>(&mut self, outcome: Result<T>) {
        let Some(ack) = self.ack.take() else { return };
        let outcome = outcome.map_err(|cause| cause.into_refusal(self.event));
        let verdict = outcome
            .as_ref()
            .map_or_else(|refusal| refusal.code.as_str(), |_| "ok");
        metrics::counter!("sotto_events_total", "event" => self.event, "outcome" => verdict)
            .increment(1);
        metrics::histogram!("sotto_event_seconds", "event" => self.event)
            .record(self.began.elapsed().as_secs_f64());
        let reply = to_raw_value(&Reply::new(outcome));
        match reply {
            Ok(reply) => {
                // Without an ack id nothing is sent.
                if self.wants_ack {
                    self.connection.wire.queued(reply.get().len());
                }
                let outcome = ack.send(&reply);
                self.edge.hub.sent(&self.connection, outcome);
            }
            Err(cause) => {
                tracing::error!(%cause, event = self.event, "a reply could not be encoded")
            }
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.ack.is_none() {
            return;
        }
        // Whoever does not read its answers is not waited for at the end.
        let cause = if self.edge.paused.load(Ordering::Relaxed) {
            Refusal::retry_after(Code::Unavailable, 5).into()
        } else {
            Error::Broken(anyhow::anyhow!("the event was dropped unanswered"))
        };
        self.deliver::<bool>(Err(cause));
    }
}

/// An answer that two places hold and the first one sends.
#[derive(Clone)]
pub(super) struct SharedAnswer(Arc<Mutex<Option<Answer>>>);

impl SharedAnswer {
    /// Answers, if that was not done yet.
    pub(super) fn send<T: Serialize>(&self, outcome: Result<T>) {
        if let Some(answer) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            answer.send(outcome);
        }
    }
}
