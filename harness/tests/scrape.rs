//! The scraper against a server that answers whatever a test wants, byte for byte.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use slogate::clock::Clock;
use slogate::scenario::Credentials;
use slogate::scrape::{HookedScrapes, ScrapeConfig, Scraper};
use slogate::series::{FamilyKind, ScrapeMoment, SeriesStore};
use slogate_promql::{Labels, is_stale};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What a server does with one connection.
#[derive(Clone, Debug)]
enum Answer {
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends these bytes, reads another request and closes without an answer.
    BytesThenClose(Vec<u8>),
    /// Reads the request and says nothing.
    Hang,
}

/// An answer with this status line and body, in the text format.
fn http(status: &str, body: &str) -> Answer {
    with_type(status, "text/plain; version=0.0.4", body)
}

fn with_type(status: &str, content_type: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\nlocation: /elsewhere\r\n\r\n"
    );
    Answer::Bytes((head + body).into_bytes())
}

fn good(body: &str) -> Answer {
    http("200 OK", body)
}

/// Answers one connection after the other; the last answer over and over.
async fn serve(answers: Vec<Answer>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        for index in 0.. {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = connection.read(&mut request).await;
            match &answers[index.min(answers.len() - 1)] {
                Answer::Bytes(bytes) => {
                    let _ = connection.write_all(bytes).await;
                    let _ = connection.shutdown().await;
                }
                Answer::BytesThenClose(bytes) => {
                    let _ = connection.write_all(bytes).await;
                    let _ = connection.read(&mut request).await;
                }
                Answer::Hang => held.push(connection),
            }
        }
    });
    address
}

fn config(address: SocketAddr) -> ScrapeConfig {
    ScrapeConfig {
        url: format!("http://metrics.invalid:{}/metrics", address.port()),
        address,
        instance: "one".to_owned(),
        job: "target".to_owned(),
        every: Duration::from_millis(5),
        timeout: Duration::from_secs(5),
        sample_limit: Some(100),
        body_limit_bytes: 10_000,
        seed: 42,
        honor_timestamps: false,
        credentials: Credentials::default(),
    }
}

fn scraper_of(config: ScrapeConfig) -> Scraper {
    Scraper::new(config, Clock::start(), Arc::new(Mutex::default())).unwrap()
}

async fn scraper(answers: Vec<Answer>) -> Scraper {
    scraper_of(config(serve(answers).await))
}

/// Scrapes once and gives back what went wrong.
/// What a failed scrape says; it has this code.
async fn failure(scraper: &Scraper, code: &str) -> String {
    let failure = scraper.scrape(ScrapeMoment::Scheduled).await.outcome.unwrap_err();
    assert_eq!(failure.code.as_deref(), Some(code), "{failure}");
    failure.message
}

fn store(scraper: &Scraper) -> SeriesStore {
    scraper.store().lock().unwrap().clone()
}

fn target_labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().copied().chain([("instance", "one"), ("job", "target")]))
}

fn values(store: &SeriesStore, name: &str) -> Vec<f64> {
    store.samples(&target_labels(&[("__name__", name)])).iter().map(|s| s.value).collect()
}

#[tokio::test]
async fn a_good_scrape_writes_samples_with_the_target_s_labels_at_one_time() {
    let body = "# TYPE a_total counter\na_total{x=\"1\"} 5 123456\nb 2\n";
    let scraper = scraper(vec![good(body)]).await;
    let record = scraper.scrape(ScrapeMoment::Opening).await;
    assert_eq!(record.outcome, Ok(2));
    let store = store(&scraper);
    let a = store.samples(&target_labels(&[("__name__", "a_total"), ("x", "1")]));
    assert_eq!((a[0].value, a[0].t_ms), (5.0, record.at_ms));
    assert_eq!(values(&store, "b"), [2.0]);
    assert_eq!(values(&store, "up"), [1.0]);
    assert_eq!(values(&store, "scrape_samples_scraped"), [2.0]);
    assert_eq!(store.kind("a_total"), Some(FamilyKind::Counter));
    assert_eq!(store.scrapes()[0].moment, ScrapeMoment::Opening);
    assert_eq!(scraper.last_body().unwrap(), body.as_bytes());
}

#[tokio::test]
async fn labels_that_clash_are_exported() {
    let body = "a{instance=\"i\",job=\"j\",exported_job=\"e\"} 1\n";
    let scraper = scraper(vec![good(body)]).await;
    scraper.scrape(ScrapeMoment::Scheduled).await;
    let expected = target_labels(&[
        ("__name__", "a"),
        ("exported_instance", "i"),
        ("exported_exported_job", "j"),
        ("exported_job", "e"),
    ]);
    assert_eq!(store(&scraper).samples(&expected).len(), 1);
}

#[tokio::test]
async fn a_failed_scrape_writes_up_0_and_ends_every_series() {
    let scraper = scraper(vec![good("a 1\n"), http("500 Internal Server Error", "")]).await;
    scraper.scrape(ScrapeMoment::Scheduled).await;
    assert!(failure(&scraper, "metrics-status").await.contains("answered 500"));
    let store = store(&scraper);
    assert_eq!(values(&store, "up"), [1.0, 0.0]);
    assert!(is_stale(values(&store, "a")[1]));
    assert_eq!(store.scrapes().len(), 2);
}

#[tokio::test]
async fn a_series_that_vanished_ends() {
    let scraper = scraper(vec![good("a 1\nb 1\n"), good("a 2\n"), good("a 3\n")]).await;
    for _ in 0..3 {
        scraper.scrape(ScrapeMoment::Scheduled).await;
    }
    let store = store(&scraper);
    assert_eq!(values(&store, "a"), [1.0, 2.0, 3.0]);
    assert_eq!(values(&store, "b").len(), 2);
    assert!(is_stale(values(&store, "b")[1]));
}

#[tokio::test]
async fn a_target_that_hangs_fails_at_the_time_out() {
    let config = ScrapeConfig {
        timeout: Duration::from_millis(50),
        ..config(serve(vec![Answer::Hang]).await)
    };
    assert!(
        failure(&scraper_of(config), "scrape-timeout")
            .await
            .contains("no complete answer within 50ms")
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_fails() {
    let Answer::Bytes(mut bytes) = good("a 1\nb 12345\n") else { return };
    bytes.truncate(bytes.len() - 4);
    let scraper = scraper(vec![Answer::Bytes(bytes)]).await;
    assert!(failure(&scraper, "broken-answer").await.contains("broke off"));
    assert_eq!(values(&store(&scraper), "a"), [0.0; 0]);
}

#[tokio::test]
async fn an_exposition_without_its_last_line_feed_fails() {
    let scraper = scraper(vec![good("a 1\nb 12")]).await;
    let message = failure(&scraper, "truncated-exposition").await;
    assert!(message.contains("line 2, column 5") && message.contains("cut off"), "{message}");
}

#[tokio::test]
async fn a_malformed_exposition_fails_as_a_whole_with_its_place() {
    let scraper = scraper(vec![good("a 1\nb{ 2\n")]).await;
    assert!(failure(&scraper, "malformed-exposition").await.contains("line 2, column 4"));
    assert_eq!(values(&store(&scraper), "a"), [0.0; 0]);
}

#[tokio::test]
async fn a_huge_exposition_fails_without_being_cut() {
    let body = "# a comment that is long\n".repeat(1000);
    let scraper = scraper(vec![good(&body)]).await;
    assert!(failure(&scraper, "oversized-answer").await.contains("larger than 10000 bytes"));
}

#[tokio::test]
async fn too_many_samples_fail_without_being_cut() {
    let body = "a{x=\"1\"} 1\n".repeat(101);
    let scraper = scraper(vec![good(&body)]).await;
    assert!(failure(&scraper, "sample-limit").await.contains("more than 100 samples"));
}

#[tokio::test]
async fn a_metric_that_changes_its_type_fails() {
    let counter = good("# TYPE a counter\na 1\n");
    let scraper = scraper(vec![counter, good("# TYPE a gauge\na 1\n")]).await;
    scraper.scrape(ScrapeMoment::Scheduled).await;
    assert!(failure(&scraper, "type-changed").await.contains("was a counter and is a gauge now"));
}

#[tokio::test]
async fn a_redirect_is_refused_and_named() {
    let scraper = scraper(vec![http("302 Found", "")]).await;
    let message = failure(&scraper, "metrics-redirect").await;
    assert!(message.contains("302") && message.contains("/elsewhere"), "{message}");
}

#[tokio::test]
async fn a_web_page_is_no_exposition() {
    let scraper = scraper(vec![with_type("200 OK", "text/html", "<html>")]).await;
    assert!(failure(&scraper, "not-an-exposition").await.contains("check the metrics path"));
}

#[tokio::test]
async fn a_compressed_exposition_is_named() {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x1f";
    let scraper = scraper(vec![Answer::Bytes(head.into())]).await;
    assert!(failure(&scraper, "encoded-answer").await.contains("encoded as `gzip`"));
}

#[tokio::test]
async fn each_scrape_has_a_connection_of_its_own() {
    // Behind a balancer, a connection that is kept shows one process for ever. Whoever
    // answers here answers once a connection and leaves it open.
    let kept_open = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na 1\n";
    let answers = vec![Answer::BytesThenClose(kept_open.into()), good("a 2\n")];
    let scraper = scraper(answers).await;
    for _ in 0..2 {
        assert_eq!(scraper.scrape(ScrapeMoment::Scheduled).await.outcome, Ok(1));
    }
    assert_eq!(values(&store(&scraper), "a"), [1.0, 2.0]);
}

#[tokio::test]
async fn a_new_connection_that_closes_unanswered_is_a_failure() {
    let scraper = scraper(vec![Answer::Bytes(Vec::new()), good("a 1\n")]).await;
    assert!(failure(&scraper, "broken-answer").await.contains("broke off"));
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert!(
        failure(&scraper_of(config(address)), "metrics-unreachable")
            .await
            .contains("no connection")
    );
}

#[tokio::test]
async fn two_values_of_one_series_fail() {
    let scraper = scraper(vec![good("a{x=\"1\"} 1\na{x=\"1\"} 2\n")]).await;
    assert!(
        failure(&scraper, "duplicate-sample").await.contains("two values at one time: 1 and 2")
    );
}

#[tokio::test]
async fn a_series_that_the_scraper_writes_itself_is_refused() {
    let scraper = scraper(vec![good("up 1\n")]).await;
    assert!(failure(&scraper, "reserved-series").await.contains("which the scraper writes itself"));
    assert_eq!(values(&store(&scraper), "up"), [0.0]);
}

#[tokio::test]
async fn timestamps_count_only_where_they_are_honored() {
    let address = serve(vec![good("a 1 5000\n"), good("a 1 5000\n"), good("a 2 4000\n")]).await;
    let scraper = scraper_of(ScrapeConfig { honor_timestamps: true, ..config(address) });
    assert_eq!(scraper.scrape(ScrapeMoment::Scheduled).await.outcome, Ok(1));
    assert_eq!(scraper.scrape(ScrapeMoment::Scheduled).await.outcome, Ok(1));
    assert!(failure(&scraper, "late-sample").await.contains("goes back in time"));
    let store = store(&scraper);
    let samples = store.samples(&target_labels(&[("__name__", "a")]));
    assert_eq!(samples.iter().map(|s| s.t_ms).collect::<Vec<_>>(), [5000]);
}

#[tokio::test]
async fn openmetrics_counters_are_stored_under_the_names_of_the_text_format() {
    let body = "# TYPE a counter\na_total 1\n# EOF\n";
    let scraper =
        scraper(vec![with_type("200 OK", "application/openmetrics-text; version=1.0.0", body)])
            .await;
    scraper.scrape(ScrapeMoment::Scheduled).await;
    assert_eq!(store(&scraper).kind("a_total"), Some(FamilyKind::Counter));
}

#[tokio::test]
async fn the_hook_sees_the_time_of_each_scheduled_scrape() {
    let until = CancellationToken::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let hook = {
        let (until, calls) = (until.clone(), Arc::clone(&calls));
        Box::new(move |store: &mut SeriesStore, at_ms: i64| {
            store.append(&Labels::new([("__name__", "client")]), at_ms, 1.0);
            if calls.fetch_add(1, Ordering::SeqCst) == 3 {
                until.cancel();
            }
        })
    };
    let scraper = scraper(vec![good("a 1\n")]).await.with_hook(hook, HookedScrapes::All);
    scraper.run_schedule(until).await;
    let store = store(&scraper);
    let times = |labels: &Labels| -> Vec<i64> {
        store.samples(labels).iter().map(|sample| sample.t_ms).collect()
    };
    let client = times(&Labels::new([("__name__", "client")]));
    assert!(client.len() >= 4, "{client:?}");
    let target = times(&target_labels(&[("__name__", "a")]));
    assert!(target.len() >= 3 && client.starts_with(&target), "{target:?} {client:?}");
}

#[test]
fn a_page_that_no_client_can_ask_for_is_named() {
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let config = ScrapeConfig { url: "ftp://a/metrics".to_owned(), ..config(address) };
    let error = Scraper::new(config, Clock::start(), Arc::default()).unwrap_err();
    assert!(error.to_string().contains("`ftp` cannot be scraped"), "{error}");
    assert_eq!(error.code(), slogate::scenario::codes::INVALID_URL);
}

#[tokio::test]
async fn a_limit_of_the_scenario_is_a_series_as_in_prometheus() {
    let scraper = scraper(vec![good("a 1\n")]).await;
    scraper.scrape(ScrapeMoment::Opening).await;
    assert_eq!(values(&store(&scraper), "scrape_sample_limit"), [100.0]);
}

#[tokio::test]
async fn who_is_not_let_in_is_told_where_to_say_who_asks() {
    let scraper = scraper(vec![http("401 Unauthorized", "")]).await;
    let message = failure(&scraper, "metrics-denied").await;
    assert!(message.contains("answered 401") && message.contains("`auth`"), "{message}");
}

#[tokio::test]
async fn a_page_without_samples_or_in_the_binary_format_is_named() {
    let scraper = scraper(vec![
        good("# nothing yet\n"),
        with_type("200 OK", "application/vnd.google.protobuf", "\n"),
    ])
    .await;
    assert!(failure(&scraper, "empty-exposition").await.contains("no sample"));
    assert!(failure(&scraper, "protobuf-exposition").await.contains("protobuf"));
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_told_from_one_that_is_not_there() {
    let address = serve(vec![good("a 1\n")]).await;
    let url = format!("https://metrics.invalid:{}/metrics", address.port());
    let scraper = scraper_of(ScrapeConfig { url, ..config(address) });
    assert!(failure(&scraper, "tls-failed").await.contains("perhaps it is http"));
}
