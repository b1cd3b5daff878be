//! Scenario files: what to send, for how long, and what must hold.
//!
//! A file becomes a tree of nodes that know their place (`tree`), its variables
//! are replaced (`variables`), and the tree is lowered by hand into the `model`:
//! that way every problem of a file is found in one reading. The tables of `keys`
//! spell every key once, for the reader, the JSON Schema and the reference.

mod access;
mod alerts;
mod api_source;
mod beside;
mod body;
mod bounded;
mod capture;
mod client;
pub mod codes;
mod column;
mod context;
mod data_file;
mod data_set;
mod datum;
mod expect;
mod fields;
mod files;
mod finding;
mod flows;
mod header;
mod hidden;
mod http;
mod json_path;
mod keys;
mod known;
mod late_abort;
mod late_deadline;
mod metrics;
mod mix;
mod model;
mod names;
mod objective;
mod objective_id;
mod objective_kind;
mod objectives;
mod origin;
mod overrides;
mod parameters;
mod paths_of_scrapes;
mod phases;
mod placeholder;
mod position;
mod problem;
mod promql;
mod reader;
mod reference;
mod request_auth;
mod requests;
mod retry;
mod rows;
mod samples;
mod schema;
mod secrecy;
mod secret;
mod series_form;
mod source;
mod target;
mod targets;
mod template;
mod threshold;
mod timeouts;
mod tolerance;
mod tree;
mod variables;
mod verification;
mod window_names;
mod words;

pub use access::{
    Access, Authorization, ClientCertificate, Credentials, NamedFile, SecretSource, Tls, TlsClient,
    tls_failure,
};
pub use alerts::{AlertExpectation, AlertObjective, AlertRuleFile, AlertRules, may_have};
pub use bounded::{open_file, read_at_most};
pub use capture::{Capture, CaptureFrom};
pub use data_set::SentFile;
pub use datum::Datum;
pub(crate) use fields::closest;
pub use flows::Flow;
pub use hidden::Hidden;
pub use http::{HttpSettings, HttpVersion};
pub use known::{KnownFamily, KnownMetrics};
pub use metrics::SHORTEST_SCRAPE_INTERVAL;
pub(crate) use mix::mixed;
pub use model::*;
pub use origin::{Origin, Scheme, TargetError};
pub(crate) use placeholder::escaped;
pub use problem::{Problem, Problems};
pub use promql::place_in_expression;
pub use reader::{
    Document, Loaded, ReadOptions, check, observed_scenario, read, read_document,
    read_document_text, read_text,
};
pub use reference::reference_tables;
pub use schema::schema;
pub(crate) use secrecy::has_credential_word;
pub use secret::Secret;
pub use target::parse_target;
pub use template::{Iteration, Template, UnfitValue, Varying};
pub use timeouts::PartTimeouts;
pub use verification::{VERIFY_WITH, VerificationSource, read_verification};
pub(crate) use window_names::{names_window, replace_names};
