//! The client's side of TLS, made from the files that `tls:` names.
//!
//! rustls with ring, as everywhere here. Without `ca` the system's own authorities are
//! trusted, as curl and Prometheus do: the system keeps them up to date, and a company's
//! own authority is among them. A certificate is never accepted unseen.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

use super::{ClientCertificate, NamedFile, Tls};
use crate::scenario::problem::Problem;

/// How a client speaks TLS with a server.
#[derive(Clone)]
pub struct TlsClient {
    /// Whom it trusts and what it shows.
    pub config: Arc<ClientConfig>,
    /// The name that the server's certificate must be for, if it is not the URL's host.
    pub server_name: Option<String>,
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsClient").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

impl TlsClient {
    /// The name that the certificate of a server at this host must be for; an IPv6 address
    /// with or without brackets.
    pub fn name_for(&self, host: &str) -> Result<ServerName<'static>, InvalidDnsNameError> {
        let host = host.trim_matches(['[', ']']).to_owned();
        ServerName::try_from(self.server_name.clone().unwrap_or(host))
    }

    /// Reads all files that `tls:` names.
    pub(super) fn read(tls: &Tls) -> Result<Self, Problem> {
        let roots = match &tls.ca {
            Some(file) => roots_of_file(file)?,
            None => system_roots(tls)?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| tls.asked_at.problem(error.to_string()))?
            .with_root_certificates(roots);
        let mut config = match &tls.client {
            None => builder.with_no_client_auth(),
            Some(client) => {
                let (chain, key) = read_client(client)?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| unusable_client(client, &error))?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), server_name: tls.server_name.clone() })
    }
}

/// A certificate and a key that do not go together, or a certificate that is no good.
fn unusable_client(client: &ClientCertificate, error: &rustls::Error) -> Problem {
    match error {
        rustls::Error::InvalidCertificate(_) => client.certificate.problem(&format!(
            "has a certificate that cannot be used; it must be one of X.509 version 3: {error}"
        )),
        _ => client.key.problem(&format!("is not the key of the certificate: {error}")),
    }
}

fn roots_of_file(file: &NamedFile) -> Result<RootCertStore, Problem> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|error| {
            file.problem(&format!("has a certificate that cannot be trusted: {error}"))
        })?;
    }
    Ok(roots)
}

fn system_roots(tls: &Tls) -> Result<RootCertStore, Problem> {
    let mut roots = RootCertStore::empty();
    // Some of a system's old certificates may be malformed; the others serve.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let mut problem =
            tls.asked_at.problem("this system trusts no certificate authority, so https cannot be");
        problem.help(
            "name the authority with `tls: { ca: FILE }`, or install the system's certificates \
             (package ca-certificates)",
        );
        return Err(problem);
    }
    Ok(roots)
}

type ChainAndKey = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read_client(client: &ClientCertificate) -> Result<ChainAndKey, Problem> {
    let chain = certificates(&client.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&client.key.read()?).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            client.key.problem("holds no private key in PEM (an encrypted one cannot be used)")
        }
        other => client.key.problem(&format!("cannot be read as PEM: {other}")),
    })?;
    Ok((chain, key))
}

/// All certificates of a file; at least one.
fn certificates(file: &NamedFile) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let bytes = file.read()?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let certificates =
        certificates.map_err(|error| file.problem(&format!("cannot be read as PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(file.problem("holds no certificate in PEM"));
    }
    Ok(certificates)
}
