//! Reads a file up to a bound. What a file's metadata says of its size is not asked:
//! a device such as `/dev/zero` says 0 and never ends.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// A file's bytes; `None` if there are more than `most_bytes`.
pub fn read_at_most(path: &Path, most_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most_bytes).then_some(bytes))
}

#[cfg(test)]
mod tests {
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
}
