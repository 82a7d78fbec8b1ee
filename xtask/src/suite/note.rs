//! What is known of a test before it runs.

/// Why a test is not expected to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It needs what our broker does not have yet. It runs nevertheless, so that this list is kept true.
    NotYet,
    /// It does not pass on Apache Kafka here either.
    Control,
}

/// A remark on one test.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    /// The name of the test.
    pub(super) test: &'static str,
    /// What it says.
    pub(super) kind: Kind,
    /// Why, as a phrase.
    pub(super) why: &'static str,
}

impl Note {
    pub(super) const fn not_yet(test: &'static str, why: &'static str) -> Self {
        Self { test, kind: Kind::NotYet, why }
    }

    pub(super) const fn control(test: &'static str, why: &'static str) -> Self {
        Self { test, kind: Kind::Control, why }
    }
}

/// The note on `test`, if there is one.
pub(super) fn on(notes: &'static [Note], test: &str) -> Option<&'static Note> {
    notes.iter().find(|note| note.test == test)
}
