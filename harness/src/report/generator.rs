//! What the load generator says about itself: how late it was, what it cost, and what
//! went over its connections. How far its numbers can be trusted stands in docs/generator.md.

use super::cells::time;
use crate::archive::{GeneratorRecord, MachineRecord, PartsRecord, RequestRecord};
use crate::units::{Unit, format_quantity};

/// The lines below the requests.
pub(super) fn lines(generator: &GeneratorRecord, requests: &[&RequestRecord]) -> Vec<String> {
    let mut lines =
        vec![punctuality(generator, requests), cost(generator), traffic(generator, requests)];
    lines.extend(generator.parts.as_ref().and_then(parts));
    lines
}

fn punctuality(generator: &GeneratorRecord, requests: &[&RequestRecord]) -> String {
    let lag = &generator.lag_seconds;
    let lag = match lag.max {
        None => "no schedule to lag behind".to_owned(),
        Some(_) => {
            format!("lag p50 {}, p99 {}, max {}", time(lag.p50), time(lag.p99), time(lag.max))
        }
    };
    format!(
        "generator: {lag}; {} late, {} dropped, {} missed",
        sum(requests, |request| request.late),
        sum(requests, |request| request.dropped),
        generator.missed_by_generator,
    ) + &cut_off(sum(requests, |request| request.abandoned))
}

/// What had no outcome yet when the load was ended early.
fn cut_off(requests: u64) -> String {
    match requests {
        0 => String::new(),
        some => format!(", {some} in flight when the load was ended"),
    }
}

fn cost(generator: &GeneratorRecord) -> String {
    let threads = match generator.threads {
        1 => "1 thread".to_owned(),
        several => format!("{several} threads"),
    };
    let share = generator.cpu_seconds / generator.wall_seconds;
    let of_a_core = if share.is_finite() {
        format!(" ({} of a core)", format_quantity(share, Unit::Ratio))
    } else {
        String::new()
    };
    format!(
        "cost: {} CPU in {}{of_a_core}, {threads}, {}{}",
        format_quantity(generator.cpu_seconds, Unit::Seconds),
        format_quantity(generator.wall_seconds, Unit::Seconds),
        files(generator),
        generator.machine.filter(|machine| machine.is_starved).map(starved).unwrap_or_default(),
    )
}

/// How near the process came to its limit.
fn files(generator: &GeneratorRecord) -> String {
    let limit = Some(generator.open_file_limit).filter(|limit| *limit != u64::MAX);
    match (generator.open_files, limit) {
        (Some(open), Some(limit)) => format!("{open} of {limit} files open"),
        (Some(open), None) => format!("{open} files open"),
        (None, Some(limit)) => format!("limit of {limit} files"),
        (None, None) => "no limit of files".to_owned(),
    }
}

fn starved(machine: MachineRecord) -> String {
    let share = |share| format_quantity(share, Unit::Ratio);
    format!(
        "; the machine was starved ({} of its CPU for others, {} idle)",
        share(machine.other_share),
        share(machine.idle_share),
    )
}

fn traffic(generator: &GeneratorRecord, requests: &[&RequestRecord]) -> String {
    let reused = generator.requests_on_open_connections;
    let reused = reused.map(|some| format!(", {some} requests on open ones")).unwrap_or_default();
    let retried = match sum(requests, |request| request.retried) {
        0 => String::new(),
        some => format!(", {some} sent again on a fresh one"),
    };
    let redirects = match sum(requests, |request| request.redirects) {
        0 => String::new(),
        some => format!(", {some} redirects followed"),
    };
    let unasked = match generator.unasked_connections.unwrap_or_default() {
        0 => String::new(),
        some => format!(", {some} with bytes that came unasked while idle"),
    };
    let ended_by_close = match generator.responses_ended_by_close.unwrap_or_default() {
        0 => String::new(),
        some => {
            format!(", {some} answers ended with the connection: whole or cut cannot be known")
        }
    };
    let bytes = |count: u64| format_quantity(count as f64, Unit::Bytes);
    format!(
        "connections: {} opened{reused}{retried}{redirects}{unasked}; \
         bodies: {} out, {} in{ended_by_close}",
        generator.connections_opened,
        bytes(sum(requests, |request| request.bytes_sent)),
        bytes(sum(requests, |request| request.bytes_received)),
    )
}

/// What measured requests waited for: the slow end of each part, where there was any.
fn parts(parts: &PartsRecord) -> Option<String> {
    let named = [
        ("connect", parts.connect_seconds),
        ("TLS", parts.tls_seconds),
        ("first byte", parts.first_byte_seconds),
        ("body", parts.body_seconds),
    ];
    let seen = named.into_iter().filter(|(_, times)| times.count > 0);
    let shown: Vec<String> =
        seen.map(|(name, times)| format!("{name} {}", time(times.p99))).collect();
    (!shown.is_empty()).then(|| format!("parts p99: {}", shown.join(", ")))
}

fn sum(requests: &[&RequestRecord], count: fn(&RequestRecord) -> u64) -> u64 {
    requests.iter().map(|request| count(request)).sum()
}
