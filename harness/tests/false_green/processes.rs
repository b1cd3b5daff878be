//! One process that becomes another, and two that look like one.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::balancer::balance;
use crate::page::Seen;
use crate::shop::{
    DEPTH, Done, NO_FAILURES, SERVER_P95, STARTED, healthy, metrics_of, run, scenario, shop,
    shop_on,
};
use crate::support::{Answer, Ended, Service, Workspace, outside};

/// A service that looks as if it had been restarted after a hundred requests: all its
/// counters have grown past what they were.
fn restarted(metrics: impl Fn(u64, usize) -> String + Send + Sync + 'static) -> Service {
    shop(move |path, done: &Done| {
        let again = done.worked() >= 100;
        let (started, before) = if again { (STARTED + 60, 1_000) } else { (STARTED, 0) };
        let body = || metrics(started, done.worked() + before);
        (path == "/metrics").then(|| Answer::Http(200, body()))
    })
}

fn judged(service: &Service) -> Seen {
    run(&scenario(&service.url(), &[NO_FAILURES, DEPTH]))
}

#[test]
fn a_restart_shows_in_the_start_time_alone() {
    judged(&shop(|_, _| None)).passes();
    judged(&restarted(metrics_of)).is_row("restart, start time");
}

#[test]
fn a_restart_without_a_start_time_shows_where_totals_must_agree() {
    let nameless = |started: u64, worked: usize| {
        let body = metrics_of(started, worked);
        body.split_once("# TYPE shop_requests_total").unwrap().1.to_owned()
    };
    let nameless =
        move |started, worked| format!("# TYPE shop_requests_total{}", nameless(started, worked));
    let agree =
        "{ id: agree, reconcile: { client: count(responses), counter: shop_requests_total } }";
    let judged = |service: Service| run(&scenario(&service.url(), &[NO_FAILURES, agree]));
    judged(shop(|_, _| None)).passes();
    judged(restarted(nameless)).is_row_of_any_count("restart, no start time");
}

#[test]
fn the_metrics_are_those_of_another_process() {
    let objectives = [NO_FAILURES, DEPTH];
    run(&scenario(&healthy().url(), &objectives)).passes();
    let elsewhere =
        shop(|path, _| (path == "/metrics").then(|| Answer::Http(200, metrics_of(STARTED, 5_000))));
    run(&scenario(&elsewhere.url(), &objectives)).is_row("another process");
}

/// A process that nobody loads, which counts the requests for its metrics by their route,
/// those of another scraper among them.
fn asked_for_its_metrics(route: &'static str) -> Service {
    let asked = AtomicUsize::new(0);
    shop(move |path, _| {
        (path == "/metrics").then(|| {
            let asked = asked.fetch_add(2, Ordering::SeqCst);
            let routes = format!("http_requests_total{{route=\"{route}\"}} {asked}\n");
            let head = "# TYPE http_requests_total counter\n";
            Answer::Http(200, metrics_of(STARTED, 5_000) + head + &routes)
        })
    })
}

#[test]
fn another_process_that_is_asked_for_its_metrics() {
    let objectives = [NO_FAILURES, DEPTH];
    let judged = |route| run(&scenario(&asked_for_its_metrics(route).url(), &objectives));
    judged("/order").passes();
    judged("/metrics").is_row("another process, by route");
}

#[test]
fn a_proxy_keeps_the_first_exposition() {
    let kept = OnceLock::new();
    let proxied = shop(move |path, done| {
        (path == "/metrics").then(|| {
            let first = kept.get_or_init(|| done.metrics());
            Answer::Http(200, first.clone())
        })
    });
    run(&scenario(&healthy().url(), &[NO_FAILURES, SERVER_P95])).passes();
    run(&scenario(&proxied.url(), &[NO_FAILURES, SERVER_P95])).is_row("cached exposition");
}

/// A name with an address of each family, for one command alone: its `/etc/hosts` is a
/// file of the test's, in a mount namespace of its own.
const HOSTS: &str = "127.0.0.1 both.test\n::1 both.test\n";
const WITH_HOSTS: &str = "mount --bind hosts /etc/hosts && exec \"$@\"";

/// `slogate run s.yaml` where `both.test` is two addresses; nothing without root.
fn where_a_name_is_two(workspace: &Workspace) -> Option<Seen> {
    workspace.write("hosts", HOSTS);
    let wrapped = |command: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "sh", "-c", WITH_HOSTS, "sh"]).args(command);
        unshare.current_dir(workspace.path()).stdin(Stdio::null());
        unshare.output()
    };
    let possible = wrapped(&["true"]).is_ok_and(|done| done.status.success());
    outside::is_there("a mount namespace (root makes one)", possible).then_some(())?;
    let binary = env!("CARGO_BIN_EXE_slogate");
    let output = wrapped(&[binary, "run", "s.yaml", "--out", "json"]).unwrap();
    Some(Seen::of(workspace, &Ended::from(output)))
}

/// A service that started then.
fn started(listener: TcpListener, started: u64) -> Service {
    shop_on(listener, move |path, done| {
        let body = || metrics_of(started, done.worked());
        (path == "/metrics").then(|| Answer::Http(200, body()))
    })
}

#[test]
fn a_name_means_two_services() {
    let four = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = four.local_addr().unwrap().port();
    let workspace = Workspace::new();
    let text = scenario(&format!("http://both.test:{port}"), &[NO_FAILURES, DEPTH]);
    workspace.write("s.yaml", &text);
    let _four = started(four, STARTED);
    let Some(control) = where_a_name_is_two(&workspace) else { return };
    control.passes();
    let Ok(six) = TcpListener::bind(("::1", port)) else { return };
    let _six = started(six, STARTED + 7);
    where_a_name_is_two(&workspace).unwrap().is_row("two address families");
}

#[test]
fn two_processes_take_turns() {
    judged(&shop(|_, _| None)).passes();
    let other = shop(|path, done| {
        (path == "/metrics").then(|| Answer::Http(200, metrics_of(STARTED + 7, done.worked())))
    });
    let both = balance([shop(|_, _| None), other]);
    run(&scenario(&both, &[NO_FAILURES, DEPTH])).is_row("two behind a balancer");
}

#[test]
fn two_processes_that_do_not_say_when_they_started() {
    let anonymous = |head_start: usize| {
        shop(move |path, done| {
            let body = metrics_of(STARTED, done.worked() + head_start);
            let (_, body) = body.split_once("# TYPE shop_requests_total").unwrap();
            (path == "/metrics")
                .then(|| Answer::Http(200, format!("# TYPE shop_requests_total{body}")))
        })
    };
    run(&scenario(&anonymous(0).url(), &[NO_FAILURES, DEPTH])).passes();
    let both = balance([anonymous(0), anonymous(5_000)]);
    run(&scenario(&both, &[NO_FAILURES, DEPTH])).is_row_of_any_count("two without start times");
}

#[test]
fn one_process_is_listed_at_two_addresses() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let _service = shop_on(listener, |_, _| None);
    let page = |address: &str| format!("http://{address}:{port}/metrics");
    let judged = |pages: &[String]| {
        let work = "{ id: work, counter: shop_requests_total, is: '>= 200' }";
        let text = scenario(&format!("http://127.0.0.1:{port}"), &[NO_FAILURES, work]);
        run(&text.replace("path: /metrics", &format!("scrape: [{}]", pages.join(", "))))
    };
    judged(&[page("127.0.0.1")]).passes();
    judged(&[page("127.0.0.1"), page("127.0.0.2")]).is_row("one process, two addresses");
}
