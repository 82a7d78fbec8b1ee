//! The `ottla` command as a person or a script meets it: real processes, against a real broker of the same command.

mod broker;
mod cluster;
mod consume;
mod group;
mod guide;
mod manual;
mod perf;
mod produce;
mod support;
mod topic;
mod trouble;
