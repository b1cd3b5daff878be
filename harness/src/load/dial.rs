//! Where and how a load connects: made once, before the first request, from what the
//! plan says.
//!
//! No session of TLS is taken up again: each connection stands for a client of its own,
//! and the store of sessions would be shared by the threads. It opens no connection.

use std::net::SocketAddr;
use std::sync::Arc;

use http::uri::Authority;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::plan::{LoadError, LoadPlan};
use crate::scenario::TlsClient;

/// Where and how a load connects.
#[derive(Clone)]
pub(super) struct Dial {
    /// The one address of the target.
    pub(super) address: SocketAddr,
    /// How TLS is spoken there, if it is.
    pub(super) tls: Option<DialTls>,
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
        let tls = plan.tls.as_ref().map(|tls| DialTls::of(tls, &plan.host_header)).transpose()?;
        Ok(Self { address: plan.address, tls })
    }
}

impl DialTls {
    fn of(tls: &TlsClient, host_header: &str) -> Result<Self, LoadError> {
        let authority = host_header.parse::<Authority>();
        let host = authority.as_ref().map_or(host_header, Authority::host);
        let server_name = tls.name_for(host).map_err(|_| LoadError::NoTlsName(host.to_owned()))?;
        let mut config = ClientConfig::clone(&tls.config);
        config.resumption = Resumption::disabled();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), server_name })
    }
}
