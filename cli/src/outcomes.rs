//! What became of each thing that a command named.

use std::fmt::Display;

use anyhow::bail;
use ottla::admin::Outcomes;
use serde_json::json;

use crate::{
    output::{self, Format, notice},
    refusal,
};

/// Prints what was done and what failed, each in its own line, and fails if anything did.
pub(crate) fn print<K: Display, T>(
    format: Format,
    outcomes: &Outcomes<K, T>,
    done: impl Fn(&K, &T) -> String,
) -> anyhow::Result<()> {
    match format {
        Format::Table => {
            output::print_text(|_| {
                outcomes.done().map(|(key, value)| output::printable(&done(key, value)) + "\n").collect()
            })?;
        }
        Format::Json => {
            let done = outcomes.done().map(|(key, _)| json!({"name": key.to_string(), "error": null}));
            let failed = outcomes
                .failed()
                .map(|(key, error)| json!({"name": key.to_string(), "error": refusal::in_words(error)}));
            output::print_json(&done.chain(failed).collect())?;
        }
    }
    let failures: Vec<String> = outcomes.failed().map(|(_, error)| refusal::in_words(error)).collect();
    match failures.split_last() {
        None => Ok(()),
        Some((last, others)) => {
            others.iter().for_each(notice::error);
            bail!("{last}")
        }
    }
}
