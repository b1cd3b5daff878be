//! A short soak: formats, mistakes, bursts beyond the capacity and clients that
//! leave, all at once. Afterwards every counter equals what clients saw.

use std::{sync::Arc, time::Instant};

use tokio::task::JoinSet;

use crate::{
    counters::Tally,
    service::{Service, body, read_answer},
};

/// Requests of each of the five kinds.
const ROUNDS: usize = 60;

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
    let mut tally = Tally::default();
    for seen in clients.join_all().await {
        match seen {
            Some((status, reason)) => tally.note_answer(status, reason),
            None => tally.note_leaver(),
        }
    }
    tally.check(&settled(&service, &tally).await);
    assert_eq!(tally.left(), ROUNDS as u64);
    assert_eq!(service.files().len() as u64, tally.answered(""));
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

/// The exposition once every request is counted. Without a pause: each round is a
/// request.
async fn settled(service: &Service, tally: &Tally) -> String {
    let since = Instant::now();
    loop {
        let exposition = service.get("/export/metrics").await.text().await.unwrap();
        if tally.is_counted(&exposition, since) {
            return exposition;
        }
    }
}
