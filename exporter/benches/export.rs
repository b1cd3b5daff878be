//! Speed and memory of exports, as ratios from one run: `cargo bench -p exporter`.
//!
//! The yardstick is `serde_json::from_slice::<IgnoredAny>` over the same bytes: what
//! it costs to know that they are JSON. Exports go over HTTP to a process of their
//! own, whose processor time and peak memory the kernel counts. Absolute times say
//! more about the machine than about the service.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its result, and stops where it cannot go on"
)]

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
};

use rustix::time::{ClockId, clock_gettime};

/// Exports of each kind, so that the kernel's ticks of 10 ms do not matter.
const REPETITIONS: u32 = 20;
/// Length of a tick of `/proc/PID/stat`, in milliseconds: `USER_HZ` is 100 on Linux.
const TICK_MILLISECONDS: f64 = 10.0;

fn main() {
    for (format, rows, at_once) in
        [("csv", 50_000, 1), ("csv", 50_000, 5), ("csv", 1_000_000, 1), ("pdf", 50_000, 1)]
    {
        let body = body(format, rows);
        let repetitions = if rows > 100_000 { 2 } else { REPETITIONS };
        let validation = validation_milliseconds(body.as_bytes(), repetitions);
        let service = Service::start();
        let (memory_before, ticks_before) = (service.peak_kilobytes(), service.ticks());
        for _ in 0..repetitions / at_once {
            service.export_at_once(&body, at_once);
        }
        let exports = f64::from(repetitions / at_once * at_once);
        let export = (service.ticks() - ticks_before) * TICK_MILLISECONDS / exports;
        let growth = (service.peak_kilobytes() - memory_before) / 1_000.0;
        println!(
            "{format} {rows:>7} rows, {at_once} at once: {export:7.1} ms CPU an export, {:4.1} x validation ({validation:.1} ms); memory grew {growth:.1} MB",
            export / validation
        );
    }
}

/// Processor time of the yardstick for one body.
fn validation_milliseconds(body: &[u8], repetitions: u32) -> f64 {
    let before = clock_gettime(ClockId::ThreadCPUTime);
    for _ in 0..repetitions {
        serde_json::from_slice::<serde::de::IgnoredAny>(body).unwrap();
    }
    let after = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = (after.tv_sec - before.tv_sec) as f64;
    let nanoseconds = (after.tv_nsec - before.tv_nsec) as f64;
    (seconds * 1e3 + nanoseconds / 1e6) / f64::from(repetitions)
}

/// Eight columns, about 160 bytes a row.
fn body(format: &str, rows: u32) -> String {
    let mut body = format!(
        r#"{{"format":"{format}","columns":["id","timestamp","symbol","price","quantity","side","venue","note"],"data":["#
    );
    for row in 0..rows {
        let comma = if row == 0 { "" } else { "," };
        let second = row % 60;
        write!(
            body,
            r#"{comma}{{"id":{row},"timestamp":"2026-01-01T00:00:{second:02}.000Z","symbol":"AAPL","price":{row}.25,"quantity":{second},"side":"BUY","venue":"XIST","note":"row {row} çok güzel"}}"#
        )
        .unwrap();
    }
    body + "]}"
}

struct Service {
    child: Child,
    address: String,
}

impl Service {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_exporter"))
            .args(["--port", "0", "--exit-on-stdin-eof"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Self { child, address }
    }

    fn export_at_once(&self, body: &str, clients: u32) {
        thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| self.export(body));
            }
        });
    }

    fn export(&self, body: &str) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let head = format!(
            "POST /export/run HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Processor time so far, in ticks: fields 14 and 15 of `/proc/PID/stat`.
    fn ticks(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after_name = stat.rsplit(") ").next().unwrap();
        let fields: Vec<&str> = after_name.split(' ').collect();
        fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()
    }

    /// The most memory that was resident so far.
    fn peak_kilobytes(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}
