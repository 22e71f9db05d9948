//! Calls: join, leave, signal, ICE servers. Rules.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sotto_protocol::calls::{CallSignal, GetIceServers, IceServer, InCall, JoinCall, LeaveCall};
use sotto_protocol::notices::{CallSignalNotice, JoinedCall, Notice};
use sotto_protocol::reply::Done;
use sotto_protocol::text::{DmId, Sealed, Signature};
use sotto_protocol::{Code, Refusal};

use super::{dm_notice, dm_of, leave_call, may_write};
use crate::clock::{SECOND, random_bytes};
use crate::ctx::{Applied, Change, Ctx, Member};
use crate::error::Result;
use crate::limits::at_most;
use crate::notify::{Actor, Outbox};
use crate::rules::users::signed;
use crate::store::calls::Place;
use crate::store::{Tx, users};

/// How long TURN credentials are valid, in seconds.
const CREDENTIAL_LIFE: i64 = 600;

/// `join_call`.
pub async fn join(ctx: Ctx<Member>, request: JoinCall) -> Result<Join> {
    let chars = request.uuid.as_str().chars().count();
    if chars == 0 {
        return Err(Refusal::saying(Code::InvalidRequest, "uuid: must not be empty").into());
    }
    at_most("uuid", chars, ctx.app.config.limits.max_uuid)?;
    let place = Place {
        uuid: request.uuid.into_string(),
        device: ctx.session.device,
    };
    Ok(Join {
        actor: ctx.actor(),
        dm: request.id,
        place,
    })
}

/// A place in a call.
pub struct Join {
    actor: Actor,
    dm: DmId,
    place: Place,
}

impl Change for Join {
    type Reply = InCall;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<InCall>> {
        let me = self.actor.id();
        let dm = dm_of(tx, self.dm, &self.actor).await?;
        may_write(tx, &dm, me).await?;
        tx.join_call(dm.id, me, self.place.clone());
        let reply = tx
            .calls()
            .of(dm.id)
            .filter_map(|(user, place)| {
                Some((dm.member(user)?.username.to_string(), place.uuid.clone()))
            })
            .collect();
        let mut outbox = Outbox::default();
        let joined = JoinedCall {
            id: dm.id,
            username: self.actor.name(),
            uuid: Some(self.place.uuid.clone()),
        };
        outbox.users(dm.users(), Notice::UserJoinedCall(joined));
        outbox.users(dm.users(), dm_notice(tx, &dm));
        Ok(Applied { reply, outbox })
    }
}

/// `leave_call`.
pub async fn leave(ctx: Ctx<Member>, request: LeaveCall) -> Result<Leave> {
    Ok(Leave {
        actor: ctx.actor(),
        dm: request.id,
    })
}

/// The end of a place in a call.
pub struct Leave {
    actor: Actor,
    dm: DmId,
}

impl Change for Leave {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let dm = dm_of(tx, self.dm, &self.actor).await?;
        let mut outbox = Outbox::default();
        if !leave_call(
            tx,
            &dm,
            self.actor.id(),
            &self.actor.me.username,
            &mut outbox,
        ) {
            return Err(Code::NotInCall.into());
        }
        outbox.users(dm.users(), dm_notice(tx, &dm));
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

/// A device is gone, and with it the places it held.
pub struct DeviceGone {
    /// Who was logged in on it, and which it was.
    pub actor: Actor,
}

impl Change for DeviceGone {
    type Reply = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<()>> {
        let mut outbox = Outbox::default();
        for id in tx.calls().held_by(self.actor.id(), self.actor.device) {
            let Some(dm) = tx.dm(id).await? else { continue };
            if leave_call(
                tx,
                &dm,
                self.actor.id(),
                &self.actor.me.username,
                &mut outbox,
            ) {
                outbox.users(dm.users(), dm_notice(tx, &dm));
            }
        }
        Ok(Applied { reply: (), outbox })
    }
}

/// `call_signal`.
pub async fn signal(ctx: Ctx<Member>, request: CallSignal) -> Result<Relay> {
    at_most(
        "data",
        request.data.as_bytes().len(),
        ctx.app.config.limits.max_call_signal,
    )?;
    Ok(Relay {
        authentic: signed(&ctx.me().key, request.data.as_bytes(), &request.signature.0),
        actor: ctx.actor(),
        dm: request.id,
        to: request.username.into_string(),
        data: request.data,
        signature: request.signature,
    })
}

/// A signal on its way to one device. Changes nothing, but is judged in line with what does.
pub struct Relay {
    actor: Actor,
    dm: DmId,
    to: String,
    data: Sealed,
    signature: Signature,
    authentic: Result<(), Code>,
}

impl Change for Relay {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        let dm = dm_of(tx, self.dm, &self.actor).await?;
        self.authentic?;
        if users::identity(tx.db(), &self.to).await?.is_none() {
            return Err(Code::NoSuchUser.into());
        }
        let member = dm
            .members
            .iter()
            .find(|member| *member.username == *self.to);
        let me = self.actor.id();
        let own = tx
            .calls()
            .place(dm.id, me)
            .filter(|place| place.device == self.actor.device);
        let theirs = member
            .and_then(|member| Some((member.user, tx.calls().place(dm.id, member.user)?.device)));
        let (Some(_), Some((user, device))) = (own, theirs) else {
            return Err(Code::NotInCall.into());
        };
        let notice = CallSignalNotice {
            id: dm.id,
            username: self.actor.name(),
            data: self.data.clone(),
            signature: self.signature,
        };
        let mut outbox = Outbox::default();
        outbox.device(user, device, Notice::CallSignal(notice));
        Ok(Applied {
            reply: Done,
            outbox,
        })
    }
}

/// `get_ice_servers`: the configured servers, TURN with credentials in the form of coturn's `use-auth-secret`: the name is the time of
/// expiry and a random part, the password the HMAC-SHA-1 of the name under the shared secret (draft-uberti-behave-turn-rest-00).
pub async fn ice_servers(ctx: Ctx<Member>, _: GetIceServers) -> Result<Vec<IceServer>> {
    let config = &ctx.app.config;
    let (turn, stun): (Vec<String>, Vec<String>) = config
        .ice_servers
        .iter()
        .cloned()
        .partition(|server| server.starts_with("turn"));
    let mut servers = Vec::new();
    if !stun.is_empty() {
        servers.push(IceServer {
            urls: stun,
            username: None,
            credential: None,
        });
    }
    if let Some(secret) = config.turn_secret.as_ref().filter(|_| !turn.is_empty()) {
        let expires = ctx.now_us() / SECOND + CREDENTIAL_LIFE;
        let username = format!("{expires}:{}", hex::encode(random_bytes::<8>()?));
        let mut mac = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes())
            .map_err(|cause| anyhow::anyhow!("the TURN secret: {cause}"))?;
        mac.update(username.as_bytes());
        let credential = STANDARD.encode(mac.finalize().into_bytes());
        servers.push(IceServer {
            urls: turn,
            username: Some(username),
            credential: Some(credential),
        });
    }
    Ok(servers)
}
