//! PromQL over a saved run: whose series, at which instants, and what an expression is there.
//!
//! An objective says whether a run was good; this answers what somebody asks next. The engine is
//! the one that judges, and `$run` and `$phase` mean what they mean in objectives. What it does
//! not do: judge, or draw ([`crate::report`] does).

mod answer;
pub mod codes;
mod error;
mod instants;
mod moment;
mod recorded;
mod rule_tests;

pub(crate) use answer::has_a_range;
pub use answer::{Answer, Query, When};
pub use error::{ErrorKind, QueryError};
pub use instants::{Instants, RangeRequest};
pub use moment::{Moment, NotAMoment};
pub use recorded::RecordedScenario;
pub use rule_tests::{Grid, Made, RuleTestError, RuleTestRequest};
