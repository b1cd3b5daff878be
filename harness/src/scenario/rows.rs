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
/// The length of a day as it is written.
const DAY_BYTES: usize = 10;
/// A row's length, with some room: the buffer is allocated once.
const ROW_BYTES: usize = 176;

const SYMBOLS: [Word; 16] = words([
    "AAPL", "AKBNK", "ALPHA", "AMZN", "ASELS", "BAYN", "EREGL", "GARAN", "MSFT", "NESN", "NVDA",
    "OPAP", "SAP", "SBER", "SHEL", "THYAO",
]);
const SIDES: [Word; 2] = words(["buy", "sell"]);
const VENUES: [Word; 6] = words(["XAMS", "XATH", "XIST", "XLON", "XNYS", "XPAR"]);
/// As they stand in JSON. Some with a comma, a quote or letters beyond ASCII, as real notes
/// have them.
const NOTES: [Word; 12] = words([
    "day order, partial fill",
    "good till cancelled",
    "client order, routed",
    "algo slice 7 of 24",
    "gün içi emir, onaylandı",
    "müşteri talimatı",
    "εντολή ημέρας, μερική",
    "заявка клиента, исполнена",
    "matched at open auction",
    r#"limit \"best\" with reserve"#,
    "iceberg, refill pending",
    "market on close",
]);
/// Room for the longest of them, bytes.
const WORD_BYTES: usize = 64;

/// `00` to `99`: numbers of a known length are written two digits at a time.
const PAIRS: [[u8; 2]; 100] = pairs();

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

/// A word in room of a fixed size: copying all of it costs less than a call that copies some.
#[derive(Clone, Copy)]
struct Word {
    room: [u8; WORD_BYTES],
    length: usize,
}

const fn words<const COUNT: usize>(texts: [&str; COUNT]) -> [Word; COUNT] {
    let mut words = [Word { room: [0; WORD_BYTES], length: 0 }; COUNT];
    let mut at = 0;
    while at < COUNT {
        let text = texts[at].as_bytes();
        while words[at].length < text.len() {
            words[at].room[words[at].length] = text[words[at].length];
            words[at].length += 1;
        }
        at += 1;
    }
    words
}

struct RowWriter {
    out: Vec<u8>,
    random: SplitMix64,
    elapsed_ms: u64,
    day: u64,
    day_text: [u8; DAY_BYTES],
}

impl RowWriter {
    /// Writes behind what is there already.
    fn new(seed: u64, out: Vec<u8>) -> Self {
        Self {
            out,
            random: SplitMix64(seed),
            elapsed_ms: FIRST_MILLISECOND,
            day: 0,
            day_text: day_text(FIRST_DAY),
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
        self.one_of(&NOTES);
        self.text("\"}");
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    fn one_of(&mut self, words: &[Word]) {
        let at = usize::try_from(self.random.below(words.len() as u64));
        let Some(word) = at.ok().and_then(|at| words.get(at)) else { return };
        let end = self.out.len() + word.length;
        self.out.extend_from_slice(&word.room);
        self.out.truncate(end);
    }

    /// From 1.0 to 999.99, in the shortest form that is the same number.
    fn price(&mut self) {
        let cents = 100 + self.random.below(99_900);
        self.number(cents / 100);
        self.out.push(b'.');
        let [tenths, hundredths] = pair(cents % 100);
        self.out.push(tenths);
        if hundredths != b'0' {
            self.out.push(hundredths);
        }
    }

    fn timestamp(&mut self) {
        let day = self.elapsed_ms / MS_PER_DAY;
        if day != self.day {
            self.day = day;
            let days = i32::try_from(day).unwrap_or(i32::MAX);
            self.day_text = day_text(FIRST_DAY.saturating_add(days.days()));
        }
        let of_day = self.elapsed_ms % MS_PER_DAY;
        self.out.extend_from_slice(&self.day_text);
        let [hour, minute] = [pair(of_day / 3_600_000), pair(of_day / 60_000 % 60)];
        let [second, hundredths] = [pair(of_day / 1_000 % 60), pair(of_day / 10 % 100)];
        let [_, thousandths] = pair(of_day % 10);
        self.out.extend_from_slice(&[
            b'T',
            hour[0],
            hour[1],
            b':',
            minute[0],
            minute[1],
            b':',
            second[0],
            second[1],
            b'.',
            hundredths[0],
            hundredths[1],
            thousandths,
            b'Z',
        ]);
    }
}

/// `2026-01-05`.
fn day_text(day: Date) -> [u8; DAY_BYTES] {
    day.to_string().into_bytes().try_into().unwrap_or_default()
}

const fn pairs() -> [[u8; 2]; 100] {
    let mut pairs = [[b'0'; 2]; 100];
    let (mut tens, mut at) = (b'0', 0);
    while tens <= b'9' {
        let mut ones = b'0';
        while ones <= b'9' {
            pairs[at] = [tens, ones];
            ones += 1;
            at += 1;
        }
        tens += 1;
    }
    pairs
}

/// A number below 100 in two digits.
fn pair(number: u64) -> [u8; 2] {
    usize::try_from(number).ok().and_then(|at| PAIRS.get(at)).copied().unwrap_or_default()
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
