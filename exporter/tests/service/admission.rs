//! Five run, a hundred wait, the rest is told to come back; who leaves or idles
//! holds no place.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::service::{Service, body, read_answer};

/// The beginning of a body whose rest never comes.
const BEGINNING: &str = r#"{"format":"csv","columns":["a"],"data":[[1],"#;
/// The rest of it.
const REST: &str = "[2]]}";
const LENGTH: usize = BEGINNING.len() + REST.len();

#[tokio::test]
async fn five_run_a_hundred_wait_and_the_106th_is_refused() {
    let service = Service::start().await;
    let mut uploads = Vec::new();
    for _ in 0..105 {
        uploads.push(service.begin_upload(LENGTH, BEGINNING).await);
    }
    service.wait_for(5, 100).await;
    let refused = service.export(body("csv", 1)).await;
    assert_eq!((refused.status, refused.json["reason"].as_str()), (429, Some("queue_full")));
    assert!(refused.retry_after.unwrap() >= 1);
    assert_eq!(service.sample("export_concurrent_running").await, Some(5.0));
    assert_eq!(service.sample("export_queue_depth").await, Some(100.0));
    for upload in &mut uploads {
        upload.write_all(REST.as_bytes()).await.unwrap();
    }
    for upload in &mut uploads {
        assert!(read_answer(upload).await.starts_with("HTTP/1.1 200"));
    }
    let succeeded = r#"export_requests_total{format="csv",status="succeeded",user="anonymous"}"#;
    assert_eq!(service.sample(succeeded).await, Some(105.0));
    let rejected = r#"export_fail_total{format="unknown",reason="queue_full"}"#;
    assert_eq!(service.sample(rejected).await, Some(1.0));
}

#[tokio::test]
async fn a_client_that_comes_back_after_retry_after_is_let_in() {
    let service = Service::start_with(|config| {
        (config.max_concurrent, config.max_queue) = (1, 3);
        config.faults = exporter::Faults::new(vec!["latency:400ms".parse().unwrap()]);
    })
    .await;
    // How long exports take lately is known from this one.
    assert_eq!(service.export(body("csv", 1)).await.status, 200);
    let whole = format!("{BEGINNING}{REST}");
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(service.begin_upload(LENGTH, &whole).await);
    }
    service.wait_for(1, 3).await;
    let refused = service.export(body("csv", 1)).await;
    let seconds = refused.retry_after.unwrap();
    // Four more exports of 400 ms each: 1.6 s, in whole seconds; more on a slow machine.
    assert!((2..=10).contains(&seconds), "{seconds}");
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    assert_eq!(service.export(body("csv", 1)).await.status, 200);
    for upload in &mut waiting {
        assert!(read_answer(upload).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_client_still_sending_eight_megabytes_sees_the_429() {
    let service = Service::start_with(|config| {
        (config.max_concurrent, config.max_queue) = (1, 0);
    })
    .await;
    let _running = service.begin_upload(LENGTH, BEGINNING).await;
    service.wait_for(1, 0).await;
    let length = 8 << 20;
    let mut upload = service.begin_upload(length, "").await;
    for _ in 0..8 {
        upload.write_all(&vec![b' '; 1 << 20]).await.unwrap();
    }
    assert!(read_answer(&mut upload).await.starts_with("HTTP/1.1 429"));
}

#[tokio::test]
async fn a_waiting_client_that_leaves_frees_its_place() {
    let service = Service::start_with(|config| config.max_concurrent = 1).await;
    let _running = service.begin_upload(LENGTH, BEGINNING).await;
    service.wait_for(1, 0).await;
    let partly_sent = service.begin_upload(10 << 20, BEGINNING).await;
    let wholly_sent = service.begin_upload(LENGTH, &format!("{BEGINNING}{REST}")).await;
    service.wait_for(1, 2).await;
    drop(partly_sent);
    service.wait_for(1, 1).await;
    drop(wholly_sent);
    service.wait_for(1, 0).await;
    let gone = r#"export_fail_total{format="unknown",reason="client_gone"}"#;
    assert_eq!(service.sample(gone).await, Some(2.0));
}

#[tokio::test]
async fn a_running_client_that_leaves_frees_its_place_and_leaves_no_file() {
    let service = Service::start_with(|config| config.max_concurrent = 1).await;
    let running = service.begin_upload(LENGTH, BEGINNING).await;
    service.wait_for(1, 0).await;
    drop(running);
    service.wait_for(0, 0).await;
    assert_eq!(service.files(), Vec::<String>::new());
    let failed = r#"export_requests_total{format="csv",status="failed",user="anonymous"}"#;
    assert_eq!(service.sample(failed).await, Some(1.0));
    assert_eq!(service.export(body("csv", 1)).await.status, 200);
}

#[tokio::test]
async fn a_client_that_leaves_while_its_file_is_made_frees_its_place() {
    let service = Service::start_with(|config| {
        config.max_concurrent = 1;
        config.faults = exporter::Faults::new(vec!["latency:1h".parse().unwrap()]);
    })
    .await;
    let running = service.begin_upload(LENGTH, &format!("{BEGINNING}{REST}")).await;
    service.wait_for(1, 0).await;
    drop(running);
    service.wait_for(0, 0).await;
    assert_eq!(service.files(), Vec::<String>::new());
    let gone = r#"export_fail_total{format="csv",reason="client_gone"}"#;
    assert_eq!(service.sample(gone).await, Some(1.0));
}

#[tokio::test]
async fn an_export_that_runs_too_long_is_ended() {
    let service = Service::start_with(|config| {
        config.limits.export_timeout = Duration::from_millis(100);
        config.faults = exporter::Faults::new(vec!["latency:200ms".parse().unwrap()]);
    })
    .await;
    let answer = service.export(body("csv", 1)).await;
    assert_eq!((answer.status, answer.json["reason"].as_str()), (504, Some("deadline")));
    assert_eq!(service.files(), Vec::<String>::new());
}

#[tokio::test]
async fn five_idle_uploads_do_not_hold_the_places() {
    let service = Service::start_with(|config| {
        config.limits.body_timeout = Duration::from_millis(300);
    })
    .await;
    let mut idle = Vec::new();
    for _ in 0..5 {
        idle.push(service.begin_upload(LENGTH, BEGINNING).await);
    }
    service.wait_for(5, 0).await;
    assert_eq!(service.export(body("csv", 1)).await.status, 200);
    for upload in &mut idle {
        assert!(read_answer(upload).await.starts_with("HTTP/1.1 408"));
    }
    assert_eq!(
        service.sample(r#"export_fail_total{format="csv",reason="too_slow"}"#).await,
        Some(5.0)
    );
}

#[tokio::test]
async fn a_body_that_trickles_loses_its_place() {
    let service = Service::start_with(|config| {
        config.max_concurrent = 1;
        config.limits.upload_timeout = Duration::from_millis(300);
    })
    .await;
    let mut upload = service.begin_upload(1 << 20, BEGINNING).await;
    let mut answer = [0; 12];
    // Each round is a request, so that the pieces come one by one.
    let length = loop {
        upload.write_all(b"[1],").await.unwrap();
        service.get("/health").await;
        if let Ok(length) = upload.try_read(&mut answer) {
            break length;
        }
    };
    assert_eq!(&answer[..length], b"HTTP/1.1 408");
    service.wait_for(0, 0).await;
    assert_eq!(service.files(), Vec::<String>::new());
    let slow = r#"export_fail_total{format="csv",reason="too_slow"}"#;
    assert_eq!(service.sample(slow).await, Some(1.0));
}

#[tokio::test]
async fn connections_without_any_body_hold_no_place() {
    let service = Service::start_with(|config| config.max_concurrent = 1).await;
    let _silent = service.begin_upload(LENGTH, "").await;
    assert_eq!(service.export(body("csv", 1)).await.status, 200);
}

#[tokio::test]
async fn draining_finishes_what_runs_and_refuses_what_waits_or_comes() {
    let mut service = Service::start_with(|config| config.max_concurrent = 1).await;
    let mut running = service.begin_upload(LENGTH, BEGINNING).await;
    service.wait_for(1, 0).await;
    let mut waiting = service.begin_upload(LENGTH, &format!("{BEGINNING}{REST}")).await;
    service.wait_for(1, 1).await;
    service.begin_shutdown();
    assert!(read_answer(&mut waiting).await.starts_with("HTTP/1.1 503"));
    assert_eq!(service.get_json("/export/status").await["status"], "draining");
    assert_eq!(service.export(body("csv", 1)).await.status, 503);
    running.write_all(REST.as_bytes()).await.unwrap();
    assert!(read_answer(&mut running).await.starts_with("HTTP/1.1 200"));
    drop((running, waiting));
    service.stopped().await;
}
