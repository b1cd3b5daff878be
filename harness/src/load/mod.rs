//! The load engine: sends what a scenario says, when it says, and records what came of it.
//!
//! One thread per core, each with a runtime of its own and nothing shared on the
//! way of a request: connections of our own, one worker loop for open and closed
//! phases (where requests come from × when they stop × the target). [`Engine`] is the
//! door; [`LiveMeters`] shows progress while it runs; [`LoadResult`] is what comes out.
//!
//! It does not judge beyond a request's own `expect`, does not scrape, resolves no
//! names, and speaks HTTP/1.1 and HTTP/2, over TLS or without.

mod abort;
mod answer;
mod arrivals;
mod body_reader;
mod buckets;
mod capture;
pub mod codes;
mod connect;
mod connection;
mod deadline;
mod delivery;
mod dial;
mod engine;
mod exchange;
mod exchange_error;
mod generator;
mod http1;
mod http2;
mod interval_log;
mod lane;
mod limits;
mod liveness;
mod malformed;
mod measured;
mod meter_series;
mod metered_stream;
mod meters;
mod outcome;
mod pacer;
mod parts;
mod picker;
mod plan;
mod random;
mod recorder;
mod redirect;
mod repeat;
mod so_far;
mod surroundings;
mod think;
mod ticket;
mod timer;
mod unmet;
mod user_times;
mod wire;
mod worker;

pub use abort::Abort;
pub use engine::Engine;
pub use interval_log::{IntervalLogError, LoggedHistogram, read_interval_log, write_interval_log};
pub use meters::{LiveMeters, Progress};
pub use outcome::*;
pub use parts::{Part, TimeInPart, TimeInParts};
pub use plan::{DEFAULT_DRAIN, DEFAULT_MAX_IN_FLIGHT, LoadError, LoadPlan};
pub use so_far::LoadSoFar;
