//! Where and how a load connects: made once, before the first request, from what the
//! plan says.
//!
//! No session of TLS is taken up again: each connection stands for a client of its own,
//! and the store of sessions would be shared by the threads. It opens no connection.

use std::net::SocketAddr;
use std::sync::Arc;

use http::uri::{Authority, Scheme};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::plan::{LoadError, LoadPlan};
use super::wire::Agreed;
use crate::scenario::{HttpSettings, HttpVersion, TlsClient};

/// As TLS calls HTTP/1.1 and HTTP/2 (RFC 7301 §6, RFC 9113 §3.2).
const HTTP_1: &[u8] = b"http/1.1";
const HTTP_2: &[u8] = b"h2";

/// Where and how a load connects.
#[derive(Clone)]
pub(super) struct Dial {
    /// The one address of the target.
    pub(super) address: SocketAddr,
    /// How TLS is spoken there, if it is.
    pub(super) tls: Option<DialTls>,
    /// What `:authority` of HTTP/2 is where a request has no `Host` of its own.
    pub(super) authority: Authority,
    /// The versions of HTTP that may be spoken.
    pub(super) version: HttpVersion,
    /// Whether a connection serves more than one request.
    pub(super) keep_alive: bool,
}

/// How TLS is spoken with the target.
#[derive(Clone)]
pub(super) struct DialTls {
    pub(super) connector: TlsConnector,
    /// The name that the target is asked for and its certificate must have.
    pub(super) server_name: ServerName<'static>,
}

impl Dial {
    /// What a plan says, or that its host is no name for TLS.
    pub(super) fn of(plan: &LoadPlan) -> Result<Self, LoadError> {
        let authority = plan.host_header.parse::<Authority>();
        let authority = authority.map_err(|_| LoadError::NoAuthority(plan.host_header.clone()))?;
        let HttpSettings { version, keep_alive } = plan.http;
        let tls = plan.tls.as_ref().map(|tls| DialTls::of(tls, authority.host(), version));
        Ok(Self { address: plan.address, tls: tls.transpose()?, authority, version, keep_alive })
    }

    /// What stands in `:scheme`.
    pub(super) fn scheme(&self) -> Scheme {
        if self.tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP }
    }

    /// The version of HTTP on a connection, after TLS has agreed on this protocol; `None`
    /// where it is not the one that was asked for.
    pub(super) fn agreed(&self, protocol: Option<&[u8]>) -> Option<Agreed> {
        match (self.version, protocol) {
            (HttpVersion::Auto | HttpVersion::Http2, Some(HTTP_2)) => Some(Agreed::Http2),
            // Without TLS there is nobody to ask.
            (HttpVersion::Http2, None) if self.tls.is_none() => Some(Agreed::Http2),
            (HttpVersion::Http2, _) => None,
            (HttpVersion::Auto | HttpVersion::Http1, _) => Some(Agreed::Http1),
        }
    }
}

impl DialTls {
    fn of(tls: &TlsClient, host: &str, version: HttpVersion) -> Result<Self, LoadError> {
        let server_name = tls.name_for(host).map_err(|_| LoadError::NoTlsName(host.to_owned()))?;
        let mut config = ClientConfig::clone(&tls.config);
        config.resumption = Resumption::disabled();
        let protocols: &[&[u8]] = match version {
            HttpVersion::Auto => &[HTTP_2, HTTP_1],
            HttpVersion::Http1 => &[HTTP_1],
            HttpVersion::Http2 => &[HTTP_2],
        };
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), server_name })
    }
}
