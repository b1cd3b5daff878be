//! The digests of a saved run's files, in the format of `sha256sum -c`: a run that was
//! cut short or edited is not judged as if it were whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{ArchiveError, layout};
use crate::scenario::open_file;

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

/// Sees that every file of a saved run is there and is what was saved, and that each
/// file that a verdict rests on has its digest. It is no signature: who can write the
/// files can write their digests.
pub fn verify(run: &Path) -> Result<(), ArchiveError> {
    let path = run.join(layout::SUMS);
    let text = open_file(&path)
        .and_then(io::read_to_string)
        .map_err(|source| ArchiveError::Read { path: path.clone(), source })?;
    let mut listed = BTreeSet::new();
    for line in text.lines() {
        let Some((digest, name)) = line.split_once("  ") else {
            let problem = format!("`{line}` is no digest with a file name");
            return Err(ArchiveError::Malformed { path, problem });
        };
        verify_file(run.join(name), digest)?;
        listed.insert(run.join(name));
    }
    let evidence = evidence_files(run);
    let evidence = evidence.map_err(|source| ArchiveError::Read { path: run.into(), source })?;
    match evidence.into_iter().find(|file| !listed.contains(file)) {
        None => Ok(()),
        Some(file) => {
            let problem = format!("it has no digest in {}", layout::SUMS);
            Err(ArchiveError::Malformed { path: file, problem })
        }
    }
}

/// The record, and the files of each scenario that are read back.
fn evidence_files(run: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = vec![run.join(layout::RUN)];
    for entry in fs::read_dir(run)? {
        let folder = entry?.path();
        let names = [layout::LATENCIES, layout::SERIES, layout::NOTES];
        files.extend(names.map(|name| folder.join(name)).into_iter().filter(|file| file.is_file()));
        if folder.is_dir() {
            for file in fs::read_dir(&folder)? {
                let file = file?.path();
                files.extend(layout::is_metrics(&file).then_some(file));
            }
        }
    }
    Ok(files)
}

fn verify_file(path: PathBuf, expected: &str) -> Result<(), ArchiveError> {
    let digested = open_file(&path).and_then(|mut file| {
        let mut digesting = Digesting::new(io::sink());
        io::copy(&mut file, &mut digesting)?;
        Ok(digesting.finish().1)
    });
    match digested {
        Ok(digest) if digest == expected => Ok(()),
        Ok(_) => Err(ArchiveError::Changed { path }),
        Err(source) if source.kind() == ErrorKind::NotFound => {
            Err(ArchiveError::Incomplete { path })
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
        assert!(matches!(verify(run.path()), Err(ArchiveError::Changed { .. })));
        fs::remove_file(run.path().join("run.json")).unwrap();
        assert!(matches!(verify(run.path()), Err(ArchiveError::Incomplete { .. })));
    }
}
