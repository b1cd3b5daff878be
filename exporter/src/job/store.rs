//! Finished files, until they expire.
//!
//! An id is a number and a keyed hash of it and of its owner. The map from ids to
//! files is the only way to a file, so no text of a client ever becomes part of a
//! path; and an id whose hash is right but which is not in the map must have
//! expired or never come to be, so that expired files need no memory.

use std::{
    collections::{HashMap, VecDeque, hash_map::RandomState},
    fs::{File, TryLockError},
    hash::BuildHasher,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::output::{PARTIAL_CHARACTERS, PARTIAL_PREFIX, PartialFile};
use crate::format::Format;

/// How the names of finished files begin.
const FINISHED_PREFIX: &str = "export-";
/// Hexadecimal digits of the hash in an id.
const HASH_DIGITS: usize = 32;

/// A finished file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its format.
    pub(crate) format: Format,
    /// Its size in bytes.
    pub(crate) bytes: u64,
}

/// Answer to a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is there.
    File(StoredFile),
    /// It was there, or its export failed.
    Expired,
    /// It never was.
    Unknown,
}

/// The finished files of one service.
#[derive(Debug)]
pub(crate) struct Store {
    directory: PathBuf,
    expire_after: Duration,
    max_bytes: u64,
    secret: RandomState,
    files: Mutex<Files>,
    /// Held as long as the store is there, and given up by the kernel at the latest.
    _lock: File,
}

#[derive(Debug, Default)]
struct Files {
    next_number: u64,
    total_bytes: u64,
    by_id: HashMap<String, StoredFile>,
    /// Oldest first.
    by_age: VecDeque<(Instant, String)>,
}

impl Store {
    /// A store in `directory`, which no other store may use meanwhile.
    ///
    /// What an earlier one left there is removed: temporary files, and finished ones,
    /// because no id leads to them any more and nothing would ever expire them.
    pub(crate) fn open(
        directory: &Path,
        expire_after: Duration,
        max_bytes: u64,
    ) -> io::Result<Self> {
        let lock = lock(directory)?;
        remove_leftovers(directory)?;
        let directory = directory.to_owned();
        let (secret, files) = (RandomState::new(), Mutex::default());
        Ok(Self { directory, expire_after, max_bytes, secret, files, _lock: lock })
    }

    /// An id that was never given before, for whoever is named.
    pub(crate) fn new_id(&self, owner: Option<&str>) -> String {
        let mut files = self.files();
        let number = files.next_number;
        files.next_number += 1;
        self.id(number, owner)
    }

    /// Gives a file its name, with an id of this store. Older files expire to make
    /// room.
    pub(crate) fn publish(
        &self,
        file: PartialFile,
        format: Format,
        id: &str,
        now: Instant,
    ) -> io::Result<()> {
        let bytes = file.written_bytes();
        let path = self.directory.join(file_name(id, format));
        file.rename(&path)?;
        let mut files = self.files();
        files.total_bytes += bytes;
        files.by_id.insert(id.to_owned(), StoredFile { path, format, bytes });
        files.by_age.push_back((now, id.to_owned()));
        let expired =
            files.expire(|files, _| files.total_bytes > self.max_bytes && files.by_age.len() > 1);
        drop(files);
        remove(&expired);
        Ok(())
    }

    /// Removes the files that are too old.
    pub(crate) fn expire(&self, now: Instant) {
        let expired = self.files().expire(|_, stored_at| now >= stored_at + self.expire_after);
        remove(&expired);
    }

    /// The file with this id, for its owner: to others it is unknown.
    pub(crate) fn find(&self, id: &str, owner: Option<&str>, now: Instant) -> Found {
        self.expire(now);
        let files = self.files();
        if !self.was_given(id, owner, files.next_number) {
            return Found::Unknown;
        }
        files.by_id.get(id).map_or(Found::Expired, |file| Found::File(file.clone()))
    }

    /// 128 bits of keyed hash: an id cannot be guessed from another one, and says whose
    /// it is to whoever has the key.
    fn id(&self, number: u64, owner: Option<&str>) -> String {
        let half = |which: u8| self.secret.hash_one((which, number, owner));
        format!("{number:x}-{:016x}{:016x}", half(0), half(1))
    }

    fn was_given(&self, id: &str, owner: Option<&str>, next_number: u64) -> bool {
        let number =
            id.split_once('-').and_then(|(number, _)| u64::from_str_radix(number, 16).ok());
        number.is_some_and(|number| number < next_number && self.id(number, owner) == id)
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    /// Forgets the oldest files while `is_due`, and returns them.
    fn expire(&mut self, is_due: impl Fn(&Self, Instant) -> bool) -> Vec<StoredFile> {
        let mut expired = Vec::new();
        while let Some((stored_at, id)) = self.by_age.front()
            && is_due(self, *stored_at)
        {
            if let Some(file) = self.by_id.remove(id) {
                self.total_bytes = self.total_bytes.saturating_sub(file.bytes);
                expired.push(file);
            }
            self.by_age.pop_front();
        }
        expired
    }
}

fn remove(files: &[StoredFile]) {
    for file in files {
        if let Err(error) = std::fs::remove_file(&file.path) {
            tracing::warn!(path = %file.path.display(), %error, "an expired file could not be removed");
        }
    }
}

/// The folder itself is what is locked: a file for it would be one more file in it.
fn lock(directory: &Path) -> io::Result<File> {
    let folder = File::open(directory)?;
    match folder.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another service uses it"));
        }
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, "the folder cannot be locked; let no other service use it");
        }
    }
    Ok(folder)
}

fn remove_leftovers(directory: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let is_of_a_store = entry.file_name().to_str().is_some_and(is_of_a_store);
        // A store makes files only: a folder with such a name is somebody else's.
        if is_of_a_store && entry.file_type()?.is_file() {
            tracing::info!(path = %entry.path().display(), "removing a file of an earlier service");
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The name of a finished file.
fn file_name(id: &str, format: Format) -> String {
    format!("{FINISHED_PREFIX}{id}.{}", format.label())
}

/// Whether a store gives such names: to files in the making, or with an id.
fn is_of_a_store(name: &str) -> bool {
    let is_partial = name.strip_prefix(PARTIAL_PREFIX).is_some_and(|rest| {
        rest.len() == PARTIAL_CHARACTERS && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    let is_finished = || {
        let (id, format) = name.strip_prefix(FINISHED_PREFIX)?.rsplit_once('.')?;
        let (number, hash) = id.split_once('-')?;
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_hexadecimal = |text: &str| text.bytes().all(is_digit);
        let is_number = number == "0" || !number.is_empty() && !number.starts_with('0');
        let is_id = is_number && hash.len() == HASH_DIGITS;
        Some(
            is_id
                && is_hexadecimal(number)
                && is_hexadecimal(hash)
                && Format::from_label(format).is_some(),
        )
    };
    is_partial || is_finished() == Some(true)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const OWNER: Option<&str> = Some("ann");

    struct Fixture {
        directory: tempfile::TempDir,
        store: Store,
        now: Instant,
    }

    impl Fixture {
        fn new(max_bytes: u64) -> Self {
            let directory = tempfile::tempdir().unwrap();
            let store = Store::open(directory.path(), Duration::from_secs(60), max_bytes).unwrap();
            Self { directory, store, now: Instant::now() }
        }

        fn publish(&self, content: &[u8]) -> String {
            let (file, mut writer) = PartialFile::create(self.directory.path()).unwrap();
            writer.write_all(content).unwrap();
            let id = self.store.new_id(OWNER);
            self.store.publish(file, Format::Csv, &id, self.now).unwrap();
            id
        }

        fn files(&self) -> usize {
            std::fs::read_dir(self.directory.path()).unwrap().count()
        }
    }

    #[test]
    fn a_published_file_is_found_until_it_expires() {
        let fixture = Fixture::new(1_000);
        let id = fixture.publish(b"abc");
        let Found::File(file) = fixture.store.find(&id, OWNER, fixture.now) else {
            panic!("not found")
        };
        assert_eq!(std::fs::read(&file.path).unwrap(), b"abc");
        let later = fixture.now + Duration::from_secs(60);
        assert_eq!(fixture.store.find(&id, OWNER, later), Found::Expired);
        assert_eq!(fixture.files(), 0);
    }

    #[test]
    fn ids_that_were_never_given_are_unknown() {
        let fixture = Fixture::new(1_000);
        let id = fixture.publish(b"abc");
        let forged = format!("0-{}", "0".repeat(32));
        for wrong in ["", "0", "../etc/passwd", "0-", &forged, &format!("{id}0"), &format!("1{id}")]
        {
            assert_eq!(fixture.store.find(wrong, OWNER, fixture.now), Found::Unknown, "{wrong}");
        }
    }

    #[test]
    fn a_file_and_where_it_was_are_unknown_to_everybody_but_its_owner() {
        let fixture = Fixture::new(1_000);
        let id = fixture.publish(b"abc");
        let later = fixture.now + Duration::from_secs(60);
        for now in [fixture.now, later] {
            for somebody_else in [None, Some("bob"), Some("")] {
                assert_eq!(fixture.store.find(&id, somebody_else, now), Found::Unknown);
            }
        }
        assert_eq!(fixture.store.find(&id, OWNER, later), Found::Expired);
    }

    #[test]
    fn the_oldest_files_make_room_for_new_ones() {
        let fixture = Fixture::new(5);
        let first = fixture.publish(b"abc");
        let second = fixture.publish(b"def");
        assert_eq!(fixture.store.find(&first, OWNER, fixture.now), Found::Expired);
        assert!(matches!(fixture.store.find(&second, OWNER, fixture.now), Found::File(_)));
        assert_eq!(fixture.files(), 1);
    }

    #[test]
    fn expired_files_are_gone_and_remembered_in_no_memory() {
        let fixture = Fixture::new(1_000_000);
        let ids: Vec<_> = (0..100).map(|_| fixture.publish(b"abc")).collect();
        let later = fixture.now + Duration::from_secs(60);
        fixture.store.expire(later);
        {
            let files = fixture.store.files();
            assert_eq!((files.by_id.len(), files.by_age.len(), files.total_bytes), (0, 0, 0));
        }
        assert!(ids.iter().all(|id| fixture.store.find(id, OWNER, later) == Found::Expired));
    }

    #[test]
    fn a_file_larger_than_the_store_is_kept_until_the_next() {
        let fixture = Fixture::new(2);
        let id = fixture.publish(b"abc");
        assert!(matches!(fixture.store.find(&id, OWNER, fixture.now), Found::File(_)));
    }

    #[test]
    fn only_names_with_a_whole_id_are_those_of_finished_files() {
        let hash = "0123456789abcdef".repeat(2);
        assert!(is_of_a_store(&format!("export-1f-{hash}.pdf")));
        assert!(is_of_a_store(&format!("export-0-{hash}.csv")));
        assert!(is_of_a_store(".partial-a1B2c3"));
        for other in [
            format!("export-{hash}.pdf"),
            format!("export--{hash}.pdf"),
            format!("export-1f-{hash}.txt"),
            format!("export-1f-{hash}"),
            format!("export-1f-{}.csv", &hash[1..]),
            format!("export-1f-x{}.csv", &hash[1..]),
            format!("export-1f-{}.csv", hash.to_uppercase()),
            format!("export-01-{hash}.csv"),
            "export-notes.csv".to_owned(),
            ".partial-notes.txt".to_owned(),
            ".partial-x".to_owned(),
        ] {
            assert!(!is_of_a_store(&other), "{other}");
        }
    }

    #[test]
    fn two_stores_do_not_share_a_folder() {
        let fixture = Fixture::new(1);
        let second = Store::open(fixture.directory.path(), Duration::from_secs(1), 1);
        assert_eq!(second.unwrap_err().kind(), io::ErrorKind::ResourceBusy);
    }

    #[test]
    fn a_dropped_partial_file_leaves_nothing() {
        let fixture = Fixture::new(5);
        let partial = PartialFile::create(fixture.directory.path()).unwrap();
        assert_eq!(fixture.files(), 1);
        drop(partial);
        assert_eq!(fixture.files(), 0);
    }

    #[test]
    fn a_new_store_removes_what_an_earlier_one_left_and_nothing_else() {
        let fixture = Fixture::new(1_000);
        fixture.publish(b"abc");
        let Fixture { directory, store, .. } = fixture;
        drop(store);
        std::fs::write(directory.path().join(".partial-a1B2c3"), "half").unwrap();
        std::fs::write(directory.path().join("mine.txt"), "keep").unwrap();
        std::fs::create_dir(directory.path().join(".partial-afolde")).unwrap();
        Store::open(directory.path(), Duration::from_secs(1), 1).unwrap();
        let mut left: Vec<_> =
            std::fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".partial-afolde", "mine.txt"]);
    }
}
