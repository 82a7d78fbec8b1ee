//! What a call did, thing by thing.

use super::AdminError;

/// The outcome for each thing that a call named, in the order of the call; a thing named twice is there once.
///
/// One failure does not undo the others: a call that creates three topics may create two.
#[derive(Clone, Debug)]
#[must_use = "some of it may have failed"]
pub struct Outcomes<K, T> {
    items: Vec<(K, Result<T, AdminError>)>,
}

impl<K, T> Outcomes<K, T> {
    pub(super) fn new(items: Vec<(K, Result<T, AdminError>)>) -> Self {
        Self { items }
    }

    /// All values, if nothing failed.
    ///
    /// # Errors
    /// The first failure, which names its subject.
    pub fn all(self) -> Result<Vec<(K, T)>, AdminError> {
        self.items.into_iter().map(|(key, result)| Ok((key, result?))).collect()
    }

    /// The only value, for calls that name one thing.
    pub(super) fn only(self, subject: &str) -> Result<T, AdminError> {
        let missing = AdminError::Invalid { subject: subject.to_owned(), reason: "nothing was asked for" };
        self.items.into_iter().next().map_or(Err(missing), |(_, result)| result)
    }

    /// How many things the call named.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether the call named nothing.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The outcome for one thing, if the call named it.
    pub fn get<Q: ?Sized>(&self, key: &Q) -> Option<Result<&T, &AdminError>>
    where
        K: PartialEq<Q>,
    {
        self.items.iter().find(|(other, _)| other == key).map(|(_, result)| result.as_ref())
    }

    /// The things that were done, and what came of them.
    pub fn done(&self) -> impl Iterator<Item = (&K, &T)> {
        self.items.iter().filter_map(|(key, result)| result.as_ref().ok().map(|value| (key, value)))
    }

    /// The things that failed, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&K, &AdminError)> {
        self.items.iter().filter_map(|(key, result)| result.as_ref().err().map(|error| (key, error)))
    }

    /// Everything, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (K, Result<T, AdminError>)> {
        self.items.iter()
    }
}

impl<K, T> IntoIterator for Outcomes<K, T> {
    type Item = (K, Result<T, AdminError>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, K, T> IntoIterator for &'a Outcomes<K, T> {
    type Item = &'a (K, Result<T, AdminError>);
    type IntoIter = std::slice::Iter<'a, (K, Result<T, AdminError>)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
