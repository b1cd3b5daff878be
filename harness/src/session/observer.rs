//! What a session tells while it runs. How that is shown is the command line's concern.

use std::time::Duration;

use crate::load::Progress;

/// Something that a person who waits wants to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A scenario begins.
    ScenarioStarted {
        /// Its name.
        name: String,
        /// What it loads: the URL and whether it is the reference service.
        target: String,
        /// How long its phases take together, as far as that is known.
        expected: Option<Duration>,
    },
    /// How the load stands; a few times a second.
    Progress {
        /// The scenario.
        scenario: String,
        /// Since its first phase began.
        elapsed: Duration,
        /// The running phase and its numbers.
        load: Progress,
    },
    /// A scenario is over.
    ScenarioEnded {
        /// Its name.
        name: String,
    },
}

/// Hears what happens.
pub trait Observer: Send + Sync {
    /// Hears one event; must not block.
    fn hear(&self, event: Event);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silence;

impl Observer for Silence {
    fn hear(&self, _event: Event) {}
}
