//! What people and programs read: tables and JSON. It computes nothing; every number
//! comes from the record of the run.

mod json;
mod table;

pub use json::{json, schema};
pub use table::{TableOptions, table};
