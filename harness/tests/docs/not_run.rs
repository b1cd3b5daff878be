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
const SERVES: &str = "runs until it is ended; the tests start one of their own";

const LOADS: &str = "three loads of half a minute, one after the other";

const TIGHT: &str = "its objectives are those of a release build; the gate in `.ci/run` has them";

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
    not_run("docs/false-green.md", "cargo bench", "needs an idle machine, and minutes"),
    not_run("docs/from-k6.md", "slogate exporter", SERVES),
    not_run("docs/from-vegeta.md", "slogate exporter", SERVES),
    not_run("docs/from-promtool.md", "slogate exporter", SERVES),
    not_run("docs/getting-started.md", "mkdir", LOADS),
    not_run("docs/getting-started.md", "mv", LOADS),
    not_run("docs/getting-started.md", "prometheus", SERVES),
    not_run("docs/getting-started.md", "sed", LOADS),
    not_run("docs/getting-started.md", "slogate", LOADS),
    not_run("docs/reports.md", "slogate run scenarios", TIGHT),
    not_run("docs/reports.md", "promtool tsdb", TIGHT),
    not_run("docs/rules.md", "slogate gate", MINUTES),
    not_run(
        "docs/rules.md",
        "slogate rules test window",
        "needs promtool 2.x; tests of promtool run such a disagreement",
    ),
];

const fn not_run(page: &'static str, command: &'static str, because: &'static str) -> NotRun {
    NotRun { page, command, because }
}
