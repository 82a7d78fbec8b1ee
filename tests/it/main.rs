//! Client and broker together. One binary: each test starts a cluster of its own, on a network within the process unless
//! it says otherwise.

mod admin;
mod cancel;
mod consume;
mod faults;
mod groups;
mod guide;
mod hostile;
mod liar;
mod meddler;
mod metadata;
mod observe;
mod partitioning;
mod produce;
mod promises;
mod recorder;
mod restart;
mod support;
mod versions;
mod wake;
