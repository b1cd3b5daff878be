//! `slogate init`: a first scenario for a service that is running.
//!
//! It asks the service once, looks for its metrics, sends a few requests between two
//! scrapes, and writes what that suggests (`propose`). Every request goes the way that
//! those of `run` go. What is sent is bounded and told.

mod destination;
mod look;

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Failure;
use super::arguments::parse_variable;
use super::files::Reading;
use super::output::say;
use super::tls_arguments::TlsArguments;
use super::url_scenario::{QueryValues, RequestArguments, metrics_place, request_draft};
use crate::gate::ExitCode;
use crate::propose::{Draft, MetricsDraft, file_text};
use crate::scenario::codes::INVALID_URL;
use crate::scenario::{Origin, Problems, Variables, read_text};
use destination::Destination;
use look::{Look, Looker};

/// What `init` takes.
#[derive(Debug, Args)]
pub(super) struct InitArguments {
    /// What to load: a running service, with the path of one request
    #[arg(value_name = "URL")]
    url: String,
    /// Where its Prometheus metrics are, or `none` [default: the usual paths are tried]
    #[arg(long, value_name = "PATH|URL|none")]
    metrics: Option<String>,
    /// The file to write; `-` is standard output [default: a file here, named after the URL]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    request: RequestArguments,
    #[command(flatten)]
    tls: TlsArguments,
    /// A value for `${NAME}` in the other flags; wins over the environment
    #[arg(short = 'e', value_name = "NAME=VALUE", value_parser = parse_variable)]
    variables: Vec<(String, String)>,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    quiet: bool,
}

impl InitArguments {
    /// Tells the person who waits.
    fn tell(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }
}

/// Looks at the service and writes its first scenario.
pub(super) fn init(arguments: &InitArguments) -> Result<ExitCode, Failure> {
    let (origin, rest) = parsed(&arguments.url)?;
    let path = if rest.is_empty() { "/" } else { &rest };
    let name = name(path, &origin, arguments.output.as_deref());
    let destination = Destination::of(arguments.output.as_deref(), arguments.force, &name)?;
    let look = Looker::new(arguments, &origin)?.look()?;
    let (mut draft, hidden) = draft(arguments, &origin, path, name, look)?;
    draft.variables = used_variables(&file_text(&draft), &hidden, arguments)?;
    destination.write(&file_text(&draft))?;
    let is_given = |name: &&String| {
        hidden.contains_key(*name) || arguments.variables.iter().any(|(given, _)| given == *name)
    };
    let needs: Vec<_> = draft.variables.iter().filter(is_given).collect();
    arguments.tell(&farewell(&destination, &draft, &needs));
    Ok(ExitCode::Pass)
}

fn parsed(url: &str) -> Result<(Origin, String), Failure> {
    let whole = format!("http://{url}");
    if !url.contains("://") && Origin::parse_with_rest(&whole).is_ok() {
        let text = format!("URL: `{url}` is none; did you mean `{whole}`?");
        return Err(Failure::usage(INVALID_URL, text));
    }
    Origin::parse_with_rest(url)
        .map_err(|error| Failure::usage(INVALID_URL, format!("URL: {error}")))
}

/// Everything that the file says, and the values that do not stand in it.
fn draft(
    arguments: &InitArguments,
    origin: &Origin,
    path: &str,
    name: String,
    look: Look,
) -> Result<(Draft, Variables), Failure> {
    let mut hidden = Variables::new();
    let request = request_draft(path, &arguments.request, QueryValues::Credentials, &mut hidden)?;
    let metrics = match look.metrics {
        look::Metrics::NotWanted => MetricsDraft::NotWanted,
        look::Metrics::NotFound(looked) => MetricsDraft::NotFound { looked },
        look::Metrics::At { given, samples, every } => {
            let place = metrics_place(&given, origin, QueryValues::Credentials, &mut hidden);
            MetricsDraft::Found { place, samples, every }
        }
    };
    let draft = Draft {
        name,
        target: origin.url().to_owned(),
        tls: arguments.tls.as_keys().map_err(Failure::internal)?,
        request,
        metrics,
        suggestions: look.suggestions,
        variables: Vec::new(),
    };
    Ok((draft, hidden))
}

/// The variables that the file needs, by name. The file must be what it is meant to be before
/// anybody gets it, so it is read.
fn used_variables(
    text: &str,
    hidden: &Variables,
    arguments: &InitArguments,
) -> Result<Vec<String>, Failure> {
    let Reading { mut variables, options } = Reading::new(&arguments.variables, None)?;
    variables.extend(hidden.clone());
    let read = read_text(Path::new("init.yaml"), text, &variables, &options);
    let read = read.map_err(|Problems { problems, .. }| {
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::internal(format!(
            "the scenario does not read ({}); this is a bug in slogate, and nothing was written",
            shown.join("; ")
        ))
    })?;
    Ok(read.scenario.used_variables.into_iter().map(|(name, _)| name).collect())
}

/// The scenario's name: that of its file, or the last words of the path, or the host.
fn name(path: &str, origin: &Origin, output: Option<&Path>) -> String {
    let stem = output.filter(|file| *file != Path::new("-")).and_then(Path::file_stem);
    let of_file = stem.map(|stem| as_name(&stem.to_string_lossy())).unwrap_or_default();
    let of_path = as_name(path.split('?').next().unwrap_or_default());
    let is_address = origin.host.parse::<IpAddr>().is_ok();
    let of_host = if is_address { String::new() } else { as_name(&origin.host) };
    let candidates = [of_file, of_path, of_host];
    candidates.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "first".to_owned())
}

/// What of a text can stand in a name, with `-` between its words.
fn as_name(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c: char| !is_part(c)).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    name.chars().take(LONGEST_NAME).collect()
}

/// Longest name that is made of a path: names stand in every line of a table.
const LONGEST_NAME: usize = 40;

/// What was written, and the command that comes next, with the values that it needs and that
/// are not in the environment.
fn farewell(destination: &Destination, draft: &Draft, needs: &[&String]) -> String {
    let objectives = &draft.suggestions.objectives;
    let in_force = objectives.iter().filter(|one| one.is_in_force()).count();
    let comments =
        objectives.iter().filter(|one| one.entry.is_some() && !one.is_in_force()).count();
    let mut text = format!("wrote {destination}: {in_force} objectives");
    if comments > 0 {
        let _ = write!(text, ", and {comments} more as comments");
    }
    let Some(file) = destination.file() else { return text };
    let load = &draft.suggestions.load;
    let needs: Vec<String> = needs.iter().map(|variable| format!(" -e {variable}=…")).collect();
    let _ = write!(
        text,
        "\nnext: slogate run {}{}   ({} requests in {} s)",
        file.display(),
        needs.concat(),
        load.requests,
        load.seconds
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(url: &str, output: Option<&str>) -> String {
        let (origin, rest) = Origin::parse_with_rest(url).unwrap();
        name(&rest, &origin, output.map(Path::new))
    }

    #[test]
    fn a_scenario_is_named_after_its_file_or_its_url() {
        assert_eq!(named("http://a/-/healthy", None), "healthy");
        assert_eq!(named("http://a/api/v1/orders?id=5", None), "api-v1-orders");
        assert_eq!(named("http://a.example:80/", None), "a-example");
        assert_eq!(named("http://[::1]:80", None), "first");
        assert_eq!(named("http://a/x", Some("scenarios/smoke test.yaml")), "smoke-test");
        assert_eq!(named("http://a/x", Some("-")), "x");
        assert_eq!(named("http://a/%C3%BC", Some("ü.yaml")), "C3-BC");
    }
}
