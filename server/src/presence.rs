//! News of profiles: gathers who changed and tells friends and fellow members, the first time at once, then at most once a second, the
//! last state winning.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use sotto_protocol::notices::Notice;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::app::App;
use crate::clock::until;
use crate::error::Result;
use crate::handlers::users::profile_news;
use crate::notify::{Outbox, To};
use crate::store::UserId;
use crate::store::calls::DeviceId;

/// The least time between two notices about one user.
const PAUSE: Duration = Duration::from_secs(1);

/// What is known of a user whose profile changed lately.
struct Recent {
    /// When the next notice may go out.
    next: Instant,
    /// Whether something changed since the last one, and by which devices.
    changed_by: Option<HashSet<Option<DeviceId>>>,
}

/// Tells news of profiles until nobody can have any more.
pub async fn tell_profiles(
    app: Arc<App>,
    mut news: mpsc::UnboundedReceiver<(UserId, Option<DeviceId>)>,
) {
    let mut recent: HashMap<UserId, Recent> = HashMap::new();
    loop {
        let next = recent.values().map(|recent| recent.next).min();
        tokio::select! {
            changed = news.recv() => {
                let Some((user, device)) = changed else { return };
                match recent.get_mut(&user) {
                    Some(recent) => drop(recent.changed_by.get_or_insert_default().insert(device)),
                    None => {
                        tell(&app, user, &HashSet::from([device])).await;
                        recent.insert(user, Recent { next: Instant::now() + PAUSE, changed_by: None });
                    }
                }
            }
            () = until(next) => {
                let now = Instant::now();
                let due: Vec<_> =
                    recent.iter().filter(|(_, recent)| recent.next <= now).map(|(user, _)| *user).collect();
                for user in due {
                    match recent.get_mut(&user).and_then(|recent| recent.changed_by.take()) {
                        Some(devices) => {
                            tell(&app, user, &devices).await;
                            let next = Instant::now() + PAUSE;
                            recent.insert(user, Recent { next, changed_by: None });
                        }
                        None => drop(recent.remove(&user)),
                    }
                }
            }
        }
    }
}

async fn tell(app: &App, user: UserId, changed_by: &HashSet<Option<DeviceId>>) {
    match news(app, user, changed_by).await {
        Ok(outbox) => app.teller.tell(outbox),
        // Going down: whoever would be told is being closed as well.
        Err(_) if app.store.writer().is_closed() => {}
        Err(cause) => drop(cause.into_refusal("profile_notification")),
    }
}

async fn news(app: &App, user: UserId, changed_by: &HashSet<Option<DeviceId>>) -> Result<Outbox> {
    let mut outbox = Outbox::default();
    if let Some((audience, profile)) = profile_news(app, user).await? {
        let notice = Notice::Profile(profile);
        // The device that changed something knows; of several, none knows the last state. A login is no news to the user.
        let devices: Vec<_> = changed_by.iter().flatten().collect();
        let own = match devices[..] {
            [] => None,
            [device] => Some(To::OtherDevices(user, *device)),
            _ => Some(To::user(user)),
        };
        if let Some(own) = own {
            outbox.notice(own, notice.clone());
        }
        outbox.users(audience, notice);
    }
    Ok(outbox)
}
