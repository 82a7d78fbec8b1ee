//! Bytes from somebody who means harm, or who is broken.

#![expect(clippy::disallowed_methods, reason = "it measures, outside of the crate")]

mod batch;
mod bomb;
mod count;
mod damage;
mod regression;
