//! How a server is asked, one that has metrics or the target itself: who asks, with which headers, and how TLS is
//! spoken (`auth:`, `headers:`, `tls:`).
//!
//! [`Access`] is what a file says: secrets by the name of their file. [`Credentials`]
//! is that with every file read, made when a run begins ([`Access::read`]); to `check` a
//! file that cannot be read is a warning, because whoever checks need not have the
//! secrets. Both serve every source of metrics that is asked over HTTP. Nothing here sends
//! anything.

mod blank;
mod credentials;
mod lower;
mod tls;
mod tls_failure;

use std::path::PathBuf;
use std::sync::Arc;

pub use credentials::Credentials;
pub(super) use credentials::secret_of_file;
pub(super) use lower::{Over, access, authorization, named_file, system_tls, tls};
pub use tls::TlsClient;
pub use tls_failure::tls_failure;

use super::secret::Secret;
use super::source::{Source, Span};

/// How a server is asked, as a file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Who asks; nobody in particular without it.
    pub authorization: Option<Authorization>,
    /// Headers besides, in file order; names are valid and differ. Values may be secret.
    pub headers: Vec<(String, Secret)>,
    /// How TLS is spoken; `None` where the server is asked over plain HTTP only.
    pub tls: Option<Tls>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Whoever has a token (RFC 6750).
    Bearer(SecretSource),
    /// A user with a password (RFC 7617).
    Basic {
        /// The user; has no colon.
        username: String,
        /// The password.
        password: SecretSource,
    },
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// From `${NAME}`: the environment or `-e`.
    Variable(Secret),
    /// From a file; white space at its end does not count.
    File(NamedFile),
}

/// How TLS is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Certificates (PEM) of the authorities to trust, and no others; without it those
    /// that the system trusts.
    pub ca: Option<NamedFile>,
    /// The certificate that the client shows, if the server asks for one.
    pub client: Option<ClientCertificate>,
    /// The name that the server's certificate must be for, and that it is asked for; the
    /// host of the URL without it.
    pub server_name: Option<String>,
    /// Where the file asks for TLS.
    pub(super) asked_at: Written,
}

impl Tls {
    /// With the system's authorities, for a whole file that asks for it.
    pub(super) fn of_system(source: &Arc<Source>) -> Self {
        let span = Span { file: 0, start: 0, length: 0 };
        let asked_at = Written { source: Arc::clone(source), span };
        Self { ca: None, client: None, server_name: None, asked_at }
    }
}

/// A certificate with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate and those that vouch for it (PEM).
    pub certificate: NamedFile,
    /// Its private key (PEM).
    pub key: NamedFile,
}

/// A file that a scenario names, relative to the scenario's own folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Where the scenario names it.
    pub(super) at: Written,
}

/// A place in a file, with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) source: Arc<Source>,
    pub(super) span: Span,
}
