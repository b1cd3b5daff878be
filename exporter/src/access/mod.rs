//! Who may do what: named bearer tokens, of which a service knows only hashes.
//!
//! A token is 256 random bits that [`token`] makes, so one round of SHA-256 without
//! salt keeps it: what cannot be guessed need not be slow to guess. Hashes are
//! compared in constant time and all of them each time, so that the time of an
//! answer says nothing about a token. [`file`] reads the entries. This module knows no
//! HTTP.

mod file;
mod token;

use std::{fmt, path::Path, sync::Arc};

use clap::ValueEnum;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use self::file::TokensError;
pub(crate) use self::token::{NewToken, TokenOptions, make};

/// How a hash is introduced in a file of tokens.
const HASH_PREFIX: &str = "sha256:";
/// Bytes of a SHA-256 hash.
const HASH_BYTES: usize = 32;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    /// Exports, their downloads, and how busy the service is.
    Export,
    /// The counters.
    Metrics,
    /// Whether the process answers.
    Health,
}

impl Scope {
    /// The word in a file of tokens.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Metrics => "metrics",
            Self::Health => "health",
        }
    }

    fn from_label(label: &str) -> Option<Self> {
        [Self::Export, Self::Metrics, Self::Health].into_iter().find(|scope| scope.label() == label)
    }
}

/// One line of a file of tokens.
#[derive(Clone, PartialEq, Eq)]
struct Entry {
    name: Arc<str>,
    scopes: Vec<Scope>,
    hash: [u8; HASH_BYTES],
}

/// Without the hash: it is nobody's business.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Who may use a service: everybody who reaches it, or the bearers of tokens.
#[derive(Clone, Debug, Default)]
pub struct Access {
    entries: Option<Arc<[Entry]>>,
}

/// Whoever sent a request, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Name of the token; `None` where none is asked for.
    pub(crate) name: Option<Arc<str>>,
}

/// Why a request is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It brings no token.
    NoToken,
    /// Nobody has this token.
    UnknownToken,
    /// The token is good for something else.
    OtherScope(Caller),
}

impl Access {
    /// Everybody may do everything.
    pub fn open() -> Self {
        Self::default()
    }

    /// The bearers of the tokens in a file, of which each line is `NAME SCOPES sha256:HASH`.
    /// Logs a warning of what is unwise, such as a file that everybody can read.
    pub fn from_file(path: &Path) -> Result<Self, TokensError> {
        file::read(path)
    }

    /// Who brings this token, if that is good for `scope`.
    ///
    /// Health is open to everybody until an entry is for it: it says nothing that a
    /// connection would not. The counters name users, and are never open.
    pub(crate) fn admit(&self, scope: Scope, token: Option<&str>) -> Result<Caller, Denied> {
        let Some(entries) = &self.entries else { return Ok(Caller::default()) };
        if scope == Scope::Health && !self.has(scope) {
            return Ok(Caller::default());
        }
        let hash = hash(token.ok_or(Denied::NoToken)?);
        let mut found = None;
        for entry in entries.iter() {
            if bool::from(entry.hash.ct_eq(&hash)) {
                found = Some(entry);
            }
        }
        let entry = found.ok_or(Denied::UnknownToken)?;
        let caller = Caller { name: Some(Arc::clone(&entry.name)) };
        if entry.scopes.contains(&scope) { Ok(caller) } else { Err(Denied::OtherScope(caller)) }
    }

    /// Whether everybody may do everything.
    pub(crate) fn is_open(&self) -> bool {
        self.entries.is_none()
    }

    /// Whether any token is good for this.
    pub(crate) fn has(&self, scope: Scope) -> bool {
        self.entries.iter().flat_map(|entries| entries.iter()).any(|e| e.scopes.contains(&scope))
    }
}

fn hash(token: &str) -> [u8; HASH_BYTES] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(entries: &[(&str, &[Scope], &str)]) -> Access {
        let entry = |(name, scopes, token): &(&str, &[Scope], &str)| Entry {
            name: (*name).into(),
            scopes: scopes.to_vec(),
            hash: hash(token),
        };
        Access { entries: Some(entries.iter().map(entry).collect()) }
    }

    fn name(admitted: Result<Caller, Denied>) -> Option<String> {
        admitted.unwrap().name.map(|name| name.to_string())
    }

    #[test]
    fn without_tokens_everybody_is_let_in_without_a_name() {
        assert_eq!(name(Access::open().admit(Scope::Export, None)), None);
        assert_eq!(name(Access::open().admit(Scope::Metrics, Some("any"))), None);
    }

    #[test]
    fn a_token_is_good_for_its_scopes_and_brings_its_name() {
        let access = access(&[
            ("ann", &[Scope::Export], "a"),
            ("prom", &[Scope::Metrics, Scope::Health], "p"),
        ]);
        assert_eq!(name(access.admit(Scope::Export, Some("a"))), Some("ann".into()));
        assert_eq!(name(access.admit(Scope::Health, Some("p"))), Some("prom".into()));
        assert_eq!(access.admit(Scope::Export, None), Err(Denied::NoToken));
        assert_eq!(access.admit(Scope::Export, Some("b")), Err(Denied::UnknownToken));
        let prom = Caller { name: Some("prom".into()) };
        assert_eq!(access.admit(Scope::Export, Some("p")), Err(Denied::OtherScope(prom)));
    }

    #[test]
    fn health_is_open_until_a_token_is_for_it_and_metrics_never_are() {
        let access = access(&[("ann", &[Scope::Export], "a")]);
        assert_eq!(name(access.admit(Scope::Health, None)), None);
        assert_eq!(access.admit(Scope::Metrics, None), Err(Denied::NoToken));
    }

    #[test]
    fn the_hash_is_that_of_the_standard() {
        // FIPS 180-4, the example `abc`.
        let hex = token::hexadecimal(&hash("abc"));
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn no_hash_is_shown_where_settings_are() {
        let shown = format!("{:?}", access(&[("ann", &[Scope::Export], "a")]));
        assert!(shown.contains("ann") && !shown.contains("hash"), "{shown}");
    }
}
