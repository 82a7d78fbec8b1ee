//! Colour, on terminals only.

use std::io::IsTerminal;

/// A way to make text stand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
}

impl Paint {
    fn code(self) -> u8 {
        match self {
            Self::Bold => 1,
            Self::Dim => 2,
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
        }
    }

    /// The text in this colour.
    pub(crate) fn apply(self, text: &str) -> String {
        format!("\x1b[{}m{text}\x1b[0m", self.code())
    }

    /// The text in this colour if `paints`.
    pub(crate) fn when(self, paints: bool, text: &str) -> String {
        if paints { self.apply(text) } else { text.to_owned() }
    }

    /// The text in this colour if it goes to a terminal that shows it.
    pub(crate) fn on(self, stream: &impl IsTerminal, text: &str) -> String {
        self.when(paints(stream), text)
    }
}

/// Whether colour is wanted on a stream: it is a terminal, and `NO_COLOR` is not set.
pub(crate) fn paints(stream: &impl IsTerminal) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !is_set("NO_COLOR") && !dumb
}
