//! The scenario file: what was found and proposed, with its reasons as comments.
//!
//! Texts of the target (names, reasons) go into comments by way of [`comment`] alone, which
//! leaves no line break in them: a service must not be able to write the file.

use std::fmt::Write as _;

use super::{Proposal, Suggestions, yaml};

/// Columns that comments fill: what fits beside a diff on a laptop.
const COLUMNS: usize = 100;
/// The schema's file, beside the scenario.
const SCHEMA_FILE: &str = "scenario.schema.json";

/// Everything that the file says.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The scenario's name.
    pub name: String,
    /// Scheme, host and port of the target.
    pub target: String,
    /// Keys and values of `tls:`, if it needs any.
    pub tls: Vec<(String, String)>,
    /// The request.
    pub request: RequestDraft,
    /// Its metrics.
    pub metrics: MetricsDraft,
    /// The load and the objectives.
    pub suggestions: Suggestions,
    /// Variables that the file needs values for.
    pub variables: Vec<String>,
}

/// The one request of a first scenario. Values may name variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestDraft {
    /// In small letters: `get`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// A user and the password, for `auth`.
    pub user: Option<(String, String)>,
    /// A body.
    pub body: Option<String>,
    /// The longest wait, as it was given.
    pub timeout: Option<String>,
    /// Most redirects, as they were given.
    pub redirects: Option<String>,
    /// Whether it asks for gzip.
    pub gzip: bool,
    /// Good statuses, as they were given.
    pub statuses: Vec<String>,
}

/// What is known of the target's metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricsDraft {
    /// They were read.
    Found {
        /// Where.
        place: MetricsPlace,
        /// Samples of one scrape.
        samples: usize,
        /// Time between two scrapes.
        every: &'static str,
    },
    /// They are not at the usual places: what was there instead, a sentence for each.
    NotFound {
        /// What was looked at, and what was there.
        looked: Vec<String>,
    },
    /// Nobody wants them.
    NotWanted,
}

/// Where metrics are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricsPlace {
    /// A path on the target.
    Path(String),
    /// A URL elsewhere.
    Url(String),
}

/// The whole file.
pub fn file_text(draft: &Draft) -> String {
    let mut text = String::new();
    heading(draft, &mut text);
    metrics(&draft.metrics, &draft.suggestions, &mut text);
    load(&draft.suggestions, &mut text);
    request(draft, &mut text);
    objectives(&draft.suggestions.objectives, &mut text);
    text
}

fn heading(draft: &Draft, text: &mut String) {
    line(text, &format!("# yaml-language-server: $schema={SCHEMA_FILE}"));
    comment(
        text,
        "",
        "A first scenario, written by `slogate init` after a short look at the service. Everything in it is a \
         proposal; what says \"guess\" is a number that only you can know.",
    );
    line(text, "# Editors complete and check this file with its schema beside it:");
    line(text, &format!("#   slogate schema > {SCHEMA_FILE}"));
    if !draft.variables.is_empty() {
        let variables = draft.variables.join(", ");
        let needs = format!(
            "It needs values for {variables}: in the environment, or with `-e NAME=VALUE`. They stand \
             nowhere in this file."
        );
        comment(text, "", &needs);
    }
    line(text, "version: 1");
    line(text, &format!("name: {}", yaml::in_block(&draft.name)));
    line(text, &format!("target: {}", yaml::in_block(&draft.target)));
    if !draft.tls.is_empty() {
        line(text, "tls:");
    }
    for (key, value) in &draft.tls {
        line(text, &format!("  {key}: {}", yaml::in_block(value)));
    }
}

fn metrics(metrics: &MetricsDraft, suggestions: &Suggestions, text: &mut String) {
    line(text, "");
    match metrics {
        MetricsDraft::Found { place, samples, every } => {
            comment(text, "", &found(*samples, suggestions));
            match place {
                MetricsPlace::Path(path) => {
                    let path = yaml::in_flow(path);
                    line(text, &format!("metrics: {{ path: {path}, every: {every} }}"));
                }
                MetricsPlace::Url(url) => {
                    line(text, "metrics:");
                    line(text, &format!("  scrape: [{}]", yaml::in_flow(url)));
                    line(text, &format!("  every: {every}"));
                }
            }
            if !suggestions.target_moved {
                unmoved(text);
            }
        }
        MetricsDraft::NotFound { looked } => {
            comment(
                text,
                "",
                "No metrics were found, so only the client's side is judged. Looked at:",
            );
            for one in looked {
                comment(text, "", &format!("- {one}"));
            }
            comment(
                text,
                "",
                "If they are elsewhere, say where (`slogate init URL --metrics http://HOST:PORT/PATH`), or \
                 write it here:",
            );
            line(text, "# metrics: { path: /metrics, every: 500ms }");
        }
        MetricsDraft::NotWanted => line(text, "metrics: none"),
    }
}

fn found(samples: usize, suggestions: &Suggestions) -> String {
    let restarts = if suggestions.tells_start {
        "They say when the process started, so that a restart under load fails the run."
    } else {
        "They do not say when the process started (process_start_time_seconds), so that a restart shows \
         only where a counter falls."
    };
    let count = if samples == 1 { "1 sample".to_owned() } else { format!("{samples} samples") };
    format!("One scrape has {count}. {restarts}")
}

fn unmoved(text: &mut String) {
    comment(
        text,
        "",
        "None of its counters moved with the requests of the look, so nothing about these metrics can pass: \
         they may be another process's, or not count this request. Objectives on them are comments below. If \
         these are the right metrics, say so, and take in what you want:",
    );
    line(text, "# unmoved: allow");
}

fn load(suggestions: &Suggestions, text: &mut String) {
    let load = &suggestions.load;
    line(text, "");
    line(text, "load:");
    comment(
        text,
        "  ",
        "A few requests that are not judged, so that connections, caches and counters are there.",
    );
    line(text, "  - { name: warm-up, users: 1, iterations: 5, measure: false }");
    comment(
        text,
        "  ",
        &format!(
            "Gentle, and {} requests in all: enough for every objective below to pass. Raise the rate to what \
             your service must bear.",
            load.requests
        ),
    );
    line(text, &format!("  - {{ name: steady, rate: {}, for: {}s }}", load.rate, load.seconds));
}

fn request(draft: &Draft, text: &mut String) {
    let request = &draft.request;
    line(text, "");
    line(text, "requests:");
    line(text, &format!("  - name: {}", yaml::in_block(&draft.name)));
    line(text, &format!("    {}: {}", request.method, yaml::in_block(&request.path)));
    if !request.headers.is_empty() {
        line(text, "    headers:");
    }
    for (name, value) in &request.headers {
        let (name, value) = (yaml::in_block(name), yaml::in_block(value));
        line(text, &format!("      {name}: {value}"));
    }
    if let Some((name, password)) = &request.user {
        let (name, password) = (yaml::in_flow(name), yaml::in_flow(password));
        line(text, &format!("    auth: {{ basic: {{ username: {name}, password: {password} }} }}"));
    }
    if let Some(body) = &request.body {
        line(text, &format!("    body: {}", yaml::in_block(body)));
    }
    if let Some(timeout) = &request.timeout {
        line(text, &format!("    timeout: {}", yaml::in_block(timeout)));
    }
    if let Some(redirects) = &request.redirects {
        line(text, &format!("    redirects: {redirects}"));
    }
    if request.gzip {
        line(text, "    gzip: true");
    }
    if request.statuses.is_empty() {
        line(text, "    # expect: { status: 200, json: { $.status: ok } }");
    } else {
        let statuses: Vec<String> =
            request.statuses.iter().map(|status| yaml::status(status)).collect();
        line(text, &format!("    expect: {{ status: [{}] }}", statuses.join(", ")));
    }
}

fn objectives(objectives: &[Proposal], text: &mut String) {
    line(text, "");
    if objectives.iter().any(Proposal::is_in_force) {
        line(text, "slo:");
    } else {
        let advice = "Nothing held for sure in the look, so nothing is judged yet: the run is \
                      inconclusive. Write `slo:` and take in below what must hold.";
        comment(text, "", advice);
        line(text, "slo: none");
    }
    for (at, proposal) in objectives.iter().enumerate() {
        if at > 0 && !proposal.reason.is_empty() {
            line(text, "");
        }
        comment(text, "  ", &proposal.reason);
        if let Some(entry) = &proposal.entry {
            let mark = if proposal.is_in_force() { "" } else { "# " };
            line(text, &format!("  {mark}- {entry}"));
        }
    }
}

fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}

/// Sentences as comment lines that are no longer than [`COLUMNS`], unless one word is.
fn comment(text: &mut String, indent: &str, sentences: &str) {
    let mut current = String::new();
    // Controls would end the comment, or reach a terminal.
    let words = sentences.split(|c: char| c.is_whitespace() || c.is_control());
    for word in words.filter(|word| !word.is_empty()) {
        let is_full =
            indent.len() + 2 + current.chars().count() + 1 + word.chars().count() > COLUMNS;
        if is_full && !current.is_empty() {
            let _ = writeln!(text, "{indent}# {current}");
            current.clear();
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    if !current.is_empty() {
        let _ = writeln!(text, "{indent}# {current}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_stays_one_whatever_is_in_it() {
        let mut text = String::new();
        comment(&mut text, "  ", "a reason\r\nslo: none\u{1b}[2J\u{85}x\u{2028}y");
        assert_eq!(text, "  # a reason slo: none [2J x y\n");
    }

    #[test]
    fn long_sentences_are_wrapped() {
        let mut text = String::new();
        comment(&mut text, "", &"word ".repeat(50));
        assert!(
            text.lines().count() == 3 && text.lines().all(|line| line.len() <= COLUMNS),
            "{text}"
        );
        assert!(text.lines().all(|line| line.starts_with("# word")), "{text}");
    }
}
