//! Bodies of 50,000 rows: how fast they are made, and that sending copies none.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use slogate::scenario::{PhaseLoad, ReadOptions, Request, Stop, Variables, read_text};

use crate::child::{self, own_memory_bytes};
use crate::table::{Bar, Table};
use crate::target::{PLAIN, Target, on_runtime};
use crate::{Failure, generator};

const ROUNDS: usize = 5;
const USERS: u32 = 10;
const REQUESTS: u64 = 300;
/// About as long as the body, bytes.
const BODY_BYTES: usize = 8_100_000;
const SCENARIO: &str = "version: 1\nname: rows\ntarget: http://127.0.0.1:1\nmetrics: none\n\
    data: { records: { rows: 50000, seed: 42 } }\n\
    load: [{ name: p, users: 1, iterations: 1 }]\nslo: none\n\
    requests: [{ name: rows, post: /, json: { data: \"{{records}}\" } }]\n";

pub(crate) fn measure(table: &mut Table) -> Result<(), Failure> {
    let target = Target::start(PLAIN)?;
    let (mut fresh, mut again) = (Vec::new(), Vec::new());
    let (mut touched, mut memories) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let upload = child::this(child::GENERATOR_CORE, child::UPLOAD, &[&target.address])?;
        let ran = child::run(upload)?;
        let body = ran.figure("body")?;
        again.push(body / ran.figure("made-again-in")? / 1e9);
        fresh.push(body / ran.figure("made-in")? / 1e9);
        touched.push(body / ran.figure("touched-in")? / 1e9);
        memories.push(ran.figure("grown")? / body);
    }
    table.line("body of 50,000 rows: made", again, "GB/s", Bar::AtLeast(1.0));
    table.line("the first one, in memory that is new", fresh, "GB/s", Bar::None);
    table.line("such memory, only touched", touched, "GB/s", Bar::None);
    let what = format!("{REQUESTS} uploads of it by {USERS} users: memory");
    table.line(&what, memories, "bodies", Bar::AtMost(2.0));
    Ok(())
}

/// The role: reads a scenario with a body of rows, sends it, and prints its figures.
pub(crate) fn upload(arguments: &[String]) -> Result<(), Failure> {
    let address = arguments.first().ok_or("no address")?.parse()?;
    // Whatever is done once is done before; the body is not in it.
    let _ = read(&SCENARIO.replace("50000", "1"))?;
    let touched_in = seconds_to_touch_new_memory();
    let idle = own_memory_bytes("VmRSS")?;
    let (first, made_in) = timed(|| read(SCENARIO))?;
    // From the second on, the allocator keeps the memory of such a length.
    drop(first);
    drop(read(SCENARIO)?);
    let (request, made_again_in) = timed(|| read(SCENARIO))?;
    let body = request.body.len();
    on_runtime(async move {
        let load = PhaseLoad::closed(USERS, Stop::Iterations(REQUESTS));
        let request = Request { timeout: Duration::from_secs(60), ..request };
        let result = generator::run(address, load, request, 1000).await?;
        let succeeded = result.phases[0].requests[0].succeeded;
        if succeeded != REQUESTS {
            return Err(format!("only {succeeded} of {REQUESTS} uploads succeeded").into());
        }
        let grown = own_memory_bytes("VmHWM")? - idle;
        println!(
            "body={body} touched-in={touched_in} made-in={made_in} made-again-in={made_again_in} \
             grown={grown}"
        );
        Ok(())
    })
}

fn timed<T>(made: impl FnOnce() -> Result<T, Failure>) -> Result<(T, f64), Failure> {
    let begun = Instant::now();
    let made = made()?;
    Ok((made, begun.elapsed().as_secs_f64()))
}

/// What the system takes to hand out memory of a body's size, page by page.
fn seconds_to_touch_new_memory() -> f64 {
    let begun = Instant::now();
    let touched = black_box(vec![1_u8; BODY_BYTES]);
    let seconds = begun.elapsed().as_secs_f64();
    // Kept: the first body must not get it.
    std::mem::forget(touched);
    seconds
}

fn read(text: &str) -> Result<Request, Failure> {
    let options = ReadOptions::default();
    let loaded = read_text(Path::new("rows.yaml"), text, &Variables::new(), &options)
        .map_err(|problems| format!("{problems:?}"))?;
    loaded.scenario.requests.into_iter().next().ok_or_else(|| "no request".into())
}
