//! One typed request on one connection: parameters out, the envelope of the answer read.

use serde::Deserialize;
use serde_json::value::RawValue;
use sotto_protocol::{Code, Event};

use crate::error::{Error, Refused, Result};
use crate::transport::Socket;

/// Sends a request and reads its reply.
///
/// # Errors
/// [`Error::Refused`] where the server says no; else those of [`Socket::request`] and [`Error::Protocol`].
pub async fn call<E: Event>(socket: &Socket, request: &E) -> Result<E::Reply> {
    let payload =
        serde_json::to_string(request).map_err(|error| Error::protocol(E::NAME, error))?;
    let answer = socket.request(E::NAME, &payload).await?;
    read::<E>(&answer)
}

#[derive(Deserialize)]
struct Answer<'a> {
    success: bool,
    #[serde(borrow)]
    result: &'a RawValue,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    retry_after: Option<u64>,
}

fn read<E: Event>(answer: &RawValue) -> Result<E::Reply> {
    let wrong = |error: serde_json::Error| Error::protocol(E::NAME, error);
    let answer: Answer<'_> = serde_json::from_str(answer.get()).map_err(wrong)?;
    if answer.success {
        return serde_json::from_str(answer.result.get()).map_err(wrong);
    }
    let code_text = answer.code.unwrap_or_default();
    Err(Error::Refused(Refused {
        event: E::NAME,
        code: Code::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == code_text),
        code_text,
        sentence: serde_json::from_str(answer.result.get())
            .unwrap_or_else(|_| "The server refused without a reason".to_owned()),
        retry_after: answer.retry_after,
    }))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use sotto_protocol::dms::GetDms;

    fn answer(json: &str) -> Result<Vec<u64>> {
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        read::<GetDms>(&raw).map(|ids| ids.into_iter().map(|id| id.get()).collect())
    }

    #[test]
    fn answers_are_read_with_or_without_a_code() {
        assert_eq!(
            answer(r#"{"success":true,"result":[1,2]}"#).unwrap(),
            [1, 2]
        );
        let refused =
            answer(r#"{"success":false,"result":"No.","code":"rate_limited","retry_after":3}"#);
        let error = refused.unwrap_err();
        assert_eq!(error.code(), Some(Code::RateLimited));
        assert_eq!(error.to_string(), "No (rate_limited); try again in 3 s");
        let old = answer(r#"{"success":false,"result":"No."}"#).unwrap_err();
        assert_eq!((old.code(), old.to_string()), (None, "No".to_owned()));
        let newer = answer(r#"{"success":false,"result":"No.","code":"from_the_future"}"#);
        assert_eq!(newer.unwrap_err().to_string(), "No (from_the_future)");
        for bad in [
            "[]",
            "{}",
            r#"{"success":true,"result":{}}"#,
            r#"{"success":true}"#,
        ] {
            assert!(matches!(answer(bad), Err(Error::Protocol { .. })), "{bad}");
        }
    }
}
