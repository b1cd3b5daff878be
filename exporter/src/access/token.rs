//! Makes tokens: the secret for its bearer, the line with its hash for the file.

use std::str::FromStr;

use super::{HASH_PREFIX, Scope, file::check_name, hash};

/// How a token begins, so that people and scanners for secrets know it for one.
pub(super) const PREFIX: &str = "exporter_";
/// Random bytes of a token: as many as its hash has.
const RANDOM_BYTES: usize = 32;

/// Whose token, and what for.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TokenOptions {
    /// Whose it is: the label `user` of the exports made with it
    name: Name,

    /// What it is good for, with commas between
    #[arg(long, value_name = "SCOPES", value_delimiter = ',', default_value = "export")]
    scope: Vec<Scope>,
}

/// A name that a line may have.
#[derive(Clone, Debug)]
struct Name(String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check_name(text).map(|name| Self(name.to_owned()))
    }
}

/// A token that was made. Nothing here keeps it.
pub(crate) struct NewToken {
    /// The secret, for its bearer.
    pub(crate) secret: String,
    /// The line with its hash, for the file of tokens.
    pub(crate) line: String,
}

/// Makes a token; an error means that the system has no random bytes.
pub(crate) fn make(options: &TokenOptions) -> Result<NewToken, getrandom::Error> {
    let mut random = [0; RANDOM_BYTES];
    getrandom::fill(&mut random)?;
    let secret = format!("{PREFIX}{}", hexadecimal(&random));
    let scopes: Vec<&str> = options.scope.iter().map(|scope| scope.label()).collect();
    let hash = hexadecimal(&hash(&secret));
    let line = format!("{} {} {HASH_PREFIX}{hash}", options.name.0, scopes.join(","));
    Ok(NewToken { secret, line })
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
        text
    })
}
