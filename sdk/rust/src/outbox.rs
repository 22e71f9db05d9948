//! Messages on their way: sealed once and kept until the server has answered, so that none is lost or sent twice.
//!
//! The server recognises a send that it has taken by (DM, sender, signature), for 7 days.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use sotto_protocol::messages::SendMessage;
use sotto_protocol::text::DmId;

use crate::client::Inner;
use crate::clock;
use crate::error::{Error, Result};
use crate::store::{self, Store};

const PREFIX: &str = "outbox-";

/// For how long the server recognises what it has taken, in seconds, less an hour for clocks that differ.
const RECOGNISED: u64 = 7 * 24 * 3_600 - 3_600;

/// Answers that may be missing before the connection is given up.
const SILENCES: usize = 2;

#[derive(Serialize, Deserialize)]
struct Kept {
    at: u64,
    request: SendMessage,
}

/// Keeps a send; answers its key.
pub(crate) fn keep(store: &dyn Store, request: &SendMessage) -> Result<String> {
    // The time first, so that what waits goes out in the order written; the signature names it.
    let signature = hex::encode(&request.signature.0[..8]);
    let key = format!("{PREFIX}{:016x}-{signature}", clock::micros());
    let kept = Kept {
        at: clock::seconds(),
        request: request.clone(),
    };
    let bytes = serde_json::to_vec(&kept).map_err(|error| Error::Storage(error.to_string()))?;
    store.update(&key, &mut |_| Some(bytes.clone()))?;
    Ok(key)
}

/// The server has answered.
pub(crate) fn drop_kept(store: &dyn Store, key: &str) -> Result<()> {
    store.update(key, &mut |_| None)
}

/// A send of an earlier run that was refused or came too late.
#[derive(Debug)]
pub(crate) struct Failed {
    pub dm: DmId,
    pub why: Error,
}

impl Inner {
    /// Sends until the outcome is known or the server cannot be reached; then what was kept goes out with the next connection. A
    /// wait before the send shrinks with the time it takes.
    pub(crate) async fn deliver(&self, mut request: SendMessage, since: Instant) -> Result<()> {
        let schedule = request.schedule;
        let mut silent = 0;
        loop {
            self.link.ready().await?;
            request.schedule = schedule.map(|wait| wait.saturating_sub(since.elapsed().as_secs()));
            match self.link.patient(&request).await {
                Err(Error::Disconnected(_)) => {}
                Err(error @ Error::Timeout { .. }) => {
                    silent += 1;
                    if silent == SILENCES {
                        // A server that reads and does not answer: a new connection, which sends what is kept.
                        self.link.renew();
                        return Err(error);
                    }
                }
                outcome => return outcome.map(drop),
            }
        }
    }

    /// Sends what an earlier connection left behind, oldest first. Answers what cannot be sent any more.
    pub(crate) async fn flush_outbox(&self) -> Result<Vec<Failed>> {
        let mut failed = Vec::new();
        for key in self.store.keys(PREFIX)? {
            let Some(kept) = store::read_json::<Kept>(&*self.store, &key)? else {
                continue;
            };
            let age = clock::seconds().saturating_sub(kept.at);
            let mut request = kept.request;
            let dm = request.id;
            if age > RECOGNISED {
                let why = "it waited for over a week, and sending it now could double it";
                failed.push(Failed {
                    dm,
                    why: Error::Invalid(why.to_owned()),
                });
                drop_kept(&*self.store, &key)?;
                continue;
            }
            request.schedule = request.schedule.map(|wait| wait.saturating_sub(age));
            match self.link.patient(&request).await {
                Ok(_) => drop_kept(&*self.store, &key)?,
                Err(why @ Error::Refused(_)) => {
                    failed.push(Failed { dm, why });
                    drop_kept(&*self.store, &key)?;
                }
                // It stays for the next connection.
                Err(error) => {
                    return if failed.is_empty() {
                        Err(error)
                    } else {
                        Ok(failed)
                    };
                }
            }
        }
        Ok(failed)
    }
}
