//! A fuzzer for the reading of rows, against `serde_json`: what is accepted and what is
//! not, and the text of every cell.
//!
//! It mutates arrays of rows for `SLOGATE_FUZZ_SECONDS` and sends each through a whole
//! [`Job`], in pieces of any length, with the columns before the rows or after them.
//! All randomness comes from `SLOGATE_FUZZ_SEED`: a failure prints the seed and the
//! input. It looks at no branches; mutants that are accepted join the corpus instead.

mod mutation;

use std::{
    env,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::value::RawValue;

use self::mutation::{Random, mutated};
use super::{Job, Pieces, oracle::RawRow};
use crate::{
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
/// Mutants that the corpus may hold; then new ones take the places of old ones.
const MAX_CORPUS: usize = 500;

/// What `serde_json` makes of rows.
enum Expected {
    /// The text of each cell.
    Rows(Vec<Vec<String>>),
    /// JSON that is no rows.
    NoRows,
    /// No JSON.
    NoJson,
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
    let is_mixed = rows.iter().any(RawRow::is_object) && !rows.iter().all(RawRow::is_object);
    let texts: Option<Vec<_>> = rows.iter().map(|row| row.texts(&COLUMNS)).collect();
    texts.filter(|_| !is_mixed).map_or(Expected::NoRows, Expected::Rows)
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
        let mut lengths = Random(random.next());
        let source = Pieces::new(body.into(), move || 1 + lengths.below(longest));
        let job = Job::with_default_limits(self.folder.path(), &self.metrics);
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
                assert_eq!(found[1..], expected, "{shown}");
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
