//! Commands on pages that no test runs, and why. This list may only shrink: an entry that no
//! page has any more is a failure.

/// A command that is not run.
pub(crate) struct NotRun {
    pub(crate) page: &'static str,
    /// How it begins.
    pub(crate) command: &'static str,
    pub(crate) because: &'static str,
}

const MINUTES: &str = "takes minutes; `.ci/run` runs it";
const INSTALLS: &str = "changes the machine it runs on";

/// All of them.
pub(crate) const NOT_RUN: &[NotRun] = &[
    not_run("README.md", "cargo run --release -- gate", MINUTES),
    not_run("README.md", "cargo install", INSTALLS),
    not_run("README.md", "cargo test", "it is this"),
    not_run("README.md", "cargo bench", "needs an idle machine, and minutes"),
    not_run("docs/container.md", "deploy/image-context", "builds for minutes; `.ci/run` does it"),
    not_run(
        "docs/container.md",
        "docker",
        "needs a container engine; `.ci/container` runs the image",
    ),
    not_run("docs/dashboard.md", "cargo test", "it is a test itself"),
    not_run("docs/promql.md", "SLOGATE_DIFFERENTIAL_SEED", "it is a test itself"),
    not_run("docs/false-green.md", "cargo bench", "needs an idle machine, and minutes"),
];

const fn not_run(page: &'static str, command: &'static str, because: &'static str) -> NotRun {
    NotRun { page, command, because }
}
