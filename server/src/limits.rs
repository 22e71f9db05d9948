//! One row per limit: sizes that nothing may exceed, and rates that a user or an address may not.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::ensure;
use clap::{Args, ValueEnum};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sotto_protocol::{Code, Refusal};

use crate::store::UserId;

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty = $default:literal, $env:literal;)*) => {
        /// What nothing may exceed.
        #[derive(Clone, Debug, Args)]
        pub struct Limits {
            /// `on`, or `off` for load tests: switches off rates alone, never sizes, queues, lockout or the closing of slow clients.
            #[arg(long = "limits", env = "SOTTO_LIMITS", default_value = "on")]
            pub rates: Switch,
            $($(#[doc = $doc])* #[arg(long, env = $env, default_value_t = $default)] pub $name: $type,)*
        }
    };
}

limits! {
    /// Bytes of a username.
    max_username: usize = 64, "SOTTO_MAX_USERNAME";
    /// Code points of a biography.
    max_biography: usize = 500, "SOTTO_MAX_BIOGRAPHY";
    /// Code points of a status.
    max_status: usize = 64, "SOTTO_MAX_STATUS";
    /// Bytes of a profile picture.
    max_profile_picture: usize = 262_144, "SOTTO_MAX_PROFILE_PICTURE";
    /// Bytes of own_storage.
    max_own_storage: usize = 1_048_576, "SOTTO_MAX_OWN_STORAGE";
    /// Code points of a DM's name.
    max_dm_name: usize = 2_048, "SOTTO_MAX_DM_NAME";
    /// Bytes of a message.
    max_message: usize = 65_536, "SOTTO_MAX_MESSAGE";
    /// Bytes of a reaction.
    max_reaction: usize = 1_024, "SOTTO_MAX_REACTION";
    /// Reactions by one user on a message.
    max_reactions_by_user: usize = 50, "SOTTO_MAX_REACTIONS_BY_USER";
    /// Reactions on a message.
    max_reactions: usize = 500, "SOTTO_MAX_REACTIONS";
    /// Bytes of all reactions of a message.
    max_reaction_bytes: usize = 131_072, "SOTTO_MAX_REACTION_BYTES";
    /// Pinned messages in a DM.
    max_pins: u64 = 100, "SOTTO_MAX_PINS";
    /// Members of a DM, from 2 to 256.
    max_members: usize = 256, "SOTTO_MAX_MEMBERS";
    /// Bytes of a GroupInfo.
    max_info: usize = 65_536, "SOTTO_MAX_INFO";
    /// Code points of a call uuid.
    max_uuid: usize = 256, "SOTTO_MAX_UUID";
    /// Bytes of a call signal.
    max_call_signal: usize = 16_384, "SOTTO_MAX_CALL_SIGNAL";
    /// Seconds that a schedule or a self-destruction may lie ahead.
    max_delay: u64 = 31_536_000, "SOTTO_MAX_DELAY";
    /// Messages that a user may have scheduled.
    max_scheduled: u64 = 1_000, "SOTTO_MAX_SCHEDULED";
    /// Bytes of all messages that a user may have scheduled.
    max_scheduled_bytes: u64 = 2_097_152, "SOTTO_MAX_SCHEDULED_BYTES";
    /// Unacked invitations from strangers that a user may have.
    max_stranger_invitations: u64 = 200, "SOTTO_MAX_STRANGER_INVITATIONS";
    /// Bytes of one frame: a WebSocket message or the body of a polling request.
    max_frame: usize = 2_097_152, "SOTTO_MAX_FRAME";
    /// Bytes of JSON in a page of messages or users.
    max_page: usize = 1_048_576, "SOTTO_MAX_PAGE";
    /// Packets that may wait for a connection; beyond, it is closed as slow.
    max_queue_packets: usize = 4_096, "SOTTO_MAX_QUEUE_PACKETS";
    /// Bytes that may wait for a connection; beyond, it is closed as slow.
    max_queue_bytes: u64 = 16_777_216, "SOTTO_MAX_QUEUE_BYTES";
    /// Events of one connection that may wait to be carried out; beyond, `rate_limited`.
    max_lane: usize = 256, "SOTTO_MAX_LANE";
    /// Bytes of events of one connection that may wait to be carried out; beyond, `rate_limited`.
    max_lane_bytes: usize = 8_388_608, "SOTTO_MAX_LANE_BYTES";
    /// Changes of all connections that may wait for the database; beyond, `unavailable`.
    max_writer_queue: usize = 16_384, "SOTTO_MAX_WRITER_QUEUE";
    /// Connections to the server.
    max_connections: usize = 20_000, "SOTTO_MAX_CONNECTIONS";
    /// Connections logged in as one user.
    max_user_sockets: usize = 20, "SOTTO_MAX_USER_SOCKETS";
    /// Connections from one address (IPv6: one /64).
    max_address_sockets: usize = 200, "SOTTO_MAX_ADDRESS_SOCKETS";
    /// Events a second by one user, or by one connection before login.
    rate_events: u32 = 50, "SOTTO_RATE_EVENTS";
    /// Events by one user in a burst.
    rate_events_burst: u32 = 200, "SOTTO_RATE_EVENTS_BURST";
    /// Messages a second by one user.
    rate_sends: u32 = 20, "SOTTO_RATE_SENDS";
    /// Messages by one user in a burst.
    rate_sends_burst: u32 = 100, "SOTTO_RATE_SENDS_BURST";
    /// DMs an hour that one user may create.
    rate_dms_hour: u32 = 30, "SOTTO_RATE_DMS_HOUR";
    /// Invitations a day by one user to people who are neither friends nor fellow members.
    rate_invitations_day: u32 = 50, "SOTTO_RATE_INVITATIONS_DAY";
    /// Call signals a second by one user.
    rate_call_signals: u32 = 50, "SOTTO_RATE_CALL_SIGNALS";
    /// Bytes a second that one user may have fanned out: message bytes times recipients.
    rate_fan_out: u32 = 33_554_432, "SOTTO_RATE_FAN_OUT";
    /// Bytes that one user may have fanned out in a burst.
    rate_fan_out_burst: u32 = 268_435_456, "SOTTO_RATE_FAN_OUT_BURST";
    /// Registrations an hour from one address (IPv6: one /64).
    rate_registrations_hour: u32 = 20, "SOTTO_RATE_REGISTRATIONS_HOUR";
    /// Logins a second from one address (IPv6: one /64).
    rate_logins: u32 = 10, "SOTTO_RATE_LOGINS";
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// In force.
    On,
    /// Not in force.
    Off,
}

impl Limits {
    /// Checks what no single limit can.
    ///
    /// # Errors
    /// One line that names the limit.
    pub fn validate(&self) -> anyhow::Result<()> {
        ensure!(
            (2..=256).contains(&self.max_members),
            "SOTTO_MAX_MEMBERS must lie between 2 and 256"
        );
        ensure!(self.max_message > 0, "SOTTO_MAX_MESSAGE must be at least 1");
        ensure!(self.max_lane > 0, "SOTTO_MAX_LANE must be at least 1");
        ensure!(
            self.max_writer_queue > 0,
            "SOTTO_MAX_WRITER_QUEUE must be at least 1"
        );
        ensure!(
            self.max_queue_packets >= 64,
            "SOTTO_MAX_QUEUE_PACKETS must be at least 64"
        );
        ensure!(
            self.max_delay <= 3_153_600_000,
            "SOTTO_MAX_DELAY must be at most 3153600000 (a hundred years)"
        );
        let message = 2 * self.max_message + 4_096;
        ensure!(
            self.max_frame >= message && self.max_frame >= self.max_own_storage + 4_096,
            "SOTTO_MAX_FRAME must hold the largest message as hex and the largest own_storage"
        );
        Ok(())
    }
}

/// Refuses what is longer than a limit.
///
/// # Errors
/// `too_large`, naming the key and the limit.
pub fn at_most(key: &'static str, len: usize, limit: usize) -> Result<(), Refusal> {
    if len <= limit {
        return Ok(());
    }
    Err(Refusal::saying(
        Code::TooLarge,
        format!("{key} is beyond its limit of {limit}."),
    ))
}

/// What a rate is counted by for guests and addresses: an IPv4 address or the /64 of an IPv6 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressKey(pub IpAddr);

impl From<IpAddr> for AddressKey {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Self(IpAddr::from([a, b, c, d, 0, 0, 0, 0]))
            }
            v4 => Self(v4),
        }
    }
}

impl std::fmt::Display for AddressKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The rate limiters.
#[derive(Debug)]
pub struct Rates {
    on: bool,
    events: DefaultKeyedRateLimiter<UserId>,
    sends: DefaultKeyedRateLimiter<UserId>,
    dms: DefaultKeyedRateLimiter<UserId>,
    invitations: DefaultKeyedRateLimiter<UserId>,
    call_signals: DefaultKeyedRateLimiter<UserId>,
    fan_out: DefaultKeyedRateLimiter<UserId>,
    typing: DefaultKeyedRateLimiter<(UserId, u64)>,
    guest_events: DefaultKeyedRateLimiter<u64>,
    registrations: DefaultKeyedRateLimiter<AddressKey>,
    logins: DefaultKeyedRateLimiter<AddressKey>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Any event of a user.
    Event(UserId),
    /// Any event of a connection that is not logged in.
    GuestEvent(u64),
    /// A message of a user.
    Send(UserId),
    /// A DM that a user creates.
    Dm(UserId),
    /// So many invitations by a user to strangers.
    Invitations(UserId, u32),
    /// A call signal of a user.
    CallSignal(UserId),
    /// So many bytes times recipients.
    FanOut(UserId, u32),
    /// A registration from an address.
    Registration(AddressKey),
    /// A login from an address.
    Login(AddressKey),
}

/// A count against a rate that a change makes once, however often it is applied.
#[derive(Debug, Default)]
pub struct Charge(AtomicBool);

impl Charge {
    /// Counts, unless that was done before.
    ///
    /// # Errors
    /// `rate_limited` with the seconds to wait, where it is one too many.
    pub fn count(&self, rates: &Rates, rate: Rate) -> Result<(), Refusal> {
        if !self.0.load(Ordering::Relaxed) {
            rates.count(rate)?;
            self.0.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Counts what a change will have sent to the members of a DM.
    ///
    /// # Errors
    /// `rate_limited` with the seconds to wait.
    pub fn fan_out(
        &self,
        rates: &Rates,
        by: UserId,
        bytes: usize,
        members: usize,
    ) -> Result<(), Refusal> {
        let bytes = u32::try_from(bytes.saturating_mul(members)).unwrap_or(u32::MAX);
        self.count(rates, Rate::FanOut(by, bytes))
    }
}

impl Rates {
    /// The limiters that these limits ask for.
    pub fn new(limits: &Limits) -> Self {
        let count = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let second = |rate, burst| Quota::per_second(count(rate)).allow_burst(count(burst));
        let per = |seconds: u64, n: u32| {
            let each = Duration::from_secs(seconds) / count(n).get();
            Quota::with_period(each)
                .unwrap_or(Quota::per_second(NonZeroU32::MIN))
                .allow_burst(count(n))
        };
        Self {
            on: limits.rates == Switch::On,
            events: RateLimiter::keyed(second(limits.rate_events, limits.rate_events_burst)),
            sends: RateLimiter::keyed(second(limits.rate_sends, limits.rate_sends_burst)),
            dms: RateLimiter::keyed(per(3_600, limits.rate_dms_hour)),
            invitations: RateLimiter::keyed(per(86_400, limits.rate_invitations_day)),
            call_signals: RateLimiter::keyed(second(
                limits.rate_call_signals,
                limits.rate_call_signals,
            )),
            fan_out: RateLimiter::keyed(second(limits.rate_fan_out, limits.rate_fan_out_burst)),
            typing: RateLimiter::keyed(second(1, 1)),
            guest_events: RateLimiter::keyed(second(limits.rate_events, limits.rate_events_burst)),
            registrations: RateLimiter::keyed(per(3_600, limits.rate_registrations_hour)),
            logins: RateLimiter::keyed(second(limits.rate_logins, limits.rate_logins)),
        }
    }

    /// Counts one, or several at once.
    ///
    /// # Errors
    /// `rate_limited` with the seconds to wait, where it is one too many.
    pub fn count(&self, rate: Rate) -> Result<(), Refusal> {
        if !self.on {
            return Ok(());
        }
        match rate {
            Rate::Event(user) => take(&self.events, &user, 1),
            Rate::GuestEvent(connection) => take(&self.guest_events, &connection, 1),
            Rate::Send(user) => take(&self.sends, &user, 1),
            Rate::Dm(user) => take(&self.dms, &user, 1),
            Rate::Invitations(user, count) => take(&self.invitations, &user, count),
            Rate::CallSignal(user) => take(&self.call_signals, &user, 1),
            Rate::FanOut(user, bytes) => take(&self.fan_out, &user, bytes),
            Rate::Registration(address) => take(&self.registrations, &address, 1),
            Rate::Login(address) => take(&self.logins, &address, 1),
        }
    }

    /// Whether a typing notice may go out: one a second per user and DM, whatever `SOTTO_LIMITS` says.
    pub fn may_type(&self, user: UserId, dm: u64) -> bool {
        self.typing.check_key(&(user, dm)).is_ok()
    }

    /// Forgets those who have long been silent; for the periodic sweep.
    pub fn forget_idle(&self) {
        forget(&self.events);
        forget(&self.sends);
        forget(&self.dms);
        forget(&self.invitations);
        forget(&self.call_signals);
        forget(&self.fan_out);
        forget(&self.typing);
        forget(&self.guest_events);
        forget(&self.registrations);
        forget(&self.logins);
    }
}

/// Seconds in a day.
const A_DAY: u64 = 86_400;

fn take<K: Hash + Eq + Clone>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
    count: u32,
) -> Result<(), Refusal> {
    let Some(count) = NonZeroU32::new(count) else {
        return Ok(());
    };
    match limiter.check_key_n(key, count) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(not_until)) => {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Err(Refusal::retry_after(
                Code::RateLimited,
                wait.as_secs_f64().ceil() as u64,
            ))
        }
        // More than a whole burst at once: only asking for less helps, at whatever time.
        Err(_) => Err(Refusal::retry_after(Code::RateLimited, A_DAY)),
    }
}

fn forget<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>) {
    limiter.retain_recent();
    limiter.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn an_address_is_an_ipv4_or_a_64() {
        let key = |text: &str| AddressKey::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), key("2001:db8:1:2::1"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    #[test]
    fn rates_refuse_and_say_when_to_come_back() {
        let mut limits = Config::defaults().limits;
        limits.rate_sends_burst = 3;
        limits.rate_sends = 1;
        let rates = Rates::new(&limits);
        let send = || rates.count(Rate::Send(UserId(1)));
        assert!((0..3).all(|_| send().is_ok()));
        let refusal = send().expect_err("one too many");
        assert_eq!(refusal.code, Code::RateLimited);
        assert_eq!(refusal.retry_after, Some(1));
        assert!(
            rates.count(Rate::Send(UserId(2))).is_ok(),
            "another user's own"
        );
        limits.rates = Switch::Off;
        let off = Rates::new(&limits);
        assert!((0..100).all(|_| off.count(Rate::Send(UserId(1))).is_ok()));
    }
}
