//! The load engine against scripted servers: what arrives, what is counted, and when.

#[cfg(test)]
mod connections;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod iterations;
#[cfg(test)]
mod latency;
#[cfg(test)]
mod meters;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod phases;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod support;
mod varied;
