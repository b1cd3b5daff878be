//! The real binary: its line, its signals, its exit codes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Longest wait for what must come, on a machine however busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A service in a process of its own; ended when this is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
    /// Reads what it logs, for a pipe that nobody reads stops whoever writes to it.
    log: Option<JoinHandle<String>>,
}

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exporter"));
        Self::spawn(command.args(["--port", "0"]).args(arguments))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        let mut stderr = child.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).unwrap();
            log
        });
        Self { child, address, log: Some(log) }
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Begins an export and returns when the service has admitted it.
    pub(crate) fn begin_export(&self) -> TcpStream {
        let mut upload = TcpStream::connect(&self.address).unwrap();
        let head =
            format!("POST /export/run HTTP/1.1\r\nhost: x\r\ncontent-length: {LENGTH}\r\n\r\n");
        upload.write_all(head.as_bytes()).unwrap();
        upload.write_all(BEGINNING.as_bytes()).unwrap();
        self.wait_for_status("\"concurrentExports\":1");
        upload
    }

    /// Waits until `/export/status` contains this. Without a pause: each round is a
    /// request.
    pub(crate) fn wait_for_status(&self, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.get("/export/status");
            if status.contains(wanted) {
                return;
            }
            assert!(Instant::now() < deadline, "no `{wanted}` within {PATIENCE:?}: {status}");
        }
    }

    /// A connection with the head of one request on it, with a body of this length.
    pub(crate) fn connect(&self, method_and_path: &str, length: usize) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!(
            "{method_and_path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// Memory that the process has now, in KiB.
    pub(crate) fn resident_kibibytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = self.connect(&format!("GET {path}"), 0);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn post(&self, body: &str) -> String {
        let mut stream = self.connect("POST /export/run", body.len());
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        (status.code(), self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself is no error.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

const BEGINNING: &str = r#"{"format":"csv","columns":["a"],"data":["#;
const REST: &str = "[1]]}";
const LENGTH: usize = BEGINNING.len() + REST.len();

#[test]
fn sigterm_lets_a_running_export_finish_and_exits_0() {
    let process = Process::start(&[]);
    let mut upload = process.begin_export();
    process.signal(rustix::process::Signal::TERM);
    process.wait_for_status("draining");
    upload.write_all(REST.as_bytes()).unwrap();
    let mut answer = [0; 15];
    upload.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    drop(upload);
    assert_eq!(process.wait().0, Some(0));
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let program = env!("CARGO_BIN_EXE_exporter");
    let unwritable = format!("exec {program} --port 0 --fault latency:1ms 2>/dev/full");
    let process = Process::spawn(Command::new("sh").args(["-c", &unwritable]));
    // Both are logged: text that is not shown as given, and a fault.
    let unmapped = r#"{"format":"pdf","columns":["a"],"data":[["\u65e5"]]}"#;
    assert!(process.post(unmapped).contains("200 OK"));
    let mut upload = process.begin_export();
    process.signal(rustix::process::Signal::TERM);
    process.wait_for_status("draining");
    upload.write_all(REST.as_bytes()).unwrap();
    let mut answer = [0; 15];
    upload.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    drop(upload);
    assert_eq!(process.wait().0, Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let process = Process::start(&[]);
    let _never_finished = process.begin_export();
    process.signal(rustix::process::Signal::INT);
    process.wait_for_status("draining");
    process.signal(rustix::process::Signal::INT);
    assert_eq!(process.wait().0, Some(130));
}

#[test]
fn the_end_of_standard_input_ends_the_service_when_asked() {
    let mut process = Process::start(&["--exit-on-stdin-eof"]);
    drop(process.child.stdin.take());
    assert_eq!(process.wait().0, Some(0));
}

#[test]
fn the_folder_that_was_named_keeps_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("made");
    let process = Process::start(&["--dir", directory.to_str().unwrap()]);
    let mut upload = process.begin_export();
    upload.write_all(REST.as_bytes()).unwrap();
    upload.read_exact(&mut [0; 15]).unwrap();
    drop(upload);
    process.signal(rustix::process::Signal::TERM);
    assert_eq!(process.wait().0, Some(0));
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
}

/// Names of the files in a folder that begin like this.
fn files(folder: &std::path::Path, beginning: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(beginning)).collect()
}

#[test]
fn what_kill_9_leaves_is_removed_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--dir", folder.path().to_str().unwrap()];
    std::fs::write(folder.path().join("export-notes.csv"), "somebody's").unwrap();
    let process = Process::start(&arguments);
    assert!(process.post(r#"{"format":"csv","columns":["a"],"data":[[1]]}"#).contains("200 OK"));
    let _never_finished = process.begin_export();
    let deadline = Instant::now() + PATIENCE;
    while files(folder.path(), ".partial-").is_empty() {
        assert!(Instant::now() < deadline, "the export never begins its file");
    }
    process.signal(rustix::process::Signal::KILL);
    assert_eq!(process.wait().0, None);
    assert_eq!(files(folder.path(), ".partial-").len(), 1);
    assert_eq!(files(folder.path(), "export-").len(), 2);

    let next = Process::start(&arguments);
    assert!(next.get("/health").contains("200 OK"));
    assert_eq!(files(folder.path(), ""), ["export-notes.csv"]);
    next.signal(rustix::process::Signal::TERM);
    assert_eq!(next.wait().0, Some(0));
}

#[test]
fn a_folder_that_another_service_uses_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().to_str().unwrap();
    let first = Process::start(&["--dir", directory]);
    assert!(first.get("/health").contains("200 OK"));
    let mut second = Command::new(env!("CARGO_BIN_EXE_exporter"));
    let output = second.args(["--port", "0", "--dir", directory]).output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(5), Vec::new()), "{log}");
    assert!(log.contains(directory) && log.contains("another service uses it"), "{log}");
    first.signal(rustix::process::Signal::TERM);
    assert_eq!(first.wait().0, Some(0));
}

#[test]
fn a_full_disk_is_507_without_a_partial_file_and_the_service_stays_up() {
    let folder = tempfile::tempdir().unwrap();
    // A limit on the size of files stands for a full disk: the write fails half-way.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 8; exec {} --port 0 --dir {}",
        env!("CARGO_BIN_EXE_exporter"),
        folder.path().display()
    );
    let process = Process::spawn(Command::new("sh").args(["-c", &limited]));
    let rows = vec!["[\"0123456789\"]"; 20_000].join(",");
    for format in ["csv", "pdf"] {
        let body = format!(r#"{{"format":"{format}","columns":["a"],"data":[{rows}]}}"#);
        let answer = process.post(&body);
        assert!(answer.starts_with("HTTP/1.1 507") && answer.contains("no_storage"), "{answer}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    assert!(process.post(r#"{"format":"csv","columns":["a"],"data":[[1]]}"#).contains("200 OK"));
    assert!(process.get("/export/metrics").contains(
        "export_requests_total{format=\"csv\",status=\"failed\",user=\"anonymous\"} 1\n"
    ));
    process.signal(rustix::process::Signal::TERM);
    assert_eq!(process.wait().0, Some(0));
}

#[test]
fn a_fault_is_loud_in_the_log() {
    let process = Process::start(&["--fault", "latency:1ms"]);
    process.signal(rustix::process::Signal::TERM);
    let (code, log) = process.wait();
    assert_eq!(code, Some(0));
    assert!(log.contains("FAULT ON PURPOSE") && log.contains("latency:1ms"), "{log}");
}

#[test]
fn a_failed_export_has_one_id_in_the_answer_and_in_the_log() {
    let process = Process::start(&["--fault", "error:1.0"]);
    let answer = process.post(r#"{"format":"csv","columns":["a"],"data":[[1]]}"#);
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let id = body["id"].as_str().unwrap();
    assert!(process.get(&format!("/export/download/{id}")).starts_with("HTTP/1.1 410"));
    process.signal(rustix::process::Signal::TERM);
    let log = process.wait().1;
    let line = log.lines().find(|line| line.contains("export failed")).unwrap();
    assert!(line.contains(id), "{line}");
}

#[test]
fn a_port_that_is_taken_is_an_error_with_advice() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output =
        Command::new(env!("CARGO_BIN_EXE_exporter")).args(["--listen", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains(&address) && log.contains("--listen"), "{log}");
}

#[test]
fn exit_on_purpose_ends_the_process_at_the_given_export() {
    let process = Process::start(&["--fault", "exit:2"]);
    let body = r#"{"format":"csv","columns":["a"],"data":[[1]]}"#;
    assert!(process.post(body).contains("200 OK"));
    assert_eq!(process.post(body), "");
    assert_eq!(process.wait().0, Some(1));
}
