//! `slogate run URL`: a scenario out of flags, for a first look at a service.

use std::io;
use std::path::Path;

use clap::Args;

use super::output::say;
use super::scenario_text::{ScenarioText, quoted};
use super::tls_arguments::TlsArguments;
use super::{Failure, codes};
use crate::propose::{MetricsPlace, RequestDraft};
use crate::scenario::codes::{INVALID_URL, UNREADABLE_FILE};
use crate::scenario::{
    COMMAND_LINE, Origin, Problems, ReadOptions, Scenario, Tls, Variables, escaped,
    has_credential_word, read_at_most, read_text,
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
/// More words of names that make the value of a query parameter a credential.
const QUERY_CREDENTIALS: [&str; 2] = ["key", "session"];
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
    #[command(flatten)]
    pub(super) request: RequestArguments,
    #[command(flatten)]
    pub(super) tls: TlsArguments,
    /// The version of HTTP: auto (what TLS agrees on), 1.1, or 2
    #[arg(long, value_name = "VERSION", value_parser = ["auto", "1.1", "2"])]
    pub(super) http_version: Option<String>,
    /// A connection for each request
    #[arg(long)]
    pub(super) no_keep_alive: bool,
    /// The path of the target's Prometheus metrics, or a URL elsewhere
    #[arg(long, value_name = "PATH|URL")]
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

/// What is sent, and what a good answer is.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RequestArguments {
    /// The method [default: GET, with a body POST]
    #[arg(long, value_name = "METHOD")]
    pub(super) method: Option<String>,
    /// A header, repeatable; its value is not saved, but for plain ones such as Accept
    #[arg(long, short = 'H', value_name = "NAME: VALUE")]
    pub(super) header: Vec<String>,
    /// Who sends it, with a password; the password is not saved
    #[arg(long, short = 'u', value_name = "NAME:PASSWORD")]
    pub(super) user: Option<String>,
    /// The body; it stands in a saved run, so write a secret as ${NAME}
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    pub(super) body: Option<String>,
    /// A file whose contents are the body; they are not saved
    #[arg(long, value_name = "FILE")]
    pub(super) body_file: Option<String>,
    /// Longest wait for an answer
    #[arg(long, value_name = "DURATION")]
    pub(super) timeout: Option<String>,
    /// Most redirects that are followed, on the same origin only [default: 0]
    #[arg(long, value_name = "N")]
    pub(super) redirects: Option<String>,
    /// Ask for gzip, and decode what comes
    #[arg(long)]
    pub(super) gzip: bool,
    /// The statuses that are good, with commas between [default: 2xx]
    #[arg(long, value_name = "STATUS")]
    pub(super) expect_status: Option<String>,
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
            ("--method", self.request.method.is_some()),
            ("--header", !self.request.header.is_empty()),
            ("--user", self.request.user.is_some()),
            ("--body", self.request.body.is_some()),
            ("--body-file", self.request.body_file.is_some()),
            ("--timeout", self.request.timeout.is_some()),
            ("--redirects", self.request.redirects.is_some()),
            ("--gzip", self.request.gzip),
            ("--expect-status", self.request.expect_status.is_some()),
            ("--http-version", self.http_version.is_some()),
            ("--no-keep-alive", self.no_keep_alive),
            ("--metrics", self.metrics.is_some()),
            ("--every", self.every.is_some()),
            ("--slo", !self.slo.is_empty()),
            ("--print-scenario", self.print_scenario),
        ];
        let of_tls = self.tls.given().map(|given| (given.flag, true));
        given.into_iter().chain(of_tls).find_map(|(flag, is_given)| is_given.then_some(flag))
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
    let (origin, rest) = Origin::parse_with_rest(url)
        .map_err(|error| Failure::usage(INVALID_URL, format!("URL: {error}")))?;
    if flags.rate.is_none() && flags.users.is_none() {
        return Err(Failure::usage(
            codes::USAGE,
            "how much load? write `--rate 50/s --for 30s`, or `--users 10 --iterations 1000`",
        ));
    }
    let mut written = Written { text: ScenarioText::default(), hidden: Variables::new() };
    written.text.line("run", "version: 1\nname: command-line");
    written.text.value("URL", "target: ", origin.url());
    written.tls(&flags.tls);
    written.http(flags);
    written.metrics(&origin, flags);
    written.load(flags);
    written.request(if rest.is_empty() { "/" } else { &rest }, &flags.request)?;
    written.objectives(flags);
    Ok(written)
}

/// How TLS is spoken with a target, as `run URL` would with the same flags; `None` where nothing
/// is asked over https.
pub(super) fn tls(
    url: &str,
    arguments: &TlsArguments,
    variables: &Variables,
) -> Result<Option<Tls>, Failure> {
    let flags = UrlArguments {
        users: Some("1".to_owned()),
        iterations: Some("1".to_owned()),
        tls: arguments.clone(),
        ..UrlArguments::default()
    };
    Ok(write(url, &flags)?.read(variables, &ReadOptions::default())?.tls)
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
            match read_text(Path::new(COMMAND_LINE), self.text.text(), &variables, options) {
                Ok(loaded) => {
                    let problems = loaded.scenario.unusable_files();
                    let is_usable = problems.is_empty();
                    let found = Problems { problems, warnings: loaded.warnings };
                    (found, is_usable.then_some(loaded.scenario))
                }
                Err(problems) => (problems, None),
            };
        let count = found.problems.len();
        for shown in self.text.render(&found) {
            say(&shown);
        }
        scenario.ok_or_else(|| Failure::problems(count, "nothing was sent"))
    }

    /// The text as a file that runs by itself, wherever it is written to.
    pub(super) fn as_file(&self) -> io::Result<String> {
        let names: Vec<&str> = self.hidden.keys().map(String::as_str).collect();
        let needs = if names.is_empty() {
            String::new()
        } else {
            format!(
                "# It needs values for {}: in the environment, or with `-e NAME=VALUE`.\n",
                names.join(", ")
            )
        };
        Ok(format!("{needs}{}", self.text.with_absolute_files()?))
    }

    fn tls(&mut self, flags: &TlsArguments) {
        let mut given = flags.given().peekable();
        if let Some(first) = given.peek() {
            self.text.line(first.flag, "tls:");
        }
        for one in given {
            let key = format!("  {}: ", one.key);
            if one.is_file {
                self.text.file(one.flag, &key, one.value);
            } else {
                self.text.value(one.flag, &key, one.value);
            }
        }
    }

    fn http(&mut self, flags: &UrlArguments) {
        if flags.http_version.is_some() || flags.no_keep_alive {
            self.text.line("run", "http:");
        }
        if let Some(version) = &flags.http_version {
            self.text.value("--http-version", "  version: ", version);
        }
        if flags.no_keep_alive {
            self.text.line("--no-keep-alive", "  keep_alive: false");
        }
    }

    fn metrics(&mut self, origin: &Origin, flags: &UrlArguments) {
        let Some(given) = &flags.metrics else { return };
        self.text.line("--metrics", "metrics:");
        match metrics_place(given, origin, QueryValues::All, &mut self.hidden) {
            MetricsPlace::Path(path) => self.text.value("--metrics", "  path: ", &path),
            MetricsPlace::Url(url) => {
                self.text.line("--metrics", "  scrape:");
                self.text.value("--metrics", "    - ", &url);
            }
        }
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

    fn request(&mut self, path: &str, flags: &RequestArguments) -> Result<(), Failure> {
        let request = request_draft(path, flags, QueryValues::All, &mut self.hidden)?;
        let flag = if flags.method.is_some() { "--method" } else { "URL" };
        self.text.line("run", "requests:");
        self.text.value(flag, "  - name: ", &request.method);
        self.text.value(flag, &format!("    {}: ", quoted(&request.method)), &request.path);
        if !request.headers.is_empty() {
            self.text.line("--header", "    headers:");
        }
        for (name, value) in &request.headers {
            let line = format!("      {}: {}", quoted(name), quoted(value));
            self.text.line("--header", &line);
        }
        if let Some((name, password)) = &request.user {
            let (name, password) = (quoted(name), quoted(password));
            let basic = format!("basic: {{ username: {name}, password: {password} }}");
            self.text.line("--user", &format!("    auth: {{ {basic} }}"));
        }
        if let Some(body) = &request.body {
            let flag = if flags.body.is_some() { "--body" } else { "--body-file" };
            self.text.line(flag, &format!("    body: {}", quoted(body)));
        }
        if let Some(timeout) = &request.timeout {
            self.text.value("--timeout", "    timeout: ", timeout);
        }
        if let Some(redirects) = &request.redirects {
            self.text.value("--redirects", "    redirects: ", redirects);
        }
        if request.gzip {
            self.text.line("--gzip", "    gzip: true");
        }
        if !request.statuses.is_empty() {
            let each: Vec<String> = request.statuses.iter().map(|one| quoted(one)).collect();
            let line = format!("    expect: {{ status: [{}] }}", each.join(", "));
            self.text.line("--expect-status", &line);
        }
        Ok(())
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

/// What flags make of a request. A value that may be a secret becomes a variable, whose
/// value goes to `hidden`, unless it is one already.
pub(super) fn request_draft(
    path: &str,
    flags: &RequestArguments,
    query: QueryValues,
    hidden: &mut Variables,
) -> Result<RequestDraft, Failure> {
    let has_body = flags.body.is_some() || flags.body_file.is_some();
    let method = flags.method.as_deref().unwrap_or(if has_body { "post" } else { "get" });
    let headers: Result<_, Failure> =
        flags.header.iter().map(|header| header_draft(header, hidden)).collect();
    let headers = headers?;
    let user = flags.user.as_deref().map(|user| user_draft(user, hidden)).transpose()?;
    let body = match (&flags.body, &flags.body_file) {
        (Some(body), _) => Some(escaped(body)),
        (None, Some(file)) => {
            hidden.insert(BODY_VARIABLE.to_owned(), body_of(file)?);
            Some(format!("${{{BODY_VARIABLE}}}"))
        }
        (None, None) => None,
    };
    let statuses = flags.expect_status.iter().flat_map(|statuses| statuses.split(','));
    Ok(RequestDraft {
        method: method.to_lowercase(),
        path: escaped(&query.conceal(path, hidden)),
        headers,
        user,
        body,
        timeout: flags.timeout.clone(),
        redirects: flags.redirects.clone(),
        gzip: flags.gzip,
        statuses: statuses.map(|status| status.trim().to_owned()).collect(),
    })
}

/// Where metrics are: the target's own URL is as good as the path on it.
pub(super) fn metrics_place(
    given: &str,
    origin: &Origin,
    query: QueryValues,
    hidden: &mut Variables,
) -> MetricsPlace {
    let path = given.strip_prefix(origin.url()).filter(|rest| rest.starts_with('/'));
    match path {
        Some(path) => MetricsPlace::Path(query.conceal(path, hidden)),
        None if given.contains("://") => MetricsPlace::Url(query.conceal(given, hidden)),
        None => MetricsPlace::Path(query.conceal(given, hidden)),
    }
}

fn header_draft(header: &str, hidden: &mut Variables) -> Result<(String, String), Failure> {
    let (name, value) = header
        .split_once(':')
        .ok_or_else(|| Failure::usage(codes::USAGE, "--header: write `--header 'NAME: VALUE'`"))?;
    let (name, value) = (name.trim().to_owned(), value.trim());
    let is_plain = PLAIN_HEADERS.iter().any(|plain| name.eq_ignore_ascii_case(plain));
    let value = if is_plain || value.contains("${") {
        escaped(value)
    } else {
        conceal(("HEADER", &name), value, hidden)
    };
    Ok((name, value))
}

fn user_draft(user: &str, hidden: &mut Variables) -> Result<(String, String), Failure> {
    let (name, password) = user
        .split_once(':')
        .ok_or_else(|| Failure::usage(codes::USAGE, "--user: write `--user NAME:PASSWORD`"))?;
    let password = if password.contains("${") {
        password.to_owned()
    } else {
        conceal(("USER", "PASSWORD"), password, hidden)
    };
    Ok((name.to_owned(), password))
}

/// Which values of a URL's query become variables.
#[derive(Clone, Copy, Debug)]
pub(super) enum QueryValues {
    /// All: any may be a token, and its name need not say so.
    All,
    /// Those named after credentials: the text is a file for people to read and edit.
    Credentials,
}

impl QueryValues {
    /// A path or URL with variables for the values that may be secrets.
    fn conceal(self, url: &str, hidden: &mut Variables) -> String {
        let Some((before, query)) = url.split_once('?') else { return url.to_owned() };
        let part = |part: &str| match part.split_once('=') {
            Some((name, value))
                if self.hides(name) && !value.is_empty() && !value.contains("${") =>
            {
                format!("{name}={}", conceal(("QUERY", name), value, hidden))
            }
            _ => part.to_owned(),
        };
        let parts: Vec<String> = query.split('&').map(part).collect();
        format!("{before}?{}", parts.join("&"))
    }

    fn hides(self, name: &str) -> bool {
        matches!(self, Self::All) || has_credential_word(name, &QUERY_CREDENTIALS)
    }
}

/// Puts a value away, under a name that no other value has (`X-A` and `X_A` are two), and
/// gives the variable that stands for it.
fn conceal((kind, name): (&str, &str), value: &str, hidden: &mut Variables) -> String {
    let name = name.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let mut variable = format!("{kind}_{name}");
    while hidden.contains_key(&variable) {
        variable.push('_');
    }
    let reference = format!("${{{variable}}}");
    hidden.insert(variable, value.to_owned());
    reference
}

fn body_of(file: &str) -> Result<String, Failure> {
    let failed =
        |reason: String| Failure::usage(UNREADABLE_FILE, format!("--body-file {file}: {reason}"));
    let bytes = read_at_most(Path::new(file), LARGEST_BODY_BYTES)
        .map_err(|error| failed(format!("{error}; name a file that may be read")))?
        .ok_or_else(|| failed("it is larger than 16 MiB".to_owned()))?;
    String::from_utf8(bytes)
        .map_err(|_| failed("it is not UTF-8, and other bodies are not supported yet".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Metrics, ScrapeTargets};

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
        assert_eq!(&*scenario.path, Path::new(COMMAND_LINE));
    }

    #[test]
    fn a_header_that_may_be_a_secret_is_not_in_the_text() {
        let header = vec!["Authorization: Bearer hunter2".to_owned(), "Accept: a/b".to_owned()];
        let written = written(
            "http://a",
            &UrlArguments {
                request: RequestArguments { header, ..RequestArguments::default() },
                ..flags()
            },
        );
        assert!(!written.as_file().unwrap().contains("hunter2"));
        assert!(written.as_file().unwrap().contains("HEADER_AUTHORIZATION"));
        let headers = &read(&written).requests[0].headers;
        assert!(headers.contains(&("Authorization".to_owned(), "Bearer hunter2".to_owned())));
        assert!(headers.contains(&("Accept".to_owned(), "a/b".to_owned())));
    }

    #[test]
    fn a_query_that_may_hold_a_token_is_not_in_the_text() {
        let metrics = Some("/metrics?token=hunter2".to_owned());
        let written =
            written("http://a/b?key=hunter2&key=other&x", &UrlArguments { metrics, ..flags() });
        let text = written.as_file().unwrap();
        assert!(!text.contains("hunter2") && !text.contains("other"), "{text}");
        let scenario = read(&written);
        assert_eq!(scenario.requests[0].path, "/b?key=hunter2&key=other&x");
        let Metrics::Scrape(source) = &scenario.metrics else { panic!() };
        assert_eq!(source.targets, ScrapeTargets::Path("/metrics?token=hunter2".to_owned()));
    }

    #[test]
    fn headers_whose_names_differ_in_a_sign_keep_their_own_values() {
        let header = vec!["X-Key: one".to_owned(), "X_Key: two".to_owned()];
        let headers = read(&written(
            "http://a",
            &UrlArguments {
                request: RequestArguments { header, ..RequestArguments::default() },
                ..flags()
            },
        ))
        .requests[0]
            .headers
            .clone();
        assert!(headers.contains(&("X-Key".to_owned(), "one".to_owned())), "{headers:?}");
        assert!(headers.contains(&("X_Key".to_owned(), "two".to_owned())), "{headers:?}");
    }

    #[test]
    fn of_a_query_that_people_edit_only_credentials_are_hidden() {
        let mut hidden = Variables::new();
        let kept = QueryValues::Credentials
            .conceal("http://a/x?author=me&api_key=hunter2&page=1", &mut hidden);
        assert_eq!(kept, "http://a/x?author=me&api_key=${QUERY_API_KEY}&page=1");
        assert_eq!(hidden["QUERY_API_KEY"], "hunter2");
    }

    #[test]
    fn a_body_is_posted() {
        let body = Some("{\"a\": 1}\n".to_owned());
        let scenario = read(&written(
            "http://a",
            &UrlArguments {
                request: RequestArguments { body, ..RequestArguments::default() },
                ..flags()
            },
        ));
        assert_eq!(scenario.requests[0].method, "POST");
        assert_eq!(&*scenario.requests[0].body, b"{\"a\": 1}\n");
    }

    #[test]
    fn redirects_and_gzip_are_asked_for_by_flags() {
        let request = RequestArguments {
            redirects: Some("3".into()),
            gzip: true,
            ..RequestArguments::default()
        };
        let scenario = read(&written("http://a", &UrlArguments { request, ..flags() }));
        assert_eq!((scenario.requests[0].redirects, scenario.requests[0].gzip), (3, true));
        let scenario = read(&written("http://a", &flags()));
        assert_eq!((scenario.requests[0].redirects, scenario.requests[0].gzip), (0, false));
    }

    #[test]
    fn a_load_that_nobody_sized_is_refused() {
        let Err(failure) = write("http://a", &UrlArguments::default()) else { panic!() };
        assert!(failure.message.contains("--rate 50/s"), "{}", failure.message);
    }
}
