//! A bar for work that takes long, on terminals only.

use std::{fmt::Write, io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::output::grouped;

/// A bar on standard error; nothing where that is not a terminal.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Towards a number of bytes.
    pub(crate) fn bytes(total: u64) -> Self {
        Self::new(total, "{bar:32} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left")
    }

    /// Towards a number of records.
    pub(crate) fn records(total: u64) -> Self {
        Self::new(total, "{bar:32} {human_pos} of {human_len} records, {rate}/s, {eta} left")
    }

    /// Nothing to see.
    pub(crate) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    fn new(total: u64, template: &str) -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.with_key("rate", write_rate).progress_chars("━╸ "));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    pub(crate) fn add(&self, done: u64) {
        self.0.inc(done);
    }
}

/// Whole records a second.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is positive and far from 2^64")]
fn write_rate(state: &ProgressState, out: &mut dyn Write) {
    // The bar copes with a text that ends early.
    let _ = out.write_str(&grouped(state.per_sec() as u64));
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
