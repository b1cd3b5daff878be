//! Every key of the file format, once: the reader's "unknown key, did you mean",
//! the JSON Schema and the reference in `docs/` all read these tables, so that
//! they cannot drift apart.

/// One map of the format.
#[derive(Debug)]
pub(super) struct Table {
    /// What the map is, for messages and headings: `request`.
    pub(super) name: &'static str,
    /// One sentence.
    pub(super) about: &'static str,
    /// Its keys, in the order in which they are documented.
    pub(super) keys: &'static [Key],
    /// Keys that the format reserves and this version does not read.
    pub(super) unsupported: &'static [&'static str],
    /// Groups of keys of which exactly one must be there.
    pub(super) one_of: &'static [&'static [&'static str]],
    /// Whether a later map with the same id may give only some of the keys.
    pub(super) overrides: bool,
}

/// One key of a map.
#[derive(Debug)]
pub(super) struct Key {
    /// As it is written.
    pub(super) name: &'static str,
    /// What may stand there.
    pub(super) shape: Shape,
    /// Whether it must be there.
    pub(super) presence: Presence,
    /// What it means, one sentence.
    pub(super) about: &'static str,
}

/// Whether a key must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// An error without it.
    Required,
    /// Nothing happens without it.
    Optional,
    /// Stands for this when absent.
    Default(&'static str),
}

/// What may stand at a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// The number 1 (`version`).
    One,
    /// `[A-Za-z0-9_.-]+`.
    Name,
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number from a minimum.
    Whole(u64),
    /// `true` or `false`.
    Boolean,
    /// `true`.
    True,
    /// `250ms`, `1m30s`.
    Duration,
    /// `5/s`, `5/s -> 20/s`.
    Rate,
    /// `20`, `1 -> 20`.
    Users,
    /// `500ms`, `200ms..1s`.
    ThinkTime,
    /// A path on the target, from `/`.
    Path,
    /// The same, or a `{{name}}` that is one.
    SentPath,
    /// `http://…` or `https://…`.
    Url,
    /// `$.a.b[0]`.
    JsonPath,
    /// `< 10s`.
    Threshold,
    /// Any YAML value, with `{{name}}` in it.
    Template,
    /// `auto`, `1.1`, `2`.
    HttpVersion,
    /// An HTTP status, or a class of them: `2xx`.
    Status,
    /// A text, number or boolean.
    Scalar,
    /// This map.
    Map(&'static Table),
    /// A map from names to this shape.
    Named(&'static Shape),
    /// A list of this shape, at least one.
    List(&'static Shape),
    /// Any of these.
    Any(&'static [Shape]),
}

impl Table {
    /// All names of keys that are read.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }
}

const fn required(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, presence: Presence::Required, about }
}

const fn optional(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, presence: Presence::Optional, about }
}

const fn with_default(
    name: &'static str,
    shape: Shape,
    value: &'static str,
    about: &'static str,
) -> Key {
    Key { name, shape, presence: Presence::Default(value), about }
}

/// A scenario file.
pub(super) static SCENARIO: Table = Table {
    name: "scenario",
    about: "A file with `load` is a scenario.",
    keys: &[
        required("version", Shape::One, "The version of this format: 1."),
        required("name", Shape::Name, "The scenario's name in every output."),
        optional("description", Shape::Text, "One sentence for people."),
        required(
            "target",
            Shape::Text,
            "What is loaded: `reference` (the reference export service, started for this scenario) or a URL such as `http://127.0.0.1:8080` or `https://shop.example`, without a path.",
        ),
        optional(
            "tls",
            Shape::Map(&TLS),
            "How TLS is spoken with an `https` target, and with metrics at a `path` on it.",
        ),
        optional(
            "http",
            Shape::Map(&HTTP),
            "How HTTP is spoken with the target; metrics are always asked for over HTTP/1.1.",
        ),
        optional(
            "reference",
            Shape::Map(&REFERENCE),
            "Settings of the reference service; an error for any other target.",
        ),
        with_default(
            "metrics",
            Shape::Any(&[Shape::Word(&["none"]), Shape::Map(&METRICS)]),
            "none",
            "Where the target's Prometheus metrics are; `none` allows client objectives only.",
        ),
        with_default(
            "restarts",
            Shape::Word(&["fail", "allow"]),
            "fail",
            "What a restart of the target during the measured load means: that it failed, or (`allow`) that what its counters lost is not known.",
        ),
        optional(
            "auth",
            Shape::Map(&AUTH),
            "Who sends the requests, unless one of them says otherwise. Metrics are asked as `metrics.auth` says.",
        ),
        optional(
            "data",
            Shape::Named(&Shape::Map(&DATA_SET)),
            "Data sets by name, for `{{name}}` and `{{name.field}}` in requests.",
        ),
        with_default(
            "max_in_flight",
            Shape::Whole(1),
            "1000",
            "Most requests of phases with `rate` at once. More wait (late), and their wait is part of their latency; what waits when there is no room, or when the load ends, is never sent (dropped), and failed. `--max-in-flight` wins.",
        ),
        required("load", Shape::List(&Shape::Map(&PHASE)), "Phases, one after the other."),
        optional(
            "requests",
            Shape::List(&Shape::Map(&REQUEST)),
            "What is sent: independent requests, picked by weight in a seeded, even order.",
        ),
        optional(
            "flows",
            Shape::List(&Shape::Map(&FLOW)),
            "What is sent, in place of `requests`: steps that follow each other, picked by weight; `rate` and `iterations` count flows.",
        ),
        required("slo", SLO_SHAPE, "What must hold; `none` is the explicit load-only form."),
        optional(
            "alerts",
            Shape::Map(&ALERTS),
            "Rule files of Prometheus that are evaluated over the run, and what their alerts must do.",
        ),
        optional(
            "unmoved",
            Shape::Word(&["allow"]),
            "Accepts that none of the target's counters moves under this load; without it nothing passes on such metrics.",
        ),
    ],
    unsupported: &["abort", "retry", "proxy"],
    one_of: &[&["requests", "flows"]],
    overrides: false,
};

/// A file with objectives only.
pub(super) static OBJECTIVE_LIST: Table = Table {
    name: "list of objectives",
    about: "A file with only `slo` (and `version` and `description`) is a list of objectives, for `include`.",
    keys: &[
        required("version", Shape::One, "The version of this format: 1."),
        optional("description", Shape::Text, "One sentence for people."),
        required("slo", Shape::List(&OBJECTIVE_SHAPE), "The objectives."),
    ],
    unsupported: &["alerts"],
    one_of: &[],
    overrides: false,
};

static OBJECTIVE_SHAPE: Shape =
    Shape::Any(&[Shape::Text, Shape::Map(&OBJECTIVE), Shape::Map(&INCLUDE)]);
const SLO_SHAPE: Shape = Shape::Any(&[Shape::Word(&["none"]), Shape::List(&OBJECTIVE_SHAPE)]);

/// `reference:`
pub(super) static REFERENCE: Table = Table {
    name: "reference service",
    about: "Settings of the reference service.",
    keys: &[optional(
        "faults",
        Shape::List(&Shape::Text),
        "Faults on purpose, in the notation of `exporter --fault`.",
    )],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// `metrics:`
pub(super) static METRICS: Table = Table {
    name: "metrics source",
    about: "Where the target's metrics are: pages that are scraped, or a Prometheus-compatible API that has scraped them.",
    keys: &[
        optional("path", Shape::Path, "The path of the exposition on the target itself."),
        optional(
            "scrape",
            Shape::List(&Shape::Any(&[Shape::Url, Shape::Map(&SCRAPE_TARGET)])),
            "Pages with metrics by their URLs, `http` or `https`; each is an instance.",
        ),
        optional(
            "dns",
            Shape::Map(&DNS),
            "One page at each address of a name, which is resolved once, before the load.",
        ),
        optional(
            "prometheus",
            Shape::Url,
            "A Prometheus-compatible API where the series already are, without `/api/v1`: its own scrape interval is respected, and nothing is scraped here.",
        ),
        optional(
            "matcher",
            Shape::Text,
            "With `prometheus`, which must have it: the series of the target, as a selector such as `{job=\"x\"}`.",
        ),
        optional(
            "settle",
            Shape::Duration,
            "With `prometheus`: longest wait for new samples before the load and after it; at most 30m. Three of its scrape intervals and 10s without it.",
        ),
        with_default(
            "every",
            Shape::Duration,
            "1s",
            "Time between two scheduled scrapes of an instance; at least 10ms. The opening and the closing scrape come on top. Not with `prometheus`.",
        ),
        with_default(
            "timeout",
            Shape::Duration,
            "5s",
            "Longest time of one scrape, or of one answer of the API; at most 1m.",
        ),
        with_default(
            "sample_limit",
            Shape::Whole(1),
            "100000",
            "Most samples of one scrape, or series that the matcher selects; with one more it fails as a whole.",
        ),
        with_default(
            "honor_timestamps",
            Shape::Boolean,
            "false",
            "Whether the times that an exposition gives its samples are used. Not with `prometheus`.",
        ),
        optional("auth", Shape::Map(&AUTH), "Who asks."),
        optional(
            "headers",
            Shape::Named(&Shape::Scalar),
            "Header names and values of every scrape, or question to the API.",
        ),
        optional("tls", Shape::Map(&TLS), "How TLS is spoken with `https` URLs, and with `dns`."),
    ],
    unsupported: &["proxy"],
    one_of: &[&["path", "scrape", "dns", "prometheus"]],
    overrides: false,
};

/// `--verify-with`: no map of a file, but one of the command line.
pub(super) static VERIFY_WITH: Table = Table {
    name: "verifying API",
    about: "A Prometheus-compatible API that is asked after the run what its own series were asked.",
    keys: &[
        required("prometheus", Shape::Url, "The API, without `/api/v1`."),
        with_default("timeout", Shape::Duration, "5s", "Longest time of one answer; at most 1m."),
        optional("auth", Shape::Map(&AUTH), "Who asks."),
        optional(
            "headers",
            Shape::Named(&Shape::Scalar),
            "Header names and values of every question.",
        ),
        optional("tls", Shape::Map(&TLS), "How TLS is spoken with an `https` URL."),
    ],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// One entry of `scrape:`.
pub(super) static SCRAPE_TARGET: Table = Table {
    name: "scrape target",
    about: "One page with metrics.",
    keys: &[
        required("url", Shape::Url, "Where it is: `http://…` or `https://…`."),
        optional(
            "instance",
            Shape::Scalar,
            "The `instance` label of its series, different for each; host and port of the URL without it.",
        ),
    ],
    unsupported: &["labels", "job", "auth", "headers", "tls"],
    one_of: &[],
    overrides: false,
};

/// `dns:`
pub(super) static DNS: Table = Table {
    name: "dns target",
    about: "One page with metrics at each address of a name; the instance is `address:port`. With `tls` it is asked over https, and each certificate must be for the name.",
    keys: &[
        required("name", Shape::Text, "The host name; an address stands for itself."),
        required("port", Shape::Whole(1), "The port."),
        with_default("path", Shape::Path, "/metrics", "The path of the exposition."),
        optional(
            "type",
            Shape::Word(&["A", "AAAA"]),
            "IPv4 or IPv6 addresses only. Without it the IPv4 addresses, or the IPv6 ones where there are no others, so that a host with both is not counted twice.",
        ),
    ],
    unsupported: &["refresh", "names"],
    one_of: &[],
    overrides: false,
};

/// `auth:`
pub(super) static AUTH: Table = Table {
    name: "authorization",
    about: "Who asks. Secrets are in files or variables, never in the scenario, and are never shown or saved.",
    keys: &[
        optional(
            "bearer_file",
            Shape::Text,
            "A file with a token, relative to the scenario file; white space at its end does not count.",
        ),
        optional("bearer", Shape::Text, "A token from a variable: `${TOKEN}`."),
        optional("basic", Shape::Map(&BASIC_AUTH), "A user with a password."),
    ],
    unsupported: &["oauth2", "type"],
    one_of: &[&["bearer_file", "bearer", "basic"]],
    overrides: false,
};

/// `basic:` of `auth:`
pub(super) static BASIC_AUTH: Table = Table {
    name: "basic authorization",
    about: "A user with a password.",
    keys: &[
        required("username", Shape::Scalar, "The user."),
        optional(
            "password_file",
            Shape::Text,
            "A file with the password, relative to the scenario file; white space at its end does not count.",
        ),
        optional("password", Shape::Text, "The password from a variable: `${PASSWORD}`."),
    ],
    unsupported: &[],
    one_of: &[&["password_file", "password"]],
    overrides: false,
};

/// `tls:`
pub(super) static TLS: Table = Table {
    name: "tls setting",
    about: "How TLS is spoken. Files are in PEM and relative to the scenario file; a certificate is always checked.",
    keys: &[
        optional(
            "ca",
            Shape::Text,
            "A file with the authorities to trust, and no others; those that the system trusts without it.",
        ),
        optional("cert", Shape::Text, "A file with the client's certificate; needs `key`."),
        optional("key", Shape::Text, "A file with the certificate's private key."),
        optional(
            "server_name",
            Shape::Text,
            "The name that the server's certificate must be for; the host of the URL without it.",
        ),
    ],
    unsupported: &["insecure_skip_verify", "min_version"],
    one_of: &[],
    overrides: false,
};

/// `http:`
pub(super) static HTTP: Table = Table {
    name: "http setting",
    about: "How HTTP is spoken with the target.",
    keys: &[
        with_default(
            "version",
            Shape::HttpVersion,
            "auto",
            "HTTP/1.1, or HTTP/2 with one stream at a time on each connection. `auto` is what the target chooses in TLS, and 1.1 without TLS; `2` without TLS is HTTP/2 from the first byte on.",
        ),
        with_default(
            "keep_alive",
            Shape::Boolean,
            "true",
            "`false` opens a connection for each request, and closes it.",
        ),
    ],
    unsupported: &["streams"],
    one_of: &[],
    overrides: false,
};

/// One entry of `data:`.
pub(super) static DATA_SET: Table = Table {
    name: "data set",
    about: "Rows: generated ones with the columns id, timestamp, symbol, side, price, quantity, venue and note, or those of a file. As a whole a JSON array of objects; `{{name.field}}` is a field of the iteration's row.",
    keys: &[
        optional("rows", Shape::Whole(1), "How many rows to generate; at most 1000000."),
        optional(
            "csv",
            Shape::Text,
            "A file of comma-separated values with a header, relative to the scenario file; every value is a text. At most 64 MiB and 1000000 rows.",
        ),
        optional(
            "jsonl",
            Shape::Text,
            "A file with a JSON object on each line, relative to the scenario file; values keep their types. At most 64 MiB and 1000000 rows.",
        ),
        with_default(
            "order",
            Shape::Word(&["sequential", "random"]),
            "sequential",
            "Which row an iteration has: the one of its number, and again from the first; or any, as `seed` decides.",
        ),
        with_default(
            "seed",
            Shape::Whole(0),
            "0",
            "The same seed gives the same generated rows, and the same random order, on every machine.",
        ),
    ],
    unsupported: &[],
    one_of: &[&["rows", "csv", "jsonl"]],
    overrides: false,
};

/// One entry of `load:`.
pub(super) static PHASE: Table = Table {
    name: "phase",
    about: "One stretch of load: `rate` with `for` (arrivals do not wait for answers), or `users` with one of `for`, `iterations` and `iterations_per_user` (each user sends its next request after the answer to the one before).",
    keys: &[
        required("name", Shape::Name, "The phase's name, unique in the file."),
        optional("rate", Shape::Rate, "Requests a second, `5/s`; or a ramp, `5/s -> 20/s`."),
        optional("users", Shape::Users, "Users at once, `20`; or with `for` a ramp, `1 -> 20`."),
        optional("for", Shape::Duration, "How long arrivals go on, or users send."),
        with_default(
            "arrivals",
            Shape::Word(&["even", "poisson"]),
            "even",
            "With `rate`: at equal distances, or at random and independent of each other with this mean rate.",
        ),
        optional(
            "think_time",
            Shape::ThinkTime,
            "With `users`: how long a user waits between an answer and its next request, `500ms`; or evenly spread, `200ms..1s`.",
        ),
        optional("iterations", Shape::Whole(1), "With `users`: so many requests in all."),
        optional(
            "iterations_per_user",
            Shape::Whole(1),
            "With `users`: so many requests of each user.",
        ),
        with_default(
            "measure",
            Shape::Boolean,
            "true",
            "`false`, in the first or last phase only, leaves its requests out of every verdict.",
        ),
        with_default(
            "repeat",
            Shape::Whole(1),
            "1",
            "Runs the phase so many times, as NAME-1, NAME-2, …; `during: NAME` then means all of them.",
        ),
    ],
    unsupported: &["max_in_flight", "abort", "retry"],
    one_of: &[&["rate", "users"]],
    overrides: false,
};

/// Names with one value or several.
const PARAMETERS: Shape = Shape::Named(&Shape::Any(&[Shape::Scalar, Shape::List(&Shape::Scalar)]));

/// The HTTP methods that are keys of a request.
pub(super) const METHODS: &[&str] = &["get", "post", "put", "patch", "delete", "head"];

/// One entry of `flows:`.
pub(super) static FLOW: Table = Table {
    name: "flow",
    about: "Steps that one user sends one after the other, on one connection. A step that fails ends the iteration.",
    keys: &[
        required("name", Shape::Name, "The flow's name, unique among flows."),
        with_default("weight", Shape::Whole(1), "1", "The flow's share of the iterations."),
        required(
            "steps",
            Shape::List(&Shape::Map(&REQUEST)),
            "Requests without `weight`, in order; their names are unique in the file.",
        ),
    ],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// One entry of `capture:`.
pub(super) static CAPTURE: Table = Table {
    name: "capture",
    about: "Where a value is in a step's answer. Where there is none, or an empty one, the step has failed (`capture`).",
    keys: &[
        optional("json", Shape::JsonPath, "At this path of the JSON body; it keeps its type."),
        optional("header", Shape::Text, "In this header; of several the first."),
        optional(
            "regex",
            Shape::Text,
            "Where this expression first matches the body: its first group, or all of it.",
        ),
    ],
    unsupported: &[],
    one_of: &[&["json", "header", "regex"]],
    overrides: false,
};

/// A header whose value stands in a file.
pub(super) static HEADER_FILE: Table = Table {
    name: "header in a file",
    about: "A header whose value is a secret, so that it does not stand in the scenario.",
    keys: &[
        required(
            "file",
            Shape::Text,
            "The file with the value on one line, relative to this file; white space at its end does not count.",
        ),
        optional("prefix", Shape::Text, "What stands before it, such as `Bearer `."),
    ],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// One entry of `requests:`.
pub(super) static REQUEST: Table = Table {
    name: "request",
    about: "One kind of request. Its method is a key whose value is the path: `post: /export/run`.",
    keys: &[
        required("name", Shape::Name, "The request's name, unique in the file."),
        optional("get", Shape::SentPath, "Path and query of a GET request."),
        optional("post", Shape::SentPath, "Path and query of a POST request."),
        optional("put", Shape::SentPath, "Path and query of a PUT request."),
        optional("patch", Shape::SentPath, "Path and query of a PATCH request."),
        optional("delete", Shape::SentPath, "Path and query of a DELETE request."),
        optional("head", Shape::SentPath, "Path and query of a HEAD request."),
        with_default("weight", Shape::Whole(1), "1", "The request's share."),
        optional(
            "headers",
            Shape::Named(&Shape::Any(&[Shape::Scalar, Shape::Map(&HEADER_FILE)])),
            "Header names and values; a value may stand in a file.",
        ),
        optional(
            "auth",
            Shape::Any(&[Shape::Word(&["none"]), Shape::Map(&AUTH)]),
            "Who sends it, in place of the scenario's `auth`; `none` for nobody.",
        ),
        optional(
            "query",
            PARAMETERS,
            "Names and values that are added to the path's query, encoded as browsers encode a form; a list repeats the name.",
        ),
        optional(
            "json",
            Shape::Template,
            "A JSON body; adds `content-type: application/json`. `\"{{name}}\"` as a whole value keeps its type; within a longer text it is escaped.",
        ),
        optional(
            "body",
            Shape::Text,
            "A body as text; `{{name}}` in it becomes the JSON text of the data set, or the value as it is.",
        ),
        optional(
            "form",
            PARAMETERS,
            "A form as the body, encoded as browsers do; adds `content-type: application/x-www-form-urlencoded`. A list repeats the name.",
        ),
        with_default(
            "timeout",
            Shape::Any(&[Shape::Duration, Shape::Map(&TIMEOUT)]),
            "60s",
            "From the send to the last byte of the answer.",
        ),
        with_default(
            "gzip",
            Shape::Boolean,
            "false",
            "Asks for gzip; what comes is decoded before `expect` looks at it.",
        ),
        with_default(
            "redirects",
            Shape::Whole(0),
            "0",
            "Most redirects that are followed, on the same origin only; at most 20.",
        ),
        optional(
            "retry",
            Shape::Map(&RETRY),
            "Repeats what failed, and shows that it did; nothing is repeated without it.",
        ),
        optional(
            "expect",
            Shape::Map(&EXPECT),
            "What a good answer looks like; any 2xx without it.",
        ),
        optional(
            "artifacts",
            Shape::Map(&ARTIFACTS),
            "Files that an answer points to, fetched after the closing scrape.",
        ),
        optional(
            "capture",
            Shape::Named(&Shape::Map(&CAPTURE)),
            "In a step of a flow: values of the answer, which later steps call `{{name}}`.",
        ),
        optional(
            "think_time",
            Shape::ThinkTime,
            "In a step of a flow: how long the user waits between its answer and the next step, `500ms`; or evenly spread, `200ms..1s`.",
        ),
    ],
    unsupported: &["steps", "proxy", "tls", "multipart"],
    one_of: &[METHODS],
    overrides: false,
};

/// `retry:`
pub(super) static RETRY: Table = Table {
    name: "retry setting",
    about: "What is repeated when it has failed. Each attempt has the request's whole `timeout`; the latency runs over all attempts and pauses.",
    keys: &[
        required(
            "attempts",
            Shape::Whole(2),
            "Most attempts in all, the first included; at most 10.",
        ),
        with_default(
            "on",
            Shape::List(&Shape::Any(&[
                Shape::Word(&["connect", "tls", "timeout", "closed"]),
                Shape::Status,
            ])),
            "[connect, closed, 429, 503]",
            "What is repeated: no connection, no agreement on TLS, no whole answer in time, a connection that ended early, and statuses from 400 on. What `expect` calls good is not repeated.",
        ),
        with_default(
            "backoff",
            Shape::Duration,
            "100ms",
            "The pause before the first repetition; each further one is twice as long, up to 1m. `Retry-After` in seconds makes it longer, up to 10s.",
        ),
        with_default(
            "unsafe",
            Shape::Boolean,
            "false",
            "Whether a POST or PATCH is repeated, which may have had its effect already.",
        ),
    ],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// `timeout:` in its long form.
pub(super) static TIMEOUT: Table = Table {
    name: "timeout",
    about: "How long an exchange may take, and parts of it.",
    keys: &[
        with_default(
            "connect",
            Shape::Duration,
            "5s",
            "Until there is a connection, with its TLS; at most `total`.",
        ),
        optional("first_byte", Shape::Duration, "From the send to the head of the answer."),
        with_default(
            "total",
            Shape::Duration,
            "60s",
            "From the send to the last byte of the answer.",
        ),
    ],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// `expect:`
pub(super) static EXPECT: Table = Table {
    name: "expectation",
    about: "What a good answer looks like; every part must hold.",
    keys: &[
        with_default(
            "status",
            Shape::Any(&[Shape::Status, Shape::List(&Shape::Status)]),
            "2xx",
            "The good statuses: `200`, `[200, 202]`, `2xx`.",
        ),
        optional(
            "headers",
            Shape::Named(&Shape::Scalar),
            "Headers of the answer with their whole values: `{ content-type: text/csv }`.",
        ),
        optional(
            "json",
            Shape::Named(&Shape::Template),
            "Values at paths of the JSON body: `{ $.success: true }`.",
        ),
        optional(
            "json_is",
            Shape::Named(&Shape::Any(&[Shape::Word(&["present"]), Shape::Threshold])),
            "What values at paths of the JSON body are: `{ $.id: present, $.rows: '> 5' }`; a comparison takes plain numbers.",
        ),
        optional(
            "contains",
            Shape::Any(&[Shape::Text, Shape::List(&Shape::Text)]),
            "A text that stands in the body; of a list, all do.",
        ),
        optional(
            "bytes",
            Shape::Threshold,
            "The length of the body, decoded if it was: `> 0`, `<= 2MB`.",
        ),
        optional("sha256", Shape::Text, "The SHA-256 digest of the body, 64 hexadecimal digits."),
    ],
    unsupported: &["body", "regex"],
    one_of: &[],
    overrides: false,
};

/// `artifacts:`
pub(super) static ARTIFACTS: Table = Table {
    name: "artifact setting",
    about: "Files that an answer points to.",
    keys: &[
        required(
            "url",
            Shape::JsonPath,
            "Where in the answer the URL, or the path on the target, is.",
        ),
        with_default(
            "keep",
            Shape::Whole(0),
            "1",
            "How many files to keep as samples; at most 100.",
        ),
    ],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// The keys that say what an objective measures.
pub(super) const OBJECTIVE_KINDS: &[&str] = &["client", "promql", "counter", "series", "reconcile"];

/// One objective in its long form.
pub(super) static OBJECTIVE: Table = Table {
    name: "objective",
    about: "One thing that must hold, in its long form. The short form is a text: `p95(latency) < 1s during steady`.",
    keys: &[
        required(
            "id",
            Shape::Name,
            "The objective's id, unique in the scenario; the id of an included objective overrides the keys that are given.",
        ),
        optional("description", Shape::Text, "One sentence for people."),
        optional(
            "client",
            Shape::Text,
            "A number of the load generator's own: `p95(latency{request=\"csv\"})`.",
        ),
        optional(
            "promql",
            Shape::Text,
            "An expression at the closing scrape; `$run` and `$phase` are its windows.",
        ),
        optional(
            "counter",
            Shape::Text,
            "A counter's selector: last minus first, per series, summed, without extrapolation.",
        ),
        optional(
            "series",
            Shape::Text,
            "A selector of series, of which the closing scrape must have at least one; with `is: present`.",
        ),
        optional(
            "reconcile",
            Shape::Map(&RECONCILE),
            "A total of the load generator's and a counter of the target's that must be the same.",
        ),
        optional(
            "unit",
            Shape::Word(UNIT_NAMES),
            "The unit of a `promql` or `counter` value, or of the counter of `reconcile`; without it `is` takes plain numbers.",
        ),
        optional(
            "is",
            Shape::Any(&[
                Shape::Word(&["present"]),
                Shape::Threshold,
                Shape::List(&Shape::Threshold),
            ]),
            "What the value must be: `< 10s`; of a list, all must hold. `present` for `series`. Required, but for `reconcile`.",
        ),
        optional(
            "within",
            Shape::Scalar,
            "How far the totals of `reconcile` may be apart: `5`, or `1%` of the load generator's; 0 without it.",
        ),
        optional(
            "beside",
            Shape::Named(&Shape::Text),
            "Counters, by names of their own, whose growth is shown with the objective and judges nothing.",
        ),
        optional(
            "during",
            Shape::Name,
            "The measured phase that it is about; all measured phases without it.",
        ),
        optional(
            "window",
            Shape::Word(&["includes_before_run"]),
            "A `promql` range longer than the run is meant.",
        ),
        optional(
            "abort",
            Shape::Map(&ABORT),
            "Ends the load when a `client`, `promql` or `counter` objective is missed for so long.",
        ),
    ],
    unsupported: &["alert"],
    one_of: &[OBJECTIVE_KINDS],
    overrides: true,
};

/// `reconcile:`
pub(super) static RECONCILE: Table = Table {
    name: "reconciliation",
    about: "Two counts of one thing: the load generator's and the target's.",
    keys: &[
        required(
            "client",
            Shape::Text,
            "What the load generator counted: `count(responses)`, `bytes(sent)`.",
        ),
        required(
            "counter",
            Shape::Text,
            "The selector of the target's counter: last minus first, as in `counter`.",
        ),
    ],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// `abort:`
pub(super) static ABORT: Table = Table {
    name: "abort setting",
    about: "When a missed objective ends the load.",
    keys: &[required(
        "after",
        Shape::Duration,
        "How long it must be missed without interruption, judged on the evidence so far at each scrape.",
    )],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// `alerts:`
pub(super) static ALERTS: Table = Table {
    name: "alerts block",
    about: "Alert rules that are evaluated over the run, from its first scrape to the closing one. It has `must_not_fire`, `must_fire` or both.",
    keys: &[
        required(
            "rules",
            Shape::Any(&[Shape::Text, Shape::List(&Shape::Text)]),
            "Rule files of Prometheus, relative to this file; `*` and `?` stand for parts of names.",
        ),
        optional(
            "every",
            Shape::Duration,
            "Time between two evaluations of a group that has no `interval`; at least 10ms. Without it that of `metrics`, so that each sample is seen by an evaluation; 1s with `prometheus`.",
        ),
        optional(
            "must_not_fire",
            Shape::Any(&[Shape::True, Shape::List(&Shape::Text), Shape::Map(&MUST_NOT_FIRE)]),
            "Alerts that must stay quiet: all of the files (`true`), those of a list, or as a map says.",
        ),
        optional(
            "must_fire",
            Shape::List(&Shape::Any(&[Shape::Text, Shape::Map(&MUST_FIRE)])),
            "Alerts that must fire.",
        ),
    ],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// `must_not_fire:`
pub(super) static MUST_NOT_FIRE: Table = Table {
    name: "quiet alerts",
    about: "Alerts that must not fire, each an objective by itself.",
    keys: &[
        optional("alerts", Shape::List(&Shape::Text), "Which ones; all of the files without it."),
        optional("except", Shape::List(&Shape::Text), "Those of all that are not judged."),
        optional(
            "during",
            Shape::Any(&[Shape::Name, Shape::List(&Shape::Name)]),
            "The measured phases in which they must be quiet, each judged by itself; the whole measured run without it.",
        ),
    ],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// One entry of `must_fire:`.
pub(super) static MUST_FIRE: Table = Table {
    name: "expected alert",
    about: "An alert that must fire.",
    keys: &[
        required("alert", Shape::Text, "Its name."),
        optional(
            "labels",
            Shape::Named(&Shape::Scalar),
            "Labels that it must have when it fires, beside others.",
        ),
        optional(
            "during",
            Shape::Name,
            "The measured phase in which it must fire; any time of the measured run without it.",
        ),
        optional(
            "within",
            Shape::Duration,
            "How long after the start of that phase, or of the measured load, it must fire at the latest.",
        ),
    ],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// The names that `unit:` takes.
pub(super) const UNIT_NAMES: &[&str] = &[
    "ns", "us", "ms", "s", "seconds", "m", "h", "bytes", "kB", "MB", "GB", "KiB", "MiB", "GiB",
    "ratio", "%", "/s",
];

/// `include:` in a list of objectives.
pub(super) static INCLUDE: Table = Table {
    name: "include",
    about: "Takes over the objectives of another file, relative to this one.",
    keys: &[required("include", Shape::Text, "The file: a list of objectives.")],
    unsupported: &[],
    one_of: &[],
    overrides: false,
};

/// Every map of the format, in the order in which it is documented.
pub(super) static ALL: &[&Table] = &[
    &SCENARIO,
    &OBJECTIVE_LIST,
    &REFERENCE,
    &METRICS,
    &SCRAPE_TARGET,
    &DNS,
    &AUTH,
    &BASIC_AUTH,
    &TLS,
    &HTTP,
    &DATA_SET,
    &PHASE,
    &FLOW,
    &REQUEST,
    &CAPTURE,
    &TIMEOUT,
    &HEADER_FILE,
    &RETRY,
    &EXPECT,
    &ARTIFACTS,
    &OBJECTIVE,
    &RECONCILE,
    &ABORT,
    &INCLUDE,
    &ALERTS,
    &MUST_NOT_FIRE,
    &MUST_FIRE,
];
