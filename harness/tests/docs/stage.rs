//! Where a page's commands run: a folder with the project's own files and those that the page
//! shows, the servers that the page starts, and what it takes for granted: a reference service,
//! a shop, and a Prometheus that scrapes the service.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use crate::blocks::file_name;
use crate::commands::{Shown, shown};
use crate::outputs;
use crate::pages::{self, Page};
use crate::servers::{Place, Server, listens_on, said_in_time};
use crate::support::daemon::{get, wait_until};
use crate::support::exporter::Exporter;
use crate::support::prometheus::Prometheus;
use crate::support::{Answer, Service};

/// Addresses as pages write them.
const REFERENCE: &str = "127.0.0.1:4001";
const SHOP: &str = "127.0.0.1:8080";
const PROMETHEUS: &str = "127.0.0.1:9090";
/// Asks whether the stage's Prometheus has scraped the service.
const HAS_SCRAPED: &str = "/api/v1/query?query=up%7Bjob%3D%22target%22%7D%3D%3D1";
/// The reference service as pages start it: where it listens by default.
const AT_DEFAULT: &str = "slogate exporter ";

/// The place; its servers are gone with it.
pub(crate) struct Stage {
    /// Ended before their folder goes.
    servers: Vec<Server>,
    /// Where they listen.
    places: Vec<Place>,
    folder: TempDir,
    exporter: Option<Exporter>,
    shop: Option<Service>,
    prometheus: Option<Prometheus>,
}

impl Stage {
    pub(crate) fn set(page: &Page) -> Self {
        let commands = shown(page);
        let places: Vec<_> =
            commands.iter().flat_map(|one| listens_on(&one.text)).map(Place::of).collect();
        let needs = |address: &str| {
            page.text.contains(address) && !places.iter().any(|place| place.written == address)
        };
        let exporter = needs(REFERENCE).then(Exporter::start);
        let shop = needs(SHOP).then(|| Service::start(shop()));
        let asked = needs(PROMETHEUS);
        let folder = tempfile::tempdir().unwrap();
        let mut stage =
            Self { servers: Vec::new(), places, folder, exporter, shop, prometheus: None };
        let reference = stage.placed(REFERENCE);
        stage.prometheus = asked.then(|| Prometheus::start(&scrape_config(&reference))).flatten();
        for name in ["docs", "grafana", "rules", "scenarios"] {
            if !commands.iter().any(|one| one.text == format!("mkdir {name}")) {
                symlink(pages::root().join(name), stage.folder().join(name)).unwrap();
            }
        }
        symlink(env!("CARGO_BIN_EXE_slogate"), stage.folder().join("slogate")).unwrap();
        stage.write_files(page);
        stage
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command of the page, for a shell that says everything on standard output.
    pub(crate) fn command(&self, text: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("exec 2>&1\n{}", self.placed(text))])
            .current_dir(self.folder())
            .env("PATH", format!("{}:{path}", self.folder().display()))
            .env("NO_COLOR", "1")
            .env_remove("GITHUB_ACTIONS")
            .stdin(Stdio::null());
        command
    }

    /// Starts a server of the page, and gives what is not as the page says.
    pub(crate) fn serve(&mut self, shown: &Shown) -> Result<(), String> {
        let addresses = listens_on(&shown.text);
        let explicit = format!("{AT_DEFAULT}--listen {REFERENCE} ");
        let text = shown.text.replace(AT_DEFAULT, &explicit);
        let command = self.command(&format!("exec {text}"));
        let log = self.folder().join(format!(".server-{}.log", self.servers.len()));
        let places = self.places.iter_mut();
        let places = places.filter(|place| addresses.contains(&place.written)).collect();
        self.servers.push(Server::start(command, &log, places)?);
        let missing = |said: &str| {
            let line = outputs::missing(&shown.output, &self.as_written(said));
            line.map(|line| format!("does not print `{line}`:\n{said}"))
        };
        missing(&said_in_time(&log, |said| missing(said).is_none())).map_or(Ok(()), Err)
    }

    /// A page's text with the addresses of this place in it.
    fn placed(&self, text: &str) -> String {
        let pairs = self.addresses();
        pairs.iter().fold(text.to_owned(), |text, (written, real)| text.replace(written, real))
    }

    /// Whether a command is without the Prometheus that it, or a file that it names, asks. The
    /// stage's own has scraped the service then.
    pub(crate) fn lacks_prometheus(&self, text: &str) -> bool {
        let address = self.placed(PROMETHEUS);
        let asks = |text: &str| text.contains(PROMETHEUS) || text.contains(&address);
        // Words without an extension are programs, of hundreds of megabytes some.
        let names = text.split_whitespace().filter(|word| Path::new(word).extension().is_some());
        let mut files = names.filter_map(|name| fs::read_to_string(self.folder().join(name)).ok());
        if !asks(text) && !files.any(|file| asks(&file)) {
            return false;
        }
        if self.prometheus.is_some() {
            let address = address.parse().unwrap();
            wait_until("a scrape", || get(address, HAS_SCRAPED).contains("instance"));
        }
        address == PROMETHEUS
    }

    /// An output with the addresses as pages write them.
    pub(crate) fn as_written(&self, output: &str) -> String {
        let pairs = self.addresses();
        pairs.iter().fold(output.to_owned(), |text, (written, real)| text.replace(real, written))
    }

    fn addresses(&self) -> Vec<(&str, String)> {
        let places = self.places.iter();
        let mut pairs: Vec<_> =
            places.map(|place| (place.written.as_str(), place.real.to_string())).collect();
        let exporter = self.exporter.as_ref().map(|one| (REFERENCE, one.address.to_string()));
        let shop = self.shop.as_ref().map(|one| (SHOP, one.address.to_string()));
        let prometheus = self.prometheus.as_ref().map(|one| {
            let address = one.url.trim_start_matches("http://").to_owned();
            (PROMETHEUS, address)
        });
        let granted = [exporter, shop, prometheus].into_iter().flatten();
        let granted = granted.filter(|(written, _)| !pairs.iter().any(|(own, _)| own == written));
        let granted: Vec<_> = granted.collect();
        pairs.extend(granted);
        pairs
    }

    /// The files that the page shows, but for those that are the project's own.
    fn write_files(&self, page: &Page) {
        for block in page.parts().blocks {
            let Some(name) = file_name(&block) else { continue };
            let path = self.folder().join(name);
            if !path.exists() {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, self.placed(&block.text)).unwrap();
            }
        }
    }
}

/// A Prometheus that has the reference service as the job `target`.
fn scrape_config(reference: &str) -> String {
    format!(
        "scrape_configs: [{{ job_name: target, scrape_interval: 1s, scrape_timeout: 1s, \
         metrics_path: /export/metrics, static_configs: [{{ targets: ['{reference}'] }}] }}]\n"
    )
}

/// A shop whose every order succeeds, with the metrics of one.
fn shop() -> impl Fn(&str, usize) -> Answer + Send + Sync + 'static {
    let orders = AtomicUsize::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    move |path, _| {
        if path == "/metrics" {
            return Answer::Http(200, shop_metrics(orders.load(Ordering::SeqCst), since));
        }
        orders.fetch_add(1, Ordering::SeqCst);
        Answer::Http(if path == "/orders" { 201 } else { 200 }, "{}".to_owned())
    }
}

fn shop_metrics(orders: usize, since: u64) -> String {
    format!(
        "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {since}\n\
         # TYPE http_requests_total counter\nhttp_requests_total {orders}\n\
         # TYPE http_request_duration_seconds histogram\n\
         http_request_duration_seconds_bucket{{le=\"0.1\"}} {orders}\n\
         http_request_duration_seconds_bucket{{le=\"0.25\"}} {orders}\n\
         http_request_duration_seconds_bucket{{le=\"+Inf\"}} {orders}\n\
         http_request_duration_seconds_sum {orders}\n\
         http_request_duration_seconds_count {orders}\n"
    )
}
