//! How the command ends: 0 if it did what was asked, 1 if it failed, 2 if it was asked for something impossible.

use std::{fmt, process::ExitCode};

use crate::{output::notice, refusal};

/// The reader of our output has gone, as `head` does when it has seen enough. That is no failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputClosed;

impl fmt::Display for OutputClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the output any more")
    }
}

impl std::error::Error for OutputClosed {}

/// The arguments or settings make no sense, in a way that the parser of arguments cannot see.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// A usage error with this text.
pub(crate) fn usage(text: impl fmt::Display) -> anyhow::Error {
    UsageError(text.to_string()).into()
}

/// Tells a person what went wrong, and the shell how it ended.
pub(crate) fn report(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    if error.is::<OutputClosed>() {
        return ExitCode::SUCCESS;
    }
    notice::error(sentence(&error));
    if error.is::<UsageError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// The error and its causes in one line. A cause that the text before has named already is not repeated.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(refusal::in_words) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn causes_are_told_once() {
        assert_eq!(sentence(&anyhow!("refused").context("cannot connect")), "cannot connect: refused");
        assert_eq!(sentence(&anyhow!("refused").context("cannot connect: refused")), "cannot connect: refused");
    }

    #[test]
    fn the_exit_code_tells_failure_from_misuse() {
        let code = |error: anyhow::Error| format!("{:?}", report(Err(error)));
        assert_eq!(code(anyhow!("x")), format!("{:?}", ExitCode::from(1)));
        assert_eq!(code(usage("x")), format!("{:?}", ExitCode::from(2)));
        assert_eq!(code(OutputClosed.into()), format!("{:?}", ExitCode::from(0)));
    }
}
