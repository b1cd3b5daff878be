//! Whether an attempt is repeated, and after which pause (`retry:`).
//!
//! Pure. What is repeated is what the scenario names; a failure of this machine (no file
//! descriptor, no port) is never repeated, because it is none of the target's.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;

use super::answer::{Answer, is_expected_status};
use super::exchange_error::ExchangeError;
use super::outcome::FailureKind;
use super::plan::PreparedRequest;
use crate::scenario::{RepeatOn, Retry};

/// Longest pause that a target may ask for by `Retry-After`: longer ones would hold a slot
/// for the rest of most loads.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(10);
/// Longest pause of all: the doubling ends there.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long to wait before the attempt is repeated, if it is. `attempt` counts from 1.
pub(super) fn pause_before_repeat(
    request: &PreparedRequest,
    attempt: u32,
    result: &Result<Answer, ExchangeError>,
) -> Option<Duration> {
    let retry = request.retry.as_ref().filter(|retry| attempt < retry.attempts)?;
    if !is_repeated(request, retry, result) {
        return None;
    }
    let doubled = retry.backoff.saturating_mul(2_u32.saturating_pow(attempt - 1));
    let asked = result.as_ref().ok().and_then(|answer| asked_for(&answer.headers));
    Some(doubled.min(LONGEST_PAUSE).max(asked.unwrap_or_default()))
}

fn is_repeated(
    request: &PreparedRequest,
    retry: &Retry,
    result: &Result<Answer, ExchangeError>,
) -> bool {
    match result {
        Ok(answer) => {
            answer.astray.is_none()
                && !is_expected_status(&request.expect, answer.status)
                && retry.on.contains(&RepeatOn::Status(answer.status))
        }
        Err(error) if error.is_local() => false,
        Err(error) => named(&error.kind()).is_some_and(|kind| retry.on.contains(&kind)),
    }
}

fn named(kind: &FailureKind) -> Option<RepeatOn> {
    match kind {
        FailureKind::Connect => Some(RepeatOn::Connect),
        FailureKind::Tls => Some(RepeatOn::Tls),
        FailureKind::Timeout => Some(RepeatOn::Timeout),
        FailureKind::Closed | FailureKind::Reset => Some(RepeatOn::Closed),
        _ => None,
    }
}

/// The seconds of `Retry-After`; its dates are not read, because they need a clock that the
/// two sides share.
fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::load::exchange_error::Awaited;
    use crate::load::plan::prepared;
    use crate::scenario::{Expect, Request};

    fn request(on: Vec<RepeatOn>) -> PreparedRequest {
        let backoff = Duration::from_millis(100);
        let retry = Some(Retry { attempts: 4, on, backoff });
        prepared(&Request { retry, ..Request::get("r", "/") })
    }

    fn answer(status: u16) -> Answer {
        Answer { status, ..Answer::default() }
    }

    fn millis(pause: Option<Duration>) -> Option<u128> {
        pause.map(|pause| pause.as_millis())
    }

    #[test]
    fn pauses_double_and_end_with_the_attempts() {
        let request = request(vec![RepeatOn::Status(503)]);
        let pauses =
            (1..=5).map(|attempt| pause_before_repeat(&request, attempt, &Ok(answer(503))));
        let pauses: Vec<_> = pauses.map(millis).collect();
        assert_eq!(pauses, [Some(100), Some(200), Some(400), None, None]);
    }

    #[test]
    fn only_what_is_named_is_repeated() {
        let request = request(vec![RepeatOn::Status(503), RepeatOn::Connect]);
        let pause = |result| millis(pause_before_repeat(&request, 1, &result));
        assert_eq!((pause(Ok(answer(500))), pause(Ok(answer(200)))), (None, None));
        let refused = || std::io::ErrorKind::ConnectionRefused.into();
        assert_eq!(pause(Err(ExchangeError::Connect(refused()))), Some(100));
        let no_port = std::io::ErrorKind::AddrNotAvailable.into();
        assert_eq!(pause(Err(ExchangeError::Connect(no_port))), None, "this machine's");
        assert_eq!(pause(Err(ExchangeError::Timeout(Awaited::Head))), None);
    }

    #[test]
    fn an_answer_that_is_expected_is_not_repeated() {
        let mut request = request(vec![RepeatOn::Status(503)]);
        request.expect = Arc::new(Expect { status: vec![503], ..Expect::default() });
        assert_eq!(pause_before_repeat(&request, 1, &Ok(answer(503))), None);
    }

    #[test]
    fn a_target_may_ask_for_a_longer_pause_up_to_a_bound() {
        let request = request(vec![RepeatOn::Status(503)]);
        for (asked, pause) in [("1", 1_000), ("0", 100), ("3600", 10_000), ("Fri, 31 Dec", 100)] {
            let mut answer = answer(503);
            answer.headers.insert(RETRY_AFTER, asked.parse().unwrap());
            assert_eq!(millis(pause_before_repeat(&request, 1, &Ok(answer))), Some(pause));
        }
    }
}
