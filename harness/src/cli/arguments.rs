//! The command line as clap reads it: verbs and flags, nothing that acts.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use slogate_promql::rules::UnknownFields;

use super::explain::CodeParser;
use super::init::InitArguments;
use super::output;
use super::query::QueryArguments;
use super::rules_record::RulesRecordArguments;
use super::tls_arguments::TlsArguments;
use super::url_scenario::UrlArguments;
use super::verification::VerifyArguments;
use crate::gate::OnInconclusive;
use crate::rules::Engine;
use crate::scenario::SHORTEST_SCRAPE_INTERVAL;
use crate::units::parse_duration;

/// Load an HTTP service, watch its Prometheus metrics, and get one verdict.
#[derive(Debug, Parser)]
#[command(name = "slogate", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 pass, 1 a gate failed, 2 usage or invalid file, 3 inconclusive, \
    4 target or metrics not reachable, 5 internal error, 129/130/143 signals (docs/exit-codes.md)."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write a first scenario for a service that is running: its metrics, objectives, and why
    Init(Box<InitArguments>),
    /// Run scenario files, or load a URL: load, judge, report
    Run(Box<RunArguments>),
    /// Run every scenario of a folder and test the alert rules: one verdict
    Gate(GateArguments),
    /// Judge a live target by its metrics while somebody else loads it, or a saved run
    Assert(AssertArguments),
    /// Find everything that can be wrong with files without sending anything
    Check(CheckArguments),
    /// Check rule files, run their unit tests, or make one out of a saved run
    #[command(subcommand)]
    Rules(RulesVerb),
    /// Draw a saved run again, judged afresh from its evidence
    Report(ReportArguments),
    /// Ask a saved run with PromQL: its recorded series, by the engine that judges
    Query(Box<QueryArguments>),
    /// Say what a code of a message, a verdict or an exit means, why it is so and what to do
    Explain(ExplainArguments),
    /// The reference export service
    Exporter(Box<exporter::CommandLine>),
    /// Print a JSON Schema
    Schema(SchemaArguments),
    /// Print what completes slogate's verbs and flags in a shell
    Completions(CompletionsArguments),
    /// Print the manual page of slogate, or write those of all verbs into a folder
    Man(ManArguments),
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesVerb {
    /// Run rule unit tests in promtool's format
    Test(RulesTestArguments),
    /// Check rule files as promtool does, and rule unit tests without running them
    Check(RulesCheckArguments),
    /// Make a unit test out of a saved run: the series that rules read, and what they make of them
    Record(Box<RulesRecordArguments>),
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
pub(super) struct RulesTestArguments {
    /// Files or patterns of files; files with rules only are checked
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<String>,
    /// Which engine checks and runs them; auto is both where promtool is installed
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) engine: EngineChoice,
    /// Run only groups of tests whose name matches, repeatable; one without a name has an empty
    /// one (promtool knows this from version 3 on)
    #[arg(long, value_name = "REGEX", conflicts_with_all = ["mutate", "require_coverage"])]
    pub(super) run: Vec<regex::Regex>,
    /// Write the results as JUnit XML as well, a suite for each file and a case for each test
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Show what was expected and got line by line: - is missing, + is too much
    #[arg(long)]
    pub(super) diff: bool,
    /// Pass over unknown fields of tests and rules, which Prometheus refuses
    #[arg(long)]
    pub(super) ignore_unknown_fields: bool,
    /// Fail where no test expects an alert to fire, none expects it to be quiet, or none reads
    /// a recorded series
    #[arg(long)]
    pub(super) require_coverage: bool,
    /// Change each rule in one small way after the other, and fail where no test notices
    #[arg(long)]
    pub(super) mutate: bool,
    /// So many changes may stay unnoticed [default: 0]
    #[arg(long, value_name = "N", requires = "mutate")]
    pub(super) mutants_allowed: Option<usize>,
}

#[derive(Debug, Args)]
pub(super) struct RulesCheckArguments {
    /// Files or patterns of files
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<String>,
    /// Which engine checks rules; auto is both where promtool is installed, and files of tests
    /// are always read by the built-in one
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) engine: EngineChoice,
    /// Fail on what is allowed and most likely a mistake, such as two rules that make the same
    /// series
    #[arg(long)]
    pub(super) lint_fatal: bool,
    /// Fail on findings of the built-in checks of this level and above; without it they are
    /// only told
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(super) fail_on: Option<LevelChoice>,
    /// How often the series of the rules are scraped: a rate needs a range of two such times
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = parse_interval)]
    pub(super) scrape_interval: Duration,
    /// Check against what a saved run has recorded: names, label values, types, buckets
    #[arg(long, value_name = "RUN", conflicts_with = "metrics")]
    pub(super) run: Option<PathBuf>,
    /// Check against an exposition: a file, or the URL of a target's metrics
    #[arg(long, value_name = "FILE|URL")]
    pub(super) metrics: Option<String>,
    #[command(flatten)]
    pub(super) tls: TlsArguments,
    /// Pass over unknown fields of tests and rules, which Prometheus refuses
    #[arg(long)]
    pub(super) ignore_unknown_fields: bool,
    /// How findings and results are told
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(super) out: CheckOutput,
}

/// How sure a finding is at least.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LevelChoice {
    /// Worth knowing; it may be meant
    Info,
    /// Most likely a mistake
    Warning,
    /// It cannot do what it is for
    Error,
}

/// How what was found in rules and dashboards is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckOutput {
    /// For people: findings on standard error, results on standard output
    Text,
    /// For programs: all of it on standard output (docs/rules.md, docs/dashboard.md)
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum EngineChoice {
    /// Both where promtool is installed, else the built-in one
    Auto,
    /// The built-in one only
    BuiltIn,
    /// promtool only
    Promtool,
    /// Both; a missing promtool is an error
    Both,
}

/// A service that is started for the run.
#[derive(Debug, Default, Args)]
pub(super) struct StartArguments {
    /// Start the target with this shell command, afresh for each scenario, and end it after;
    /// what leaves its process group (setsid, a daemon) is not followed
    #[arg(long, value_name = "COMMAND", requires = "wait_for")]
    pub(super) start: Option<String>,
    /// The load begins once this URL answers 2xx; nothing may answer there before
    #[arg(long, value_name = "URL", requires = "start")]
    pub(super) wait_for: Option<String>,
    /// How long the service may take to be ready
    #[arg(long, value_name = "DURATION", default_value = "30s", requires = "start", value_parser = parse_wait)]
    pub(super) wait_timeout: Duration,
}

/// Where results go, and what a doubt means.
#[derive(Clone, Debug, Args)]
pub(super) struct ReportingArguments {
    #[arg(long = "out", value_name = "KIND[=FILE]", help = output::HELP)]
    pub(super) outputs: Vec<String>,
    /// Keep the run with its evidence in this folder, which must not exist or be empty
    #[arg(long, value_name = "DIR")]
    pub(super) save: Option<PathBuf>,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// What an inconclusive verdict does to the exit code
    #[arg(long, value_name = "ACTION", default_value = "fail")]
    pub(super) on_inconclusive: InconclusiveChoice,
    /// Job summary and annotations for GitHub
    #[arg(long, value_name = "WHEN", env = "SLOGATE_GITHUB", default_value = "auto")]
    pub(super) github: GitHubChoice,
}

/// What `run` and `gate` share.
#[derive(Debug, Args)]
pub(super) struct LoadArguments {
    /// Load this target instead of the one that the file names
    #[arg(long, value_name = "URL")]
    pub(super) target: Option<String>,
    #[command(flatten)]
    pub(super) start: StartArguments,
    /// A value for `${NAME}` in scenario files; wins over the environment
    #[arg(short = 'e', value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(super) variables: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) reporting: ReportingArguments,
    #[command(flatten)]
    pub(super) verify: VerifyArguments,
    /// Most requests at once; more wait, and count as late [default: the file's, or 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) max_in_flight: Option<u32>,
    /// Seed of the request order and of the scrape jitter
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
}

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// Scenario files, or one URL with flags that say what to do with it
    #[arg(required = true, value_name = "FILE|URL")]
    pub(super) files: Vec<String>,
    #[command(flatten)]
    pub(super) load: LoadArguments,
    #[command(flatten)]
    pub(super) url: UrlArguments,
}

#[derive(Debug, Args)]
pub(super) struct GateArguments {
    /// Scenario files and folders of them [default: scenarios]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Rule files and rule unit tests, repeatable [default: rules/*.yml, where that folder exists]
    #[arg(long, value_name = "GLOB")]
    pub(super) rules: Vec<String>,
    /// Which engine checks rules and runs their tests; auto is both where promtool is installed
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) engine: EngineChoice,
    #[command(flatten)]
    pub(super) load: LoadArguments,
}

#[derive(Debug, Args)]
pub(super) struct AssertArguments {
    /// The URL of a target's metrics, or a folder that `--save` wrote
    #[arg(value_name = "METRICS_URL|RUN")]
    pub(super) source: String,
    /// What must hold, repeatable: a file of objectives, or '{ id: …, promql: …, is: … }'
    /// [default: the objectives of scenarios/export-assertions.yaml, about the export service]
    #[arg(long, value_name = "OBJECTIVE")]
    pub(super) slo: Vec<String>,
    /// How long to watch a live target [default: 10s]
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_watch)]
    pub(super) duration: Option<Duration>,
    /// Time between two scrapes of a live target, at least 10ms [default: 500ms]
    #[arg(long, value_name = "DURATION", value_parser = parse_interval)]
    pub(super) every: Option<Duration>,
    /// Judge everything since the target's process started, not only what happens from now on
    #[arg(long)]
    pub(super) since_start: bool,
    /// A value for `${NAME}` in objectives; wins over the environment
    #[arg(short = 'e', value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(super) variables: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) tls: TlsArguments,
    #[command(flatten)]
    pub(super) reporting: ReportingArguments,
    #[command(flatten)]
    pub(super) verify: VerifyArguments,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Scenario, objective and rule files, dashboards of Grafana, and folders of them
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// A value for `${NAME}` in scenario files; wins over the environment
    #[arg(short = 'e', value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(super) variables: Vec<(String, String)>,
    /// Evaluate every panel of dashboards on a saved run, and say which have no data
    #[arg(long, value_name = "RUN")]
    pub(super) run: Option<PathBuf>,
    /// Whose series, where the run has several scenarios
    #[arg(long, value_name = "NAME", requires = "run")]
    pub(super) scenario: Option<String>,
    /// Fail on findings in dashboards of this level and above [default: error]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(super) fail_on: Option<LevelChoice>,
    /// How what is found in dashboards is told [default: text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) out: Option<CheckOutput>,
}

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// A folder that `--save` wrote
    #[arg(value_name = "RUN")]
    pub(super) run: PathBuf,
    #[arg(long = "out", value_name = "KIND[=FILE]", help = output::HELP)]
    pub(super) outputs: Vec<String>,
    /// What an inconclusive verdict does to the exit code
    #[arg(long, value_name = "ACTION", default_value = "fail")]
    pub(super) on_inconclusive: InconclusiveChoice,
    #[command(flatten)]
    pub(super) verify: VerifyArguments,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// A code such as `unknown-key`, also as it is printed, `error[unknown-key]`, or an exit code's
    /// number [default: all codes are listed]
    #[arg(value_name = "CODE", value_parser = CodeParser, hide_possible_values = true)]
    pub(super) codes: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// Whose schema
    #[arg(value_enum, default_value_t = SchemaChoice::Scenario)]
    pub(super) of: SchemaChoice,
}

/// How completions are installed.
const INSTALL_COMPLETIONS: &str = "\
Where shells look for them:
  bash  slogate completions bash > ~/.local/share/bash-completion/completions/slogate
  fish  slogate completions fish > ~/.config/fish/completions/slogate.fish
  zsh   slogate completions zsh > DIR/_slogate, DIR being in $fpath before compinit runs";

/// How manual pages are installed.
const INSTALL_PAGES: &str = "\
`slogate man ~/.local/share/man/man1` puts them where man looks if ~/.local/bin is in PATH;
/usr/local/share/man/man1 is for everybody. Then: man slogate, man slogate-run, …";

#[derive(Debug, Args)]
#[command(after_help = INSTALL_COMPLETIONS)]
pub(super) struct CompletionsArguments {
    /// Which shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = INSTALL_PAGES)]
pub(super) struct ManArguments {
    /// Where one page a verb is written; the folder is made if it is not there [default: slogate's
    /// own page is printed]
    #[arg(value_name = "DIR")]
    pub(super) folder: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaChoice {
    /// Scenario and objective files
    Scenario,
    /// The JSON report
    Report,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum InconclusiveChoice {
    /// Exit 3
    Fail,
    /// Exit 0, with the verdict still shown as inconclusive
    Warn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GitHubChoice {
    /// Where `GITHUB_ACTIONS` is `true`
    Auto,
    /// Never
    Off,
}

/// What a flag says of fields that are not known.
pub(super) fn unknown_fields(are_ignored: bool) -> UnknownFields {
    if are_ignored { UnknownFields::Ignored } else { UnknownFields::Refused }
}

impl From<EngineChoice> for Engine {
    fn from(choice: EngineChoice) -> Self {
        match choice {
            EngineChoice::Auto => Self::Auto,
            EngineChoice::BuiltIn => Self::BuiltIn,
            EngineChoice::Promtool => Self::Promtool,
            EngineChoice::Both => Self::Both,
        }
    }
}

impl From<InconclusiveChoice> for OnInconclusive {
    fn from(choice: InconclusiveChoice) -> Self {
        match choice {
            InconclusiveChoice::Fail => Self::Fail,
            InconclusiveChoice::Warn => Self::Warn,
        }
    }
}

/// How long to watch: nothing is seen in no time.
fn parse_watch(text: &str) -> Result<Duration, String> {
    let watch = parse_wait(text)?;
    if watch.is_zero() {
        Err("nothing is seen in no time; write 5s or more".to_owned())
    } else {
        Ok(watch)
    }
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let interval = parse_wait(text)?;
    if interval < SHORTEST_SCRAPE_INTERVAL {
        return Err(
            "scrapes less than 10ms apart would be a load of their own; write 10ms or more"
                .to_owned(),
        );
    }
    Ok(interval)
}

fn parse_wait(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

pub(super) fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}
