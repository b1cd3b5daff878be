//! Where a page's commands run: a folder with the project's own files and those that the page
//! shows, a reference service, a shop, and a Prometheus that scrapes the service.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use crate::blocks::file_name;
use crate::pages::{self, Page};
use crate::support::exporter::Exporter;
use crate::support::prometheus::Prometheus;
use crate::support::{Answer, Service};

/// Addresses as pages write them.
const REFERENCE: &str = "127.0.0.1:4001";
const SHOP: &str = "127.0.0.1:8080";
const PROMETHEUS: &str = "127.0.0.1:9090";

/// The place; its servers are gone with it.
pub(crate) struct Stage {
    folder: TempDir,
    exporter: Exporter,
    shop: Service,
    prometheus: Option<Prometheus>,
}

impl Stage {
    pub(crate) fn set(page: &Page) -> Self {
        let exporter = Exporter::start();
        let prometheus = page
            .text
            .contains(PROMETHEUS)
            .then(|| Prometheus::scraping(exporter.address, "/export/metrics"))
            .flatten();
        let folder = tempfile::tempdir().unwrap();
        let stage = Self { folder, exporter, shop: Service::start(shop()), prometheus };
        for name in ["docs", "rules", "scenarios"] {
            symlink(pages::root().join(name), stage.folder().join(name)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_slogate"), stage.folder().join("slogate")).unwrap();
        stage.write_files(page);
        stage
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The variables of its commands: our program comes first.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        let path = std::env::var("PATH").unwrap_or_default();
        [("PATH", format!("{}:{path}", self.folder().display())), ("NO_COLOR", "1".to_owned())]
    }

    /// A page's text with the addresses of this place in it.
    pub(crate) fn placed(&self, text: &str) -> String {
        let pairs = self.addresses();
        pairs.iter().fold(text.to_owned(), |text, (written, real)| text.replace(written, real))
    }

    /// Whether a command is without the Prometheus that it, or a file that it names, asks.
    pub(crate) fn lacks_prometheus(&self, text: &str) -> bool {
        let asks = |text: &str| text.contains(PROMETHEUS);
        // Words without an extension are programs, of hundreds of megabytes some.
        let names = text.split_whitespace().filter(|word| Path::new(word).extension().is_some());
        let mut files = names.filter_map(|name| fs::read_to_string(self.folder().join(name)).ok());
        self.prometheus.is_none() && (asks(text) || files.any(|file| asks(&file)))
    }

    /// An output with the addresses as pages write them.
    pub(crate) fn as_written(&self, output: &str) -> String {
        let pairs = self.addresses();
        pairs.iter().fold(output.to_owned(), |text, (written, real)| text.replace(real, written))
    }

    fn addresses(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            (REFERENCE, self.exporter.address.to_string()),
            (SHOP, self.shop.address.to_string()),
        ];
        let url = self.prometheus.as_ref().map(|prometheus| prometheus.url.as_str());
        pairs.extend(url.map(|url| (PROMETHEUS, url.trim_start_matches("http://").to_owned())));
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
