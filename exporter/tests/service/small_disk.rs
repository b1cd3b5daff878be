//! A disk that really is full: a tmpfs of a few kilobytes, mounted for the test.
//!
//! Mounting takes root, or `sudo` that asks for no password. Where neither is there the
//! tests skip and say so, unless `SLOGATE_REQUIRE` names `tmpfs`.

use std::{
    path::Path,
    process::{Command, Output},
    time::Instant,
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    outside,
    process::{PATIENCE, Process},
    service::{body, body_with_columns_last, sample},
};

/// Size of the disk: the font of a PDF file fits, a table of some pages does not.
const DISK_KIBIBYTES: u64 = 128;
/// Long enough for a busy machine to fill the disk, and to fetch a file, before any expires.
const EXPIRE_AFTER: &str = "15s";

/// A mounted tmpfs; unmounted when dropped.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={DISK_KIBIBYTES}k,mode=1777");
        let path = folder.path().to_str().unwrap();
        let output = as_root(&["mount", "-t", "tmpfs", "-o", &options, "exporter-test", path]);
        let is_mounted = output.is_some_and(|output| output.status.success());
        outside::is_there("tmpfs", is_mounted).then_some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A panic while unwinding would hide the first one.
        let _unmounted = as_root(&["umount", "--lazy", self.path().to_str().unwrap_or_default()]);
    }
}

/// What a command says as root; `None` where it cannot be started.
fn as_root(words: &[&str]) -> Option<Output> {
    let direct = Command::new(words[0]).args(&words[1..]).output().ok();
    if direct.as_ref().is_some_and(|output| output.status.success()) {
        return direct;
    }
    Command::new("sudo").arg("-n").args(words).output().ok()
}

fn start(disk: &SmallDisk, arguments: &[&str]) -> Process {
    Process::start(&[&["--dir", disk.path().to_str().unwrap()], arguments].concat())
}

/// More than the disk holds, in each way that a file comes to be.
fn too_large() -> [String; 3] {
    [body("csv", 20_000), body("pdf", 20_000), body_with_columns_last(20_000)]
}

#[test]
fn an_export_that_fills_the_disk_is_507_and_leaves_no_partial_file() {
    let Some(disk) = SmallDisk::mount() else { return };
    let process = start(&disk, &[]);
    for request in too_large() {
        let answer = process.post(&request);
        assert!(answer.starts_with("HTTP/1.1 507"), "{answer}");
        assert!(answer.contains("\"reason\":\"no_storage\""), "{answer}");
        assert_eq!(disk.files(), Vec::<String>::new());
    }
    assert!(process.get("/health").contains("\"ok\":true"));
    assert!(process.post(&body("csv", 1)).starts_with("HTTP/1.1 200"));
    let exposition = process.get("/export/metrics");
    for (series, count) in [
        (r#"export_fail_total{format="csv",reason="no_storage"}"#, 1.0),
        (r#"export_fail_total{format="pdf",reason="no_storage"}"#, 1.0),
        // Rows were put aside before the format was known.
        (r#"export_fail_total{format="unknown",reason="no_storage"}"#, 1.0),
        (r#"export_requests_total{format="csv",status="failed",user="anonymous"}"#, 1.0),
        (r#"export_requests_total{format="csv",status="succeeded",user="anonymous"}"#, 1.0),
    ] {
        assert_eq!(sample(&exposition, series), Some(count), "{series}");
    }
    process.signal(Signal::TERM);
    assert_eq!(process.wait().0, Some(0));
}

#[test]
fn a_disk_full_of_finished_files_refuses_new_ones_until_they_expire() {
    let Some(disk) = SmallDisk::mount() else { return };
    let process = start(&disk, &["--expire-after", EXPIRE_AFTER]);
    let request = body("csv", 500);
    let mut urls = Vec::new();
    let refused = loop {
        let answer = process.post(&request);
        let Some(rest) = answer.split("\"downloadUrl\":\"").nth(1) else { break answer };
        urls.push(rest.split('"').next().unwrap().to_owned());
        assert!(urls.len() < 1_000, "the disk never fills");
    };
    assert!(refused.starts_with("HTTP/1.1 507") && urls.len() > 1, "{refused}");
    assert!(disk.files().iter().all(|file| file.starts_with("export-")), "{:?}", disk.files());
    let last = process.get(urls.last().unwrap());
    // Five hundred rows after the header of the file and those of the answer.
    assert!(last.starts_with("HTTP/1.1 200") && last.ends_with("499,row 499,499.50\r\n"), "{last}");
    let deadline = Instant::now() + PATIENCE;
    while !process.post(&request).starts_with("HTTP/1.1 200") {
        assert!(Instant::now() < deadline, "nothing expires on the full disk");
    }
    process.signal(Signal::TERM);
    assert_eq!(process.wait().0, Some(0));
}
