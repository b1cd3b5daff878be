//! The pages of the project.

use std::path::{Path, PathBuf};

use crate::markdown::{Block, Parts};

/// A page, named as it is from the root of the project.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn parts(&self) -> Parts<'_> {
        Parts::of(&self.text)
    }

    pub(crate) fn blocks_in(&self, language: &str) -> Vec<Block> {
        let blocks = self.parts().blocks.into_iter();
        blocks.filter(|block| block.language == language).collect()
    }

    /// The folder that its links and paths begin in.
    pub(crate) fn folder(&self) -> PathBuf {
        root().join(&self.name).parent().unwrap().to_owned()
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What users read: README.md and docs/*.md.
pub(crate) fn for_users() -> Vec<Page> {
    let mut pages = vec![page("README.md")];
    for path in sorted_files(&root().join("docs")) {
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(page(&format!("docs/{}", path.file_name().unwrap().to_string_lossy())));
        }
    }
    pages
}

/// The same, and what those read who work on it.
pub(crate) fn all() -> Vec<Page> {
    let more = ["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    for_users().into_iter().chain(more.into_iter().map(page)).collect()
}

fn page(name: &str) -> Page {
    Page { name: name.to_owned(), text: std::fs::read_to_string(root().join(name)).unwrap() }
}

pub(crate) fn sorted_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}
