//! What is told to whom: the outbox that a change fills, and the door through which it leaves.

use std::sync::Arc;

use sotto_protocol::notices::{Notice, OwnChange, Scope};
use sotto_protocol::text::DmId;

use tokio::sync::{mpsc, watch};

use crate::session::Me;
use crate::store::UserId;
use crate::store::calls::DeviceId;

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// Every device of these users.
    Users(Arc<[UserId]>),
    /// Every device of the user but this one.
    OtherDevices(UserId, DeviceId),
    /// This one device of the user.
    Device(UserId, DeviceId),
}

impl To {
    /// Every device of one user.
    pub fn user(user: UserId) -> Self {
        Self::Users([user].into())
    }
}

/// Something to be told once the change is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    /// A notice.
    Notice(To, Box<Notice>),
    /// The user's profile or presence changed, by this device if by any: whoever else may see it hears of it, at most once a second
    ///
    Profile(UserId, Option<DeviceId>),
    /// Something is due at this moment, which the scheduler may not know yet.
    Due(i64),
}

/// What a change has to tell, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox(pub Vec<Tell>);

impl Outbox {
    /// Tells a notice.
    pub fn notice(&mut self, to: To, notice: Notice) {
        self.0.push(Tell::Notice(to, Box::new(notice)));
    }

    /// Tells every device of these users.
    pub fn users(&mut self, users: impl Into<Arc<[UserId]>>, notice: Notice) {
        self.notice(To::Users(users.into()), notice);
    }

    /// Tells every device of one user.
    pub fn user(&mut self, user: UserId, notice: Notice) {
        self.notice(To::user(user), notice);
    }

    /// Tells one device.
    pub fn device(&mut self, user: UserId, device: DeviceId, notice: Notice) {
        self.notice(To::Device(user, device), notice);
    }

    /// Tells the actor's other devices which of their lists is out of date.
    pub fn own_change(&mut self, me: &Actor, scope: Scope, id: Option<DmId>) {
        let notice = Notice::OwnChange(OwnChange { scope, id });
        self.notice(To::OtherDevices(me.id(), me.device), notice);
    }
}

/// Who does something, and on which device.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The user.
    pub me: Arc<Me>,
    /// The device.
    pub device: DeviceId,
}

impl Actor {
    /// The user's id.
    pub fn id(&self) -> UserId {
        self.me.id
    }

    /// The user's name.
    pub fn name(&self) -> String {
        self.me.username.to_string()
    }
}

/// Delivers notices to devices. Calls never wait: a device that does not keep up is disconnected.
pub trait Notifier: Send + Sync + 'static {
    /// Delivers in the order of the calls.
    fn notify(&self, to: &To, notice: &Notice);

    /// Whether a device of the user is connected.
    fn is_online(&self, user: UserId) -> bool;
}

/// Where an outbox is emptied: notices go to the devices, news of profiles to who gathers them, moments to the scheduler.
pub struct Teller {
    notifier: Arc<dyn Notifier>,
    profiles: mpsc::UnboundedSender<(UserId, Option<DeviceId>)>,
    earliest_due: watch::Sender<i64>,
}

/// The other ends of a [`Teller`].
#[derive(Debug)]
pub struct TellerEnds {
    /// Whose profile changed, by which device.
    pub profiles: mpsc::UnboundedReceiver<(UserId, Option<DeviceId>)>,
    /// Changes whenever something new is due.
    pub due: watch::Receiver<i64>,
}

impl Teller {
    /// A teller that delivers through `notifier`.
    pub fn new(notifier: Arc<dyn Notifier>) -> (Self, TellerEnds) {
        let (profiles, profiles_end) = mpsc::unbounded_channel();
        let (earliest_due, due) = watch::channel(i64::MAX);
        (
            Self {
                notifier,
                profiles,
                earliest_due,
            },
            TellerEnds {
                profiles: profiles_end,
                due,
            },
        )
    }

    /// Tells everything, in order.
    pub fn tell(&self, outbox: Outbox) {
        for tell in outbox.0 {
            match tell {
                Tell::Notice(to, notice) => self.notifier.notify(&to, &notice),
                // Both ends outlive every change but those of the last moments before the process ends.
                Tell::Profile(user, device) => drop(self.profiles.send((user, device))),
                Tell::Due(due_us) => drop(self.earliest_due.send_replace(due_us)),
            }
        }
    }

    /// Whether a device of the user is connected.
    pub fn is_online(&self, user: UserId) -> bool {
        self.notifier.is_online(user)
    }
}
