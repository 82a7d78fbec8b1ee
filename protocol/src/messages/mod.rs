//! The messages, one file per API.
