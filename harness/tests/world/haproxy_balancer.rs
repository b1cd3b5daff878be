//! haproxy in front of two reference services: what is scraped through it is now the
//! one, now the other, and nothing of that may pass for one service.

use super::support::Workspace;
use super::support::exporter::Exporter;
use super::support::haproxy::Haproxy;
use super::{reasons, report_of};

fn scenario(url: &str) -> String {
    format!(
        "version: 1\nname: balanced\ntarget: {url}\nmetrics: {{ path: /export/metrics, every: 100ms }}\n\
         load:\n  - {{ name: steady, rate: 40/s, for: 2s }}\n\
         requests:\n  - {{ name: health, get: /health }}\n  - name: csv\n    post: /export/run\n    \
         json: {{ format: csv, columns: [id], data: [{{ id: 1 }}] }}\n\
         slo:\n  - ratio(success) >= 95%\n  \
         - {{ id: failures, counter: export_fail_total, is: '== 0' }}\n"
    )
}

#[test]
fn two_services_behind_one_address_are_noticed() {
    let services = [Exporter::start(), Exporter::start()];
    let Some(haproxy) = Haproxy::start(&services.each_ref().map(|one| one.address)) else {
        return;
    };
    let report = report_of(&Workspace::new(), &scenario(&haproxy.url()), 3);
    let reasons = reasons(&report);
    assert!(reasons.contains("several processes behind"), "{report:#}");
    assert!(reasons.contains("list them"), "{reasons}");
}

#[test]
fn one_service_behind_a_balancer_is_judged() {
    let service = Exporter::start();
    let Some(haproxy) = Haproxy::start(&[service.address]) else { return };
    report_of(&Workspace::new(), &scenario(&haproxy.url()), 0);
}
