//! What goes to standard output: tables for people, JSON for programs.

mod bar;
pub(crate) mod notice;
mod paint;
mod printable;
mod table;

use std::io::{self, IsTerminal, Write};

use clap::{Args, ValueEnum};
use serde_json::Value;

pub(crate) use self::{
    bar::bar,
    paint::{Paint, paints},
    printable::printable,
    table::{Cell, Column, Table},
};
use crate::exit::OutputClosed;

/// How to print results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns that line up.
    #[default]
    Table,
    /// JSON.
    Json,
}

/// The option of every command that prints results.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct FormatArgs {
    /// How to print
    #[arg(long, value_enum, default_value_t, global = true, hide_possible_values = true, value_name = "table|json")]
    pub(crate) format: Format,
}

/// Standard output, buffered.
pub(crate) struct Output {
    writer: io::BufWriter<io::Stdout>,
    paints: bool,
}

impl Output {
    pub(crate) fn stdout() -> Self {
        let stdout = io::stdout();
        let paints = paints(&stdout);
        Self { writer: io::BufWriter::with_capacity(64 << 10, stdout), paints }
    }

    /// Whether colours are wanted.
    pub(crate) fn paints(&self) -> bool {
        self.paints
    }

    /// Writes bytes as they are.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.writer.write_all(bytes).map_err(stdout_error)
    }

    /// Makes what was written visible.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        self.writer.flush().map_err(stdout_error)
    }
}

/// Prints a table, or its rows as a JSON array of objects.
pub(crate) fn print_table(format: Format, table: &Table) -> anyhow::Result<()> {
    match format {
        Format::Table => print_text(|paints| table.render(paints)),
        Format::Json => print_json(&table.to_json()),
    }
}

/// The same for a list that may be empty, which a person at a terminal is told.
pub(crate) fn print_list(format: Format, table: &Table, nouns: &str) -> anyhow::Result<()> {
    if table.is_empty() && format == Format::Table {
        notice::hint(format!("no {nouns}"));
    }
    print_table(format, table)
}

/// Prints text that may have colours.
pub(crate) fn print_text(text: impl FnOnce(bool) -> String) -> anyhow::Result<()> {
    let mut output = Output::stdout();
    let text = text(output.paints());
    output.write(text.as_bytes())?;
    output.flush()
}

/// Prints JSON: indented for a person at a terminal, in one line for a program.
pub(crate) fn print_json(value: &Value) -> anyhow::Result<()> {
    let text = if io::stdout().is_terminal() { serde_json::to_string_pretty(value)? } else { value.to_string() };
    print_text(|_| text + "\n")
}

/// Tells a reader that has gone from other trouble with standard output.
pub(crate) fn stdout_error(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => OutputClosed.into(),
        _ => anyhow::Error::new(error).context("cannot write to standard output"),
    }
}

/// Digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 record`, `2 records`, with digits in groups.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Bytes in the unit that fits, with powers of ten.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn bytes(number: u64) -> String {
    let (mut value, mut unit) = (number as f64, "B");
    for next in ["kB", "MB", "GB", "TB"] {
        // 999.95 would be shown as 1000.0.
        if value < 999.95 {
            break;
        }
        (value, unit) = (value / 1000.0, next);
    }
    if unit == "B" { format!("{number} B") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_from_the_right() {
        let shown = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!([counted(1, "record"), counted(0, "record")], ["1 record", "0 records"]);
    }

    #[test]
    fn bytes_have_the_unit_that_fits() {
        let shown = [0, 999, 1000, 999_949, 999_960, 12_300_000_000].map(bytes);
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "12.3 GB"]);
    }
}
