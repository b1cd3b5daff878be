//! `slogate run URL`: a scenario out of flags, for a first look at a service.

use std::path::Path;

use clap::Args;

use super::Failure;
use super::output::say;
use super::scenario_text::{PATH, ScenarioText, quoted};
use crate::scenario::{
    Origin, Problems, ReadOptions, Scenario, Variables, read_at_most, read_text,
};

/// The largest body that is read from a file, bytes: it is sent again and again.
const LARGEST_BODY_BYTES: u64 = 16 * 1024 * 1024;
/// Headers whose values are no secrets, so that they stand in a saved run.
const PLAIN_HEADERS: [&str; 7] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-type",
    "host",
    "user-agent",
];
/// The variable that holds a body read from a file.
const BODY_VARIABLE: &str = "BODY";
const HEADING: &str = "For `run URL`, in place of a file";

/// What `run URL` takes in place of a scenario file.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = HEADING)]
pub(super) struct UrlArguments {
    /// Requests that arrive, whether answers come or not: 50/s, or 5/s -> 50/s
    #[arg(long, value_name = "RATE")]
    pub(super) rate: Option<String>,
    /// How long to load
    #[arg(long = "for", value_name = "DURATION")]
    pub(super) duration: Option<String>,
    /// Users who each send the next request after the answer to the one before
    #[arg(long, value_name = "N")]
    pub(super) users: Option<String>,
    /// How many requests the users send in all
    #[arg(long, value_name = "N")]
    pub(super) iterations: Option<String>,
    /// As long the same load before what is measured
    #[arg(long, value_name = "DURATION")]
    pub(super) warm_up: Option<String>,
    /// The method [default: GET, with a body POST]
    #[arg(long, value_name = "METHOD")]
    pub(super) method: Option<String>,
    /// A header, repeatable; its value is not saved, but for plain ones such as Accept
    #[arg(long, short = 'H', value_name = "NAME: VALUE")]
    pub(super) header: Vec<String>,
    /// The body; it stands in a saved run, so write a secret as ${NAME}
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    pub(super) body: Option<String>,
    /// A file whose contents are the body; they are not saved
    #[arg(long, value_name = "FILE")]
    pub(super) body_file: Option<String>,
    /// Longest wait for an answer
    #[arg(long, value_name = "DURATION")]
    pub(super) timeout: Option<String>,
    /// The statuses that are good, with commas between [default: 2xx]
    #[arg(long, value_name = "STATUS")]
    pub(super) expect_status: Option<String>,
    /// The path of the target's Prometheus metrics
    #[arg(long, value_name = "PATH")]
    pub(super) metrics: Option<String>,
    /// Time between two scrapes
    #[arg(long, value_name = "DURATION", requires = "metrics")]
    pub(super) every: Option<String>,
    /// What must hold, repeatable: 'p95(latency) < 200ms', '{ id: …, promql: …, is: … }', or a
    /// file of objectives
    #[arg(long, value_name = "OBJECTIVE")]
    pub(super) slo: Vec<String>,
    /// Print the scenario as a file, and send nothing
    #[arg(long)]
    pub(super) print_scenario: bool,
}

impl UrlArguments {
    /// The first flag that was given.
    pub(super) fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("--rate", self.rate.is_some()),
            ("--for", self.duration.is_some()),
            ("--users", self.users.is_some()),
            ("--iterations", self.iterations.is_some()),
            ("--warm-up", self.warm_up.is_some()),
            ("--method", self.method.is_some()),
            ("--header", !self.header.is_empty()),
            ("--body", self.body.is_some()),
            ("--body-file", self.body_file.is_some()),
            ("--timeout", self.timeout.is_some()),
            ("--expect-status", self.expect_status.is_some()),
            ("--metrics", self.metrics.is_some()),
            ("--every", self.every.is_some()),
            ("--slo", !self.slo.is_empty()),
            ("--print-scenario", self.print_scenario),
        ];
        given.into_iter().find_map(|(flag, is_given)| is_given.then_some(flag))
    }
}

/// A scenario that flags wrote.
#[derive(Debug)]
pub(super) struct Written {
    text: ScenarioText,
    /// Values that do not stand in the text.
    hidden: Variables,
}

/// Writes the scenario for a URL.
pub(super) fn write(url: &str, flags: &UrlArguments) -> Result<Written, Failure> {
    let (origin, rest) =
        Origin::parse_with_rest(url).map_err(|error| Failure::usage(format!("URL: {error}")))?;
    if flags.rate.is_none() && flags.users.is_none() {
        return Err(Failure::usage(
            "how much load? write `--rate 50/s --for 30s`, or `--users 10 --iterations 1000`",
        ));
    }
    let mut written = Written { text: ScenarioText::default(), hidden: Variables::new() };
    written.text.line("run", "version: 1\nname: command-line");
    written.text.value("URL", "target: ", origin.url());
    written.metrics(&origin, flags);
    written.load(flags);
    written.request(if rest.is_empty() { "/" } else { &rest }, flags)?;
    written.objectives(flags);
    Ok(written)
}

impl Written {
    /// Reads the text as any scenario is read. What is wrong with it has been shown.
    pub(super) fn read(
        &self,
        variables: &Variables,
        options: &ReadOptions,
    ) -> Result<Scenario, Failure> {
        let mut variables = variables.clone();
        variables.extend(self.hidden.clone());
        let (found, scenario) =
            match read_text(Path::new(PATH), self.text.text(), &variables, options) {
                Ok(loaded) => (
                    Problems { problems: Vec::new(), warnings: loaded.warnings },
                    Some(loaded.scenario),
                ),
                Err(problems) => (problems, None),
            };
        for shown in self.text.render(&found) {
            say(&shown);
        }
        scenario.ok_or_else(|| Failure::usage("nothing was sent"))
    }

    /// The text as a file that runs by itself.
    pub(super) fn as_file(&self) -> String {
        let names: Vec<&str> = self.hidden.keys().map(String::as_str).collect();
        let needs = if names.is_empty() {
            String::new()
        } else {
            format!(
                "# It needs values for {}: in the environment, or with `-e NAME=VALUE`.\n",
                names.join(", ")
            )
        };
        format!("{needs}{}", self.text.text())
    }

    fn metrics(&mut self, origin: &Origin, flags: &UrlArguments) {
        let Some(metrics) = &flags.metrics else { return };
        // The target's own URL is as good as the path on it.
        let path = metrics.strip_prefix(origin.url()).filter(|rest| rest.starts_with('/'));
        self.text.line("--metrics", "metrics:");
        self.text.value("--metrics", "  path: ", path.unwrap_or(metrics));
        if let Some(every) = &flags.every {
            self.text.value("--every", "  every: ", every);
        }
    }

    fn load(&mut self, flags: &UrlArguments) {
        let kind = if flags.rate.is_some() { "--rate" } else { "--users" };
        self.text.line("run", "load:");
        if let Some(duration) = &flags.warm_up {
            self.text.line("--warm-up", "  - name: warm-up");
            self.arrivals(flags);
            self.text.value("--warm-up", "    for: ", duration);
            self.text.line("--warm-up", "    measure: false");
        }
        self.text.line(kind, "  - name: load");
        self.arrivals(flags);
        if let Some(duration) = &flags.duration {
            self.text.value("--for", "    for: ", duration);
        }
        if let Some(iterations) = &flags.iterations {
            self.text.value("--iterations", "    iterations: ", iterations);
        }
    }

    fn arrivals(&mut self, flags: &UrlArguments) {
        if let Some(rate) = &flags.rate {
            self.text.value("--rate", "    rate: ", rate);
        }
        if let Some(users) = &flags.users {
            self.text.value("--users", "    users: ", users);
        }
    }

    fn request(&mut self, path: &str, flags: &UrlArguments) -> Result<(), Failure> {
        let has_body = flags.body.is_some() || flags.body_file.is_some();
        let default = if has_body { "post" } else { "get" };
        let method = flags.method.as_deref().unwrap_or(default).to_lowercase();
        let flag = if flags.method.is_some() { "--method" } else { "URL" };
        self.text.line("run", "requests:");
        self.text.value(flag, "  - name: ", &method);
        self.text.value(flag, &format!("    {}: ", quoted(&method)), path);
        if !flags.header.is_empty() {
            self.text.line("--header", "    headers:");
        }
        for header in &flags.header {
            self.header(header)?;
        }
        if let Some(body) = &flags.body {
            self.text.line("--body", &format!("    body: {}", quoted(body)));
        }
        if let Some(file) = &flags.body_file {
            self.hidden.insert(BODY_VARIABLE.to_owned(), body_of(file)?);
            self.text.line("--body-file", &format!("    body: \"${{{BODY_VARIABLE}}}\""));
        }
        if let Some(timeout) = &flags.timeout {
            self.text.value("--timeout", "    timeout: ", timeout);
        }
        if let Some(statuses) = &flags.expect_status {
            let each: Vec<String> = statuses.split(',').map(|one| quoted(one.trim())).collect();
            let line = format!("    expect: {{ status: [{}] }}", each.join(", "));
            self.text.line("--expect-status", &line);
        }
        Ok(())
    }

    /// A value that may be a secret becomes a variable, unless it is one already.
    fn header(&mut self, header: &str) -> Result<(), Failure> {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| Failure::usage("--header: write `--header 'NAME: VALUE'`"))?;
        let (name, mut value) = (name.trim(), value.trim().to_owned());
        let is_plain = PLAIN_HEADERS.iter().any(|plain| name.eq_ignore_ascii_case(plain));
        if !is_plain && !value.contains("${") {
            let variable = self.fresh_variable(name);
            self.hidden.insert(variable.clone(), value);
            value = format!("${{{variable}}}");
        }
        let line = format!("      {}: {}", quoted(name), quoted(&value));
        self.text.line("--header", &line);
        Ok(())
    }

    /// A variable for a header's value that no other header has: `X-A` and `X_A` are two.
    fn fresh_variable(&self, header: &str) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric();
        let name = header.to_uppercase().replace(|c| !is_part(c), "_");
        let mut variable = format!("HEADER_{name}");
        while self.hidden.contains_key(&variable) {
            variable.push('_');
        }
        variable
    }

    fn objectives(&mut self, flags: &UrlArguments) {
        if flags.slo.is_empty() {
            self.text.line("--slo", "slo: none");
            return;
        }
        self.text.line("--slo", "slo:");
        for objective in &flags.slo {
            self.text.objective("--slo", objective);
        }
    }
}

fn body_of(file: &str) -> Result<String, Failure> {
    let failed = |reason: String| Failure::usage(format!("--body-file {file}: {reason}"));
    let bytes = read_at_most(Path::new(file), LARGEST_BODY_BYTES)
        .map_err(|error| failed(format!("{error}; name a file that may be read")))?
        .ok_or_else(|| failed("it is larger than 16 MiB".to_owned()))?;
    String::from_utf8(bytes)
        .map_err(|_| failed("it is not UTF-8, and other bodies are not supported yet".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> UrlArguments {
        UrlArguments {
            rate: Some("50/s".into()),
            duration: Some("30s".into()),
            ..UrlArguments::default()
        }
    }

    fn written(url: &str, flags: &UrlArguments) -> Written {
        write(url, flags).unwrap_or_else(|failure| panic!("{}", failure.message))
    }

    fn read(written: &Written) -> Scenario {
        let read = written.read(&Variables::new(), &ReadOptions::default());
        read.unwrap_or_else(|failure| panic!("{}", failure.message))
    }

    #[test]
    fn path_and_query_of_the_url_are_the_request() {
        let scenario = read(&written("http://a:1/b?c=d", &flags()));
        assert_eq!(scenario.requests[0].path, "/b?c=d");
        assert_eq!(scenario.requests[0].method, "GET");
        assert_eq!(&*scenario.path, Path::new(PATH));
    }

    #[test]
    fn a_header_that_may_be_a_secret_is_not_in_the_text() {
        let header = vec!["Authorization: Bearer hunter2".to_owned(), "Accept: a/b".to_owned()];
        let written = written("http://a", &UrlArguments { header, ..flags() });
        assert!(!written.as_file().contains("hunter2"));
        assert!(written.as_file().contains("HEADER_AUTHORIZATION"));
        let headers = &read(&written).requests[0].headers;
        assert!(headers.contains(&("Authorization".to_owned(), "Bearer hunter2".to_owned())));
        assert!(headers.contains(&("Accept".to_owned(), "a/b".to_owned())));
    }

    #[test]
    fn headers_whose_names_differ_in_a_sign_keep_their_own_values() {
        let header = vec!["X-Key: one".to_owned(), "X_Key: two".to_owned()];
        let headers = read(&written("http://a", &UrlArguments { header, ..flags() })).requests[0]
            .headers
            .clone();
        assert!(headers.contains(&("X-Key".to_owned(), "one".to_owned())), "{headers:?}");
        assert!(headers.contains(&("X_Key".to_owned(), "two".to_owned())), "{headers:?}");
    }

    #[test]
    fn a_body_is_posted() {
        let body = Some("{\"a\": 1}\n".to_owned());
        let scenario = read(&written("http://a", &UrlArguments { body, ..flags() }));
        assert_eq!(scenario.requests[0].method, "POST");
        assert_eq!(&*scenario.requests[0].body, b"{\"a\": 1}\n");
    }

    #[test]
    fn a_load_that_nobody_sized_is_refused() {
        let Err(failure) = write("http://a", &UrlArguments::default()) else { panic!() };
        assert!(failure.message.contains("--rate 50/s"), "{}", failure.message);
    }
}
