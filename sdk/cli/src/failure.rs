//! Why a command ended badly: one sentence for standard error, one exit code.

use std::process::ExitCode;

use sotto_sdk::Error;

/// A command that was not carried out.
#[derive(Debug)]
pub struct Failure {
    pub exit: u8,
    pub sentence: String,
    /// The server's or the SDK's code, for `--json`.
    pub code: Option<String>,
}

pub type Outcome<T = ()> = Result<T, Failure>;

pub const USAGE: u8 = 2;
pub const NO_CONNECTION: u8 = 3;
pub const FILES: u8 = 5;

impl Failure {
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self {
            exit: USAGE,
            sentence: sentence.into(),
            code: None,
        }
    }

    pub fn files(sentence: impl Into<String>) -> Self {
        Self {
            exit: FILES,
            sentence: sentence.into(),
            code: None,
        }
    }

    /// Says it on standard error.
    pub fn report(&self, json: bool) -> ExitCode {
        if json {
            let line =
                serde_json::json!({"error": self.sentence, "code": self.code, "exit": self.exit});
            eprintln!("{line}");
        } else {
            let sentence = crate::output::plain(&self.sentence);
            eprintln!("sotto-cli: {}.", sentence.trim_end_matches('.'));
        }
        ExitCode::from(self.exit)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (exit, code) = match &error {
            Error::Refused(refused) => (1, Some(refused.code_text.clone())),
            Error::Invalid(_) => (USAGE, None),
            Error::Security(security) => (4, Some(security.code.to_owned())),
            Error::Storage(_) => (FILES, None),
            _ => (NO_CONNECTION, None),
        };
        Self {
            exit,
            sentence: error.to_string(),
            code,
        }
    }
}
