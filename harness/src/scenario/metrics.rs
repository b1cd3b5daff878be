//! Where the target's metrics are: `metrics:`.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;

use super::access::{Over, Tls, access};
use super::api_source::{api_source, refuse_without_api};
use super::codes;
use super::context::Context;
use super::fields::{self, Fields};
use super::keys;
use super::model::{
    AddressFamily, DEFAULT_SCRAPE_TIMEOUT, DnsTargets, Metrics, ScrapeSource, ScrapeTargets,
    ScrapeUrl, Target,
};
use super::source::Span;
use super::target::request_path;
use super::tree::{Node, Value};

/// Time between two scrapes when a file does not say: Prometheus' habit is 15 s, but
/// a maximum of a gauge needs ten scrapes within runs of half a minute.
const DEFAULT_SCRAPE_INTERVAL: Duration = Duration::from_secs(1);
/// The shortest time between two scrapes: below it the scrapes are the load.
pub const SHORTEST_SCRAPE_INTERVAL: Duration = Duration::from_millis(10);
/// The longest time that a file may allow a scrape: the end of a run waits for it.
const LONGEST_SCRAPE_TIMEOUT: Duration = Duration::from_secs(60);
/// The largest `sample_limit`; a series takes about a kilobyte here.
const LARGEST_SAMPLE_LIMIT: u64 = 10_000_000;

/// URLs that a description names at most.
const NAMED_URLS: usize = 3;

/// Where the metrics are, in words. The query of a URL may hold a secret and is left out.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Scrape(source) => source.targets.fmt(f),
            Self::Prometheus(source) => {
                write!(f, "{} of {}", source.matcher, without_query(&source.url))
            }
        }
    }
}

impl fmt::Display for ScrapeTargets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{} on the target", without_query(path)),
            Self::Urls(urls) => {
                let named = urls.iter().take(NAMED_URLS).map(|one| without_query(&one.url));
                f.write_str(&named.collect::<Vec<_>>().join(", "))?;
                match urls.len().saturating_sub(NAMED_URLS) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
            Self::Dns(dns) => {
                let DnsTargets { name, port, path, scheme, .. } = dns;
                let host = if name.contains(':') { format!("[{name}]") } else { name.clone() };
                let path = without_query(path);
                write!(f, "{scheme}://{host}:{port}{path} at each address")
            }
        }
    }
}

fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// Lowers `metrics:`; `target` is what is loaded, as far as that is known, and `target_tls`
/// how TLS is spoken with it.
pub(super) fn metrics(
    file: &Fields,
    target: Option<&Target>,
    target_tls: Option<&Tls>,
    cx: &mut Context,
) -> Option<Metrics> {
    let Some(node) = file.get("metrics") else {
        return Some(Metrics::None);
    };
    match &node.value {
        Value::Text(text) if text == "none" => Some(Metrics::None),
        Value::Map(_) => {
            let fields = Fields::of(node, &keys::METRICS, cx)?;
            if fields.has("prometheus") {
                return api_source(&fields, target, cx)
                    .map(|api| Metrics::Prometheus(Box::new(api)));
            }
            refuse_without_api(&fields, cx);
            let asked_at = value_at(file, "target");
            let target = TargetOver { target, tls: target_tls, asked_at };
            scrape_source(&fields, target, cx).map(|source| Metrics::Scrape(Box::new(source)))
        }
        _ => {
            fields::wrong_type(node, "`none` or a map", cx)
                .help("write `metrics: { path: /metrics, every: 1s }` or `metrics: none`");
            None
        }
    }
}

/// What is loaded, and how it is spoken to.
#[derive(Clone, Copy)]
struct TargetOver<'a> {
    target: Option<&'a Target>,
    tls: Option<&'a Tls>,
    /// Where the file names it.
    asked_at: Span,
}

fn scrape_source(
    fields: &Fields,
    target: TargetOver<'_>,
    cx: &mut Context,
) -> Option<ScrapeSource> {
    let targets = targets(fields, cx);
    let every = every(fields, cx);
    let timeout = timeout(fields, cx);
    let sample_limit = sample_limit(fields, cx);
    let honor_timestamps =
        fields.has("honor_timestamps").then(|| fields.boolean("honor_timestamps", cx));
    let over = targets.as_ref().map(|targets| over(targets, target, fields));
    let access = access(fields, over.as_ref(), cx);
    Some(ScrapeSource {
        targets: targets?,
        every: every?,
        timeout: timeout?,
        sample_limit: sample_limit?,
        honor_timestamps: honor_timestamps.unwrap_or(Some(false))?,
        access: access?,
    })
}

fn targets(fields: &Fields, cx: &mut Context) -> Option<ScrapeTargets> {
    if let Some(path) = fields.get("path") {
        return request_path(path, cx).map(ScrapeTargets::Path);
    }
    if let Some(dns) = fields.get("dns") {
        let scheme = if fields.has("tls") { "https" } else { "http" };
        return dns_targets(dns, scheme, cx).map(ScrapeTargets::Dns);
    }
    urls(fields, cx).map(ScrapeTargets::Urls)
}

fn every(fields: &Fields, cx: &mut Context) -> Option<Duration> {
    if !fields.has("every") {
        return Some(DEFAULT_SCRAPE_INTERVAL);
    }
    let every = fields.duration("every", cx)?;
    if every < SHORTEST_SCRAPE_INTERVAL {
        cx.error(
            codes::OUT_OF_RANGE,
            value_at(fields, "every"),
            "scrapes less than 10ms apart would be a load of their own",
        )
        .help("write 10ms or more");
        return None;
    }
    Some(every)
}

/// The limit that a file sets, if it sets one; `None` after an error.
#[expect(clippy::option_option, reason = "a wrong limit is not the same as none")]
pub(super) fn sample_limit(fields: &Fields, cx: &mut Context) -> Option<Option<usize>> {
    if !fields.has("sample_limit") {
        return Some(None);
    }
    let limit = fields.whole("sample_limit", 1..=LARGEST_SAMPLE_LIMIT, cx)?;
    usize::try_from(limit).ok().map(Some)
}

pub(super) fn timeout(fields: &Fields, cx: &mut Context) -> Option<Duration> {
    if !fields.has("timeout") {
        return Some(DEFAULT_SCRAPE_TIMEOUT);
    }
    let timeout = fields.duration("timeout", cx)?;
    if timeout > LONGEST_SCRAPE_TIMEOUT {
        cx.error(
            codes::OUT_OF_RANGE,
            value_at(fields, "timeout"),
            "the end of a run would wait so long for its last scrape",
        )
        .help("write 1m or less");
        return None;
    }
    Some(timeout)
}

pub(super) fn value_at(fields: &Fields, name: &str) -> Span {
    fields.get(name).map_or(fields.at, |value| value.span)
}

fn urls(fields: &Fields, cx: &mut Context) -> Option<Vec<ScrapeUrl>> {
    let items = fields.has("scrape").then(|| fields.list("scrape", cx))??;
    let lowered: Vec<_> = items.iter().map(|item| (scrape_url(item, cx), item)).collect();
    let mut urls: Vec<(ScrapeUrl, &Node)> = Vec::new();
    let mut all_good = true;
    for (url, item) in lowered {
        let Some(url) = url else {
            all_good = false;
            continue;
        };
        all_good &= differs(&url, item, &urls, cx);
        urls.push((url, item));
    }
    all_good.then(|| urls.into_iter().map(|(url, _)| url).collect())
}

/// Reports an instance that is there already: its series would be counted twice.
fn differs(url: &ScrapeUrl, item: &Node, others: &[(ScrapeUrl, &Node)], cx: &mut Context) -> bool {
    let same_url = others.iter().find(|(other, _)| other.url == url.url);
    let same_name = others.iter().find(|(other, _)| other.instance == url.instance);
    let (first, message, help) = match (same_url, same_name) {
        (Some((_, first)), _) => {
            (first, "this URL is listed twice".to_owned(), "what it counts would count twice")
        }
        (None, Some((_, first))) => (
            first,
            format!("the instance `{}` is listed twice", url.instance),
            "give each URL an `instance` of its own",
        ),
        (None, None) => return true,
    };
    let line = cx.place(fields::start_of(first)).line;
    cx.error(codes::DUPLICATE_NAME, fields::start_of(item), message)
        .label("here again")
        .help(format!("it stands on line {line} already; {help}"));
    false
}

fn scrape_url(node: &Node, cx: &mut Context) -> Option<ScrapeUrl> {
    if !matches!(node.value, Value::Map(_)) {
        let url = url(node, cx)?;
        let instance = host_and_port(&url);
        return Some(ScrapeUrl { url: url.into(), instance });
    }
    let fields = Fields::of(node, &keys::SCRAPE_TARGET, cx)?;
    let url = fields.get("url").and_then(|node| url(node, cx));
    let instance = fields.get("instance").map(|node| fields::scalar_text(node, cx));
    let url = url?;
    let instance = match instance {
        Some(instance) => instance?,
        None => host_and_port(&url),
    };
    Some(ScrapeUrl { url: url.into(), instance })
}

/// An `http` or `https` URL without a user in it.
pub(super) fn url(node: &Node, cx: &mut Context) -> Option<Url> {
    let Some(text) = node.text() else {
        fields::wrong_type(node, "a URL or a map", cx);
        return None;
    };
    let url = Url::parse(text).ok().filter(Url::has_host);
    let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        cx.error(codes::INVALID_URL, node.span, "this is not a URL with metrics")
            .help("write http://host:port/path or https://host:port/path");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        cx.conceal(node.span);
        cx.error(codes::CREDENTIAL_IN_FILE, node.span, "a URL with a user in it")
            .help("write `auth: { basic: { username: …, password_file: … } }` instead");
        return None;
    }
    if url.fragment().is_some() {
        cx.error(codes::INVALID_URL, node.span, "a URL with a `#` part, which is never sent")
            .help("remove it");
        return None;
    }
    Some(url)
}

/// `host:port`, as Prometheus names an instance; an IPv6 address in brackets.
fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn dns_targets(node: &Node, scheme: &'static str, cx: &mut Context) -> Option<DnsTargets> {
    let fields = Fields::of(node, &keys::DNS, cx)?;
    let name = fields.get("name").and_then(|node| host_name(node, cx));
    let port = fields.whole("port", 1..=u64::from(u16::MAX), cx);
    let path = match fields.get("path") {
        Some(node) => request_path(node, cx),
        None => Some("/metrics".to_owned()),
    };
    let family = fields.get("type").map(|node| family(node, cx));
    Some(DnsTargets {
        name: name?,
        port: u16::try_from(port?).ok()?,
        path: path?,
        scheme,
        family: match family {
            Some(family) => Some(family?),
            None => None,
        },
    })
}

fn host_name(node: &Node, cx: &mut Context) -> Option<String> {
    let name = fields::text(node, cx)?;
    let is_address = name.parse::<IpAddr>().is_ok();
    let shown = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
    let same = |url: &Url| url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(&shown));
    let parsed = Url::parse(&format!("http://{shown}/")).ok();
    if !is_address && !parsed.as_ref().is_some_and(same) {
        cx.error(codes::INVALID_URL, node.span, format!("`{name}` is not the name of a host"))
            .help("write a name that has addresses, without scheme, port or path");
        return None;
    }
    Some(name.to_owned())
}

fn family(node: &Node, cx: &mut Context) -> Option<AddressFamily> {
    match node.text() {
        Some("A") => Some(AddressFamily::V4),
        Some("AAAA") => Some(AddressFamily::V6),
        _ => {
            fields::wrong_type(node, "`A` or `AAAA`", cx)
                .help("without `type` the IPv4 addresses are taken, or the IPv6 ones if there are no others");
            None
        }
    }
}

/// What instances are asked over.
fn over(targets: &ScrapeTargets, target: TargetOver<'_>, fields: &Fields) -> Over {
    let plain = |host: &str| (!is_this_machine(host)).then(|| host.to_owned());
    match targets {
        ScrapeTargets::Path(_) => over_target(target, plain),
        ScrapeTargets::Urls(urls) => {
            let parsed: Vec<Url> =
                urls.iter().filter_map(|one| Url::parse(&one.url).ok()).collect();
            let is_https = |url: &Url| url.scheme() == "https";
            let mut in_plain = parsed.iter().filter(|url| !is_https(url));
            Over {
                https: parsed.iter().any(is_https).then(|| value_at(fields, "scrape")),
                plain_host: in_plain.find_map(|url| plain(url.host_str()?)),
                tls: None,
            }
        }
        ScrapeTargets::Dns(dns) if dns.scheme == "https" => {
            Over { https: Some(value_at(fields, "dns")), plain_host: None, tls: None }
        }
        ScrapeTargets::Dns(dns) => Over { https: None, plain_host: plain(&dns.name), tls: None },
    }
}

/// A path on the target is asked for as the load is sent.
fn over_target(target: TargetOver<'_>, plain: impl Fn(&str) -> Option<String>) -> Over {
    match target.target {
        Some(https) if https.is_https() => {
            Over { https: Some(target.asked_at), plain_host: None, tls: target.tls.cloned() }
        }
        Some(Target::Url(url)) => {
            let url = Url::parse(url).ok();
            let plain_host = url.as_ref().and_then(Url::host_str).and_then(plain);
            Over { https: None, plain_host, tls: None }
        }
        Some(Target::Reference { .. }) | None => Over { https: None, plain_host: None, tls: None },
    }
}

/// Whether what is sent to a host never leaves this machine.
pub(super) fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names() {
        for host in ["127.0.0.1", "127.1.2.3", "[::1]", "::1", "localhost"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["10.0.0.1", "[fe80::1]", "localhost.example", "example.test"] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn a_description_has_no_query() {
        let url = |number: u8| ScrapeUrl {
            url: format!("http://a:{number}/m?token=x"),
            instance: number.to_string(),
        };
        let urls = ScrapeTargets::Urls((1..=4).map(url).collect());
        assert_eq!(urls.to_string(), "http://a:1/m, http://a:2/m, http://a:3/m and 1 more");
        assert_eq!(ScrapeTargets::Path("/m?token=x".into()).to_string(), "/m on the target");
    }

    #[test]
    fn an_instance_is_named_by_host_and_port() {
        let named = |url: &str| host_and_port(&Url::parse(url).unwrap());
        assert_eq!(named("http://a/metrics"), "a:80");
        assert_eq!(named("https://a/metrics"), "a:443");
        assert_eq!(named("http://[::1]:9100/metrics"), "[::1]:9100");
    }
}
