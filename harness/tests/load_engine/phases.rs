//! Open and closed phases against a server that counts: how many, when, in what mix.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{Server, clock, closed, get, open, plan, post, run};
use slogate::histogram::Ranked;
use slogate::load::{Engine, LoadModel};
use slogate::scenario::{Phase, PhaseLoad, Stop};
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn an_open_phase_sends_exactly_rate_times_duration() {
    let server = Server::good();
    let result = run(plan(server.address, vec![open(500.0, 400)], vec![get()])).await;
    let phase = &result.phases[0];
    let request = &phase.requests[0];
    assert_eq!((request.intended, request.sent, request.succeeded), (200, 200, 200));
    assert_eq!((request.failed, request.dropped, request.responses), (0, 0, 200));
    assert_eq!(request.latency_ok.count(), 200);
    assert_eq!(request.lag.count(), 200);
    assert_eq!(request.bytes_received, 200 * 5);
    assert_eq!(server.seen_requests(), 200);
    assert_eq!(phase.model, LoadModel::Open);
    // From arrival 0 to the answer to arrival 199, due at 398 ms.
    assert!(phase.span >= Duration::from_millis(398), "span {:?}", phase.span);
    assert_eq!(result.stopped_early, None);
}
