//! Asks a running service whether it is well, as the health check of a container.
//!
//! An image that holds nothing but this binary has no shell and no HTTP client, so
//! the binary asks itself. One connection, one request, one answer: it follows no
//! redirects, repeats nothing and knows no TLS, because it asks a neighbour.

use std::{
    error::Error,
    fmt,
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderValue, Request, StatusCode, Uri,
    header::{AUTHORIZATION, HOST},
    uri::Scheme,
};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use crate::quantity::parse_duration;

/// Bytes of an answer that are read: a healthy one has about forty.
const MOST_BODY_BYTES: usize = 4096;
/// Largest file of a token, in bytes: a token has about seventy, one of somebody else's
/// making a few hundred.
const MAX_TOKEN_FILE_BYTES: u64 = 4096;

/// Whom to ask, and for how long.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ProbeOptions {
    /// The health route to ask
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4001/health")]
    url: HealthUrl,

    /// Longest wait for the whole answer
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_patience)]
    timeout: Duration,

    /// A file with the token for a service that asks for one: one with the scope `health`
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Why a service does not count as well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwell {
    /// It could not be asked.
    #[error("cannot start the runtime: {0}")]
    Runtime(io::Error),
    /// The file with the token is no such file.
    #[error(
        "the file of the token `{path}` cannot be used: {source}; give another one with --token-file"
    )]
    Token {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// Nothing listens, or nothing that can be reached.
    #[error("cannot connect to {address}: {source}; does the service run there?")]
    Connect {
        /// Host and port.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// It hangs.
    #[error("{url} gave no whole answer within {limit:?}")]
    TooSlow {
        /// What was asked.
        url: HealthUrl,
        /// How long.
        limit: Duration,
    },
    /// No answer in HTTP.
    #[error("{url} did not answer in HTTP: {source}")]
    Broken {
        /// What was asked.
        url: HealthUrl,
        /// What hyper says.
        source: hyper::Error,
    },
    /// It answers that it is not well.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked.
        url: HealthUrl,
        /// Anything but 200.
        status: StatusCode,
    },
    /// Somebody else's 200.
    #[error(r#"{url} answered 200 without {{"ok":true}}: is it another service?"#)]
    Stranger {
        /// What was asked.
        url: HealthUrl,
    },
}

/// Asks once; an error is the reason why the service does not count as well.
///
/// It happens every few seconds beside the service, so one thread is enough.
pub(crate) fn ask(options: &ProbeOptions) -> Result<(), Unwell> {
    let token = options.token_file.as_ref().map(read_token).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Unwell::Runtime)?;
    let answer = runtime.block_on(ask_within_limit(options, token));
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    answer
}

/// What `Authorization` must say, from the first line of a file.
fn read_token(path: &PathBuf) -> Result<HeaderValue, Unwell> {
    let failed = |source| Unwell::Token { path: path.clone(), source };
    let wrong = |what: String| failed(io::Error::other(what));
    let mut text = String::new();
    // A device has no size, and may never end.
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_TOKEN_FILE_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_TOKEN_FILE_BYTES {
        return Err(wrong(format!("it is larger than {MAX_TOKEN_FILE_BYTES} bytes")));
    }
    let token = text.lines().next().unwrap_or_default().trim();
    if token.is_empty() {
        return Err(wrong("its first line is empty".to_owned()));
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| wrong("its first line is no token".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn ask_within_limit(
    options: &ProbeOptions,
    token: Option<HeaderValue>,
) -> Result<(), Unwell> {
    let ProbeOptions { url, timeout: limit, .. } = options;
    let too_slow = |_| Err(Unwell::TooSlow { url: url.clone(), limit: *limit });
    timeout(*limit, ask_without_limit(url, token)).await.unwrap_or_else(too_slow)
}

async fn ask_without_limit(url: &HealthUrl, token: Option<HeaderValue>) -> Result<(), Unwell> {
    let address = url.address();
    let stream =
        TcpStream::connect(&address).await.map_err(|source| Unwell::Connect { address, source })?;
    let broken = |source| Unwell::Broken { url: url.clone(), source };
    let (mut requests, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Its error is the request's error as well, and is told there.
    tokio::spawn(connection);
    let mut request = url.request();
    request.headers_mut().extend(token.map(|token| (AUTHORIZATION, token)));
    let answer = requests.send_request(request).await.map_err(broken)?;
    match answer.status() {
        StatusCode::OK if says_ok(answer.into_body()).await => Ok(()),
        StatusCode::OK => Err(Unwell::Stranger { url: url.clone() }),
        status => Err(Unwell::Status { url: url.clone(), status }),
    }
}

/// Whether a body is the health route's `{"ok":true,…}`; one that breaks off is not.
async fn says_ok(body: Incoming) -> bool {
    #[derive(serde::Deserialize)]
    struct Health {
        ok: bool,
    }
    let Ok(body) = Limited::new(body, MOST_BODY_BYTES).collect().await else {
        return false;
    };
    serde_json::from_slice(&body.to_bytes()).is_ok_and(|health: Health| health.ok)
}

/// How long to wait: no answer comes in no time.
fn parse_patience(text: &str) -> Result<Duration, Box<dyn Error + Send + Sync>> {
    let patience = parse_duration(text)?;
    if patience.is_zero() {
        return Err("no answer comes in no time; write for example 2s".into());
    }
    Ok(patience)
}

/// An `http` URL with a host and without a user.
#[derive(Clone, Debug)]
pub(crate) struct HealthUrl(Uri);

impl HealthUrl {
    /// Host and port, as a socket is connected to.
    fn address(&self) -> String {
        format!("{}:{}", self.0.host().unwrap_or_default(), self.0.port_u16().unwrap_or(80))
    }

    fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.path();
        if let Some(host) = self.0.authority().and_then(|host| host.as_str().parse().ok()) {
            request.headers_mut().insert(HOST, host);
        }
        request
    }

    /// Path and query: what a request line names.
    fn path(&self) -> Uri {
        self.0.path_and_query().cloned().map(Uri::from).unwrap_or_default()
    }
}

impl fmt::Display for HealthUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for HealthUrl {
    type Err = Box<dyn Error + Send + Sync>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: Uri = text.parse()?;
        if url.scheme() != Some(&Scheme::HTTP) || url.host().is_none() {
            return Err("write it like http://127.0.0.1:4001/health; https is not supported".into());
        }
        if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(
                "the health route asks for no password; leave out what stands before `@`".into()
            );
        }
        Ok(Self(url))
    }
}
