//! What goes to standard error: words for a person, which nobody has to read.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
};

use super::{Paint, printable::printable_lines};

/// Says that something went wrong.
pub(crate) fn error(text: impl Display) {
    line(format!("{} {}", Paint::Red.on(&io::stderr(), "error:"), printable_lines(&text.to_string())));
}

/// Says that something may not be as it should.
pub(crate) fn warning(text: impl Display) {
    line(format!("{} {}", Paint::Yellow.on(&io::stderr(), "warning:"), printable_lines(&text.to_string())));
}

/// Says something to a person at a terminal that a program would not want to read.
pub(crate) fn hint(text: impl Display) {
    let stderr = io::stderr();
    if stderr.is_terminal() {
        line(Paint::Dim.on(&stderr, &printable_lines(&text.to_string())));
    }
}

/// Writes a line in one piece. If nobody can be told, the exit code still says how it ended.
fn line(text: String) {
    let _ = io::stderr().write_all((text + "\n").as_bytes());
}
