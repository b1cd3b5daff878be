//! Opens a connection for an exchange, step by step and within its time-out: TCP, TLS
//! where it is spoken, HTTP. What was not open in time says in which step it was.

use std::io;
use std::time::{Duration, Instant};

use rustls::AlertDescription;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::connection::Connection;
use super::dial::{Dial, DialTls};
use super::exchange_error::{Awaited, ExchangeError};
use super::parts::Part;
use super::plan::PreparedRequest;
use super::surroundings::{Surroundings, unless_given_up};
use super::wire::Stream;
use crate::scenario::HttpVersion;

/// Longest wait for a connection where a request does not say, within its time-out.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// From the decision to send until a connection is looked for, and more.
const A_MOMENT: Duration = Duration::from_millis(10);

/// Opens a connection for a request that is meant to be sent at `sent`.
pub(super) async fn connect(
    around: &mut impl Surroundings,
    sent: Instant,
    request: &PreparedRequest,
) -> Result<Connection, ExchangeError> {
    let begun = Instant::now();
    let limit = request.part_timeouts.connect.unwrap_or(CONNECT_TIMEOUT).min(request.timeout);
    // It may be sent again, or be a hop of a redirect: less of its time is left then.
    let left = (sent + request.timeout).saturating_duration_since(begun);
    let is_cut_short = left + A_MOMENT < limit;
    let until = begun + if is_cut_short { left } else { limit };
    around.set_deadline(until);
    let dial = around.dial();
    let ended_by_time = || !is_cut_short && Instant::now() >= until;
    let late =
        |reason| if ended_by_time() { reason } else { ExchangeError::Timeout(Awaited::Connection) };
    let stream = unless_given_up(TcpStream::connect(dial.address), around)
        .await
        .ok_or_else(|| late(ExchangeError::ConnectTimeout(limit)))?
        .and_then(without_delay)
        .map_err(ExchangeError::Connect)?;
    let connected = Instant::now();
    around.spent(Part::Connect, connected - begun);
    let stream = match &dial.tls {
        None => Either::Left(stream),
        Some(tls) => {
            let secured = unless_given_up(secure(tls, stream), around)
                .await
                .ok_or_else(|| late(ExchangeError::TlsTimeout(limit)))?;
            let secured = secured.map_err(|error| of_handshake(error, &dial))?;
            around.spent(Part::Tls, connected.elapsed());
            Either::Right(Box::new(secured))
        }
    };
    let version = dial.agreed(protocol(&stream)).ok_or(ExchangeError::NoHttp2)?;
    let open = unless_given_up(Connection::over(stream, version, &dial), around).await;
    open.ok_or_else(|| late(ExchangeError::ConnectTimeout(limit)))?
}

/// A target that has no HTTP/2 may say so by an alert, or by choosing nothing.
fn of_handshake(error: io::Error, dial: &Dial) -> ExchangeError {
    let said = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let none = rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol);
    match said {
        Some(said) if *said == none && dial.version == HttpVersion::Http2 => ExchangeError::NoHttp2,
        _ => ExchangeError::Tls(error),
    }
}

/// What both ends have agreed on in TLS.
fn protocol(stream: &Stream) -> Option<&[u8]> {
    match stream {
        Either::Left(_) => None,
        Either::Right(secured) => secured.get_ref().1.alpn_protocol(),
    }
}

/// A request is one write: waiting to fill a packet only adds latency.
fn without_delay(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true).map(|()| stream)
}

async fn secure(tls: &DialTls, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    tls.connector.connect(tls.server_name.clone(), stream).await
}
