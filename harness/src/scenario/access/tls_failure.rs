//! Why TLS could not be spoken with a server, in words, and what to do: the same for
//! whoever asks for metrics and whoever sends load.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

/// How webpki tells that a server shows the certificate of an authority.
const AUTHORITY_AS_SERVER: &str = "CaUsedAsEndEntity";

/// What is wrong with a server's TLS, if that is what an error or one of its causes says.
pub fn tls_failure(error: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if let Some(of_tls) = tls_error(inner) {
            return Some(in_words(of_tls));
        }
        cause = inner.source();
    }
    None
}

/// What TLS says of itself; I/O errors, one in another, hide it from those who ask for
/// causes.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    match error.downcast_ref::<io::Error>() {
        Some(outer) => tls_error(outer.get_ref()?),
        None => error.downcast_ref(),
    }
}

fn in_words(error: &rustls::Error) -> String {
    let advice = match error {
        rustls::Error::InvalidCertificate(wrong) => advice_on_certificate(wrong),
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::HandshakeFailure,
        ) => Some("it may want another client's certificate: see `cert` and `key` in `tls`"),
        rustls::Error::InvalidMessage(_) => Some("does it speak TLS at all? perhaps it is http"),
        _ => None,
    };
    advice.map_or_else(|| error.to_string(), |advice| format!("{error}; {advice}"))
}

fn advice_on_certificate(wrong: &CertificateError) -> Option<&'static str> {
    match wrong {
        // A bad signature is that of another authority with the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            Some("whoever issued it is not trusted: name that authority with `tls: { ca: FILE }`")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Some("it has expired: renew it, or set this machine's clock")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Some("it is not valid yet: set this machine's clock")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Some("it is for another name: give that with `tls: { server_name: NAME }`")
        }
        // rustls has no word of its own for it.
        CertificateError::Other(other) if other.0.to_string().contains(AUTHORITY_AS_SERVER) => {
            Some(
                "the server shows an authority's own certificate (CA:TRUE): give it one that is made \
             for a server (with openssl: basicConstraints=CA:FALSE)",
            )
        }
        _ => None,
    }
}
