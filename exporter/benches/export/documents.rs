//! Requests of any size: eight columns, about 160 bytes a row.

use std::fmt::Write as _;

pub(crate) const COLUMNS: [&str; 8] =
    ["id", "timestamp", "symbol", "price", "quantity", "side", "venue", "note"];
/// Which of them hold numbers.
pub(crate) const NUMERIC: [bool; 8] = [true, false, false, true, true, false, false, false];

/// Where `columns` stands.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Order {
    ColumnsFirst,
    DataFirst,
}

/// The cells of a row.
pub(crate) fn cells(row: u32) -> [String; 8] {
    let second = row % 60;
    [
        row.to_string(),
        format!("2026-01-01T00:00:{second:02}.000Z"),
        "AAPL".into(),
        format!("{row}.25"),
        second.to_string(),
        "BUY".into(),
        "XIST".into(),
        format!("row {row} çok güzel"),
    ]
}

/// A request for this many rows.
pub(crate) fn request(format: &str, rows: u32, order: Order) -> String {
    let format = format!(r#""format":"{format}""#);
    let columns = format!(r#""columns":{}"#, serde_json::to_string(&COLUMNS).unwrap());
    let data = data(rows);
    match order {
        Order::ColumnsFirst => format!("{{{format},{columns},{data}}}"),
        Order::DataFirst => format!("{{{data},{format},{columns}}}"),
    }
}

fn data(rows: u32) -> String {
    let mut data = String::from(r#""data":["#);
    for row in 0..rows {
        data.push(if row == 0 { '{' } else { ',' });
        if row > 0 {
            data.push('{');
        }
        for (column, cell) in cells(row).iter().enumerate() {
            let comma = if column == 0 { "" } else { "," };
            let quote = if NUMERIC[column] { "" } else { "\"" };
            write!(data, "{comma}\"{}\":{quote}{cell}{quote}", COLUMNS[column]).unwrap();
        }
        data.push('}');
    }
    data + "]"
}
