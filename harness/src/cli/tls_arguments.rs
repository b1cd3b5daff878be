//! Flags that say how TLS is spoken with an https target: what `tls:` says in a file.
//!
//! There is no flag that accepts any certificate: a load on whoever answers says nothing
//! about the service that was meant, and an authority of one's own is one file.

use std::io;
use std::path::absolute;

use clap::Args;

/// What `run URL`, `init` and `assert` take about TLS.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct TlsArguments {
    /// For an https URL: the authorities to trust (PEM), in place of those that the system trusts
    #[arg(long, value_name = "FILE", alias = "cacert")]
    pub(super) ca: Option<String>,
    /// The client's certificate (PEM), if the target asks for one
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(super) cert: Option<String>,
    /// The private key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(super) key: Option<String>,
    /// The name that the target's certificate is for [default: the host of the URL]
    #[arg(long, value_name = "NAME")]
    pub(super) server_name: Option<String>,
}

/// One of the flags that was given.
pub(super) struct Given<'a> {
    pub(super) flag: &'static str,
    /// As it is called in `tls:`.
    pub(super) key: &'static str,
    pub(super) value: &'a str,
    pub(super) is_file: bool,
}

impl TlsArguments {
    /// Those that were given.
    pub(super) fn given(&self) -> impl Iterator<Item = Given<'_>> {
        let all = [
            ("--ca", "ca", &self.ca, true),
            ("--cert", "cert", &self.cert, true),
            ("--key", "key", &self.key, true),
            ("--server-name", "server_name", &self.server_name, false),
        ];
        all.into_iter().filter_map(|(flag, key, value, is_file)| {
            value.as_deref().map(|value| Given { flag, key, value, is_file })
        })
    }

    /// Keys and values of `tls:` in a file that may be written anywhere.
    pub(super) fn as_keys(&self) -> io::Result<Vec<(String, String)>> {
        let pair = |given: Given<'_>| {
            let value = if given.is_file {
                absolute(given.value)?.display().to_string()
            } else {
                given.value.to_owned()
            };
            Ok((given.key.to_owned(), value))
        };
        self.given().map(pair).collect()
    }
}
