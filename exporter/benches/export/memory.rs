//! Memory above that of an idle service, each line in a new process.

use crate::{
    documents::{Order, request},
    process::Process,
    table::Table,
};

/// A bar on the growth.
struct Line {
    format: &'static str,
    rows: u32,
    order: Order,
    at_once: usize,
    bar: f64,
}

const LINES: &[Line] = &[
    Line { format: "csv", rows: 50_000, order: Order::ColumnsFirst, at_once: 1, bar: 8.0 },
    Line { format: "csv", rows: 1_000_000, order: Order::ColumnsFirst, at_once: 1, bar: 8.0 },
    Line { format: "csv", rows: 1_000_000, order: Order::DataFirst, at_once: 1, bar: 8.0 },
    Line { format: "csv", rows: 50_000, order: Order::ColumnsFirst, at_once: 5, bar: 32.0 },
    Line { format: "pdf", rows: 50_000, order: Order::ColumnsFirst, at_once: 1, bar: 8.0 },
    Line { format: "pdf", rows: 50_000, order: Order::DataFirst, at_once: 1, bar: 8.0 },
    Line { format: "pdf", rows: 500_000, order: Order::ColumnsFirst, at_once: 1, bar: 12.0 },
    Line { format: "pdf", rows: 50_000, order: Order::ColumnsFirst, at_once: 5, bar: 32.0 },
];
/// Processes of each line.
const ROUNDS: usize = 3;

pub(crate) fn measure(table: &mut Table) {
    for line in LINES {
        let body = request(line.format, line.rows, line.order);
        let growth = (0..ROUNDS).map(|_| growth(body.as_bytes(), line.at_once)).collect();
        let order = match line.order {
            Order::ColumnsFirst => "",
            Order::DataFirst => ", columns after data",
        };
        let Line { format, rows, at_once, bar, .. } = line;
        let what = format!("{format} {rows}: memory of {at_once} at once{order}");
        table.megabytes(&what, growth, Some(*bar));
    }
}

fn growth(body: &[u8], at_once: usize) -> f64 {
    let service = Process::exporter();
    let idle = service.resident_megabytes();
    service.export_at_once(body, at_once);
    service.peak_megabytes() - idle
}
