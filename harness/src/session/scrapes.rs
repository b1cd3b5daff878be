//! The instances of a scenario's metrics, scraped side by side: where each one is, that
//! all are there before the load, and each one's own schedule during it.
//!
//! Each host is resolved once. Where a page is on the target's own host and port it is
//! asked for at the address that the load goes to, so that what is judged is what was
//! loaded.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::join_all;
use reqwest::Url;
use tokio_util::sync::CancellationToken;

use crate::archive::ClosingScrape;
use crate::code::Code;
use crate::gate::Condition;
use crate::scenario::codes::INVALID_URL;
use crate::scenario::{
    AddressFamily, Credentials, DnsTargets, ScrapeSource, ScrapeTargets, ScrapeUrl,
};
use crate::scrape::{HookedScrapes, OnScrape, ScrapeConfig, ScrapeError, Scraper};
use crate::series::{ScrapeMoment, ScrapeRecord};
use crate::target::codes::NO_ADDRESS;
use crate::target::{self, Resolved};

use super::codes;
use super::watch::OwnSeries;

/// Most bytes of one scrape: ten times what a large service exports.
const SCRAPE_BODY_LIMIT_BYTES: usize = 64 * 1024 * 1024;
/// Keeps the seeds of neighbouring instances apart (the golden ratio's 64 bits, as in
/// `SplitMix64`).
const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// All instances of a scenario's metrics; at least one.
pub(super) struct Scrapes {
    scrapers: Vec<Scraper>,
}

/// What scrapers are made with, besides where their pages are.
pub(super) struct Made<'a> {
    pub(super) job: &'a str,
    pub(super) seed: u64,
    /// The client's own series, and where series are written to.
    pub(super) own: OwnSeries,
}

/// One page with metrics, and the address that it is asked for at.
struct Instance {
    url: String,
    name: String,
    address: SocketAddr,
}

impl Scrapes {
    /// Finds every instance and reads what its scrapes carry; nothing is scraped yet.
    pub(super) async fn find(
        source: &ScrapeSource,
        target: &Resolved,
        made: Made<'_>,
    ) -> Result<Self, Condition> {
        // Read again for each scenario: a token may have been renewed since the last one.
        let credentials =
            source.access.read().map_err(|problems| not_there(&problems, problems.codes()))?;
        let instances = match &source.targets {
            ScrapeTargets::Path(path) => vec![on_target(path, target)],
            ScrapeTargets::Urls(urls) => {
                let found = join_all(urls.iter().map(|url| of_url(url, target))).await;
                found.into_iter().collect::<Result<_, _>>()?
            }
            ScrapeTargets::Dns(dns) => of_name(dns).await?,
        };
        refuse_one_page_twice(&instances)?;
        let OwnSeries { sample, series, clock } = made.own;
        let sample = Arc::new(sample);
        let scrapers = instances.into_iter().zip(0..).map(|(instance, number)| {
            let seed = made.seed.wrapping_add(SEED_STEP.wrapping_mul(number));
            let config = config(instance, source, &credentials, seed, made.job);
            let scraper = Scraper::new(config, clock, Arc::clone(&series))?;
            // Our own series are sampled once a tick, whatever the number of instances.
            let hooked = if number == 0 { HookedScrapes::All } else { HookedScrapes::WindowEdges };
            let sample = Arc::clone(&sample);
            let hook: OnScrape = Box::new(move |store, at_ms| sample(store, at_ms));
            Ok(scraper.with_hook(hook, hooked))
        });
        let scrapers: Result<Vec<_>, ScrapeError> = scrapers.collect();
        Ok(Self { scrapers: scrapers.map_err(|error| not_there(&error, [error.code()]))? })
    }

    /// Sees that every instance is there, before the load.
    pub(super) async fn see_metrics(&self) -> Result<(), Condition> {
        let (mut failed, mut causes) = (Vec::new(), Vec::new());
        for record in self.scrape(ScrapeMoment::Readiness).await {
            let Err(error) = record.outcome else { continue };
            failed
                .push(format!("the metrics of {} could not be scraped: {error}", record.instance));
            causes.extend(error.code);
        }
        if failed.is_empty() {
            return Ok(());
        }
        Err(Condition::not_reachable(failed.join("; "), causes))
    }

    /// Scrapes every instance, all at once.
    pub(super) async fn scrape(&self, moment: ScrapeMoment) -> Vec<ScrapeRecord> {
        join_all(self.scrapers.iter().map(|scraper| scraper.scrape(moment))).await
    }

    /// Scrapes each instance on its own schedule, until cancelled.
    pub(super) async fn run_schedules(&self, until: CancellationToken) {
        join_all(self.scrapers.iter().map(|scraper| scraper.run_schedule(until.clone()))).await;
    }

    /// The closing scrape of each instance as it was received, where it was good.
    pub(super) fn closing_scrapes(&self) -> Vec<ClosingScrape> {
        let closing = self.scrapers.iter().filter(|scraper| is_closed(scraper));
        let body = |scraper: &Scraper| {
            let body = scraper.last_body()?;
            Some(ClosingScrape { instance: scraper.instance().to_owned(), body })
        };
        closing.filter_map(body).collect()
    }
}

fn is_closed(scraper: &Scraper) -> bool {
    let store = scraper.store().lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let last = store.scrapes().iter().rfind(|scrape| scrape.instance == scraper.instance());
    last.is_some_and(|last| last.moment == ScrapeMoment::Closing && last.outcome.is_ok())
}

fn config(
    instance: Instance,
    source: &ScrapeSource,
    credentials: &Credentials,
    seed: u64,
    job: &str,
) -> ScrapeConfig {
    ScrapeConfig {
        url: instance.url,
        address: instance.address,
        instance: instance.name,
        job: job.to_owned(),
        every: source.every,
        timeout: source.timeout,
        sample_limit: source.sample_limit,
        body_limit_bytes: SCRAPE_BODY_LIMIT_BYTES,
        seed,
        honor_timestamps: source.honor_timestamps,
        credentials: credentials.clone(),
    }
}

fn on_target(path: &str, target: &Resolved) -> Instance {
    Instance {
        url: format!("{}{path}", target.url),
        name: target.origin.host_and_port(),
        address: target.address,
    }
}

async fn of_url(page: &ScrapeUrl, target: &Resolved) -> Result<Instance, Condition> {
    let url = Url::parse(&page.url).map_err(|error| not_there(&error, [INVALID_URL]))?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or_default();
    let instance =
        |address| Instance { url: page.url.clone(), name: page.instance.clone(), address };
    if host.eq_ignore_ascii_case(&target.origin.host) && port == target.origin.port {
        return Ok(instance(target.address));
    }
    let failed = |error: target::TargetError| {
        let reason = format!("the metrics of {} could not be scraped: {error}", page.instance);
        Condition::not_reachable(reason, error.code())
    };
    let addresses = target::addresses(host, port).await.map_err(failed)?;
    match target::first_that_accepts(&addresses).await {
        Some(address) => Ok(instance(address)),
        // Never the target's own address: its metrics would stand in for this page's.
        None => Err(not_there(&format!("{host} has no address"), [NO_ADDRESS])),
    }
}

/// Two names for one page: what it counts would count twice.
fn refuse_one_page_twice(instances: &[Instance]) -> Result<(), Condition> {
    for (number, one) in instances.iter().enumerate() {
        let same = instances.iter().take(number).find(|other| other.page() == one.page());
        if let Some(other) = same {
            let what = format!(
                "{} and {} are one page at {}, so what it counts would count twice; list it once \
                 (behind a balancer, list the processes themselves)",
                other.name, one.name, one.address
            );
            return Err(not_there(&what, [codes::ONE_PAGE_TWICE]));
        }
    }
    Ok(())
}

impl Instance {
    /// What tells its page from others, whatever its host is called.
    fn page(&self) -> (SocketAddr, String) {
        let url = Url::parse(&self.url).ok();
        let path = url.map(|url| format!("{}?{}", url.path(), url.query().unwrap_or_default()));
        (self.address, path.unwrap_or_else(|| self.url.clone()))
    }
}

/// One instance for each address of a name.
async fn of_name(dns: &DnsTargets) -> Result<Vec<Instance>, Condition> {
    let found = target::addresses(&dns.name, dns.port).await;
    let found = found.map_err(|error| not_there(&error, error.code()))?;
    let addresses = of_family(&found, dns.family);
    if addresses.is_empty() {
        let kind = match dns.family {
            Some(AddressFamily::V4) => "IPv4",
            _ => "IPv6",
        };
        let reason = format!("the name `{}` has no {kind} address to scrape", dns.name);
        return Err(Condition::not_reachable(reason, [NO_ADDRESS]));
    }
    let host = if dns.name.contains(':') { format!("[{}]", dns.name) } else { dns.name.clone() };
    let url = format!("{}://{host}:{}{}", dns.scheme, dns.port, dns.path);
    let instance =
        |address: SocketAddr| Instance { url: url.clone(), name: address.to_string(), address };
    Ok(addresses.into_iter().map(instance).collect())
}

/// The addresses of one kind, in an order that does not depend on the resolver. Of a
/// host that has both kinds one is enough: it would be counted twice.
fn of_family(found: &[SocketAddr], family: Option<AddressFamily>) -> Vec<SocketAddr> {
    let is_v4 = match family {
        Some(family) => family == AddressFamily::V4,
        None => found.iter().any(SocketAddr::is_ipv4),
    };
    let mut addresses: Vec<SocketAddr> =
        found.iter().filter(|address| address.is_ipv4() == is_v4).copied().collect();
    addresses.sort_unstable();
    addresses
}

fn not_there(error: &impl ToString, causes: impl IntoIterator<Item = Code>) -> Condition {
    let reason = format!("the metrics could not be scraped: {}", error.to_string());
    Condition::not_reachable(reason, causes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Origin;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn two_names_of_one_page_are_refused_and_other_pages_are_not() {
        let instance = |url: &str| Instance {
            url: url.to_owned(),
            name: url.to_owned(),
            address: "127.0.0.1:9".parse().unwrap(),
        };
        let check = |one, other| refuse_one_page_twice(&[instance(one), instance(other)]);
        for other in ["http://b:9/m?x=1", "http://b:9/n"] {
            assert_eq!(check("http://a:9/m", other), Ok(()), "{other}");
        }
        let refused = check("http://a:9/m", "http://b:9/m").unwrap_err();
        assert_eq!(refused.codes(), ["not-reachable", "one-page-twice"]);
        let reason = refused.reason();
        assert!(reason.contains("http://a:9/m and http://b:9/m are one page"), "{reason}");
    }

    #[tokio::test]
    async fn a_page_on_the_targets_host_is_asked_for_where_the_load_goes() {
        let loaded = Resolved {
            url: "http://shop.invalid:8080".to_owned(),
            origin: Origin::parse("http://shop.invalid:8080").unwrap(),
            address: "127.0.0.2:8080".parse().unwrap(),
            others: Vec::new(),
        };
        let page = |url: &str| ScrapeUrl { url: url.to_owned(), instance: "shop".to_owned() };
        // Nothing resolves this name, so that it cannot have been asked again.
        let found = of_url(&page("http://Shop.invalid:8080/metrics"), &loaded).await.unwrap();
        assert_eq!(found.address, loaded.address);
        assert_eq!(on_target("/metrics", &loaded).address, loaded.address);
        assert!(of_url(&page("http://shop.invalid:8081/metrics"), &loaded).await.is_err());
    }

    #[test]
    fn a_host_with_both_kinds_of_addresses_is_not_counted_twice() {
        let both = addresses(&["[::1]:1", "127.0.0.2:1", "127.0.0.1:1"]);
        assert_eq!(of_family(&both, None), addresses(&["127.0.0.1:1", "127.0.0.2:1"]));
        assert_eq!(of_family(&both, Some(AddressFamily::V6)), addresses(&["[::1]:1"]));
        let only_v6 = addresses(&["[::1]:1"]);
        assert_eq!(of_family(&only_v6, None), only_v6);
        assert!(of_family(&only_v6, Some(AddressFamily::V4)).is_empty());
    }
}
