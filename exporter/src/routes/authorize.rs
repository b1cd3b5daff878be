//! Bearer tokens in requests, by RFC 6750: who sends this, and may they?
//!
//! Routes that read no body have [`require`] in front of them; an export asks
//! [`caller`] itself, because it is counted and the rest of its body is read.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};

use super::{Service, answer};
use crate::{
    access::{Caller, Denied, Scope},
    problem::{Problem, Reason},
};

/// A request that is not let in, by whoever sent it.
pub(super) struct Refused {
    /// Without a name unless the token was good for something else.
    pub(super) caller: Caller,
    /// The answer.
    pub(super) problem: Box<Problem>,
}

/// Who sends a request with these headers.
pub(super) fn caller(
    service: &Service,
    scope: Scope,
    headers: &HeaderMap,
) -> Result<Caller, Refused> {
    service.config.access.admit(scope, bearer(headers)).map_err(|denied| refused(denied, scope))
}

/// Lets those on who may, with their [`Caller`] as an extension.
pub(super) async fn require(
    State((service, scope)): State<(Arc<Service>, Scope)>,
    mut request: Request,
    next: Next,
) -> Response {
    match caller(&service, scope, request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => answer::problem(&refused.problem, None),
    }
}

/// The token of the one header `Authorization: Bearer TOKEN` (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What RFC 6750 §3 says about it.
fn refused(denied: Denied, scope: Scope) -> Refused {
    let scope = scope.label();
    let (caller, reason, message, more) = match denied {
        Denied::NoToken => {
            let message = "this service asks for a token; send `Authorization: Bearer TOKEN`";
            (Caller::default(), Reason::Unauthorized, message.to_owned(), String::new())
        }
        Denied::UnknownToken => {
            let message = "this token is unknown; ask whoever runs the service for one";
            let more = ", error=\"invalid_token\"".to_owned();
            (Caller::default(), Reason::Unauthorized, message.to_owned(), more)
        }
        Denied::OtherScope(caller) => {
            let message = format!("this token is not for this; one with the scope `{scope}` is");
            let more = format!(", error=\"insufficient_scope\", scope=\"{scope}\"");
            (caller, Reason::Forbidden, message, more)
        }
    };
    let challenge = Some(format!("Bearer realm=\"exporter\"{more}"));
    let problem = Problem { challenge, ..Problem::new(reason, message) };
    Refused { caller, problem: Box::new(problem) }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|v| (header::AUTHORIZATION, HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn one_bearer_token_is_read_and_nothing_else_is_one() {
        assert_eq!(bearer(&headers(&["Bearer abc"])), Some("abc"));
        assert_eq!(bearer(&headers(&["bearer  abc "])), Some("abc"));
        for values in [&[][..], &["Basic abc"], &["Bearer"], &["abc"], &["Bearer a", "Bearer b"]] {
            assert_eq!(bearer(&headers(values)), None, "{values:?}");
        }
    }
}
