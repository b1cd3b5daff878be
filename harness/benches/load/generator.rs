//! slogate's engine as a process of its own, on one thread: sends, and prints its figures.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use slogate::histogram::{LatencyHistogram, Ranked};
use slogate::load::{Engine, LoadPlan, LoadResult};
use slogate::scenario::{Expect, Phase, PhaseLoad, Request, Stop};
use tokio_util::sync::CancellationToken;

use crate::Failure;
use crate::child::{self, Ran, own_memory_bytes};
use crate::target::{Target, on_runtime};

/// Users that send until a time is over or so many requests are sent (`3s`, `1000000`).
pub(crate) fn closed(target: &Target, users: u32, stop: &str) -> Result<Ran, Failure> {
    run_child(&["closed", &target.address, &users.to_string(), stop])
}

/// So many arrivals a second for some seconds, at most `cap` in flight.
pub(crate) fn open(target: &Target, rate: f64, seconds: u64, cap: usize) -> Result<Ran, Failure> {
    let (rate, seconds, cap) = (rate.to_string(), seconds.to_string(), cap.to_string());
    run_child(&["open", &target.address, &rate, &seconds, &cap])
}

fn run_child(arguments: &[&str]) -> Result<Ran, Failure> {
    child::run(child::this(child::GENERATOR_CORE, child::GENERATOR, arguments)?)
}

/// The role.
pub(crate) fn send(arguments: &[String]) -> Result<(), Failure> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["closed", address, users, stop] => {
            let stop = match stop.strip_suffix('s') {
                Some(seconds) => Stop::After(Duration::from_secs(seconds.parse()?)),
                None => Stop::Iterations(stop.parse()?),
            };
            let load = PhaseLoad::closed(users.parse()?, stop);
            on_runtime(tell(address.parse()?, load, 1000))
        }
        ["open", address, rate, seconds, cap] => {
            let (rate, seconds) = (rate.parse()?, Duration::from_secs(seconds.parse()?));
            on_runtime(tell(address.parse()?, PhaseLoad::open(rate, rate, seconds), cap.parse()?))
        }
        _ => Err("closed ADDRESS USERS STOP, or open ADDRESS RATE SECONDS CAP".into()),
    }
}

async fn tell(address: SocketAddr, load: PhaseLoad, cap: usize) -> Result<(), Failure> {
    let idle = own_memory_bytes("VmRSS")?;
    let request = Request {
        timeout: Duration::from_secs(10),
        expect: Expect { status: vec![200], ..Expect::default() },
        ..Request::get("get", "/")
    };
    let result = run(address, load, request, cap).await?;
    let request = &result.phases[0].requests[0];
    println!(
        "intended={} sent={} succeeded={} failed={} missed={} late={} seconds={} lag-p99={} p90={} \
         p99={} p99.9={} idle={idle} peak={}",
        request.intended,
        request.sent,
        request.succeeded,
        request.failed,
        result.generator.missed_by_generator,
        request.late,
        result.phases[0].span.as_secs_f64(),
        seconds(&request.lag, 0.99),
        seconds(&request.latency_ok, 0.9),
        seconds(&request.latency_ok, 0.99),
        seconds(&request.latency_ok, 0.999),
        own_memory_bytes("VmHWM")?,
    );
    Ok(())
}

fn seconds(of: &LatencyHistogram, quantile: f64) -> f64 {
    match of.rank(quantile, 0) {
        Ranked::Seconds(seconds) => seconds,
        _ => f64::NAN,
    }
}

/// One phase of one request on one thread.
pub(crate) async fn run(
    address: SocketAddr,
    load: PhaseLoad,
    request: Request,
    cap: usize,
) -> Result<LoadResult, Failure> {
    let phase = Phase { name: "bench".into(), group: None, load, measured: true };
    let mut plan = LoadPlan::new(vec![phase], vec![request], address, address.to_string());
    plan.threads = 1;
    plan.max_in_flight = cap;
    let origin = Instant::now();
    let clock = move |at: Instant| {
        i64::try_from(at.saturating_duration_since(origin).as_millis()).unwrap_or(i64::MAX)
    };
    let mut engine = Engine::start(plan, &CancellationToken::new(), clock).await?;
    engine.run_phases(0..1).await?;
    Ok(engine.finish().await?)
}
