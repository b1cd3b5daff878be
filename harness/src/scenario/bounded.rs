//! Opens and reads files that somebody names, so that neither takes for ever.
//!
//! What a file's metadata says of its size is not asked: a device such as `/dev/zero` says 0
//! and never ends. A pipe is not opened, because that waits for whoever writes into it; one
//! without a name (`<(…)` of a shell) has its writer already.

use std::fs::{File, Metadata};
use std::io::{self, IsTerminal as _, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// A file's bytes; `None` if there are more than `most_bytes`.
pub fn read_at_most(path: &Path, most_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    open_file(path)?.take(most_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most_bytes).then_some(bytes))
}

/// Opens a file for reading; an error where nobody knows when it would come to an end: a named
/// pipe, a socket, a terminal.
pub fn open_file(path: &Path) -> io::Result<File> {
    if let Some(other) = other_than_file(path, &path.metadata()?) {
        return Err(refused(other));
    }
    let file = File::open(path)?;
    if file.is_terminal() {
        return Err(refused("terminal"));
    }
    Ok(file)
}

fn other_than_file(path: &Path, metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    if kind.is_socket() {
        return Some("socket");
    }
    // The path of one without a name leads to nothing but itself.
    (kind.is_fifo() && path.canonicalize().is_ok()).then_some("pipe")
}

fn refused(what: &str) -> io::Error {
    let reason = format!("it is a {what}, not a file; write what comes from it to a file");
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_file_that_never_ends_is_too_large() {
        assert_eq!(read_at_most(Path::new("/dev/zero"), 1_000).unwrap(), None);
    }

    #[test]
    fn a_file_of_just_the_bound_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("four");
        std::fs::write(&file, "four").unwrap();
        assert_eq!(read_at_most(&file, 4).unwrap().unwrap(), b"four");
        assert_eq!(read_at_most(&file, 3).unwrap(), None);
    }

    #[test]
    fn what_nobody_may_ever_write_into_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, socket) = (folder.path().join("pipe"), folder.path().join("socket"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let _listening = UnixListener::bind(&socket).unwrap();
        for (path, what) in [(&pipe, "a pipe"), (&socket, "a socket")] {
            let said = read_at_most(path, 4).unwrap_err().to_string();
            assert!(said.starts_with(&format!("it is {what}, not a file; ")), "{said}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_pipe_that_a_shell_made_is_read() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"four").unwrap();
        drop(writer);
        let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
        assert_eq!(read_at_most(Path::new(&path), 4).unwrap().unwrap(), b"four");
    }
}
