//! A service in a process of its own, whose time and memory the kernel counts.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

use crate::{client::Connection, clock, receiver};

pub(crate) struct Process {
    child: Child,
    address: String,
}

impl Process {
    /// The exporter, which has answered once.
    pub(crate) fn exporter() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exporter"));
        command.args(["--port", "0", "--exit-on-stdin-eof"]).env("RUST_LOG", "warn");
        let process = Self::start(command);
        process.connect().get("/health");
        process
    }

    /// A service that receives requests and makes nothing of them.
    pub(crate) fn receiver() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(receiver::FLAG);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Self { child, address }
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(&self.address)
    }

    /// An export on a connection of its own.
    pub(crate) fn export(&self, body: &[u8]) {
        self.connect().post("/export/run", body);
    }

    /// So many at once.
    pub(crate) fn export_at_once(&self, body: &[u8], clients: usize) {
        thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| self.export(body));
            }
        });
    }

    /// Milliseconds on a processor while `work` runs here.
    pub(crate) fn processor_time(&self, work: impl FnOnce()) -> f64 {
        let before = clock::of_process(self.child.id());
        work();
        clock::of_process(self.child.id()) - before
    }

    /// Megabytes that are resident now.
    pub(crate) fn resident_megabytes(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most megabytes that were resident so far.
    pub(crate) fn peak_megabytes(&self) -> f64 {
        self.status("VmHWM:")
    }

    /// A field of `/proc/PID/status`, which is in units of 1,024 bytes.
    fn status(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1_024.0 / 1e6
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}
