//! The generations of Prometheus that tests are held against: what is installed (2.42 on
//! Debian 12), and Prometheus 3 where `SLOGATE_PROMETHEUS_3` and `SLOGATE_PROMTOOL_3` name
//! its programs, as `.ci/prometheus-3` provides them.
//!
//! A test goes through all that are here, and its output says at which it is. Where
//! generations do not mean the same, it asks for the major version.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::outside;

/// A program of one generation.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    /// Where it is, from the root.
    pub(crate) program: PathBuf,
    /// `2.42.0`.
    pub(crate) version: String,
}

impl Tool {
    pub(crate) fn major(&self) -> u32 {
        self.version.split('.').next().unwrap().parse().unwrap()
    }

    pub(crate) fn command(&self) -> Command {
        Command::new(&self.program)
    }

    /// The one that is in the PATH, if there is one.
    pub(crate) fn installed(name: &str) -> Option<Self> {
        outside::has(name).then(|| Self::at(&in_path(name)))
    }

    /// Prometheus 3, if a variable names it.
    fn third(name: &str, variable: &str) -> Option<Self> {
        let program = env::var_os(variable).map(PathBuf::from);
        let starts = program.as_deref().is_some_and(outside::starts);
        outside::is_there(&format!("{name}-3"), starts).then_some(())?;
        let tool = Self::at(&program?);
        assert!(tool.major() >= 3, "{variable} names version {}", tool.version);
        Some(tool)
    }

    fn at(program: &Path) -> Self {
        let said = Command::new(program).arg("--version").output().unwrap();
        let text = String::from_utf8([said.stdout, said.stderr].concat()).unwrap();
        let version = text.split("version ").nth(1).unwrap();
        let end = version.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap();
        Self { program: program.to_owned(), version: version[..end].to_owned() }
    }
}

/// Every promtool that is here.
pub(crate) fn promtools() -> impl Iterator<Item = Tool> {
    let third = Tool::third("promtool", "SLOGATE_PROMTOOL_3");
    Tool::installed("promtool").into_iter().chain(third).inspect(say)
}

/// Every Prometheus server that is here.
pub(crate) fn prometheuses() -> impl Iterator<Item = Tool> {
    let third = Tool::third("prometheus", "SLOGATE_PROMETHEUS_3");
    Tool::installed("prometheus").into_iter().chain(third).inspect(say)
}

#[expect(clippy::print_stderr, reason = "a failure says with what it was, whatever failed")]
fn say(tool: &Tool) {
    eprintln!("with {} {}", tool.program.display(), tool.version);
}

/// Where a program is that can be started by its name.
fn in_path(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap();
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()).unwrap()
}
