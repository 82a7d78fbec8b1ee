//! Coordinators: replicated state machines without clock, log or network.

pub mod group;
