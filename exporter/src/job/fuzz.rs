//! A fuzzer for the reading of rows, against `serde_json`: what is accepted and what is
//! not, and the text of every cell.
//!
//! It mutates arrays of rows for `SLOGATE_FUZZ_SECONDS` and sends each through a whole
//! [`Job`], in pieces of any length, with the columns before the rows or after them.
//! All randomness comes from `SLOGATE_FUZZ_SEED`: a failure prints the seed and the
//! input. It looks at no branches; mutants that are accepted join the corpus instead.

use std::{
    env,
    ops::Range,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::{ByteSource, Control, Job};
use crate::{
    config::Limits,
    metrics::Metrics,
    problem::{Problem, Reason},
};

const COLUMNS: [&str; 3] = ["a", "b", "ç"];
/// What the corpus begins with: arrays of rows as clients send them.
const ROWS: &[&str] = &[
    "[]",
    r#"[{"a":1,"b":"x","ç":null},{"a":-0.50e3,"b":true,"x":[{"y":"]}"}]}]"#,
    r#"[[1,"x",null],["","\"\\\/\b\f\n\r\t",false],[{"k":[1, "a \" b"]},[[]],1e400]]"#,
    r#" [ { "a" : "\u00e7\ud83d\ude00" , "\u0062" : 12345678901234567890123 } , { } ] "#,
    "[{\"\u{e7}\":\"ğüşıöç \u{1f600}\",\"b\":\"{[]}\"}]",
];
/// What it has besides: what is nearly rows.
const NEARLY: &[&str] = &[
    r#"[{"x":1,"x":2}]"#,
    r#"[{"a":1,"\u0061":2}]"#,
    r"[[1,2]]",
    r"[[1,2,3,4]]",
    r#"[{"a":"\ud800"}]"#,
    r#"[{"\udc00":1}]"#,
    r#"[{"x":"\ud83d\u0061"}]"#,
    r#"[{"a":01}]"#,
    r#"[{"a":1.}]"#,
    r#"[{"a":-}]"#,
    r#"[{"a":tru}]"#,
    r#"[{"a":1,}]"#,
    r#"[{"a" 1}]"#,
    r"[[1,,2]]",
    r#"[{"a":[1,}}]"#,
    r#"[{"a":1}{"b":1}]"#,
    r#"[{"a":1},[1,2,3]]"#,
];
/// What JSON is made of, and what it must not have.
const TOKENS: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"\\\"",
    b"\\u",
    b"\\ud83d",
    b"\\ude00",
    b"\\u0061",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"false",
    b"-",
    b"0",
    b"01",
    b"1e400",
    b"1.",
    b"\"a\":",
    b"\"b\":1",
    b",\"x\":1",
    b"},{",
    b" ",
    b"\n",
    b"\t",
    b"\x00",
    b"\x1f",
    b"\x7f",
    b"\xc3",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xc3\xa7",
];
/// Mutants that the corpus may hold; then new ones take the places of old ones.
const MAX_CORPUS: usize = 500;
/// Longest input: short ones are quick, and cut at every place sooner.
const MAX_INPUT_BYTES: usize = 400;

/// Numbers from a seed: `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn range(&mut self, length: usize) -> Range<usize> {
        let (one, other) = (self.below(length + 1), self.below(length + 1));
        one.min(other)..one.max(other)
    }
}

fn mutated(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = random.one(corpus).clone();
    for _ in 0..=random.below(4) {
        let place = random.range(input.len());
        match random.below(7) {
            0 => {
                input.splice(place.start..place.start, random.one(TOKENS).iter().copied());
            }
            1 => {
                let end = input.len().min(place.start + 1);
                input.splice(place.start..end, random.one(TOKENS).iter().copied());
            }
            2 => {
                let end = input.len().min(place.start + 1 + random.below(4));
                input.drain(place.start..end);
            }
            3 => {
                let piece = input[place].to_vec();
                let at = random.below(input.len() + 1);
                input.splice(at..at, piece);
            }
            4 => {
                let other = random.one(corpus);
                let piece = other[random.range(other.len())].to_vec();
                input.splice(place, piece);
            }
            5 => {
                if let Some(byte) = input.get_mut(place.start) {
                    *byte ^= 1 << random.below(8);
                }
            }
            _ => input.truncate(place.end),
        }
        input.truncate(MAX_INPUT_BYTES);
    }
    input
}

/// What `serde_json` makes of rows.
enum Expected {
    /// The text of each cell.
    Rows(Vec<Vec<Text>>),
    /// JSON that is no rows.
    NoRows,
    /// No JSON.
    NoJson,
}

/// The text of a cell.
enum Text {
    Exactly(String),
    /// Nested values: the same, without the white space.
    Json(String),
}

/// A row by its keys, in which none is there twice, or by its places.
enum RawRow {
    Object(Vec<(String, Box<RawValue>)>),
    Array(Vec<Box<RawValue>>),
}

impl<'de> Deserialize<'de> for RawRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;
        impl<'de> Visitor<'de> for Rows {
            type Value = RawRow;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object or an array")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawRow, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(RawRow::Object(pairs))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<RawRow, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = cells.next_element()? {
                    values.push(value);
                }
                Ok(RawRow::Array(values))
            }
        }
        deserializer.deserialize_any(Rows)
    }
}

/// Whether an input ends the array and goes on with keys of its own: that is another
/// body, not other rows.
fn is_more_than_rows(input: &[u8]) -> bool {
    let is_json = |json: &[u8]| serde_json::from_slice::<&RawValue>(json).is_ok();
    !is_json(input) && is_json(&[b"{\"data\":", input, b"}"].concat())
}

fn expected(input: &[u8]) -> Expected {
    let is_text = std::str::from_utf8(input).is_ok();
    if !is_text || serde_json::from_slice::<&RawValue>(input).is_err() {
        return Expected::NoJson;
    }
    let Ok(rows) = serde_json::from_slice::<Vec<RawRow>>(input) else { return Expected::NoRows };
    let is_object = |row: &RawRow| matches!(row, RawRow::Object(_));
    let is_mixed = rows.iter().any(is_object) && !rows.iter().all(is_object);
    let texts: Option<Vec<_>> = rows.iter().map(texts).collect();
    texts.filter(|_| !is_mixed).map_or(Expected::NoRows, Expected::Rows)
}

/// The cells of a row; `None` if it is no row of these columns.
fn texts(row: &RawRow) -> Option<Vec<Text>> {
    match row {
        RawRow::Array(values) if values.len() == COLUMNS.len() => {
            values.iter().map(|value| text(value)).collect()
        }
        RawRow::Array(_) => None,
        RawRow::Object(pairs) => {
            let is_twice = |(index, (key, _)): (usize, &(String, _))| {
                pairs[..index].iter().any(|(earlier, _)| earlier == key)
            };
            if pairs.iter().enumerate().any(is_twice) {
                return None;
            }
            let value = |name: &&str| pairs.iter().find(|(key, _)| key == name).map(|(_, v)| v);
            let cell = |name| value(name).map_or(Some(Text::Exactly(String::new())), |v| text(v));
            COLUMNS.iter().map(cell).collect()
        }
    }
}

/// The text of a cell; `None` if it is no text, as half a surrogate pair is none.
fn text(value: &RawValue) -> Option<Text> {
    let json = value.get();
    match json.as_bytes()[0] {
        b'"' => serde_json::from_str(json).ok().map(Text::Exactly),
        b'n' => Some(Text::Exactly(String::new())),
        b'{' | b'[' => Some(Text::Json(json.to_owned())),
        _ => Some(Text::Exactly(json.to_owned())),
    }
}

impl Text {
    fn is(&self, found: &str) -> bool {
        match self {
            Self::Exactly(text) => text == found,
            Self::Json(json) => found.len() <= json.len() && is_same_json(json, found),
        }
    }
}

/// The same values; as text without white space where a number is too large for one.
fn is_same_json(one: &str, other: &str) -> bool {
    let parsed = |json| serde_json::from_str::<serde_json::Value>(json).ok();
    match (parsed(one), parsed(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => without_blanks(one) == without_blanks(other),
        _ => false,
    }
}

/// All but white space, also that inside of strings.
fn without_blanks(json: &str) -> String {
    json.chars().filter(|character| !character.is_ascii_whitespace()).collect()
}

/// A body in pieces.
struct Pieces {
    body: Vec<u8>,
    random: Random,
    longest: usize,
}

impl ByteSource for Pieces {
    fn next_piece(&mut self) -> Result<Option<Bytes>, Problem> {
        let length = (1 + self.random.below(self.longest)).min(self.body.len());
        let piece: Bytes = self.body.drain(..length).collect();
        Ok((length > 0).then_some(piece))
    }

    fn held_bytes(&self) -> usize {
        0
    }
}

/// What becomes of inputs.
struct Reader {
    folder: tempfile::TempDir,
    metrics: Arc<Metrics>,
}

impl Reader {
    fn new() -> Self {
        // In memory where that can be had: each accepted input is a file, and synced.
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { env::temp_dir() };
        let folder = tempfile::tempdir_in(parent).unwrap();
        Self { folder, metrics: Arc::new(Metrics::new().unwrap()) }
    }

    /// The header and the rows of the file, or why there is none.
    fn read(&self, rows: &[u8], random: &mut Random) -> Result<Vec<Vec<String>>, Problem> {
        let columns = format!(r#""columns":{},"format":"csv""#, serde_json::json!(COLUMNS));
        let body = match random.below(3) {
            0 => [b"{\"data\":", rows, b",", columns.as_bytes(), b"}"].concat(),
            _ => [b"{", columns.as_bytes(), b",\"data\":", rows, b"}"].concat(),
        };
        let longest = *random.one(&[1, 3, 50, 10_000]);
        let source = Pieces { body, random: Random(random.next()), longest };
        let far_away = Instant::now() + Duration::from_secs(3_600);
        let job = Job {
            directory: self.folder.path(),
            limits: Limits::default(),
            metrics: Arc::clone(&self.metrics),
            control: Control { cancelled: CancellationToken::new(), deadline: far_away },
        };
        let finished = job.run(source).1?;
        let path = self.folder.path().join("file.csv");
        finished.file.rename(&path).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
        Ok(reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect())
    }

    /// Whether rows are accepted; panics where `serde_json` says otherwise.
    fn check(&self, rows: &[u8], random: &mut Random) -> bool {
        let shown = rows.escape_ascii();
        match (expected(rows), self.read(rows, random)) {
            (Expected::Rows(expected), Ok(found)) => {
                assert_eq!(found[0], COLUMNS, "{shown}");
                assert_eq!(found.len(), expected.len() + 1, "{shown}");
                for (expected, found) in expected.iter().zip(&found[1..]) {
                    let is_same = expected.iter().zip(found).all(|(text, found)| text.is(found));
                    assert!(is_same && expected.len() == found.len(), "{shown} became {found:?}");
                }
                true
            }
            (Expected::NoRows, Err(problem)) => {
                // Half a surrogate pair is JSON to some and text to nobody.
                let is_half =
                    problem.message.contains("surrogate") || problem.message.contains("escape");
                assert!(problem.reason != Reason::BadJson || is_half, "{shown}: {problem}");
                false
            }
            (Expected::NoJson, Err(problem)) => {
                assert!(problem.status() == 400, "{shown}: {problem}");
                false
            }
            (Expected::Rows(_), Err(problem)) => panic!("{shown} is rows, and refused: {problem}"),
            (_, Ok(found)) => panic!("{shown} is no rows, and became {found:?}"),
        }
    }
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn rows_are_read_as_serde_json_reads_them() {
    let seconds = from_environment("SLOGATE_FUZZ_SECONDS", 3);
    let seed = from_environment("SLOGATE_FUZZ_SEED", 1);
    println!("fuzzing rows for {seconds} s: SLOGATE_FUZZ_SEED={seed}");
    let (reader, mut random) = (Reader::new(), Random(seed));
    let mut corpus: Vec<Vec<u8>> =
        ROWS.iter().chain(NEARLY).map(|rows| rows.as_bytes().to_vec()).collect();
    let seeds = corpus.len();
    for rows in &corpus {
        let is_accepted = reader.check(rows, &mut random);
        assert!(is_accepted || !ROWS.iter().any(|whole| whole.as_bytes() == rows));
    }
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let (mut inputs, mut accepted) = (0_u64, 0_u64);
    while Instant::now() < deadline {
        let input = mutated(&corpus, &mut random);
        if is_more_than_rows(&input) {
            continue;
        }
        inputs += 1;
        if reader.check(&input, &mut random) {
            accepted += 1;
            if corpus.len() < MAX_CORPUS {
                corpus.push(input);
            } else {
                let place = seeds + random.below(MAX_CORPUS - seeds);
                corpus[place] = input;
            }
        }
    }
    println!("{inputs} inputs, {accepted} of them accepted; all as serde_json has them");
    assert!(accepted > 0 && accepted < inputs, "{accepted} of {inputs} were accepted");
}
