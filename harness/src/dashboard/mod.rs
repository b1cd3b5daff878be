//! Grafana dashboards: whether their queries can be asked, whether they keep the rules of
//! grafana/dashboard-linter, and what their panels show of a saved run.
//!
//! There is no Grafana here: what it does to a query before Prometheus sees it (variables, steps,
//! windows of rates) is done again in `view`, `choice`, `format` and `variables`, each with the
//! place in Grafana's sources that says so. What is not done: drawing, transformations, expressions over
//! other queries, and other data sources; each of these is named in the report where it occurs.

mod check;
mod choice;
pub mod codes;
mod error;
mod evaluate;
mod exclusions;
mod fields;
mod finding;
mod format;
mod found;
mod globals;
mod json;
mod lint;
mod lookup;
mod model;
mod queries;
mod unknown;
mod variables;
mod view;

pub use check::{DashboardReport, check_dashboard, is_dashboard};
pub use choice::{Choice, Choosable};
pub use error::DashboardError;
pub use evaluate::{Evidence, Outcome, PanelResult, QueryResult};
pub use exclusions::Exclusions;
pub use finding::DashboardFinding;
pub use format::Unwritten;
pub use lint::{NOT_HELD, rule_names};
pub use view::{USUAL_POINTS, View};
