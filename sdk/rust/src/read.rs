//! Reading: DMs, history in both directions, pins, scheduled messages. Everything is verified and opened on the way.

use std::sync::PoisonError;

use futures_util::{StreamExt, stream};
use sotto_crypto::Refusal;
use sotto_crypto::envelope::{Slot, open};
use sotto_protocol::Code;
use sotto_protocol::dms::{GetDm, GetDms};
use sotto_protocol::messages::{GetMessage, GetMessageHistory, GetPinned};
use sotto_protocol::objects::{self, DmDetails};
use sotto_protocol::text::{DmId, MessageId, Timestamp};

use crate::client::{Inner, Sotto};
use crate::error::{Error, Result};
use crate::groups::Group;
use crate::model::{Dm, Message, MessageRef, Scheduled, Unreadable};

/// How many DMs are read at once.
const AT_ONCE: usize = 8;

/// Which page of a DM's history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// The newest messages, newest first.
    #[default]
    Newest,
    /// Those strictly before a timestamp, newest first.
    Before(Timestamp),
    /// Those strictly after a timestamp, oldest first.
    After(Timestamp),
}

impl Inner {
    /// Opens a message. One that seems older than what was seen may have been overtaken on its way, so it is asked for once more.
    pub(crate) async fn open(&self, group: &Group, wire: &objects::Message) -> Result<Message> {
        let message = self.open_once(group, wire);
        match &message.content {
            Err(why) if why.code == Refusal::ReplayMsg.code() => {}
            _ => return Ok(message),
        }
        match self.fetch_message(wire.id).await {
            Ok(again) => Ok(self.open_once(group, &again)),
            Err(error) if error.code() == Some(Code::NoAccess) => Ok(message),
            Err(error) => Err(error),
        }
    }

    /// Asks for one message. What is written to it must reach its readers alone, so another one than that is no answer.
    pub(crate) async fn fetch_message(&self, id: MessageId) -> Result<objects::Message> {
        let wire = self.link.patient(&GetMessage { id }).await?;
        if wire.id != id {
            return Err(Error::protocol("get_message", "another message"));
        }
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.get(&id).is_some_and(|place| *place != wire.dm_id) {
            return Err(Refusal::ReplayMsg.into());
        }
        drop(places);
        Ok(wire)
    }

    fn open_once(&self, group: &Group, wire: &objects::Message) -> Message {
        if wire.dm_id != group.dm {
            let why = Unreadable::from(Refusal::Epoch);
            return self.unopened(wire, &why);
        }
        // A message stays in its DM.
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if *places.entry(wire.id).or_insert(wire.dm_id) != wire.dm_id {
            return self.unopened(wire, &Unreadable::from(Refusal::ReplayMsg));
        }
        drop(places);
        self.replays.message(group, wire)
    }

    /// A message whose DM this device has no key for.
    pub(crate) fn unopened(&self, wire: &objects::Message, why: &Unreadable) -> Message {
        let reactions = wire
            .reactions
            .iter()
            .map(|reaction| crate::model::Reaction {
                id: reaction.id,
                sender: reaction.sender.clone(),
                text: Err(why.clone()),
            });
        Message {
            id: wire.id,
            dm: wire.dm_id,
            sender: wire.sender.clone(),
            timestamp: wire.timestamp,
            expires: wire.delete_timestamp,
            pinned: wire.pinned,
            content: Err(why.clone()),
            reactions: reactions.collect(),
            missing_before: 0,
        }
    }

    /// Opens messages that the server sent, in order, whether or not the DM can be read.
    pub(crate) async fn open_all(
        &self,
        dm: DmId,
        wire: &[objects::Message],
    ) -> Result<Vec<Message>> {
        let group = match self.group(dm).await {
            Ok(group) => group,
            Err(Error::Security(why)) => {
                let why = Unreadable {
                    code: why.code,
                    sentence: why.sentence,
                };
                return Ok(wire.iter().map(|wire| self.unopened(wire, &why)).collect());
            }
            Err(error) => return Err(error),
        };
        let mut messages = Vec::with_capacity(wire.len());
        for wire in wire {
            messages.push(self.open(&group, wire).await?);
        }
        Ok(messages)
    }

    /// A page of history as the server sent it.
    pub(crate) async fn page(
        &self,
        dm: DmId,
        page: Page,
        count: u64,
    ) -> Result<Vec<objects::Message>> {
        let (cursor, after) = match page {
            Page::Newest => (None, None),
            Page::Before(cursor) => (Some(cursor), None),
            Page::After(after) => (None, Some(after)),
        };
        let request = GetMessageHistory {
            id: dm,
            cursor,
            count: Some(count),
            limit: None,
            after,
        };
        let messages = self.link.patient(&request).await?;
        // Paging relies on the order, so a server that breaks it is not followed round in circles.
        let ordered = match page {
            Page::After(after) => {
                messages.is_sorted_by(|a, b| a.timestamp < b.timestamp)
                    && messages.iter().all(|m| m.timestamp > after)
            }
            Page::Newest => messages.is_sorted_by(|a, b| a.timestamp > b.timestamp),
            Page::Before(cursor) => {
                messages.is_sorted_by(|a, b| a.timestamp > b.timestamp)
                    && messages.iter().all(|m| m.timestamp < cursor)
            }
        };
        if ordered && messages.iter().all(|m| m.dm_id == dm) {
            Ok(messages)
        } else {
            Err(Error::protocol(
                "get_message_history",
                "messages of another DM or out of order",
            ))
        }
    }

    /// A DM as an app sees it.
    pub(crate) async fn view(&self, details: &DmDetails) -> Result<Dm> {
        let group = match self.group_of(details).await {
            Ok(group) => Ok(group),
            Err(Error::Security(why)) => Err(Unreadable {
                code: why.code,
                sentence: why.sentence,
            }),
            Err(error) => return Err(error),
        };
        Ok(self.view_of(&details.dm, &group))
    }

    pub(crate) fn view_of(
        &self,
        dm: &objects::Dm,
        group: &std::result::Result<std::sync::Arc<Group>, Unreadable>,
    ) -> Dm {
        let name = dm.name.as_ref().map(|name| match group {
            Ok(group) => self.replays.name(group, name).map(|(name, _)| name),
            Err(why) => Err(why.clone()),
        });
        let name = name.filter(|name| name.as_ref().map_or(true, |name| !name.is_empty()));
        let mut users = dm.users.clone();
        let mut locked = group.as_ref().err().cloned();
        if let Ok(group) = group {
            let signed = |name: &String| group.context.position(name).is_some();
            if !users.iter().all(signed) {
                // A member whom no signed list names: nobody seals for such a one, and the user must not believe it.
                users.retain(signed);
                locked = Some(Unreadable {
                    code: Refusal::Gi.code(),
                    sentence: "The server lists a member whom the creator never signed for"
                        .to_owned(),
                });
            }
        }
        Dm {
            id: dm.id,
            users,
            name,
            created_at: dm.created_at,
            users_in_call: dm.users_in_call.clone(),
            locked,
        }
    }
}

impl Sotto {
    /// All DMs that the user is in, by id.
    ///
    /// # Errors
    /// [`Error::Disconnected`], [`Error::Timeout`].
    pub async fn dms(&self) -> Result<Vec<Dm>> {
        let ids = self.inner.link.patient(&GetDms {}).await?;
        let mut views = stream::iter(ids)
            .map(|id| async move {
                match self.dm(id).await {
                    // Left in the meantime.
                    Err(error) if error.code() == Some(Code::NoAccess) => Ok(None),
                    view => view.map(Some),
                }
            })
            .buffered(AT_ONCE);
        let mut dms = Vec::new();
        while let Some(view) = views.next().await {
            dms.extend(view?);
        }
        Ok(dms)
    }

    /// One DM.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_access`.
    pub async fn dm(&self, dm: DmId) -> Result<Dm> {
        let details = self.inner.link.patient(&GetDm { id: dm }).await?;
        self.inner.view(&details).await
    }

    /// A page of history: up to `count` messages (1 to 200). Only an empty page is the end; pages may be shorter than asked for.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_access`.
    pub async fn history(&self, dm: DmId, page: Page, count: u64) -> Result<Vec<Message>> {
        let wire = self.inner.page(dm, page, count).await?;
        self.inner.open_all(dm, &wire).await
    }

    /// One message.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_access`.
    pub async fn message(&self, id: MessageId) -> Result<Message> {
        let wire = self.inner.fetch_message(id).await?;
        let mut opened = self.inner.open_all(wire.dm_id, &[wire]).await?;
        opened
            .pop()
            .ok_or_else(|| Error::protocol("get_message", "nothing"))
    }

    /// The message with this reference, if it is among the newest 50 of the DM: how a sender learns its id.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_access`.
    pub async fn find(&self, dm: DmId, reference: MessageRef) -> Result<Option<Message>> {
        let newest = self.history(dm, Page::Newest, 50).await?;
        let names = |message: &Message| {
            let content = message.content.as_ref();
            content.is_ok_and(|content| content.reference == reference)
        };
        Ok(newest.into_iter().find(names))
    }

    /// The pinned messages of a DM, newest first.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_access`.
    pub async fn pinned(&self, dm: DmId) -> Result<Vec<Message>> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let request = GetPinned {
                id: dm,
                cursor,
                count: Some(200),
            };
            let wire = self.inner.link.patient(&request).await?;
            let Some(last) = wire.last().map(|message| message.timestamp) else {
                return Ok(all);
            };
            if cursor.is_some_and(|cursor| last >= cursor) {
                return Err(Error::protocol("get_pinned", "messages out of order"));
            }
            cursor = Some(last);
            all.extend(self.inner.open_all(dm, &wire).await?);
        }
    }

    /// The user's own messages that wait for their hour in a DM, by due time.
    ///
    /// # Errors
    /// [`Error::Refused`] with `no_access`.
    pub async fn scheduled(&self, dm: DmId) -> Result<Vec<Scheduled>> {
        let details = self.inner.link.patient(&GetDm { id: dm }).await?;
        let group = self.inner.group_of(&details).await?;
        let me = self.username();
        let scheduled = details.scheduled_messages.iter().map(|(id, waiting)| {
            let incoming = sotto_crypto::envelope::Incoming {
                slot: Slot::Message { root: None },
                sender: Some(me),
                envelope: waiting.message.as_bytes(),
                signature: &waiting.signature.0,
            };
            Scheduled {
                dm,
                id: *id,
                due: waiting.timestamp,
                text: open(&group.context, &incoming)
                    .map(|opened| opened.body)
                    .map_err(Unreadable::from),
            }
        });
        let mut scheduled: Vec<_> = scheduled.collect();
        scheduled.sort_by_key(|waiting| (waiting.due, waiting.id));
        Ok(scheduled)
    }
}
