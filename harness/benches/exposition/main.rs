//! How fast a scrape is read: `cargo bench -p slogate --bench exposition`.
//!
//! A page of some megabytes is read by the strict lexer and put into the sample store, in this process,
//! which should have a core for itself (`taskset -c 1 cargo bench …`). prometheus-parse, which
//! looks at every sample of a scrape as well, is timed apart. Each line shows its bar;
//! `-- --enforce` ends with 1 where one is missed, and any other word ends with 2.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark talks on the terminal")]

mod page;
#[path = "../load/table.rs"]
mod table;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use slogate::exposition::{Exposition, Format, ParseRules, Reader, SecondOpinion, parse_with};
use slogate::series::SeriesStore;

use table::{Bar, Table, note};

type Failure = Box<dyn Error + Send + Sync>;

/// The flag that makes a missed bar an error.
const ENFORCE: &str = "--enforce";
/// Exit code for arguments that mean nothing.
const EXIT_USAGE: u8 = 2;
const ROUNDS: usize = 7;
/// Megabytes a second; the aim is 200.
const AT_LEAST: f64 = 50.0;
/// Between two scrapes, milliseconds.
const INTERVAL_MS: i64 = 1000;

/// Megabytes a second, by round.
#[derive(Default)]
struct Speeds {
    lexer: Vec<f64>,
    first: Vec<f64>,
    again: Vec<f64>,
    both: Vec<f64>,
    both_again: Vec<f64>,
    second_opinion: Vec<f64>,
    /// Samples that were not read.
    lost: Vec<f64>,
}

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let Some(unknown) = arguments.iter().find(|argument| *argument != ENFORCE) {
        eprintln!("`{unknown}` means nothing here: there is {ENFORCE}");
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    let mut table = Table::begin();
    let (page, samples) = page::page();
    note(&format!("a page of {:.1} MB with {samples} samples", page.len() as f64 / 1e6));
    let mut speeds = Speeds::default();
    let mut is_whole = true;
    for _ in 0..ROUNDS {
        is_whole &= speeds.round(&page, samples)?;
    }
    table.must("every sample is stored", is_whole, "");
    speeds.tell(&mut table);
    Ok(table.end(!arguments.is_empty()))
}

impl Speeds {
    /// One round; whether the store has every sample of both scrapes.
    fn round(&mut self, page: &str, samples: usize) -> Result<bool, Failure> {
        let megabytes = page.len() as f64 / 1e6;
        let (exposition, lexer) = timed(|| read(page, SecondOpinion::Spared))?;
        let mut twice = Reader::new(rules(SecondOpinion::Asked));
        let (asked, both) = timed(|| Ok(twice.read(page.as_bytes(), Format::Text)?))?;
        let (_, both_again) = timed(|| Ok(twice.read(page.as_bytes(), Format::Text)?))?;
        let mut store = SeriesStore::default();
        let mut reader = Reader::new(rules(SecondOpinion::Spared));
        let ((), first) = timed(|| scrape(page, 0, &mut reader, &mut store))?;
        let ((), again) = timed(|| scrape(page, INTERVAL_MS, &mut reader, &mut store))?;
        self.lexer.push(megabytes / lexer);
        self.both.push(megabytes / both);
        self.both_again.push(megabytes / both_again);
        self.second_opinion.push(megabytes / (both - lexer));
        self.first.push(megabytes / first);
        self.again.push(megabytes / again);
        let stored: usize = store.iter().map(|series| series.samples.len()).sum();
        let read = exposition.samples.len().min(asked.samples.len());
        self.lost.push(samples.abs_diff(read) as f64);
        Ok(stored == 2 * samples)
    }

    fn tell(self, table: &mut Table) {
        let bar = Bar::AtLeast(AT_LEAST);
        table.line("samples that were not read", self.lost, "", Bar::AtMost(0.0));
        table.line("strict lexer", self.lexer, "MB/s", Bar::None);
        table.line("strict lexer and store, a first scrape", self.first, "MB/s", bar);
        table.line("strict lexer and store, the next scrape", self.again, "MB/s", bar);
        table.line(
            "prometheus-parse's second opinion alone",
            self.second_opinion,
            "MB/s",
            Bar::None,
        );
        table.line("both, a first scrape", self.both, "MB/s", Bar::None);
        table.line("both, the next scrape", self.both_again, "MB/s", Bar::None);
    }
}

fn rules(second_opinion: SecondOpinion) -> ParseRules {
    ParseRules { second_opinion, ..ParseRules::default() }
}

fn read(page: &str, second_opinion: SecondOpinion) -> Result<Exposition, Failure> {
    Ok(parse_with(page.as_bytes(), Format::Text, rules(second_opinion))?)
}

/// Reads the page and stores its samples under one time.
fn scrape(
    page: &str,
    at_ms: i64,
    reader: &mut Reader,
    store: &mut SeriesStore,
) -> Result<(), Failure> {
    for sample in reader.read(page.as_bytes(), Format::Text)?.samples {
        store.append(&sample.labels, at_ms, sample.value);
    }
    Ok(())
}

/// What something gives, and the seconds that it took.
fn timed<T>(run: impl FnOnce() -> Result<T, Failure>) -> Result<(T, f64), Failure> {
    let begun = Instant::now();
    let result = run()?;
    Ok((result, begun.elapsed().as_secs_f64()))
}
