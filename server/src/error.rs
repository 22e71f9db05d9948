//! The two kinds of failure, and the only road from either to a reply.

use sotto_protocol::{Code, Refusal};

use crate::clock::random_bytes;

/// Why an event was not carried out.
#[derive(Debug)]
pub enum Error {
    /// We said no. Code and sentence are part of the protocol.
    Refused(Refusal),
    /// We broke. Logged once under an incident number; the caller learns the number and nothing else.
    Broken(anyhow::Error),
}

/// What handlers return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether the database could not be asked at all.
    pub fn is_out_of_reach(&self) -> bool {
        matches!(self, Self::Broken(cause) if cause.is::<OutOfReach>())
    }

    /// What the caller is told.
    pub fn into_refusal(self, event: &'static str) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Broken(cause) if cause.is::<OutOfReach>() => {
                tracing::error!(event, cause = format!("{cause:#}"), "database out of reach");
                Refusal::retry_after(Code::Unavailable, 5)
            }
            Self::Broken(cause) => {
                let incident = incident();
                tracing::error!(
                    event,
                    incident,
                    cause = format!("{cause:#}"),
                    "internal error"
                );
                Refusal::saying(
                    Code::Internal,
                    format!("Something went wrong on our side (incident {incident})."),
                )
            }
        }
    }
}

/// A number by which an operator finds the log line that a caller tells of.
fn incident() -> String {
    random_bytes::<6>().map_or_else(|_| "unknown".to_owned(), hex::encode)
}

/// The database could not be asked at all, so that trying again later makes sense.
#[derive(Debug, thiserror::Error)]
#[error("the database is out of reach")]
pub struct OutOfReach;

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(code.into())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Broken(cause)
    }
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        Self::Broken(cause.into())
    }
}
