//! A request as HTTP/2 has it (RFC 9113 §8.2, §8.3).

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING, UPGRADE};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

use crate::load::exchange_error::ExchangeError;

/// Headers about a connection, which HTTP/2 does not have (RFC 9113 §8.2.2).
const OF_A_CONNECTION: [HeaderName; 5] = [
    CONNECTION,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// The message as HTTP/2 has it: with an authority in place of `Host`, and without
/// what is about a connection.
pub(super) fn in_http2(
    message: Request<Bytes>,
    scheme: &Scheme,
    authority: &Authority,
) -> Result<(Request<()>, Bytes), ExchangeError> {
    let (mut head, body) = message.into_parts();
    let mut uri = std::mem::take(&mut head.uri).into_parts();
    uri.scheme = Some(scheme.clone());
    uri.authority = Some(authority_of(head.headers.remove(HOST).as_ref(), authority)?);
    head.uri = Uri::from_parts(uri).map_err(|_| ExchangeError::NoAuthority)?;
    without_connection(&mut head.headers);
    if !body.is_empty() {
        head.headers.insert(CONTENT_LENGTH, body.len().into());
    }
    Ok((Request::from_parts(head, ()), body))
}

/// That of a `Host` header, or of the target.
fn authority_of(
    host: Option<&HeaderValue>,
    target: &Authority,
) -> Result<Authority, ExchangeError> {
    match host {
        Some(host) if host != target.as_str() => {
            Authority::try_from(host.as_bytes()).map_err(|_| ExchangeError::NoAuthority)
        }
        _ => Ok(target.clone()),
    }
}

fn without_connection(headers: &mut HeaderMap) {
    for name in &OF_A_CONNECTION {
        headers.remove(name);
    }
    if headers.get(TE).is_some_and(|value| value != "trailers") {
        headers.remove(TE);
    }
}
