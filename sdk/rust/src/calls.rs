//! Calls: who is in, and signals that the server cannot swap (`sotto/1`, envelopes of kind 5).

use std::collections::BTreeMap;

use rand::{RngExt, rng};
use sotto_crypto::Refusal;
use sotto_crypto::envelope::{Draft, Kind, call_target};
use sotto_crypto::replay::Place;
use sotto_protocol::calls::{CallSignal, GetIceServers, IceServer, JoinCall, LeaveCall};
use sotto_protocol::notices::CallSignalNotice;
use sotto_protocol::text::{DmId, Fixed, Sealed};

use crate::account::text;
use crate::client::{Inner, Sotto};
use crate::clock;
use crate::error::{Error, Result};

/// This device's place in a call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// How this device is named in the call.
    uuid: String,
    /// Who is known to be in it, by username.
    others: BTreeMap<String, String>,
    /// Whether another device of the user has taken the place since.
    lost: bool,
}

impl Inner {
    /// Asks who is in the call. Joining once more with the same uuid changes nothing and answers everyone.
    async fn call_with(&self, dm: DmId, username: &str) -> Result<Call> {
        let known = self.calls.lock().await.get(&dm).cloned();
        let call = known
            .filter(|call| !call.lost)
            .ok_or_else(|| Error::Invalid("this device is not in that call".to_owned()))?;
        if call.others.contains_key(username) {
            return Ok(call);
        }
        self.look_round(dm, call.uuid).await
    }

    async fn look_round(&self, dm: DmId, uuid: String) -> Result<Call> {
        let request = JoinCall {
            id: dm,
            uuid: text(&uuid)?,
        };
        let others = self.link.patient(&request).await?;
        let call = Call {
            uuid,
            others,
            lost: false,
        };
        self.calls.lock().await.insert(dm, call.clone());
        Ok(call)
    }

    /// Someone has a new place in a call, or none any more. A server that does not say the uuid (an extension, R-601) is asked for it
    /// when it is needed.
    pub(crate) async fn call_changed(&self, dm: DmId, username: &str, uuid: Option<&str>) {
        let mut calls = self.calls.lock().await;
        let Some(call) = calls.get_mut(&dm) else {
            return;
        };
        if username == self.keys.username() {
            // Of the user's own devices, one is in the call.
            if let Some(uuid) = uuid {
                call.lost = !uuid.starts_with(&self.call_prefix);
            }
        } else if let Some(uuid) = uuid {
            call.others.insert(username.to_owned(), uuid.to_owned());
        } else {
            call.others.remove(username);
        }
    }

    /// Opens a signal: it must be for this device, from the place that its sender has in the call.
    pub(crate) async fn call_signal(&self, signal: &CallSignalNotice) -> Result<String> {
        let group = self.group(signal.id).await?;
        let call = self.call_with(signal.id, &signal.username).await?;
        let open = |call: &Call| {
            let theirs = call.others.get(&signal.username);
            let theirs = theirs.ok_or(crate::model::Unreadable::from(Refusal::Sender))?;
            let place = Place::Call {
                target: call_target(theirs, &call.uuid),
            };
            let sender = Some(signal.username.as_str());
            let bytes = signal.data.as_bytes();
            self.replays
                .receive(&group, place, sender, bytes, &signal.signature.0)
        };
        let received = match open(&call) {
            // The sender may have come back from another device.
            Err(why) if why.code == Refusal::Inner.code() => {
                open(&self.look_round(signal.id, call.uuid).await?)
            }
            outcome => outcome,
        };
        match received {
            Ok(received) if received.fresh => Ok(received.opened.body),
            Ok(_) => Err(Refusal::ReplayMsg.into()),
            Err(why) => Err(Error::security(why.code, why.sentence)),
        }
    }
}

impl Sotto {
    /// Joins a DM's call with this device; answers who is in it, by username, the user included.
    ///
    /// # Errors
    /// [`Error::Refused`] (`no_access`, `not_friends`).
    pub async fn join_call(&self, dm: DmId) -> Result<BTreeMap<String, String>> {
        // Never one twice, so that no signal of one call opens in another.
        let fresh = hex::encode(rng().random::<[u8; 16]>());
        let uuid = format!("{}-{fresh}", self.inner.call_prefix);
        let call = self.inner.look_round(dm, uuid).await?;
        Ok(call.others)
    }

    /// Leaves a DM's call.
    ///
    /// # Errors
    /// [`Error::Refused`] with `not_in_call`.
    pub async fn leave_call(&self, dm: DmId) -> Result<()> {
        self.inner.calls.lock().await.remove(&dm);
        let request = LeaveCall { id: dm };
        self.inner.link.patient(&request).await.map(drop)
    }

    /// Sends a signal (an offer, an answer, a candidate) to a member's device in the call.
    ///
    /// # Errors
    /// [`Error::Refused`] with `not_in_call`; [`Error::Invalid`] where this device is in no call there.
    pub async fn send_call_signal(&self, dm: DmId, username: &str, body: &str) -> Result<()> {
        let group = self.inner.group(dm).await?;
        let call = self.inner.call_with(dm, username).await?;
        let theirs = call
            .others
            .get(username)
            .ok_or_else(|| Error::Invalid(format!("{username} is not in that call")))?;
        let draft = Draft {
            kind: Kind::Call,
            target: call_target(&call.uuid, theirs),
            rev: 0,
            sent_at_ms: clock::millis(),
            expire_s: 0,
            body,
        };
        // A session of its own: only one member sees it, and to the others a number would be missing.
        let envelope = self.inner.seal(&group, true, &draft)?;
        let request = CallSignal {
            id: dm,
            username: text(username)?,
            data: Sealed::new(envelope.envelope).ok_or(Refusal::Inner)?,
            signature: Fixed(envelope.signature),
        };
        self.inner.link.call(&request).await.map(drop)
    }

    /// The server's STUN and TURN servers, with credentials of 10 minutes.
    ///
    /// # Errors
    /// [`Error::Disconnected`], [`Error::Timeout`].
    pub async fn ice_servers(&self) -> Result<Vec<IceServer>> {
        self.inner.link.patient(&GetIceServers {}).await
    }
}
