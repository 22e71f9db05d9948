//! Session: register, log in by challenge. Rules.

use std::sync::Arc;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use sotto_crypto::server::verify_login;
use sotto_protocol::names::{Username, fold};
use sotto_protocol::reply::Done;
use sotto_protocol::session::{Login, LoginChallengeResponse, Register, UsernameExists};
use sotto_protocol::text::Fixed;
use sotto_protocol::{Code, Refusal};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::clock::{SECOND, random_bytes};
use crate::ctx::{Applied, Change, Ctx, Guest};
use crate::error::Result;
use crate::limits::at_most;
use crate::rules::users::{identity_key, prekey_form, signed};
use crate::session::{Challenge, Me, Session};
use crate::store::users::{self, NewUser, User};
use crate::store::{Tx, UserId, session};

/// How many wrong answers in a row lock out.
const WRONG_ANSWERS: i32 = 10;
/// How long they lock out.
const LOCKOUT_US: i64 = 60 * SECOND;
/// Length of a prekey whose owner must never answer the legacy way.
const SIGNED_PREKEY: usize = 50;

/// `register`.
pub async fn register(ctx: Ctx<Guest>, request: Register) -> Result<Create> {
    let limits = &ctx.app.config.limits;
    let prekey = match (request.spk, request.sig) {
        (Some(spk), Some(sig)) => Some((spk, sig)),
        (None, None) => None,
        _ => return Err(invalid("spk, sig: both or neither are expected")),
    };
    at_most(
        "own_storage",
        request.own_storage.as_str().len(),
        limits.max_own_storage,
    )?;
    let key = identity_key(&request.public_key.0)?;
    if let Some((spk, _)) = &prekey {
        prekey_form(spk.as_bytes())?;
    }
    let username = Username::parse(request.username.as_str(), limits.max_username)
        .ok_or(Code::InvalidUsername)?;
    if let Some((spk, sig)) = &prekey {
        signed(&key, spk.as_bytes(), &sig.0)?;
    }
    if ctx.session.me().is_some() {
        return Err(Code::AlreadyLoggedIn.into());
    }
    Ok(Create(NewUser {
        username,
        public_key: request.public_key.0.to_vec(),
        prekey: prekey.map(|(spk, sig)| (spk.as_bytes().to_vec(), sig.0.to_vec())),
        own_storage: request.own_storage.into_string(),
    }))
}

fn invalid(sentence: &'static str) -> crate::error::Error {
    Refusal::saying(Code::InvalidRequest, sentence).into()
}

/// A new account.
pub struct Create(NewUser);

impl Change for Create {
    type Reply = Done;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<Done>> {
        users::create(tx, &self.0)
            .await?
            .ok_or(Code::UsernameTaken)?;
        Ok(Applied::quietly(Done))
    }
}

/// `username_exists`.
pub async fn username_exists(ctx: Ctx<Guest>, request: UsernameExists) -> Result<bool> {
    let name = request.username.as_str();
    if Username::parse(name, ctx.app.config.limits.max_username).is_none() {
        return Ok(false);
    }
    Ok(users::folded_exists(ctx.store().reader(), &fold(name)).await?)
}

/// `login`: a challenge, the compressed encoding of a fresh random point of the prime-order group.
pub async fn login(ctx: Ctx<Guest>, request: Login) -> Result<Fixed<32>> {
    if ctx.session.me().is_some() {
        return Err(Code::AlreadyLoggedIn.into());
    }
    let reader = ctx.store().reader();
    let user = users::by_name(reader, request.username.as_str())
        .await?
        .ok_or(Code::NoSuchUser)?;
    not_locked_out(&ctx, UserId(user.id)).await?;
    let me = Arc::new(me(&user)?);
    let scalar = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&random_bytes::<64>()?));
    let point = Fixed(EdwardsPoint::mul_base(&scalar).compress().0);
    let legacy = ctx.app.config.legacy_dh_login && !is_signed_form(&user);
    let legacy_answer = legacy.then(|| legacy_answer(&me, &scalar)).flatten();
    ctx.session.challenge(Challenge {
        me,
        point,
        legacy_answer,
        issued_us: ctx.now_us(),
    });
    Ok(point)
}

/// What a client that multiplies the point by its secret scalar would answer: the scalar times its public key.
fn legacy_answer(me: &Me, scalar: &Scalar) -> Option<Zeroizing<[u8; 32]>> {
    let key = CompressedEdwardsY(*me.key.as_bytes()).decompress()?;
    Some(Zeroizing::new((key * scalar).compress().0))
}

fn me(user: &User) -> Result<Me> {
    let key = identity_key(&user.public_key)?;
    Ok(Me {
        id: UserId(user.id),
        username: user.username.as_str().into(),
        key,
    })
}

async fn not_locked_out(ctx: &Ctx<Guest>, user: UserId) -> Result<()> {
    let address = ctx.session.address.to_string();
    let until_us = session::locked_until(ctx.store().reader(), user, &address).await?;
    let left_us = until_us - ctx.now_us();
    if left_us <= 0 {
        return Ok(());
    }
    let seconds = u64::try_from(left_us).unwrap_or(0).div_ceil(SECOND as u64);
    Err(Refusal::retry_after(Code::LockedOut, seconds).into())
}

/// `login_challenge_response`: who is logged in now, if the answer is right.
pub async fn answer(ctx: Ctx<Guest>, request: LoginChallengeResponse) -> Result<Arc<Me>> {
    let response = request.response.0;
    if !matches!(response.len(), 32 | 64) {
        return Err(invalid("response: 128 hex digits are expected"));
    }
    if ctx.session.me().is_some() {
        return Err(Code::AlreadyLoggedIn.into());
    }
    let challenge = ctx.session.take_challenge().ok_or(Code::NoChallenge)?;
    if challenge.is_expired(ctx.now_us()) {
        return Err(Code::NoChallenge.into());
    }
    let user = challenge.me.id;
    not_locked_out(&ctx, user).await?;
    let address = ctx.session.address.to_string();
    // The prekey may have outgrown the legacy answer since the challenge was given out.
    let outgrown = response.len() == 32 && has_signed_prekey(&ctx, user).await?;
    let origins = own_origins(&ctx.app.origins, &ctx.session);
    if outgrown || !is_right(&challenge, &response, &origins) {
        ctx.app.commit(WrongAnswer { user, address }).await?;
        return Err(Code::WrongResponse.into());
    }
    if session::failures(ctx.store().reader(), user, &address).await? > 0 {
        ctx.app.commit(RightAnswer { user, address }).await?;
    }
    Ok(challenge.me)
}

/// Whether a user's prekey has the form whose owner never answers the legacy way.
fn is_signed_form(user: &User) -> bool {
    user.spk
        .as_ref()
        .is_some_and(|spk| spk.len() == SIGNED_PREKEY)
}

async fn has_signed_prekey(ctx: &Ctx<Guest>, user: UserId) -> Result<bool> {
    let user = users::by_id(ctx.store().reader(), user).await?;
    Ok(user.as_ref().is_some_and(is_signed_form))
}

/// The origins that a login on this connection may be bound to: the configured ones, or where there is none the loopback host that the
/// client dialled.
fn own_origins<'a>(configured: &'a [String], session: &'a Session) -> Vec<&'a str> {
    if configured.is_empty() {
        session.loopback_origin.as_deref().into_iter().collect()
    } else {
        configured.iter().map(String::as_str).collect()
    }
}

fn is_right(challenge: &Challenge, response: &[u8], origins: &[&str]) -> bool {
    let me = &challenge.me;
    if response.len() == 32 {
        return challenge
            .legacy_answer
            .as_ref()
            .is_some_and(|expected| bool::from(expected.as_slice().ct_eq(response)));
    }
    origins.iter().any(|origin| {
        verify_login(&me.key, origin, &me.username, &challenge.point.0, response).is_ok()
    })
}

/// One more wrong answer in a row.
struct WrongAnswer {
    user: UserId,
    address: String,
}

impl Change for WrongAnswer {
    type Reply = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<()>> {
        let count = session::failures(tx.db(), self.user, &self.address).await? + 1;
        let (count, locked_until_us) = if count >= WRONG_ANSWERS {
            (0, tx.now_us() + LOCKOUT_US)
        } else {
            (count, 0)
        };
        session::set_failures(tx, self.user, &self.address, count, locked_until_us).await?;
        Ok(Applied::quietly(()))
    }
}

/// The row of wrong answers is over.
struct RightAnswer {
    user: UserId,
    address: String,
}

impl Change for RightAnswer {
    type Reply = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Applied<()>> {
        session::clear_failures(tx, self.user, &self.address).await?;
        Ok(Applied::quietly(()))
    }
}
