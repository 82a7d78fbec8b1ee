//! Derive macros of ottla-protocol.
