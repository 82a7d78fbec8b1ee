//! Zstandard through libzstd.
