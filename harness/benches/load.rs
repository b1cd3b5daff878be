//! The load engine against wrk, interleaved, on one core each for generator and target.
//!
//! `cargo bench --bench load [-- SECONDS ROUNDS]`. The target is a server of a few lines in a
//! process of its own; `taskset` pins it to core 0 and each generator in turn to core 1.
//! Prints medians and ratios; only figures of one invocation compare. Without wrk or
//! taskset it says so and measures what it can.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark talks on the terminal")]

use std::error::Error;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use slogate::histogram::{LatencyHistogram, Ranked};
use slogate::load::{Engine, LoadPlan, LoadResult};
use slogate::scenario::{Expect, Phase, PhaseLoad, Request, Stop};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio_util::sync::CancellationToken;

type Failure = Box<dyn Error + Send + Sync>;

/// Core of the target, core of the generators.
const CORES: [&str; 2] = ["0", "1"];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["target"] => on_runtime(target(Duration::ZERO, Duration::from_secs(1))),
        ["stalling-target"] => {
            on_runtime(target(Duration::from_millis(500), Duration::from_millis(1900)))
        }
        ["closed", address, users, seconds] => {
            on_runtime(closed(address.parse()?, users.parse()?, seconds.parse()?))
        }
        ["open", address, rate, seconds, cap] => {
            on_runtime(open(address.parse()?, rate.parse()?, seconds.parse()?, cap.parse()?))
        }
        [seconds, rounds] => compare(seconds.parse()?, rounds.parse()?),
        _ => compare(3, 3),
    }
}

/// All rounds; each generator once in each round.
fn compare(seconds: u64, rounds: usize) -> Result<(), Failure> {
    let target = Target::start("target")?;
    for users in [10, 100] {
        let (mut ours, mut wrks) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            ours.push(engine_rate(&target, users, seconds)?);
            wrks.extend(wrk_rate(&target, users, seconds));
        }
        let (ours, wrk) = (median(&mut ours), median(&mut wrks));
        println!(
            "{users:>3} connections: slogate {ours:.0}/s, wrk {wrk:.0}/s: {:.2} x",
            ours / wrk
        );
    }
    for rate in ["10000", "50000"] {
        print!("open {rate}/s: {}", this(&["open", &target.address, rate, "5", "1000"], 1)?);
    }
    let stalling = Target::start("stalling-target")?;
    for cap in ["1000", "100"] {
        // Ten whole periods.
        print!("stall, cap {cap}: {}", this(&["open", &stalling.address, "1000", "19", cap], 1)?);
    }
    println!("by arithmetic: p90 310 ms, p99 481 ms, p99.9 498 ms");
    Ok(())
}

fn engine_rate(target: &Target, users: u32, seconds: u64) -> Result<f64, Failure> {
    let printed = this(&["closed", &target.address, &users.to_string(), &seconds.to_string()], 1)?;
    eprint!("  slogate {printed}");
    let rate = printed.split_whitespace().next().ok_or("no rate")?;
    Ok(rate.parse()?)
}

fn wrk_rate(target: &Target, users: u32, seconds: u64) -> Option<f64> {
    let url = format!("http://{}/", target.address);
    let output = pinned("wrk", 1)
        .args(["-t1", &format!("-c{users}"), &format!("-d{seconds}s"), &url])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"))?.trim();
    eprintln!("  wrk {rate}");
    rate.parse().ok()
}

/// This program again, as a generator on a core of its own.
fn this(arguments: &[&str], core: usize) -> Result<String, Failure> {
    let program = std::env::current_exe()?;
    let output = pinned(&program.to_string_lossy(), core)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()?;
    Ok(String::from_utf8(output.stdout)?)
}

fn pinned(program: &str, core: usize) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", CORES[core], program]);
    command
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The target's process; ends with this one.
struct Target {
    process: std::process::Child,
    address: String,
}

impl Target {
    fn start(kind: &str) -> Result<Self, Failure> {
        let program = std::env::current_exe()?;
        let mut process =
            pinned(&program.to_string_lossy(), 0).arg(kind).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        let stdout = process.stdout.take().ok_or("no stdout")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut address)?;
        Ok(Self { process, address: address.trim().to_owned() })
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn on_runtime(task: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task)
}

/// Answers every request head with a fixed response; stands still for `stall` at the
/// start of every `period`.
async fn target(stall: Duration, period: Duration) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let origin = Instant::now();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(answer(stream, origin, stall, period));
    }
}

async fn answer(
    mut stream: tokio::net::TcpStream,
    origin: Instant,
    stall: Duration,
    period: Duration,
) -> Result<(), Failure> {
    let mut buffer = [0; 4096];
    loop {
        let mut read = 0;
        while !buffer[..read].ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer[read..]).await? {
                0 => return Ok(()),
                more => read += more,
            }
        }
        let within = origin.elapsed().as_nanos() % period.as_nanos();
        if let Some(left) = stall.as_nanos().checked_sub(within).filter(|left| *left > 0) {
            // The whole target stands still, as in a garbage collection.
            std::thread::sleep(Duration::from_nanos(u64::try_from(left)?));
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await?;
    }
}

async fn closed(address: SocketAddr, users: u32, seconds: u64) -> Result<(), Failure> {
    let stop = Stop::After(Duration::from_secs(seconds));
    let result = run(address, PhaseLoad::closed(users, stop), 1000).await?;
    let request = &result.phases[0].requests[0];
    let rate = request.succeeded as f64 / result.phases[0].span.as_secs_f64();
    let cpu = result.generator.cpu_seconds * 1e6 / request.succeeded as f64;
    println!("{rate:.0} /s, {} failed, {cpu:.1} µs CPU each, {}", request.failed, memory().await);
    Ok(())
}

async fn open(address: SocketAddr, rate: f64, seconds: u64, cap: usize) -> Result<(), Failure> {
    let duration = Duration::from_secs(seconds);
    let load = PhaseLoad::open(rate, rate, duration);
    let result = run(address, load, cap).await?;
    let request = &result.phases[0].requests[0];
    let millis = |of: &LatencyHistogram, quantile| match of.rank(quantile, 0) {
        Ranked::Seconds(seconds) => seconds * 1e3,
        _ => f64::NAN,
    };
    println!(
        "sent {} of {}, missed {}, late {}, lag p50 {:.3} p99 {:.3} ms, latency p50 {:.3} p90 {:.1} p99 {:.1} p99.9 {:.1} ms, {:.0} % of a core",
        request.sent,
        request.intended,
        result.generator.missed_by_generator,
        request.late,
        millis(&request.lag, 0.5),
        millis(&request.lag, 0.99),
        millis(&request.latency_ok, 0.5),
        millis(&request.latency_ok, 0.9),
        millis(&request.latency_ok, 0.99),
        millis(&request.latency_ok, 0.999),
        result.generator.cpu_seconds / result.generator.wall_seconds * 100.0,
    );
    Ok(())
}

async fn run(address: SocketAddr, load: PhaseLoad, cap: usize) -> Result<LoadResult, Failure> {
    let phase = Phase { name: "bench".into(), group: None, load, measured: true };
    let request = Request {
        timeout: Duration::from_secs(10),
        expect: Expect { status: vec![200], ..Expect::default() },
        ..Request::get("get", "/")
    };
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

/// Peak memory of this process, as Linux tells it.
async fn memory() -> String {
    let Ok(status) = tokio::fs::File::open("/proc/self/status").await else {
        return String::new();
    };
    let mut lines = BufReader::new(status).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(peak) = line.strip_prefix("VmHWM:") {
            return format!("peak {}", peak.trim());
        }
    }
    String::new()
}
