//! Faults of a broker that is a process of its own: it is killed, has no room or no file descriptors left, and strangers
//! send it what they like. Somebody honest is always there as well.
//!
//! `cargo xtask faults` runs these for longer.

mod bomb;
mod client;
mod crash;
mod crowd;
mod descriptors;
mod disk;
mod flood;
mod noise;
mod process;
#[path = "../command/support.rs"]
mod support;
mod wire;

/// A number of the environment, so that a test can be run for longer.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |value| value.parse().expect("it is a number"))
}
