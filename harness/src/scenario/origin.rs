//! Scheme, host and port of a URL: the one place that says what a target's URL is.
//!
//! A user and a password in a URL are refused and never shown again: a URL stands in
//! every report.

use http::Uri;
use http::uri::Authority;
use thiserror::Error;

/// What is spoken with a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP over a bare connection.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    fn of(word: &str) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|scheme| scheme.as_str() == word)
    }

    /// As it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that is meant when none is written.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// What is spoken there.
    pub scheme: Scheme,
    /// The host as it was written; an IPv6 address without brackets.
    pub host: String,
    /// The port, written or meant.
    pub port: u16,
    /// As it was written: `http://host`, `https://host:port`.
    url: String,
}

/// Why a text is no target.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// Nothing there.
    #[error("the target is empty; write `reference` or a URL such as http://127.0.0.1:8080")]
    Empty,
    /// Neither `reference` nor a URL.
    #[error("`{0}` is not a target; write `reference` or a URL such as http://127.0.0.1:8080")]
    NotAUrl(String),
    /// A URL of another kind.
    #[error("`{0}` is not supported: a target is asked by HTTP; write `http://…` or `https://…`")]
    Scheme(String),
    /// A path or query, where only scheme, host and port may stand.
    #[error("a target has no path and no query; move `{0}` to the requests")]
    Path(String),
    /// A user, perhaps with a password, before the host.
    #[error(
        "a target has no user and no password; take `…@` out of the URL, and write them as \
         `auth: {{ basic: {{ username: …, password_file: … }} }}`"
    )]
    Credentials,
}

impl TargetError {
    /// Whether the text that was read holds a secret, so that it must not be quoted.
    pub fn is_about_a_secret(&self) -> bool {
        matches!(self, Self::Credentials)
    }
}

impl Origin {
    /// Reads `http://host:port` or `https://…`, and what follows it: path and query, from `/`, or
    /// nothing.
    pub fn parse_with_rest(text: &str) -> Result<(Self, String), TargetError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TargetError::Empty);
        }
        let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
        if authority.split(['/', '?', '#']).next().is_some_and(|part| part.contains('@')) {
            return Err(TargetError::Credentials);
        }
        let not_a_url = || TargetError::NotAUrl(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| not_a_url())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(not_a_url());
        };
        let scheme =
            Scheme::of(scheme).ok_or_else(|| TargetError::Scheme(format!("{scheme}://")))?;
        let (host, port) = host_and_port(authority, scheme).ok_or_else(not_a_url)?;
        let rest = uri.path_and_query().map_or("", |rest| rest.as_str());
        let rest = match rest {
            "/" if !text.ends_with('/') => String::new(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        };
        let url = format!("{}://{authority}", scheme.as_str());
        Ok((Self { scheme, host, port, url }, rest))
    }

    /// Reads a URL that is scheme, host and port and no more; one `/` may follow.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        match Self::parse_with_rest(text)? {
            (origin, rest) if rest.is_empty() || rest == "/" => Ok(origin),
            (_, rest) => Err(TargetError::Path(rest)),
        }
    }

    /// `http://host:port`, without a path, as it was written.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Host and port, the port always; an IPv6 address in brackets.
    pub fn host_and_port(&self) -> String {
        format!("{}:{}", self.bracketed(), self.port)
    }

    /// What stands in `Host`: the port only where it is not the scheme's own (RFC 9110 §7.2).
    pub fn host_header(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.bracketed()
        } else {
            self.host_and_port()
        }
    }

    fn bracketed(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }
}

fn host_and_port(authority: &Authority, scheme: Scheme) -> Option<(String, u16)> {
    let host = authority.host();
    let port = match authority.as_str().strip_prefix(host)? {
        "" => scheme.default_port(),
        written => written.strip_prefix(':')?.parse().ok().filter(|port| *port > 0)?,
    };
    let host = host.trim_matches(['[', ']']);
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> TargetError {
        Origin::parse(text).unwrap_err()
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = Origin::parse("http://[::1]:80/").unwrap();
        assert_eq!((origin.host.as_str(), origin.port), ("::1", 80));
        assert_eq!(origin.url(), "http://[::1]:80");
        let origin = Origin::parse("http://example.test").unwrap();
        assert_eq!((origin.host.as_str(), origin.port), ("example.test", 80));
        let origin = Origin::parse("https://example.test").unwrap();
        assert_eq!((origin.scheme, origin.port), (Scheme::Https, 443));
        assert_eq!(origin.url(), "https://example.test");
    }

    #[test]
    fn a_port_that_the_scheme_means_stands_in_no_host_header() {
        let header = |text: &str| Origin::parse(text).unwrap().host_header();
        assert_eq!(header("http://a:80"), "a");
        assert_eq!(header("https://a"), "a");
        assert_eq!(header("https://a:80"), "a:80");
        assert_eq!(header("http://[::1]:8080"), "[::1]:8080");
        assert_eq!(Origin::parse("https://[::1]").unwrap().host_and_port(), "[::1]:443");
    }

    #[test]
    fn what_follows_the_port_can_be_asked_for() {
        let rest = |text: &str| Origin::parse_with_rest(text).unwrap().1;
        assert_eq!(rest("http://a:1"), "");
        assert_eq!(rest("http://a:1/"), "/");
        assert_eq!(rest("http://a:1/b?c=d"), "/b?c=d");
        assert_eq!(rest("http://a:1?c=d"), "/?c=d");
    }

    #[test]
    fn says_what_is_wrong_with_a_url() {
        assert_eq!(error(" "), TargetError::Empty);
        for text in ["localhost:80", "http://", "http://a:", "http://a:0", "http://a:99999"] {
            assert!(matches!(error(text), TargetError::NotAUrl(_)), "{text}");
        }
        assert!(matches!(error("ftp://a"), TargetError::Scheme(_)));
        assert!(matches!(error("http://a/b"), TargetError::Path(_)));
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for text in ["http://u:hunter2@a", "https://u:hunter2@:0", "u:hunter2@a", "http://hunter2@"]
        {
            assert_eq!(error(text), TargetError::Credentials, "{text}");
            assert!(!error(text).to_string().contains("hunter2"));
        }
        assert!(matches!(error("http://a/@b"), TargetError::Path(_)));
    }
}
