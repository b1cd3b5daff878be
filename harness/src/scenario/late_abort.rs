//! Whether an `abort` can end the load at all.
//!
//! It ends a load that missed an objective for so long; a load that is over by then was
//! never ended. That is only a warning: the objective is judged all the same.

use std::time::Duration;

use super::model::{Objective, Phase, PhaseLoad, Stop};

/// How long the measured load lasts, if an `abort` would come only after it; not known of a
/// load that ends by a number of requests.
pub(super) fn load_before_abort(objective: &Objective, phases: &[Phase]) -> Option<Duration> {
    let after = objective.abort_after?;
    let measured = phases.iter().filter(|phase| phase.measured);
    let load: Duration = measured.map(|phase| length(&phase.load)).sum::<Option<_>>()?;
    (after >= load).then_some(load)
}

/// How long a load lasts; not known of one that ends by a number of requests.
pub(super) fn length(load: &PhaseLoad) -> Option<Duration> {
    match load {
        PhaseLoad::Open { duration, .. }
        | PhaseLoad::Closed { stop: Stop::After(duration), .. } => Some(*duration),
        PhaseLoad::Closed { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::{Objectives, ReadOptions, Variables, read_text};

    fn load_before_abort_of(load: &str, after: &str) -> Option<Duration> {
        let text = format!(
            "version: 1\nname: a\ntarget: http://a\nload: [{load}]\nrequests: [{{ name: a, get: / }}]\n\
             slo: [{{ id: a, client: max(latency), is: '< 1s', abort: {{ after: {after} }} }}]\n"
        );
        let options = ReadOptions::default();
        let loaded = read_text(Path::new("a"), &text, &Variables::new(), &options).unwrap();
        let Objectives::Judged(objectives) = &loaded.scenario.objectives else { panic!() };
        load_before_abort(&objectives[0], &loaded.scenario.phases)
    }

    #[test]
    fn a_load_that_is_over_by_then_is_never_ended() {
        let load = "{ name: w, users: 1, iterations: 1, measure: false }, \
                    { name: a, rate: 5/s, for: 20s }, { name: b, users: 1, for: 10s }";
        assert_eq!(load_before_abort_of(load, "1h"), Some(Duration::from_secs(30)));
        assert_eq!(load_before_abort_of(load, "30s"), Some(Duration::from_secs(30)));
        assert_eq!(load_before_abort_of(load, "29s"), None);
        let by_number = "{ name: a, users: 1, iterations: 10 }";
        assert_eq!(load_before_abort_of(by_number, "1h"), None, "not known");
    }
}
