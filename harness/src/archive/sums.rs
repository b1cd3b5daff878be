//! The digests of a saved run's files, in the format of `sha256sum -c`: a run that was
//! cut short or edited is not judged as if it were whole.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{ArchiveError, layout};

/// Passes bytes on and digests them.
pub(super) struct Digesting<W> {
    inner: W,
    digest: Sha256,
}

impl<W: Write> Digesting<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, digest: Sha256::new() }
    }

    /// What was passed on to, and the digest of it all in hexadecimal.
    pub(super) fn finish(self) -> (W, String) {
        (self.inner, hexadecimal(&self.digest.finalize()))
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The digest of some bytes, in hexadecimal.
pub(super) fn digest_of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// One line for each file, as `sha256sum` writes it.
pub(super) fn lines(digests: &[(PathBuf, String)]) -> String {
    digests.iter().fold(String::new(), |mut text, (path, digest)| {
        let _ = writeln!(text, "{digest}  {}", path.display());
        text
    })
}

/// Sees that every file of a saved run is there and is what was saved.
pub fn verify(run: &Path) -> Result<(), ArchiveError> {
    let path = run.join(layout::SUMS);
    let text = fs::read_to_string(&path)
        .map_err(|source| ArchiveError::Read { path: path.clone(), source })?;
    for line in text.lines() {
        let Some((digest, name)) = line.split_once("  ") else {
            let problem = format!("`{line}` is no digest with a file name");
            return Err(ArchiveError::Malformed { path, problem });
        };
        verify_file(run.join(name), digest)?;
    }
    Ok(())
}

fn verify_file(path: PathBuf, expected: &str) -> Result<(), ArchiveError> {
    let digested = File::open(&path).and_then(|mut file| {
        let mut digesting = Digesting::new(io::sink());
        io::copy(&mut file, &mut digesting)?;
        Ok(digesting.finish().1)
    });
    match digested {
        Ok(digest) if digest == expected => Ok(()),
        Ok(_) => {
            let problem = "it is not what was saved (its SHA-256 differs)".to_owned();
            Err(ArchiveError::Malformed { path, problem })
        }
        Err(source) => Err(ArchiveError::Read { path, source }),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_cut_or_is_gone_is_noticed() {
        let run = tempfile::tempdir().unwrap();
        fs::write(run.path().join("run.json"), "whole").unwrap();
        let digests = [(PathBuf::from("run.json"), digest_of(b"whole"))];
        fs::write(run.path().join(layout::SUMS), lines(&digests)).unwrap();
        assert!(verify(run.path()).is_ok());
        fs::write(run.path().join("run.json"), "who").unwrap();
        assert!(matches!(verify(run.path()), Err(ArchiveError::Malformed { .. })));
        fs::remove_file(run.path().join("run.json")).unwrap();
        assert!(matches!(verify(run.path()), Err(ArchiveError::Read { .. })));
    }
}
