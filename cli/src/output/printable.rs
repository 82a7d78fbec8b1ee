//! Text of strangers: anybody may name a group, and a terminal does what control characters say.

/// The text with its control characters written out.
pub(crate) fn printable(text: &str) -> String {
    escaped(text, |_| false)
}

/// The same for text of several lines.
pub(super) fn printable_lines(text: &str) -> String {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut printed = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && !is_kept(c) { printed.extend(c.escape_default()) } else { printed.push(c) }
    }
    printed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing_by_a_name() {
        assert_eq!(printable("a\u{1b}[2J\r\n\u{9b}é"), "a\\u{1b}[2J\\r\\n\\u{9b}é");
        assert_eq!(printable_lines("one\n\ttwo\u{7}"), "one\n\ttwo\\u{7}");
    }
}
