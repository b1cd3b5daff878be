//! Generated rows for request bodies: the same seed gives the same bytes on every
//! machine.
//!
//! The rows are shaped like the export job that the measurements were made with:
//! eight columns, about 162 bytes of JSON and 84 of CSV a row. They are written
//! byte by byte, because a tree of values costs thirty times as much.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::value::RawValue;

use super::datum::Datum;
use super::mix::{GOLDEN, mixed};

/// The day of the first row.
const FIRST_DAY: Date = date(2026, 1, 5);
/// Milliseconds of the first row's timestamp within its day: 09:00.
const FIRST_MILLISECOND: u64 = 9 * 3_600_000;
/// The time from one row to the next varies below this, milliseconds.
const LONGEST_GAP_MS: u64 = 250;
const MS_PER_DAY: u64 = 86_400_000;
/// A row's length, with some room: the buffer is allocated once.
const ROW_BYTES: usize = 176;

const SYMBOLS: [&str; 16] = [
    "AAPL", "AKBNK", "ALPHA", "AMZN", "ASELS", "BAYN", "EREGL", "GARAN", "MSFT", "NESN", "NVDA",
    "OPAP", "SAP", "SBER", "SHEL", "THYAO",
];
const SIDES: [&str; 2] = ["buy", "sell"];
const VENUES: [&str; 6] = ["XAMS", "XATH", "XIST", "XLON", "XNYS", "XPAR"];
/// Some with a comma, a quote or letters beyond ASCII, as real notes have them.
const NOTES: [&str; 12] = [
    "day order, partial fill",
    "good till cancelled",
    "client order, routed",
    "algo slice 7 of 24",
    "gün içi emir, onaylandı",
    "müşteri talimatı",
    "εντολή ημέρας, μερική",
    "заявка клиента, исполнена",
    "matched at open auction",
    "limit \"best\" with reserve",
    "iceberg, refill pending",
    "market on close",
];

/// What every row has, in order.
pub(super) const FIELDS: [&str; 8] =
    ["id", "timestamp", "symbol", "side", "price", "quantity", "venue", "note"];

/// Appends `rows` rows as a JSON array of objects.
pub(super) fn push_json(rows: u64, seed: u64, out: &mut Vec<u8>) {
    out.reserve(usize::try_from(rows).unwrap_or(usize::MAX).saturating_mul(ROW_BYTES));
    let mut writer = RowWriter::new(seed, std::mem::take(out));
    writer.out.push(b'[');
    for id in 1..=rows {
        if id > 1 {
            writer.out.push(b',');
        }
        writer.row(id);
    }
    writer.out.push(b']');
    *out = writer.out;
}

/// A field of every row.
pub(super) fn column(rows: u64, seed: u64, field: &str) -> Vec<Option<Datum>> {
    let mut writer = RowWriter::new(seed, Vec::new());
    let value = |id| {
        writer.out.clear();
        writer.row(id);
        let row: BTreeMap<&str, &RawValue> =
            serde_json::from_slice(&writer.out).unwrap_or_default();
        row.get(field).map(|value| Datum::raw_json(value.get()))
    };
    (1..=rows).map(value).collect()
}

struct RowWriter {
    out: Vec<u8>,
    random: SplitMix64,
    elapsed_ms: u64,
    day: u64,
    day_text: String,
}

impl RowWriter {
    /// Writes behind what is there already.
    fn new(seed: u64, out: Vec<u8>) -> Self {
        Self {
            out,
            random: SplitMix64(seed),
            elapsed_ms: FIRST_MILLISECOND,
            day: 0,
            day_text: FIRST_DAY.to_string(),
        }
    }

    fn row(&mut self, id: u64) {
        self.elapsed_ms += self.random.below(LONGEST_GAP_MS);
        self.text("{\"id\":");
        self.number(id);
        self.text(",\"timestamp\":\"");
        self.timestamp();
        self.text("\",\"symbol\":\"");
        self.one_of(&SYMBOLS);
        self.text("\",\"side\":\"");
        self.one_of(&SIDES);
        self.text("\",\"price\":");
        self.price();
        self.text(",\"quantity\":");
        let quantity = 1 + self.random.below(9_999);
        self.number(quantity);
        self.text(",\"venue\":\"");
        self.one_of(&VENUES);
        self.text("\",\"note\":\"");
        self.note();
        self.text("\"}");
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    fn one_of(&mut self, words: &[&str]) {
        let word = self.random.pick(words);
        self.text(word);
    }

    /// From 1.00 to 999.99.
    fn price(&mut self) {
        let cents = 100 + self.random.below(99_900);
        let price = cents as f64 / 100.0;
        self.out.extend_from_slice(ryu::Buffer::new().format_finite(price).as_bytes());
    }

    fn note(&mut self) {
        for byte in self.random.pick(&NOTES).bytes() {
            if byte == b'"' {
                self.out.push(b'\\');
            }
            self.out.push(byte);
        }
    }

    fn timestamp(&mut self) {
        let day = self.elapsed_ms / MS_PER_DAY;
        if day != self.day {
            self.day = day;
            let days = i32::try_from(day).unwrap_or(i32::MAX);
            self.day_text = FIRST_DAY.saturating_add(days.days()).to_string();
        }
        let of_day = self.elapsed_ms % MS_PER_DAY;
        self.out.extend_from_slice(self.day_text.as_bytes());
        self.padded(b'T', of_day / 3_600_000, 2);
        self.padded(b':', of_day / 60_000 % 60, 2);
        self.padded(b':', of_day / 1_000 % 60, 2);
        self.padded(b'.', of_day % 1_000, 3);
        self.out.push(b'Z');
    }

    fn padded(&mut self, before: u8, number: u64, digits: u32) {
        self.out.push(before);
        for digit in (0..digits).rev() {
            let value = number / 10_u64.pow(digit) % 10;
            self.out.push(b'0' + u8::try_from(value).unwrap_or(0));
        }
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014):
/// small, and the same on every machine.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        let next = mixed(self.0);
        self.0 = self.0.wrapping_add(GOLDEN);
        next
    }

    /// From 0 to below `bound`, by multiplication instead of division (Lemire, "Fast
    /// random integer generation in an interval", 2019); the bias at such small bounds
    /// is below 1 in 10^14.
    fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        let at = self.below(words.len() as u64);
        usize::try_from(at).ok().and_then(|at| words.get(at)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn json(rows: u64, seed: u64) -> Vec<u8> {
        let mut out = Vec::new();
        push_json(rows, seed, &mut out);
        out
    }

    fn parsed(rows: u64, seed: u64) -> Vec<Value> {
        serde_json::from_slice(&json(rows, seed)).unwrap()
    }

    #[test]
    fn every_row_has_all_columns_in_order() {
        for row in parsed(1_000, 42) {
            let keys: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys, FIELDS);
        }
    }

    #[test]
    fn a_column_is_what_the_rows_have() {
        let prices = column(100, 42, "price");
        for (row, price) in parsed(100, 42).iter().zip(prices) {
            assert_eq!(price, Some(Datum::json(&row["price"])));
        }
        assert_eq!(column(1, 42, "nothing"), [None]);
    }

    #[test]
    fn the_same_seed_gives_the_same_rows_and_another_seed_others() {
        assert_eq!(json(100, 1), json(100, 1));
        assert_ne!(json(100, 1), json(100, 2));
        let first = &parsed(1, 42)[0];
        assert_eq!(first["id"], 1);
        assert!(first["timestamp"].as_str().unwrap().starts_with("2026-01-05T09:00:00."));
    }

    #[test]
    fn bytes_are_those_that_serde_json_would_write() {
        let bytes = json(5_000, 7);
        assert_eq!(serde_json::to_vec(&parsed(5_000, 7)).unwrap(), bytes);
    }

    #[test]
    fn rows_are_as_long_as_the_measurements_assume() {
        let rows = 50_000;
        let mean = json(rows, 42).len() as f64 / rows as f64;
        assert!((158.0..168.0).contains(&mean), "{mean} bytes a row");
    }

    #[test]
    fn timestamps_ascend_across_midnight() {
        let mut writer = RowWriter::new(3, Vec::new());
        writer.elapsed_ms = MS_PER_DAY - 1_000;
        let timestamps: Vec<String> = (1..=50)
            .map(|id| {
                writer.out.clear();
                writer.row(id);
                let row: Value = serde_json::from_slice(&writer.out).unwrap();
                row["timestamp"].as_str().unwrap().to_owned()
            })
            .collect();
        assert!(timestamps[0].starts_with("2026-01-05T23:59:59."), "{}", timestamps[0]);
        assert!(timestamps[49].starts_with("2026-01-06T00:00:0"), "{}", timestamps[49]);
        assert!(timestamps.is_sorted());
    }
}
