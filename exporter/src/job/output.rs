//! A file in the making: it has a temporary name until it is whole, and is gone
//! when anything stops it.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tempfile::NamedTempFile;

/// How temporary names start. Files so named that a killed service left behind
/// are removed when the next one starts.
pub(super) const PARTIAL_PREFIX: &str = ".partial-";
/// Letters and digits behind it.
pub(super) const PARTIAL_CHARACTERS: usize = 6;

/// A file under its temporary name; removed when dropped.
#[derive(Debug)]
pub(crate) struct PartialFile {
    file: NamedTempFile,
    written: Arc<AtomicU64>,
}

/// The writing end of a [`PartialFile`].
#[derive(Debug)]
pub(super) struct PartialWriter {
    file: File,
    written: Arc<AtomicU64>,
}

impl PartialFile {
    /// An empty file in `directory`, with its writing end.
    pub(super) fn create(directory: &Path) -> io::Result<(Self, PartialWriter)> {
        let file = tempfile::Builder::new()
            .prefix(PARTIAL_PREFIX)
            .rand_bytes(PARTIAL_CHARACTERS)
            .tempfile_in(directory)?;
        let written = Arc::new(AtomicU64::new(0));
        let writer =
            PartialWriter { file: file.as_file().try_clone()?, written: Arc::clone(&written) };
        Ok((Self { file, written }, writer))
    }

    /// Bytes written so far.
    pub(crate) fn written_bytes(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Empties the file, on purpose.
    pub(crate) fn lose_bytes(&self) -> io::Result<()> {
        self.file.as_file().set_len(0)?;
        self.written.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// Makes sure that the bytes are on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.as_file().sync_data()
    }

    /// Gives the file its name.
    pub(super) fn rename(self, path: &Path) -> io::Result<()> {
        self.file.persist(path).map(drop).map_err(|error| error.error)
    }
}

impl Write for PartialWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.written.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
