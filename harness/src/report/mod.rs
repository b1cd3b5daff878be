//! What people and programs read, one file a format. It computes nothing: every number
//! comes from the record of the run, numbers are shown by `cells` and sentences are
//! spelled in `words`, so that no two reports of a run say different things.

mod cells;
mod csv;
mod flows;
mod generator;
mod github;
mod json;
mod junit;
mod markdown;
mod openmetrics;
mod pdf;
mod query;
mod scrapes;
mod table;
mod words;

pub use csv::csv;
pub use github::{Workspace, annotations};
pub use json::{json, schema};
pub use junit::{JunitError, junit, junit_of_rules};
pub use markdown::{cut_markdown, markdown};
pub use openmetrics::openmetrics;
pub use pdf::{PdfError, pdf};
pub use query::{Charset, query_csv, query_error, query_json, query_table};
pub use table::{TableOptions, table};
pub use words::{explanation_of_rules, one_line};
