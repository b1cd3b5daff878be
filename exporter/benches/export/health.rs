//! `/health` while exports work: they must not stand in its way.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    documents::{Order, request},
    process::Process,
    table::Table,
};

const ROUNDS: usize = 3;
/// Requests of a round, enough for a p99 with thirty beyond it.
const REQUESTS: usize = 3_000;
/// Time between requests.
const PAUSE: Duration = Duration::from_millis(1);
const PDF_ROWS: u32 = 50_000;
const AT_ONCE: usize = 5;

pub(crate) fn measure(table: &mut Table) {
    let body = request("pdf", PDF_ROWS, Order::ColumnsFirst);
    let service = Process::exporter();
    let (mut idle, mut busy, mut computing) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        idle.push(p99_milliseconds(&service));
        busy.push(beside(|| service.export(body.as_bytes()), || p99_milliseconds(&service)));
        computing.push(beside(compute, || p99_milliseconds(&service)));
    }
    table.note("/health p99, idle", idle, "ms");
    table.note(&format!("/health p99, {AT_ONCE} PDFs of {PDF_ROWS} rows at once"), busy, "ms");
    table.note(&format!("/health p99, {AT_ONCE} strangers that compute"), computing, "ms");
}

/// What `measure` gives while five threads repeat `work`.
fn beside(work: impl Fn() + Sync, measure: impl FnOnce() -> f64) -> f64 {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    work();
                }
            });
        }
        let measured = measure();
        is_over.store(true, Ordering::Relaxed);
        measured
    })
}

/// Takes the processor for a millisecond or so.
fn compute() {
    let begin = Instant::now();
    while begin.elapsed() < PAUSE {
        std::hint::spin_loop();
    }
}

fn p99_milliseconds(service: &Process) -> f64 {
    let mut connection = service.connect();
    let mut times: Vec<f64> = (0..REQUESTS)
        .map(|_| {
            thread::sleep(PAUSE);
            let begin = Instant::now();
            connection.get("/health");
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[REQUESTS * 99 / 100]
}
