//! Whether a name with several addresses means one service.
//!
//! `localhost` may be one service on 127.0.0.1 and another on `[::1]`; a verdict about
//! the wrong one must not be green. The addresses are asked once each, before the load,
//! and only where more than one accepts connections. Two copies of one program that
//! tell nothing of themselves cannot be told apart: then a note says who was taken.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;

use crate::exposition::{Format, parse};
use crate::scenario::TlsClient;
use crate::scrape::{self, Asker};
use crate::series::START_TIME;
use crate::target::Resolved;

/// Longest wait for an answer that tells who answers.
const ASK_WITHIN: Duration = Duration::from_secs(2);
/// Most bytes of an answer that are read, bytes: the limit of a scrape.
const ANSWER_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// What an address tells about who listens there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    /// The status of its answer, or that it did not give one.
    status: Option<u16>,
    /// What its metrics say, if these are metrics.
    metrics: Option<Exposed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Exposed {
    /// Start times of its processes, as bits, so that they can be compared.
    starts: BTreeSet<u64>,
    /// Names of its families.
    families: BTreeSet<String>,
}

/// What is known about the addresses of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Addresses {
    /// There is one.
    One,
    /// Several, and nothing tells that they are different services: a note.
    Alike(String),
    /// Several services: what shows it, and what to do.
    Different(String),
}

/// Asks every address that accepts connections for `path`, which is harmless to ask.
pub(super) async fn compare(resolved: &Resolved, tls: Option<&TlsClient>, path: &str) -> Addresses {
    if resolved.others.is_empty() {
        return Addresses::One;
    }
    let all = std::iter::once(&resolved.address).chain(&resolved.others);
    let asked = join_all(all.clone().map(|address| ask(&resolved.url, *address, tls, path))).await;
    let told: Vec<(SocketAddr, Identity)> = all.copied().zip(asked).collect();
    // The query of a path may hold a secret.
    let path = path.split('?').next().unwrap_or_default();
    judge(&resolved.url, path, &told)
}

fn judge(url: &str, path: &str, told: &[(SocketAddr, Identity)]) -> Addresses {
    let Some(((first, taken), rest)) = told.split_first() else { return Addresses::One };
    let different = rest.iter().find_map(|(address, other)| {
        difference(taken, other, path).map(|difference| (address, difference))
    });
    if let Some((address, difference)) = different {
        return Addresses::Different(format!(
            "`{url}` is two services, one at {first} and one at {address}: {difference}; write \
             the address that is meant instead of the name"
        ));
    }
    let others: Vec<String> = rest.iter().map(|(address, _)| address.to_string()).collect();
    Addresses::Alike(format!(
        "`{url}` answers at {first} and at {}; {first} was taken for everything",
        others.join(", ")
    ))
}

/// What two addresses tell differently, if one service could not.
fn difference(one: &Identity, other: &Identity, path: &str) -> Option<String> {
    match (&one.metrics, &other.metrics) {
        (Some(one), Some(other)) => {
            let differ = one.starts != other.starts;
            // Families come and go with use, but not in both directions at once.
            let cannot_be_one = one.starts.is_empty()
                && !one.families.is_subset(&other.families)
                && !other.families.is_subset(&one.families);
            (differ || cannot_be_one).then(|| {
                if differ {
                    format!("their {START_TIME} differ")
                } else {
                    "they have different metrics".to_owned()
                }
            })
        }
        (Some(_), None) | (None, Some(_)) => {
            Some(format!("only one of them has metrics at {path}"))
        }
        (None, None) => (one.status != other.status).then(|| {
            let shown = |status: Option<u16>| {
                status.map_or_else(|| "nothing".to_owned(), |status| status.to_string())
            };
            format!("GET {path} gives {} and {}", shown(one.status), shown(other.status))
        }),
    }
}

async fn ask(url: &str, address: SocketAddr, tls: Option<&TlsClient>, path: &str) -> Identity {
    let nothing = Identity { status: None, metrics: None };
    let url = format!("{url}{path}");
    let asker = Asker::new(&url, address, tls.cloned());
    let Ok(request) = asker.and_then(|asker| asker.get(&url)) else { return nothing };
    let answer = async {
        let response = request.send().await.ok()?;
        let status = response.status();
        let body = scrape::read_body(response, ANSWER_LIMIT_BYTES).await.ok()?;
        let metrics = status.is_success().then(|| exposed(&body)).flatten();
        Some(Identity { status: Some(status.as_u16()), metrics })
    };
    tokio::time::timeout(ASK_WITHIN, answer).await.ok().flatten().unwrap_or(nothing)
}

fn exposed(body: &[u8]) -> Option<Exposed> {
    let exposition = parse(body, Format::Text).ok()?;
    if exposition.samples.is_empty() {
        return None;
    }
    let starts = exposition
        .samples
        .iter()
        .filter(|sample| sample.labels.metric_name() == Some(START_TIME))
        .map(|sample| sample.value.to_bits());
    let families = exposition.families.iter().map(|family| family.name.clone());
    Some(Exposed { starts: starts.collect(), families: families.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(text: &str) -> Identity {
        Identity { status: Some(200), metrics: exposed(text.as_bytes()) }
    }

    fn judged(one: Identity, other: Identity) -> Addresses {
        let told = [("127.0.0.1:80", one), ("[::1]:80", other)];
        let told = told.map(|(address, identity)| (address.parse().unwrap(), identity));
        judge("http://localhost:80", "/metrics", &told)
    }

    fn status(status: u16) -> Identity {
        Identity { status: Some(status), metrics: None }
    }

    #[test]
    fn two_processes_on_one_name_are_two_services() {
        let process =
            |start: &str| metrics(&format!("# TYPE {START_TIME} gauge\n{START_TIME} {start}\n"));
        let Addresses::Different(reason) = judged(process("1"), process("2")) else { panic!() };
        assert!(reason.contains("[::1]:80") && reason.contains("write the address"), "{reason}");
        assert!(matches!(judged(process("1"), process("1")), Addresses::Alike(_)));
        assert!(matches!(judged(process("1"), metrics("a 1\n")), Addresses::Different(_)));
    }

    #[test]
    fn metrics_of_another_kind_are_another_service() {
        let (one, other) = (metrics("# TYPE a gauge\na 1\n"), metrics("# TYPE b gauge\nb 1\n"));
        assert!(matches!(judged(one.clone(), other), Addresses::Different(_)));
        // A family that appears once it is used.
        let more = metrics("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n");
        assert!(matches!(judged(one, more), Addresses::Alike(_)));
    }

    #[test]
    fn an_address_without_metrics_is_another_service() {
        let judged = judged(metrics("a 1\n"), status(404));
        assert!(matches!(judged, Addresses::Different(_)), "{judged:?}");
    }

    #[test]
    fn without_metrics_the_status_tells() {
        assert!(matches!(judged(status(200), status(404)), Addresses::Different(_)));
        let Addresses::Alike(note) = judged(status(200), status(200)) else { panic!() };
        assert!(note.contains("127.0.0.1:80 was taken"), "{note}");
    }
}
