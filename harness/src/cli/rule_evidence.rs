//! What a target exports, for the checks of rules that need to know it: out of a saved run, a
//! file, or one look at a live page.

use std::path::{Path, PathBuf};

use slogate_promql::lint::Exported;

use super::output::error;
use super::tls_arguments::TlsArguments;
use super::{Failure, codes, runtime, url_scenario};
use crate::archive;
use crate::code::Code;
use crate::exposition::{Exposition, Format, parse};
use crate::gate::ExitCode;
use crate::rules::{exported_by, exported_in};
use crate::scenario::codes::{INVALID_URL, UNREADABLE_FILE};
use crate::scenario::{Credentials, Origin, Problems, Variables, read_at_most};
use crate::scrape::codes::EMPTY_EXPOSITION;
use crate::scrape::read_once;
use crate::target::resolve;

/// The largest file of metrics that is read: the limit of a scrape.
const LARGEST_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Where somebody can look.
pub(super) enum Place<'a> {
    /// A folder that `--save` wrote.
    Run(&'a Path),
    /// A file, or a URL with its scheme and how TLS is spoken with it.
    Metrics(&'a str, &'a TlsArguments),
}

/// Looks there. Where nothing is exported there is nothing to check against.
pub(super) fn exported(place: &Place<'_>) -> Result<Exported, Failure> {
    let (exported, name) = match place {
        Place::Run(run) => {
            let record = archive::read(run)?;
            let stores = archive::read_observed(run, &record)?;
            (exported_in(&stores), run.display().to_string())
        }
        Place::Metrics(url, tls) if url.contains("://") => {
            (exported_by(&fetched(url, tls)?), (*url).to_owned())
        }
        Place::Metrics(file, tls) => {
            refuse_idle_tls(file, tls)?;
            (exported_by(&read(file)?), (*file).to_owned())
        }
    };
    if exported.is_empty() {
        let text = format!("{name} holds no series of a target; name one that was scraped");
        return Err(Failure::usage(EMPTY_EXPOSITION, text));
    }
    Ok(exported)
}

fn read(file: &str) -> Result<Exposition, Failure> {
    let path = PathBuf::from(file);
    let unreadable = |reason: String| {
        Failure::usage(UNREADABLE_FILE, format!("cannot read the metrics {file}: {reason}"))
    };
    let bytes = read_at_most(&path, LARGEST_FILE_BYTES)
        .map_err(|error| unreadable(error.to_string()))?
        .ok_or_else(|| unreadable("it is larger than 64 MiB".to_owned()))?;
    // Only OpenMetrics ends with this line.
    let is_open_metrics = bytes.trim_ascii_end().ends_with(b"# EOF");
    let format = if is_open_metrics { Format::OpenMetrics } else { Format::Text };
    parse(&bytes, format).map_err(|found| Failure::usage(found.code, format!("{file}: {found}")))
}

/// Flags about TLS that a file has no use for.
fn refuse_idle_tls(file: &str, tls: &TlsArguments) -> Result<(), Failure> {
    let Some(given) = tls.given().next() else { return Ok(()) };
    let text =
        format!("{} says how `--metrics https://…` is asked, and {file} is a file", given.flag);
    Err(Failure::usage(codes::CONFLICTING_FLAGS, text))
}

/// One scrape of a live page.
fn fetched(url: &str, tls: &TlsArguments) -> Result<Exposition, Failure> {
    let (origin, _) = Origin::parse_with_rest(url)
        .map_err(|found| Failure::usage(INVALID_URL, format!("{url}: {found}")))?;
    let tls = url_scenario::tls(origin.url(), tls, &Variables::new())?;
    let unusable = |found: Problems| Failure::problems(found.problems.len(), "nothing was read");
    let tls = tls.map(|tls| tls.read().map_err(unusable)).transpose()?;
    let (runtime, _signals) = runtime::start()?;
    runtime.block_on(async {
        let resolved = resolve(origin.url()).await.map_err(|found| {
            not_reachable(found.code().unwrap_or(INVALID_URL), &format!("{url}: {found}"))
        })?;
        let credentials = Credentials { headers: Vec::new(), tls };
        let page = read_once(url, resolved.address, &credentials).await;
        page.map_err(|found| not_reachable(found.code(), &format!("{url}: {found}")))
    })
}

fn not_reachable(code: Code, text: &str) -> Failure {
    Failure { exit_code: ExitCode::NotReachable, message: error(code, text) }
}
