//! A soak of a service in a process of its own, for `SLOGATE_SOAK_SECONDS`: formats,
//! mistakes, truncated bodies, clients that leave or idle, bursts beyond the capacity.
//!
//! Every accepted export is downloaded and read by somebody else's reader, memory is
//! flat in soaks of 30 s or more, and at the end every counter equals what clients saw.
//! Its summary is printed:
//! `SLOGATE_SOAK_SECONDS=120 cargo test -p exporter --test service long_soak -- --nocapture`.

use std::{
    collections::BTreeMap,
    fmt,
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    counters::Tally,
    outside,
    process::{PATIENCE, Process},
    service::{body, body_with_columns_last, total},
};

/// Clients that send one export after the other.
const CLIENTS: usize = 4;
/// Clients of a burst: more than run and wait.
const BURST: usize = 16;
/// What the service has room for.
const CAPACITY: [&str; 4] = ["--max-concurrent", "2", "--max-queue", "6"];
/// Time between bursts, and between idle uploads.
const PAUSE: Duration = Duration::from_secs(2);
/// Shortest soak whose memory is judged: in the first quarter of a shorter one memory still
/// grows to what the service needs at most.
const SHORTEST_FOR_MEMORY: Duration = Duration::from_secs(30);
/// Growth of memory from the first quarter on that is noise: the arenas of the
/// allocator for as many threads as ever ran at once, and a file's worth of buffers.
const ALLOWED_GROWTH_KIBIBYTES: u64 = 12 << 10;

/// What clients saw.
#[derive(Debug, Default)]
struct Seen {
    tally: Tally,
    /// Bytes and rows of all files that were downloaded.
    bytes: u64,
    rows: u64,
    files: BTreeMap<&'static str, u64>,
}

/// The summary of a soak.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.tally)?;
        for (format, count) in &self.files {
            writeln!(f, "{count:>8} {format} files downloaded and read")?;
        }
        writeln!(f, "{:>8} rows and {} bytes in them", self.rows, self.bytes)
    }
}

struct Soak<'a> {
    process: &'a Process,
    until: Instant,
    turn: AtomicUsize,
    seen: Mutex<Seen>,
}

/// What a client does.
enum Work {
    /// Sends a body that is a right one of so many rows, and reads the file.
    Export(&'static str, usize, String),
    /// Sends a body that is refused.
    Mistake(String),
    /// Leaves in the middle of the body.
    Leave(String),
}

impl Soak<'_> {
    /// The next piece of work: all kinds in turn, of many sizes.
    fn next_work(&self) -> Work {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let rows = turn * 37 % 1_500;
        match turn % 8 {
            0 | 1 => Work::Export("csv", rows, body("csv", rows)),
            2 | 3 => Work::Export("pdf", rows / 8, body("pdf", rows / 8)),
            4 => Work::Export("csv", rows, body_with_columns_last(rows)),
            5 => {
                let whole = body("csv", rows);
                Work::Mistake(whole[..whole.len() - 2].to_owned())
            }
            6 => Work::Mistake(r#"{"format":"csv","columns":["a"],"data":[[1,2]]}"#.to_owned()),
            _ => Work::Leave(body("pdf", rows + 10)),
        }
    }

    /// Whether to go on: until the end, and on a busy machine until clients have seen
    /// these answers as well.
    fn goes_on(&self, reasons: &[&str]) -> bool {
        let now = Instant::now();
        let seen = self.seen.lock().unwrap();
        let saw = |reason: &&str| seen.tally.answered(reason) > 0;
        now < self.until || now < self.until + PATIENCE && !reasons.iter().all(saw)
    }

    fn work(&self) {
        while self.goes_on(&["", "bad_json", "row_mismatch"]) {
            match self.next_work() {
                Work::Export(format, rows, request) => self.export(format, rows, &request),
                Work::Mistake(request) => drop(self.post(&request)),
                Work::Leave(request) => self.leave(&request),
            }
        }
    }

    /// Everybody at once, again and again.
    fn burst(&self) {
        while self.goes_on(&["queue_full"]) {
            thread::scope(|scope| {
                for _ in 0..BURST {
                    scope.spawn(|| self.export("csv", 200, &body("csv", 200)));
                }
            });
            thread::sleep(PAUSE);
        }
    }

    /// One upload after the other that stops coming.
    fn idle(&self) {
        while self.goes_on(&["too_slow"]) {
            let beginning = r#"{"format":"csv","columns":["a"],"data":[[1],"#;
            let mut stream = self.process.connect("POST /export/run", 1_000);
            stream.write_all(beginning.as_bytes()).unwrap();
            self.note(&Answer::read(stream));
            thread::sleep(PAUSE);
        }
    }

    fn export(&self, format: &'static str, rows: usize, request: &str) {
        let answer = self.post(request);
        if answer.status != 200 {
            return;
        }
        let receipt = answer.json();
        assert_eq!(receipt["records"], rows, "{receipt}");
        let url = receipt["downloadUrl"].as_str().unwrap();
        let file = Answer::read(self.process.connect(&format!("GET {url}"), 0));
        assert_eq!((file.status, Some(file.body.len() as u64)), (200, receipt["bytes"].as_u64()));
        let found = if format == "csv" { csv_rows(&file.body) } else { pdf_rows(&file.body) };
        assert_eq!(found, rows, "{receipt}");
        let mut seen = self.seen.lock().unwrap();
        seen.bytes += file.body.len() as u64;
        seen.rows += rows as u64;
        *seen.files.entry(format).or_default() += 1;
    }

    fn post(&self, request: &str) -> Answer {
        let mut stream = self.process.connect("POST /export/run", request.len());
        stream.write_all(request.as_bytes()).unwrap();
        let answer = Answer::read(stream);
        self.note(&answer);
        answer
    }

    fn leave(&self, request: &str) {
        let mut stream = self.process.connect("POST /export/run", request.len());
        stream.write_all(&request.as_bytes()[..request.len() / 2]).unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
        self.seen.lock().unwrap().tally.note_leaver();
    }

    fn note(&self, answer: &Answer) {
        let reason = match answer.status {
            200 => String::new(),
            _ => answer.json()["reason"].as_str().unwrap().to_owned(),
        };
        self.seen.lock().unwrap().tally.note_answer(answer.status, reason);
    }

    /// Memory at the end of each quarter, in KiB.
    fn memory(&self, length: Duration) -> [u64; 4] {
        let begin = self.until.checked_sub(length).unwrap();
        [1, 2, 3, 4].map(|quarter| {
            let at = begin + length * quarter / 4;
            thread::sleep(at.saturating_duration_since(Instant::now()));
            self.process.resident_kibibytes()
        })
    }
}

/// An answer, read to the end of its connection.
struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Answer {
    fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, body: bytes.split_off(end + 4) }
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn csv_rows(file: &[u8]) -> usize {
    let mut reader = csv::Reader::from_reader(file);
    assert_eq!(reader.headers().unwrap(), vec!["id", "name", "price"]);
    let rows = reader.records().map(Result::unwrap).enumerate();
    rows.inspect(|(n, row)| assert_eq!(row[1], format!("row {n}"))).count()
}

fn pdf_rows(file: &[u8]) -> usize {
    let text = if outside::has("pdftotext") {
        String::from_utf8(outside::run("pdftotext", &["-layout", "-", "-"], file).stdout).unwrap()
    } else {
        let options = printpdf::PdfParseOptions::default();
        let document = printpdf::PdfDocument::parse(file, &options, &mut Vec::new()).unwrap();
        document.extract_text().concat().join("\n")
    };
    text.lines().filter(|line| line.contains("row ")).count()
}

#[test]
fn hours_of_everything_in_minutes_leave_memory_flat_and_counters_true() {
    let seconds = std::env::var("SLOGATE_SOAK_SECONDS").map_or(4, |text| text.parse().unwrap());
    let length = Duration::from_secs(seconds);
    let expiry = ["--body-timeout", "1s", "--expire-after", "20s"];
    let process = Process::start(&[&CAPACITY[..], &expiry].concat());
    let soak = Soak {
        process: &process,
        until: Instant::now() + length,
        turn: AtomicUsize::new(0),
        seen: Mutex::default(),
    };
    let memory = thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| soak.work());
        }
        scope.spawn(|| soak.burst());
        scope.spawn(|| soak.idle());
        soak.memory(length)
    });
    let seen = soak.seen.into_inner().unwrap();
    let exposition = settled(&process, &seen.tally);
    eprintln!(
        "soak of {seconds} s, {}\n{seen}memory by quarters: {memory:?} KiB",
        CAPACITY.join(" ")
    );
    check_counters(&exposition, &seen);
    if length < SHORTEST_FOR_MEMORY {
        eprintln!("memory is not judged: the soak is shorter than {SHORTEST_FOR_MEMORY:?}");
    } else {
        check_memory(memory);
    }
    process.signal(Signal::TERM);
    let (code, log) = process.wait();
    assert_eq!(code, Some(0));
    assert!(!log.contains("ERROR"), "{log}");
}

fn check_memory(quarters: [u64; 4]) {
    let growth = quarters[3].saturating_sub(quarters[0]);
    assert!(growth <= ALLOWED_GROWTH_KIBIBYTES, "memory grew by {growth} KiB: {quarters:?}");
    eprintln!("memory is flat: it grew by {growth} KiB");
}

/// The exposition once every request is counted. Without a pause: each round is a
/// request.
fn settled(process: &Process, tally: &Tally) -> String {
    let since = Instant::now();
    loop {
        let exposition = process.get("/export/metrics");
        if tally.is_counted(&exposition, since) {
            return exposition;
        }
    }
}

fn check_counters(exposition: &str, seen: &Seen) {
    let tally = &seen.tally;
    tally.check(exposition);
    assert_eq!(tally.answered(""), seen.files.values().sum::<u64>());
    assert_eq!(total(exposition, "export_bytes_total{", "status=\"success\""), seen.bytes);
    let known = ["bad_json", "row_mismatch", "too_slow", "queue_full", "client_gone"];
    for name in &known[..4] {
        assert!(tally.answered(name) > 0, "no client saw {name}");
    }
    assert!(tally.left() > 0, "{tally}");
    let label = |name| format!("reason=\"{name}\"");
    let of_known = known.map(|name| total(exposition, "export_fail_total{", &label(name)));
    assert_eq!(
        of_known.iter().sum::<u64>(),
        total(exposition, "export_fail_total{", ""),
        "{tally}"
    );
}
