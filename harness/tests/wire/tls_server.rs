//! A server that speaks TLS and then follows a script, one thread for each connection.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use slogate::scenario::{ReadOptions, TlsClient, Variables, read_text};

use super::support::authority::{Authority, NOW};

/// The server's end of one connection; nothing of the handshake is done.
pub(crate) type Secured = StreamOwned<ServerConnection, TcpStream>;

/// What both ends of a connection need.
pub(crate) struct Pki {
    authority: Authority,
}

impl Pki {
    /// Certificates for 127.0.0.1; nothing without openssl.
    pub(crate) fn new() -> Option<Self> {
        let authority = Authority::new()?;
        authority.sign("server", "IP:127.0.0.1", NOW);
        Some(Self { authority })
    }

    /// The server's side, which offers these protocols.
    pub(crate) fn server(&self, protocols: &[&[u8]]) -> Arc<ServerConfig> {
        let certificate = CertificateDer::from_pem_file(self.authority.path("server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(self.authority.path("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Arc::new(config)
    }

    /// The client's side, as a scenario says it.
    pub(crate) fn client(&self) -> TlsClient {
        let text = format!(
            "version: 1\nname: x\ntarget: https://127.0.0.1:1\ntls: {{ ca: {} }}\nslo: none\n\
             load: [{{ name: a, rate: 1/s, for: 1s }}]\nrequests: [{{ name: a, get: / }}]\n",
            self.authority.path("ca.pem").display()
        );
        let read = read_text("x.yaml".as_ref(), &text, &Variables::new(), &ReadOptions::default());
        read.unwrap().scenario.tls.unwrap().read().unwrap()
    }
}

/// Runs the script for every connection, until it returns.
pub(crate) fn start(
    config: Arc<ServerConfig>,
    script: impl Fn(&mut Secured) + Send + Sync + 'static,
) -> SocketAddr {
    start_plain(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        script(&mut StreamOwned::new(connection, stream));
    })
}

/// The same without TLS.
pub(crate) fn start_plain(script: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let script = Arc::new(script);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let script = Arc::clone(&script);
            std::thread::spawn(move || script(stream));
        }
    });
    address
}
