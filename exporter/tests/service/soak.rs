//! A short soak: formats, mistakes, bursts beyond the capacity and clients that
//! leave, all at once. Afterwards every counter equals what clients saw.

use std::{collections::BTreeMap, sync::Arc};

use tokio::task::JoinSet;

use crate::service::{Service, body, read_answer, total};

/// Requests of each of the five kinds.
const ROUNDS: usize = 60;

/// How often each status was answered, by the reason in the answer.
type Tally = BTreeMap<(u16, String), u64>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counters_equal_what_clients_saw_under_a_burst_of_everything() {
    let service = Service::start_with(|config| {
        (config.max_concurrent, config.max_queue) = (2, 6);
    })
    .await;
    let service = Arc::new(service);
    let mut clients = JoinSet::new();
    for round in 0..ROUNDS {
        let leaver = Arc::clone(&service);
        clients.spawn(async move {
            drop(leaver.begin_upload(1_000, r#"{"format":"csv","columns":["a"],"da"#).await);
            None
        });
        for request in requests(round) {
            let service = Arc::clone(&service);
            clients.spawn(async move { Some(observe(&service, request).await) });
        }
    }
    let mut tally = Tally::new();
    for seen in clients.join_all().await.into_iter().flatten() {
        *tally.entry(seen).or_default() += 1;
    }
    service.wait_for(0, 0).await;
    check_counters(&service, &tally).await;
    let succeeded = tally.iter().filter(|((status, _), _)| *status == 200).map(|(_, n)| n);
    assert_eq!(service.files().len() as u64, succeeded.sum::<u64>());
}

fn requests(round: usize) -> [String; 4] {
    let truncated = body("csv", 50);
    [
        body("csv", 10 * round),
        body("pdf", round),
        truncated[..truncated.len() - 3].to_owned(),
        r#"{"format":"csv","columns":["a"],"data":[[1,2]]}"#.to_owned(),
    ]
}

async fn observe(service: &Service, request: String) -> (u16, String) {
    let mut connection = service.begin_upload(request.len(), &request).await;
    let answer = read_answer(&mut connection).await;
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let json: serde_json::Value =
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    (status, json["reason"].as_str().unwrap_or_default().to_owned())
}

async fn check_counters(service: &Service, tally: &Tally) {
    let seen: u64 = tally.values().sum();
    let exposition = settled(service, seen + ROUNDS as u64).await;
    for ((status, reason), seen) in tally {
        let series = format!("reason=\"{reason}\"");
        match *status {
            200 => assert_eq!(requests_by(&exposition, "succeeded"), *seen),
            // Clients that leave may have been refused too, and did not see it.
            429 => assert!(total(&exposition, "export_fail_total{", &series) >= *seen),
            _ => assert_eq!(total(&exposition, "export_fail_total{", &series), *seen, "{reason}"),
        }
    }
    let lost = requests_by(&exposition, "failed") + requests_by(&exposition, "rejected");
    assert_eq!(total(&exposition, "export_fail_total{", ""), lost);
}

/// The exposition once so many requests are counted: those who left may still be
/// on their way into the service. Without a pause: each round is a request.
async fn settled(service: &Service, requests: u64) -> String {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let exposition = service.get("/export/metrics").await.text().await.unwrap();
        let counted = total(&exposition, "export_requests_total{", "");
        if counted == requests {
            return exposition;
        }
        assert!(counted < requests, "{counted} requests are counted and {requests} were sent");
        assert!(std::time::Instant::now() < deadline, "only {counted} of {requests} are counted");
    }
}

fn requests_by(exposition: &str, status: &str) -> u64 {
    total(exposition, "export_requests_total{", &format!("status=\"{status}\""))
}
