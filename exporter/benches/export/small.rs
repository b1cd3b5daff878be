//! Small exports: requests a second of 1,000 rows each, beside a service that only
//! receives the same bodies, and beside files of that size that are only written,
//! synced and renamed, as an export does before it answers.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use crate::{
    documents::{Order, request},
    process::Process,
    table::Table,
};

const ROWS: u32 = 1_000;
/// About as many bytes as the file of an export has.
const FILE_BYTES: usize = 84 << 10;
const CONNECTIONS: [usize; 3] = [1, 5, 20];
const ROUNDS: usize = 7;
/// How long each service is asked in a round.
const DURATION: Duration = Duration::from_millis(500);

pub(crate) fn measure(table: &mut Table) {
    let body = request("csv", ROWS, Order::ColumnsFirst);
    let (exporter, receiver) = (Process::exporter(), Process::receiver());
    let directory = tempfile::tempdir().unwrap();
    for connections in CONNECTIONS {
        let (mut rates, mut of_files, mut of_received) = (vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            let files = answers_a_second(connections, |client| {
                let path = directory.path().join(format!("{client}.csv"));
                move || save(&path)
            });
            let answered = requests_a_second(&exporter, &body, connections);
            let ignored = requests_a_second(&receiver, &body, connections);
            rates.push(answered);
            of_files.push(answered / files);
            of_received.push(answered / ignored);
        }
        let what = format!("csv {ROWS}: exports a second, {connections} connections");
        table.note(&what, rates, "/s");
        table.note("  times files that are only written, synced, renamed", of_files, "×");
        table.note("  times requests that are only received", of_received, "×");
    }
}

fn requests_a_second(service: &Process, body: &str, connections: usize) -> f64 {
    answers_a_second(connections, |_| {
        let mut connection = service.connect();
        move || connection.post("/export/run", body.as_bytes())
    })
}

/// Each client asks again as soon as it has its answer.
fn answers_a_second<A: FnMut() + Send>(clients: usize, client: impl Fn(usize) -> A) -> f64 {
    let begin = Instant::now();
    let answers: u32 = thread::scope(|scope| {
        let clients: Vec<_> = (0..clients)
            .map(|number| {
                let ask = client(number);
                scope.spawn(move || count(ask, begin))
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    f64::from(answers) / begin.elapsed().as_secs_f64()
}

fn count(mut ask: impl FnMut(), begin: Instant) -> u32 {
    let mut answers = 0;
    while begin.elapsed() < DURATION {
        ask();
        answers += 1;
    }
    answers
}

fn save(path: &Path) {
    let partial = path.with_extension("partial");
    let mut file = File::create(&partial).unwrap();
    file.write_all(&vec![b'x'; FILE_BYTES]).unwrap();
    file.sync_data().unwrap();
    fs::rename(partial, path).unwrap();
}
