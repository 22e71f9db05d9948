//! A connection's own state: Stranger, then Challenged, then Member. For the dispatcher, which keeps it, and the session handlers, which
//! move it on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sotto_crypto::server::VerifyingIdentity;
use sotto_protocol::text::Fixed;

use crate::clock::SECOND;
use crate::limits::AddressKey;
use crate::store::UserId;
use crate::store::calls::DeviceId;

/// How long a challenge may be answered.
pub const CHALLENGE_LIFE_US: i64 = 60 * SECOND;

/// What the server knows of a connection.
#[derive(Debug)]
pub struct Session {
    /// The connection's number.
    pub device: DeviceId,
    /// Where it comes from, as rates and lockouts count it.
    pub address: AddressKey,
    /// The origin that the client named in its handshake, where it is a loopback one.
    pub loopback_origin: Option<String>,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Stranger,
    Challenged(Challenge),
    Member(Arc<Me>),
}

/// Who is logged in.
#[derive(Debug)]
pub struct Me {
    /// The user's id.
    pub id: UserId,
    /// The stored spelling.
    pub username: Arc<str>,
    /// The identity key, decoded once.
    pub key: VerifyingIdentity,
}

/// A challenge that waits for its answer.
#[derive(Debug)]
pub struct Challenge {
    /// Who is to log in.
    pub me: Arc<Me>,
    /// The point that was sent.
    pub point: Fixed<32>,
    /// The compressed point that the first clients would answer, where that is allowed.
    pub legacy_answer: Option<zeroize::Zeroizing<[u8; 32]>>,
    /// When it was given out, in microseconds since 1970.
    pub issued_us: i64,
}

impl Challenge {
    /// Whether it may no longer be answered.
    pub fn is_expired(&self, now_us: i64) -> bool {
        now_us - self.issued_us > CHALLENGE_LIFE_US
    }
}

impl Session {
    /// A new connection.
    pub fn new(device: DeviceId, address: AddressKey, loopback_origin: Option<String>) -> Self {
        Self {
            device,
            address,
            loopback_origin,
            state: Mutex::new(State::Stranger),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is logged in here.
    pub fn me(&self) -> Option<Arc<Me>> {
        match &*self.state() {
            State::Member(me) => Some(Arc::clone(me)),
            State::Stranger | State::Challenged(_) => None,
        }
    }

    /// Remembers a challenge instead of an earlier one. A member stays one.
    pub fn challenge(&self, challenge: Challenge) {
        let mut state = self.state();
        if !matches!(*state, State::Member(_)) {
            *state = State::Challenged(challenge);
        }
    }

    /// Takes the challenge out: it is spent, whatever comes of the answer.
    pub fn take_challenge(&self) -> Option<Challenge> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Stranger) {
            State::Challenged(challenge) => Some(challenge),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Forgets a challenge whose time is over; for the periodic sweep.
    pub fn forget_stale_challenge(&self, now_us: i64) {
        let mut state = self.state();
        if matches!(&*state, State::Challenged(challenge) if challenge.is_expired(now_us)) {
            *state = State::Stranger;
        }
    }

    /// Logs in.
    pub fn log_in(&self, me: Arc<Me>) {
        *self.state() = State::Member(me);
    }
}
