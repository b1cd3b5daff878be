//! CSV against `serde_json::from_slice::<IgnoredAny>` over the same bytes: what it
//! costs to know that they are JSON.

use axum::body::Bytes;
use exporter::in_memory::Exporter;

use crate::{
    clock,
    documents::{Order, request},
    process::Process,
    table::Table,
};

/// Rows and rounds.
const SIZES: [(u32, usize); 2] = [(50_000, 25), (1_000_000, 5)];
/// Bars of the two ways, times the yardstick.
const IN_MEMORY_BAR: f64 = 3.5;
const OVER_HTTP_BAR: f64 = 5.0;

pub(crate) fn measure(table: &mut Table) {
    let directory = tempfile::tempdir().unwrap();
    let exporter = Exporter::new(directory.path()).unwrap();
    for (rows, rounds) in SIZES {
        let body = Bytes::from(request("csv", rows, Order::ColumnsFirst));
        let service = Process::exporter();
        let (mut validation, mut in_memory, mut over_http) = (vec![], vec![], vec![]);
        for _ in 0..rounds {
            let yardstick = clock::of_thread(|| validate(&body));
            let file = clock::of_thread(|| make_file(&exporter, &body));
            let answer = service.processor_time(|| service.export(&body));
            validation.push(yardstick);
            in_memory.push(file / yardstick);
            over_http.push(answer / yardstick);
        }
        table.note(&format!("csv {rows}: validation, the yardstick"), validation, "ms");
        table.ratio(&format!("csv {rows}: memory to file"), in_memory, Some(IN_MEMORY_BAR));
        table.ratio(&format!("csv {rows}: over HTTP"), over_http, Some(OVER_HTTP_BAR));
    }
}

fn validate(body: &[u8]) {
    serde_json::from_slice::<serde::de::IgnoredAny>(body).unwrap();
}

fn make_file(exporter: &Exporter, body: &Bytes) {
    let bytes = exporter.export(body.clone()).unwrap();
    assert!(bytes > 0);
}
