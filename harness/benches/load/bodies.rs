//! Bodies of 50,000 rows: how fast they are made, and that sending copies none.

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
const SCENARIO: &str = "version: 1\nname: rows\ntarget: http://127.0.0.1:1\nmetrics: none\n\
    data: { records: { rows: 50000, seed: 42 } }\n\
    load: [{ name: p, users: 1, iterations: 1 }]\nslo: none\n\
    requests: [{ name: rows, post: /, json: { data: \"{{records}}\" } }]\n";

pub(crate) fn measure(table: &mut Table) -> Result<(), Failure> {
    let target = Target::start(PLAIN)?;
    let (mut speeds, mut memories) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let upload = child::this(child::GENERATOR_CORE, child::UPLOAD, &[&target.address])?;
        let ran = child::run(upload)?;
        speeds.push(ran.figure("body")? / ran.figure("made-in")? / 1e9);
        memories.push(ran.figure("grown")? / ran.figure("body")?);
    }
    table.line("body of 50,000 rows: made", speeds, "GB/s", Bar::AtLeast(1.0));
    let what = format!("{REQUESTS} uploads of it by {USERS} users: memory");
    table.line(&what, memories, "bodies", Bar::AtMost(2.0));
    Ok(())
}

/// The role: reads a scenario with a body of rows, sends it, and prints its figures.
pub(crate) fn upload(arguments: &[String]) -> Result<(), Failure> {
    let address = arguments.first().ok_or("no address")?.parse()?;
    // Whatever is done once is done before; the body is not in it.
    let _ = read(&SCENARIO.replace("50000", "1"))?;
    let idle = own_memory_bytes("VmRSS")?;
    let begun = Instant::now();
    let request = read(SCENARIO)?;
    let (body, made_in) = (request.body.len(), begun.elapsed().as_secs_f64());
    on_runtime(async move {
        let load = PhaseLoad::closed(USERS, Stop::Iterations(REQUESTS));
        let request = Request { timeout: Duration::from_secs(60), ..request };
        let result = generator::run(address, load, request, 1000).await?;
        let succeeded = result.phases[0].requests[0].succeeded;
        if succeeded != REQUESTS {
            return Err(format!("only {succeeded} of {REQUESTS} uploads succeeded").into());
        }
        let grown = own_memory_bytes("VmHWM")? - idle;
        println!("body={body} made-in={made_in} grown={grown}");
        Ok(())
    })
}

fn read(text: &str) -> Result<Request, Failure> {
    let options = ReadOptions::default();
    let loaded = read_text(Path::new("rows.yaml"), text, &Variables::new(), &options)
        .map_err(|problems| format!("{problems:?}"))?;
    loaded.scenario.requests.into_iter().next().ok_or_else(|| "no request".into())
}
