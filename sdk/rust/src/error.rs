//! Everything that can go wrong for an app, in the five kinds it can act on.

use sotto_protocol::Code;

/// What every fallible function of the SDK answers.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something was not done. Each `Display` is one sentence for a person.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server said no and changed nothing.
    #[error("{0}")]
    Refused(Refused),
    /// The server could not be reached, or the address is none.
    #[error("cannot connect to {server}: {why}")]
    Connect {
        /// The address that was dialled.
        server: String,
        /// What the network said.
        why: String,
    },
    /// The connection ended before the answer came. Whether the request was carried out is not known.
    #[error("the connection to the server was lost: {0}")]
    Disconnected(String),
    /// No answer in time. Whether the request was carried out is not known.
    #[error("the server did not answer {event} within {seconds} s")]
    Timeout {
        /// The request.
        event: &'static str,
        /// How long was waited.
        seconds: u64,
    },
    /// The server answered something that is not this protocol.
    #[error("the server's answer to {event} does not fit the protocol: {why}")]
    Protocol {
        /// The request or notice.
        event: String,
        /// What does not fit.
        why: String,
    },
    /// Something that must be refused for the user's safety (`sotto/1`, section 2.12).
    #[error("{0}")]
    Security(Security),
    /// The device's own store failed.
    #[error("local storage: {0}")]
    Storage(String),
    /// The call itself makes no sense, whatever the server would say.
    #[error("{0}")]
    Invalid(String),
}

/// A refusal of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The request.
    pub event: &'static str,
    /// Why, where the code is one that this version knows.
    pub code: Option<Code>,
    /// The code as the server wrote it; empty where it gave none.
    pub code_text: String,
    /// The server's sentence for a person.
    pub sentence: String,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.sentence.trim_end_matches('.'))?;
        if !self.code_text.is_empty() {
            write!(f, " ({})", self.code_text)?;
        }
        match self.retry_after {
            Some(seconds) => write!(f, "; try again in {seconds} s"),
            None => Ok(()),
        }
    }
}

/// A refusal of the SDK itself, for the user's safety.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Security {
    /// The code of `sotto/1`, section 2.12, such as `E_KEY_CHANGED`.
    pub code: &'static str,
    /// What happened, for a person.
    pub sentence: String,
}

impl std::fmt::Display for Security {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.sentence, self.code)
    }
}

impl Error {
    /// The server's code, where this is a refusal of the server with a code that this version knows.
    pub fn code(&self) -> Option<Code> {
        match self {
            Error::Refused(refused) => refused.code,
            _ => None,
        }
    }

    /// The `E_…` code, where this is a refusal for the user's safety.
    pub fn security_code(&self) -> Option<&'static str> {
        match self {
            Error::Security(security) => Some(security.code),
            _ => None,
        }
    }

    /// Whether the request may have been carried out although no answer came.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, Error::Disconnected(_) | Error::Timeout { .. })
    }

    pub(crate) fn security(code: &'static str, sentence: impl Into<String>) -> Self {
        Error::Security(Security {
            code,
            sentence: sentence.into(),
        })
    }

    pub(crate) fn protocol(event: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Error::Protocol {
            event: event.into(),
            why: why.to_string(),
        }
    }
}

impl From<sotto_crypto::Refusal> for Error {
    fn from(refusal: sotto_crypto::Refusal) -> Self {
        Error::security(refusal.code(), refusal.sentence().trim_end_matches('.'))
    }
}
