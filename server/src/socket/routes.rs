//! The table: event name → handler. A read answers at once; a write prepares a change that the writer carries out.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use sotto_protocol::decode::decode;
use sotto_protocol::events::ALIASES;
use sotto_protocol::session::LoginChallengeResponse;
use sotto_protocol::{Event, Refusal};

use super::dispatch::{Answer, Edge};
use super::hub::Connection;
use super::lane::Outstanding;
use crate::ctx::{Change, Ctx, Guest, Who};
use crate::error::{Error, Result};
use crate::handlers::{calls, dms, friends, history, messages, reactions, send, session, users};
use crate::session::Me;

/// Everything there is to call.
fn table() -> Table {
    Table::default()
        // who you are
        .write("register", session::register)
        .read("login", session::login)
        .login("login_challenge_response", session::answer)
        .read("username_exists", session::username_exists)
        // people
        .read("get_user", users::get)
        .read("get_full_user", users::get_full)
        .read("get_user_list", users::list)
        .write("set_user", users::set)
        // DMs
        .write("create_dm", dms::create)
        .read("get_dms", dms::list)
        .read("get_dm", dms::get)
        .write("set_dm", dms::set)
        .write("leave_dm", dms::leave)
        .write("ping_typing", dms::typing)
        // messages
        .write("send_message", send::send)
        .read("get_message", history::get)
        .read("get_message_history", history::history)
        .read("get_pinned", history::pinned)
        .read("get_message_changes", history::changes)
        .write("set_message", messages::set)
        .write("delete_message", messages::delete)
        .write("cancel_scheduled_message", messages::cancel)
        .write("add_reaction", reactions::add)
        .write("remove_reaction", reactions::remove)
        // friends
        .write("send_friend_request", friends::ask)
        .read("get_friend_requests", friends::incoming)
        .read("get_outgoing_requests", friends::outgoing)
        .write("ack_friend_request", friends::answer)
        .write("unfriend", friends::unfriend)
        .read("get_friends", friends::list)
        .write("block_user", friends::block)
        .write("unblock", friends::unblock)
        .read("get_blocked", friends::blocked)
        // calls
        .write("join_call", calls::join)
        .write("leave_call", calls::leave)
        .write("call_signal", calls::signal)
        .read("get_ice_servers", calls::ice_servers)
}

/// The table, built once.
pub(super) static ROUTES: LazyLock<HashMap<&'static str, Route>> =
    LazyLock::new(|| table().routes());

/// One event's way to its handler, the types erased.
pub(super) struct Route {
    /// The event's name.
    pub name: &'static str,
    run: Box<dyn for<'a> Fn(Turn<'a>) -> Turned<'a> + Send + Sync>,
}

type Turned<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// An event whose turn it is.
pub(super) struct Turn<'a> {
    /// What the edge holds.
    pub edge: &'a Arc<Edge>,
    /// Where the event came from.
    pub connection: &'a Arc<Connection>,
    /// Its one argument as JSON, or what is wrong with it.
    pub argument: Result<Option<String>, Refusal>,
    /// Where the answer goes.
    pub answer: Answer,
    /// The writes before it.
    pub outstanding: &'a Outstanding,
}

impl Turn<'_> {
    /// Who asks, and what for; in this order, so that a stranger learns nothing about the form.
    fn open<W: Who, E: Event>(&self) -> Result<(Ctx<W>, E)> {
        let ctx = Ctx::new(
            Arc::clone(&self.edge.app),
            Arc::clone(&self.connection.session),
        )?;
        let argument = self.argument.as_ref().map_err(Refusal::clone)?;
        let request = decode(argument.as_deref()).map_err(Error::from)?;
        Ok((ctx, request))
    }
}

impl Route {
    /// Carries the event out.
    pub(super) fn run<'a>(&self, turn: Turn<'a>) -> Turned<'a> {
        (self.run)(turn)
    }
}

#[derive(Default)]
struct Table(Vec<Route>);

impl Table {
    fn row<E: Event>(
        mut self,
        name: &'static str,
        run: impl for<'a> Fn(Turn<'a>) -> Turned<'a> + Send + Sync + 'static,
    ) -> Self {
        assert_eq!(
            name,
            E::NAME,
            "the row names another event than its handler takes"
        );
        self.0.push(Route {
            name,
            run: Box::new(run),
        });
        self
    }

    /// An event that is answered from what there is.
    fn read<W, E, F, R>(self, name: &'static str, handler: F) -> Self
    where
        W: Who,
        E: Event,
        F: Fn(Ctx<W>, E) -> R + Copy + Send + Sync + 'static,
        R: Future<Output = Result<E::Reply>> + Send + 'static,
    {
        self.row::<E>(name, move |turn| {
            Box::pin(async move {
                turn.outstanding.settled().await;
                let outcome = match turn.open::<W, E>() {
                    Ok((ctx, request)) => handler(ctx, request).await,
                    Err(cause) => Err(cause),
                };
                turn.answer.send(outcome);
            })
        })
    }

    /// An event that changes something.
    fn write<W, E, F, R, C>(self, name: &'static str, handler: F) -> Self
    where
        W: Who,
        E: Event,
        F: Fn(Ctx<W>, E) -> R + Copy + Send + Sync + 'static,
        R: Future<Output = Result<C>> + Send + 'static,
        C: Change<Reply = E::Reply>,
    {
        self.row::<E>(name, move |turn| {
            Box::pin(async move {
                let prepared = match turn.open::<W, E>() {
                    Ok((ctx, request)) => handler(ctx, request).await,
                    Err(cause) => Err(cause),
                };
                match prepared {
                    Ok(change) => turn.submit(change).await,
                    Err(cause) => {
                        turn.outstanding.settled().await;
                        turn.answer.send::<E::Reply>(Err(cause));
                    }
                }
            })
        })
    }

    /// The event that makes a member of a stranger.
    fn login<F, R>(self, name: &'static str, handler: F) -> Self
    where
        F: Fn(Ctx<Guest>, LoginChallengeResponse) -> R + Copy + Send + Sync + 'static,
        R: Future<Output = Result<Arc<Me>>> + Send + 'static,
    {
        self.row::<LoginChallengeResponse>(name, move |turn| {
            Box::pin(async move {
                turn.outstanding.settled().await;
                let outcome = match turn.open::<Guest, LoginChallengeResponse>() {
                    Ok((ctx, request)) => handler(ctx, request).await,
                    Err(cause) => Err(cause),
                };
                turn.edge
                    .log_in(turn.connection, outcome, turn.answer)
                    .await;
            })
        })
    }

    fn routes(self) -> HashMap<&'static str, Route> {
        let count = self.0.len();
        let routes: HashMap<_, _> = self
            .0
            .into_iter()
            .map(|route| (route.name, route))
            .collect();
        assert_eq!(routes.len(), count, "an event stands in the table twice");
        routes
    }
}

impl Turn<'_> {
    async fn submit<C: Change>(self, change: C)
    where
        C::Reply: serde::Serialize,
    {
        let Some(permit) = self.outstanding.one_more().await else {
            return;
        };
        let answer = self.answer.shared();
        let later = answer.clone();
        let submitted = self.edge.app.submit(change, move |outcome| {
            later.send(outcome);
            drop(permit);
        });
        if let Err(cause) = submitted {
            self.outstanding.settled().await;
            answer.send::<C::Reply>(Err(cause));
        }
    }
}

/// The route of an event, under whatever name.
pub(super) fn find(name: &str) -> Option<&'static Route> {
    let routes = LazyLock::force(&ROUTES);
    routes.get(name).or_else(|| {
        let (_, event) = ALIASES.iter().find(|(alias, _)| *alias == name)?;
        routes.get(event)
    })
}

/// What an event that is in no table is refused with.
pub(super) fn unknown() -> Refusal {
    sotto_protocol::Code::UnknownEvent.into()
}

#[cfg(test)]
mod tests {
    use sotto_protocol::events::NAMES;

    use super::*;

    #[test]
    fn r_101_every_listed_event_has_exactly_one_route() {
        assert_eq!(ROUTES.len(), NAMES.len());
        for name in NAMES {
            assert!(
                find(name).is_some_and(|route| route.name == *name),
                "{name}"
            );
        }
        assert_eq!(
            find("unblock_user").map(|route| route.name),
            Some("unblock")
        );
        assert!(find("nothing").is_none());
    }
}
