//! Saves a run: whole or not at all.
//!
//! Everything is written into a folder beside the destination, synced, and renamed;
//! a reader never sees half a run. The folder is removed again if anything fails. An empty
//! folder that is there already may be a volume or a link, which cannot be renamed over: then
//! the unfinished folder is in it, and its files move up, `run.json` last.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::folders::unique_names;
use super::record::RunRecord;
use super::sums::{self, Digesting, digest_of};
use super::{ArchiveError, layout};
use crate::load::{IntervalLogError, LoadResult, write_interval_log};
use crate::series::{SeriesStore, write_openmetrics};

/// What one scenario leaves behind besides its record.
#[derive(Clone, Debug)]
pub struct ScenarioEvidence<'a> {
    /// The scenario's name.
    pub name: &'a str,
    /// What the generator measured, if anything was sent.
    pub load: Option<&'a LoadResult>,
    /// What was scraped, if anything was.
    pub series: Option<&'a SeriesStore>,
    /// The closing scrape of each instance as it was received, where it was good.
    pub closing_scrapes: Vec<ClosingScrape>,
    /// Files that the target made, fetched after the closing scrape.
    pub artifacts: Vec<Artifact>,
}

/// The closing scrape of one instance, as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingScrape {
    /// The instance.
    pub instance: String,
    /// The whole body.
    pub body: Bytes,
}

/// A file that the target made.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Its name as the target gave it.
    pub name: String,
    /// Its contents.
    pub bytes: Bytes,
}

/// Whether a run can be saved there: nothing is at `folder` yet, or an empty folder.
/// To be asked before any load.
pub fn check_destination(folder: &Path) -> Result<(), ArchiveError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => takes_files(folder, folder),
            Some(_) => Err(ArchiveError::NotEmpty(folder.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            takes_files(folder, nearest_above(folder))
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(ArchiveError::NotAFolder(folder.to_owned()))
        }
        Err(source) => Err(ArchiveError::Write { path: folder.to_owned(), source }),
    }
}

/// The nearest folder above one that is to be, which is there already.
fn nearest_above(folder: &Path) -> &Path {
    let mut above = folder.ancestors().skip(1).filter(|one| !one.as_os_str().is_empty());
    above.find(|one| one.exists()).unwrap_or(Path::new("."))
}

/// Whether something can be written in the folder in which the run is begun. The file that
/// tells it has no name where the system has such files: a process that is ended meanwhile
/// leaves nothing behind.
fn takes_files(folder: &Path, begun_in: &Path) -> Result<(), ArchiveError> {
    match tempfile::tempfile_in(begun_in) {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(ArchiveError::NotWritable { path: folder.to_owned(), source: plain(error) })
        }
    }
}

/// The error of a temporary folder without its name, which nobody asked for.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn plain(error: io::Error) -> io::Error {
    error.kind().into()
}

/// Saves a run to `folder`, which must pass [`check_destination`]. `evidence` has one
/// entry for each scenario of the record, in its order.
pub fn write(
    folder: &Path,
    record: &RunRecord,
    evidence: &[ScenarioEvidence<'_>],
) -> Result<(), ArchiveError> {
    check_destination(folder)?;
    let at_folder = |source| ArchiveError::Write { path: folder.to_owned(), source };
    let is_there = folder.is_dir();
    let begun_in = match folder.parent() {
        _ if is_there => folder,
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(begun_in).map_err(at_folder)?;
    let unfinished = tempfile::Builder::new()
        .prefix(".slogate-")
        .tempdir_in(begun_in)
        .map_err(plain)
        .map_err(at_folder)?;
    let mut writer =
        Writer { unfinished: unfinished.path(), destination: folder, digests: Vec::new() };
    writer.run(record, evidence)?;
    readable_by_others(unfinished.path()).map_err(at_folder)?;
    sync_folder(unfinished.path()).map_err(at_folder)?;
    if is_there {
        move_up(unfinished.path(), folder).map_err(at_folder)?;
    } else {
        fs::rename(unfinished.path(), folder).map_err(at_folder)?;
        // The folder has its final name; what is left to the guard is gone already.
        let _ = unfinished.keep();
    }
    sync_folder(begun_in).map_err(at_folder)
}

/// Moves what is in the unfinished folder into the one around it; what has a `run.json` has
/// everything else. Where one cannot be moved, those before it are moved back.
fn move_up(unfinished: &Path, folder: &Path) -> io::Result<()> {
    let entries = fs::read_dir(unfinished)?.collect::<io::Result<Vec<_>>>()?;
    let mut names: Vec<_> = entries.into_iter().map(|entry| entry.file_name()).collect();
    names.sort_by_key(|name| name == layout::RUN);
    for (moved, name) in names.iter().enumerate() {
        if let Err(error) = move_one(&unfinished.join(name), &folder.join(name)) {
            for name in &names[..moved] {
                // It was there a moment ago; the first error is the one to tell.
                let _ = fs::rename(folder.join(name), unfinished.join(name));
            }
            return Err(error);
        }
    }
    Ok(())
}

/// Moves a file or folder to where nothing is.
fn move_one(from: &Path, place: &Path) -> io::Result<()> {
    if place.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, place)
}

/// Writes below `unfinished`, and speaks of `destination` in errors.
struct Writer<'a> {
    unfinished: &'a Path,
    destination: &'a Path,
    /// Each file written so far, relative to the run, with its digest.
    digests: Vec<(PathBuf, String)>,
}

impl Writer<'_> {
    fn run(
        &mut self,
        record: &RunRecord,
        evidence: &[ScenarioEvidence<'_>],
    ) -> Result<(), ArchiveError> {
        let names = unique_names(evidence.iter().map(|scenario| scenario.name));
        for (folder, scenario) in names.iter().zip(evidence) {
            self.scenario(Path::new(folder), scenario)?;
        }
        // Last, so that what has a `run.json` has everything else.
        self.file(Path::new(layout::RUN), |out| {
            serde_json::to_writer_pretty(&mut *out, record)?;
            out.write_all(b"\n")
        })?;
        let sums = sums::lines(&self.digests);
        self.file(Path::new(layout::SUMS), |out| out.write_all(sums.as_bytes()))
    }

    fn scenario(
        &mut self,
        folder: &Path,
        evidence: &ScenarioEvidence<'_>,
    ) -> Result<(), ArchiveError> {
        self.folder(folder)?;
        if let Some(load) = evidence.load {
            self.file(&folder.join(layout::LATENCIES), |mut out| {
                write_interval_log(load, &mut out).map_err(|error| match error {
                    IntervalLogError::Write(error) => error,
                    other => io::Error::other(other),
                })
            })?;
        }
        if let Some(series) = evidence.series {
            self.file(&folder.join(layout::SERIES), |mut out| write_openmetrics(series, &mut out))?;
            self.file(&folder.join(layout::NOTES), |out| {
                Ok(serde_json::to_writer(out, &series.notes())?)
            })?;
        }
        let scrapes = &evidence.closing_scrapes;
        let instances = instances(evidence);
        for (instance, file) in layout::metrics_files(&instances) {
            if let Some(scrape) = scrapes.iter().find(|scrape| scrape.instance == instance) {
                self.file(&folder.join(file), |out| out.write_all(&scrape.body))?;
            }
        }
        self.artifacts(folder, &evidence.artifacts)
    }

    fn artifacts(&mut self, folder: &Path, artifacts: &[Artifact]) -> Result<(), ArchiveError> {
        let names = unique_names(artifacts.iter().map(|artifact| artifact.name.as_str()));
        self.file(&folder.join(layout::ARTIFACTS), |out| {
            let mut table = csv::Writer::from_writer(out);
            table.write_record(["name", "size", "sha256"])?;
            for (name, artifact) in names.iter().zip(artifacts) {
                let size = artifact.bytes.len().to_string();
                table.write_record([name, &size, &digest_of(&artifact.bytes)])?;
            }
            table.flush()
        })?;
        let samples = folder.join(layout::SAMPLES);
        self.folder(&samples)?;
        for (name, artifact) in names.iter().zip(artifacts) {
            self.file(&samples.join(name), |out| out.write_all(&artifact.bytes))?;
        }
        Ok(())
    }

    fn folder(&self, relative: &Path) -> Result<(), ArchiveError> {
        fs::create_dir(self.unfinished.join(relative))
            .map_err(|source| self.error(relative, source))
    }

    fn file(
        &mut self,
        relative: &Path,
        contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), ArchiveError> {
        let digest = write_file(&self.unfinished.join(relative), contents)
            .map_err(|source| self.error(relative, source))?;
        self.digests.push((relative.to_owned(), digest));
        Ok(())
    }

    fn error(&self, relative: &Path, source: io::Error) -> ArchiveError {
        ArchiveError::Write { path: self.destination.join(relative), source }
    }
}

/// Every instance of a scenario's metrics that was scraped, good or not.
fn instances(evidence: &ScenarioEvidence<'_>) -> Vec<String> {
    let scraped = evidence.series.into_iter().flat_map(SeriesStore::instances);
    let mut instances: Vec<String> = scraped.map(str::to_owned).collect();
    for scrape in &evidence.closing_scrapes {
        if !instances.contains(&scrape.instance) {
            instances.push(scrape.instance.clone());
        }
    }
    instances
}

/// Writes a file, waits until it is on the disk, and gives its digest: an error after
/// that is none.
fn write_file(
    path: &Path,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<String> {
    let file = File::options().write(true).create(true).truncate(true).open(path)?;
    let mut out = Digesting::new(BufWriter::new(file));
    contents(&mut out)?;
    let (out, digest) = out.finish();
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(digest)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A temporary folder is for its owner alone; a saved run is an ordinary folder.
#[cfg(unix)]
fn readable_by_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn readable_by_others(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error_and_not_a_short_file() {
        let error = write_file(Path::new("/dev/full"), |out| out.write_all(b"x")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let destination = Path::new("results/1");
        let mut writer = Writer { unfinished: Path::new("/dev"), destination, digests: Vec::new() };
        let error = writer.file(Path::new("full"), |out| out.write_all(b"x")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot save results/1/full: No space left on device (os error 28); free some space \
             or choose another folder"
        );
    }

    #[test]
    fn a_folder_that_holds_something_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check_destination(folder.path()).is_ok());
        assert!(check_destination(&folder.path().join("new/er")).is_ok());
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let error = check_destination(folder.path()).unwrap_err();
        assert!(matches!(error, ArchiveError::NotEmpty(_)), "{error}");
        let error = check_destination(&folder.path().join("notes.txt")).unwrap_err();
        assert!(matches!(error, ArchiveError::NotAFolder(_)), "{error}");
    }

    #[test]
    fn asking_for_a_place_makes_nothing_in_it() {
        let folder = tempfile::tempdir().unwrap();
        // Whatever is made or removed in a folder changes its time.
        let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
        File::open(folder.path()).unwrap().set_modified(long_ago).unwrap();
        for destination in [folder.path(), &folder.path().join("new/er")] {
            check_destination(destination).unwrap();
            assert_eq!(folder.path().metadata().unwrap().modified().unwrap(), long_ago);
        }
    }

    /// What is in a folder, in order.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_that_cannot_be_moved_to_its_place_leaves_nothing_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let unfinished = folder.path().join(".slogate-x");
        fs::create_dir_all(unfinished.join("10k")).unwrap();
        for file in [layout::SUMS, layout::RUN, "10k/series.om"] {
            fs::write(unfinished.join(file), "").unwrap();
        }
        // Somebody else was there in the meantime; not even a link without an end is replaced.
        std::os::unix::fs::symlink("nowhere", folder.path().join(layout::RUN)).unwrap();
        let error = move_up(&unfinished, folder.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(folder.path()), [".slogate-x", layout::RUN]);
        assert_eq!(names(&unfinished), ["10k", layout::SUMS, layout::RUN]);
        fs::remove_file(folder.path().join(layout::RUN)).unwrap();
        move_up(&unfinished, folder.path()).unwrap();
        assert_eq!(names(folder.path()), [".slogate-x", "10k", layout::SUMS, layout::RUN]);
    }

    #[test]
    fn a_place_that_takes_no_files_is_found_before_the_load() {
        let error = check_destination(Path::new("/proc/new/run")).unwrap_err();
        assert!(matches!(error, ArchiveError::NotWritable { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains("choose another folder") && !said.contains(".slogate-"), "{said}");
    }
}
