//! Where the time of an exchange went, against a server that knows where it spent it.

use std::thread::sleep;
use std::time::Duration;

use bytes::Bytes;
use slogate::histogram::Ranked;
use slogate::load::{LoadResult, Part, TimeInPart};
use slogate::scenario::{Request, Stop};

use crate::support::{Server, closed, get, plan, post, run};

const WAIT: Duration = Duration::from_millis(120);
const TAIL: Duration = Duration::from_millis(60);

async fn sent(server: &Server, requests: u64, request: Request) -> LoadResult {
    run(plan(server.address, vec![closed(1, Stop::Iterations(requests))], vec![request])).await
}

fn part(result: &LoadResult, part: Part) -> &TimeInPart {
    result.phases[0].parts.of(part)
}

fn counts(result: &LoadResult) -> [u64; 4] {
    Part::ALL.map(|one| part(result, one).times.count())
}

fn longest(part: &TimeInPart) -> Duration {
    match part.times.max(0) {
        Ranked::Seconds(seconds) => Duration::from_secs_f64(seconds),
        other => panic!("{other:?} is not a duration"),
    }
}

/// A busy machine only adds: a wait is never shorter than what the server slept.
#[track_caller]
fn assert_holds(part: &TimeInPart, each: Duration) {
    let shortest = each.mul_f64(0.99);
    let Ranked::Seconds(median) = part.times.rank(0.5, 0) else { panic!("{part:?}") };
    assert!(median >= shortest.as_secs_f64() && median < 4.0 * each.as_secs_f64(), "{part:?}");
    let count = u32::try_from(part.times.count()).unwrap();
    assert!(part.total >= shortest * count && part.total < 4 * each * count, "{part:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_the_head_and_one_for_the_body_are_told_apart() {
    let server = Server::start(|peer| {
        while peer.read().is_some() {
            sleep(WAIT);
            peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
            sleep(TAIL);
            peer.write("ok");
        }
    });
    let result = sent(&server, 4, get()).await;
    assert_eq!(counts(&result), [1, 0, 4, 4], "one connection for all");
    assert_holds(part(&result, Part::FirstByte), WAIT);
    assert_holds(part(&result, Part::Body), TAIL);
    assert!(longest(part(&result, Part::Connect)) < WAIT);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_connection_that_is_opened_has_its_time() {
    let server = Server::start(|peer| {
        peer.read();
        peer.write("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    });
    assert_eq!(counts(&sent(&server, 3, get()).await), [3, 0, 3, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_taken_slowly_is_no_wait_for_the_first_byte() {
    let slow = 4 * WAIT;
    // More than the sockets of both sides hold.
    let body = Bytes::from(vec![b'x'; 24_000_000]);
    let server = Server::start(move |peer| {
        while let Some((_, headers)) = peer.read_head() {
            sleep(slow);
            let length = headers.iter().find_map(|line| line.strip_prefix("content-length: "));
            peer.skip(length.unwrap().parse().unwrap());
            peer.ok("");
        }
    });
    let result = sent(&server, 1, Request { body, ..post() }).await;
    let service = &result.phases[0].requests[0].service_ok;
    assert!(matches!(service.max(0), Ranked::Seconds(seconds) if seconds >= slow.as_secs_f64()));
    assert!(longest(part(&result, Part::FirstByte)) < slow);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_did_not_end_has_no_time() {
    let silent = Server::start(|peer| while peer.read().is_some() {});
    let request = Request { timeout: Duration::from_millis(50), ..get() };
    assert_eq!(counts(&sent(&silent, 1, request.clone()).await), [1, 0, 0, 0]);
    let endless = Server::start(|peer| {
        peer.read();
        peer.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        peer.read_to_end();
    });
    assert_eq!(counts(&sent(&endless, 1, request).await), [1, 0, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_of_a_request_waits_for_itself() {
    let server = Server::start(|peer| {
        while let Some(seen) = peer.read() {
            if seen.line.contains("/next") {
                peer.ok("");
            } else {
                peer.write("HTTP/1.1 302 Found\r\nlocation: /next\r\ncontent-length: 0\r\n\r\n");
            }
        }
    });
    let result = sent(&server, 2, Request { redirects: 1, ..get() }).await;
    assert_eq!((result.phases[0].requests[0].succeeded, counts(&result)), (2, [1, 0, 4, 4]));
}
