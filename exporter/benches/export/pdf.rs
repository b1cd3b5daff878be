//! PDF of rows that were read, against the same pages set by hand.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use exporter::in_memory::write_pdf;

use crate::{
    clock,
    documents::{COLUMNS, NUMERIC, Order, cells, request},
    process::Process,
    table::Table,
    typesetter,
};

const ROWS: u32 = 50_000;
const ROUNDS: usize = 15;
/// Times the processor time of the pages set by hand.
const BAR: f64 = 1.2;
/// By how much the sizes of the two files may differ: they say the same.
const SIZE_TOLERANCE: f64 = 0.02;

pub(crate) fn measure(table: &mut Table) {
    let columns: Vec<String> = COLUMNS.iter().map(|&column| column.to_owned()).collect();
    let rows: Vec<Vec<String>> = (0..ROWS).map(|row| cells(row).to_vec()).collect();
    let body = request("pdf", ROWS, Order::ColumnsFirst);
    let service = Process::exporter();
    let (mut by_hand, mut exported, mut over_http) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let (yardstick_file, file) = (Counter::default(), Counter::default());
        let (yardstick_size, size) = (yardstick_file.clone(), file.clone());
        let yardstick = clock::of_thread(|| {
            typesetter::write_pdf(&columns, &NUMERIC, &rows, yardstick_file).unwrap();
        });
        let export = clock::of_thread(|| {
            write_pdf(&columns, &NUMERIC, rows.iter().map(Vec::as_slice), file).unwrap();
        });
        assert!((size.bytes() / yardstick_size.bytes() - 1.0).abs() < SIZE_TOLERANCE);
        let answer = service.processor_time(|| service.export(body.as_bytes()));
        by_hand.push(yardstick);
        exported.push(export / yardstick);
        over_http.push(answer / yardstick);
    }
    table.note(&format!("pdf {ROWS}: set by hand, the yardstick"), by_hand, "ms");
    table.ratio(&format!("pdf {ROWS}: rows to file"), exported, Some(BAR));
    table.note(&format!("pdf {ROWS}: over HTTP, parsed and synced"), over_http, "×");
}

/// A file that nobody reads.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicU64>);

impl Counter {
    fn bytes(&self) -> f64 {
        self.0.load(Ordering::Relaxed) as f64
    }
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
