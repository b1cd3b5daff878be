//! Which paths only scrapes ask for, so that requests for them are no work of the target.
//!
//! A path that the load itself asks for is none of them: what counts it counts the load.

use reqwest::Url;

use super::model::{Metrics, Request, Scenario, ScrapeTargets};

/// Where a Prometheus scrapes when nobody says otherwise. An API does not tell the path.
const USUAL_PATH: &str = "/metrics";

impl Scenario {
    /// The paths that scrapes ask for and no request of the load, each once, without queries;
    /// with an API the usual one.
    pub fn paths_of_scrapes(&self) -> Vec<String> {
        let mut paths: Vec<String> = paths(&self.metrics);
        paths.retain(|path| !self.requests.iter().any(|request| asks_for(request, path)));
        paths.sort();
        paths.dedup();
        paths
    }
}

fn paths(metrics: &Metrics) -> Vec<String> {
    let source = match metrics {
        Metrics::None => return Vec::new(),
        Metrics::Prometheus(_) => return vec![USUAL_PATH.to_owned()],
        Metrics::Scrape(source) => source,
    };
    match &source.targets {
        ScrapeTargets::Path(path) => vec![without_query(path).to_owned()],
        ScrapeTargets::Urls(urls) => urls.iter().filter_map(|one| path_of(&one.url)).collect(),
        ScrapeTargets::Dns(dns) => vec![without_query(&dns.path).to_owned()],
    }
}

fn path_of(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| url.path().to_owned())
}

fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

fn asks_for(request: &Request, path: &str) -> bool {
    without_query(&request.path).trim_end_matches('/') == path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::scenario::{ReadOptions, Variables, read_text};

    fn of(metrics: &str, request: &str) -> Vec<String> {
        let text = format!(
            "version: 1\nname: x\ntarget: http://t\nmetrics: {metrics}\n\
             load: [{{ name: p, users: 1, iterations: 1 }}]\n\
             requests: [{{ name: a, get: '{request}' }}]\nslo: none\n"
        );
        let options = ReadOptions::default();
        let loaded = read_text(Path::new("a"), &text, &Variables::new(), &options).unwrap();
        loaded.scenario.paths_of_scrapes()
    }

    #[test]
    fn each_path_that_is_scraped_is_there_once_and_without_its_query() {
        assert_eq!(of("{ path: '/metrics?x=1' }", "/"), ["/metrics"]);
        assert_eq!(
            of("{ scrape: [http://a:1/m, 'http://b:1/m?x=1', http://c:1] }", "/orders"),
            ["/", "/m"]
        );
        assert!(of("none", "/").is_empty());
    }

    #[test]
    fn a_path_that_is_loaded_is_left_out() {
        assert!(of("{ scrape: [http://a:9100] }", "/").is_empty());
        assert!(of("{ path: /metrics }", "/metrics/?x=1").is_empty());
        assert_eq!(of("{ scrape: [http://a:1/m, http://a:2] }", "/"), ["/m"]);
    }

    #[test]
    fn an_api_has_scraped_the_usual_path() {
        let api = "{ prometheus: 'http://p:9090', matcher: '{job=\"x\"}' }";
        assert_eq!(of(api, "/"), ["/metrics"]);
        assert!(of(api, "/metrics").is_empty());
    }
}
