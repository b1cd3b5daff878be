//! The page: what a service with many routes exposes, half of it histograms.

use std::fmt::Write;

/// Families of each kind, and children of each family.
const FAMILIES: usize = 10;
const CHILDREN: usize = 300;
const BUCKETS: [&str; 12] =
    ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];

/// The page, and how many samples it has.
pub(crate) fn page() -> (String, usize) {
    let mut page = Page::default();
    for family in 0..FAMILIES {
        page.histogram(&format!("service_{family}_request_duration_seconds"));
        page.plain(&format!("service_{family}_requests_total"), "counter");
        page.plain(&format!("service_{family}_queue_depth"), "gauge");
    }
    (page.text, page.samples)
}

#[derive(Default)]
struct Page {
    text: String,
    samples: usize,
}

impl Page {
    fn head(&mut self, name: &str, kind: &str) {
        let _ = writeln!(self.text, "# HELP {name} What is counted or measured here.");
        let _ = writeln!(self.text, "# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: f64) {
        self.samples += 1;
        let _ = writeln!(self.text, "{name}{{{labels}}} {value}");
    }

    fn histogram(&mut self, name: &str) {
        self.head(name, "histogram");
        for child in 0..CHILDREN {
            let labels = labels(child);
            for (index, bound) in BUCKETS.iter().enumerate() {
                let labels = format!("{labels},le=\"{bound}\"");
                self.sample(&format!("{name}_bucket"), &labels, (child * (index + 1) * 37) as f64);
            }
            self.sample(&format!("{name}_sum"), &labels, child as f64 * 12.345_678_9);
            self.sample(&format!("{name}_count"), &labels, (child * 12 * 37) as f64);
        }
    }

    fn plain(&mut self, name: &str, kind: &str) {
        self.head(name, kind);
        for child in 0..CHILDREN * 6 {
            self.sample(name, &labels(child), child as f64 * 1.25);
        }
    }
}

fn labels(child: usize) -> String {
    let method = ["GET", "POST", "PUT", "DELETE"][child % 4];
    let status = [200, 201, 400, 404, 500][child % 5];
    format!("method=\"{method}\",route=\"/api/v1/things/{child:04}\",status=\"{status}\"")
}
