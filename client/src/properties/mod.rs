//! Settings from `.properties` files and maps, by the names that Java's clients and librdkafka have for them.
//!
//! What a name means is one row in the [`table`]. A name that Kafka does not know is an error that suggests the nearest one;
//! a name that it knows but this client does not support is an error that says so; one that has nothing to say here, such as
//! `key.serializer`, is a [`Note`].

mod nearest;
mod setting;
mod table;
mod text;

pub use table::{Property, table};
pub use text::TextError;

use std::fmt;

use self::{
    setting::{Draft, Refusal},
    table::Meaning,
};
use crate::config::{ClientConfig, ConfigError, ConsumerConfig, MAX_MILLIS, ProducerConfig};

/// Names and values, in order.
///
/// Debug output shows no value that may be a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties {
    pairs: Vec<(String, String)>,
}

impl Properties {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads Java's `.properties` format. Of a name that occurs more than once the last value holds.
    ///
    /// # Errors
    /// [`TextError`] names the line of a malformed escape, the one thing that the format forbids.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        Ok(text::parse(text)?.into_iter().collect())
    }

    /// Sets a value, in place of an earlier one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        self.pairs.retain(|(other, _)| *other != name);
        self.pairs.push((name, value.into()));
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|(other, value)| (other == name).then_some(value))
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(name, value)| (name, if may_be_secret(name) { "(hidden)" } else { value }));
        f.debug_map().entries(shown).finish()
    }
}

/// Whether a property holds a secret, by the words that Kafka's names for such have in them.
fn may_be_secret(name: &str) -> bool {
    ["password", "passphrase", "secret", "jaas", "pem", "oauthbearer.config", "keystore.key", "basic.auth"]
        .iter()
        .any(|word| name.to_ascii_lowercase().contains(word))
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut properties = Self::new();
        properties.extend(pairs);
        properties
    }
}

impl<N: Into<String>, V: Into<String>> Extend<(N, V)> for Properties {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        pairs.into_iter().for_each(|(name, value)| self.set(name, value));
    }
}

/// What properties set; all else has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Settings of the connection to the cluster.
    pub client: ClientConfig,
    /// Settings of producers.
    pub producer: ProducerConfig,
    /// Settings of consumers.
    pub consumer: ConsumerConfig,
    /// Properties that were passed over.
    pub notes: Vec<Note>,
}

/// A property that is known but changes nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its name.
    pub name: String,
    /// Why it changes nothing.
    pub reason: &'static str,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is ignored: {}", self.name, self.reason)
    }
}

impl Settings {
    /// Reads properties. The same ones serve producers, consumers and admin clients; each takes what concerns it.
    ///
    /// `bootstrap.servers` may be missing, for it may come from elsewhere.
    ///
    /// # Errors
    /// [`PropertyErrors`] holds what is wrong with each property, or else what contradicts what.
    pub fn from_properties(properties: &Properties) -> Result<Self, PropertyErrors> {
        let mut draft = Draft::default();
        let mut errors = Vec::new();
        let mut seen: Vec<(&'static str, &str, &str)> = Vec::new();
        for (name, value) in properties.iter() {
            if let Some(reason) = outdone(properties, name) {
                errors.extend(apply(&mut Draft::default(), name, value).err());
                draft.settings.notes.push(Note { name: name.to_owned(), reason });
                continue;
            }
            let applied = apply(&mut draft, name, value).and_then(|setting| match setting {
                Some(setting) => only_once(&mut seen, setting, name, value),
                None => Ok(()),
            });
            errors.extend(applied.err());
        }
        let mut settings = draft.finish();
        settings.fit_unset(|setting| seen.iter().any(|(other, _, _)| *other == setting));
        if errors.is_empty() {
            errors.extend(settings.validate().err().map(PropertyError::Config));
        }
        if errors.is_empty() { Ok(settings) } else { Err(PropertyErrors(errors)) }
    }

    /// Raises limits that were not set to what others need that were, as Java's clients and librdkafka do, so that a file which
    /// works there works here.
    fn fit_unset(&mut self, is_set: impl Fn(&str) -> bool) {
        let Self { client, producer, consumer, .. } = self;
        if !is_set("reconnect.backoff.max.ms") {
            client.reconnect_backoff_max = client.reconnect_backoff_max.max(client.reconnect_backoff);
        }
        if !is_set("default.api.timeout.ms") {
            client.default_api_timeout = client.default_api_timeout.max(client.request_timeout);
        }
        if !is_set("delivery.timeout.ms") {
            let least = producer.linger.saturating_add(client.request_timeout).min(MAX_MILLIS);
            producer.delivery_timeout = producer.delivery_timeout.max(least);
        }
        if !is_set("receive.message.max.bytes") {
            client.max_response_bytes = client.max_response_bytes.max(consumer.least_max_response_bytes());
        }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        match self.client.validate() {
            Err(ConfigError::Missing { .. }) | Ok(()) => {}
            Err(error) => return Err(error),
        }
        self.producer.validate(&self.client)?;
        self.consumer.validate(&self.client)
    }
}

/// Applies one property; the result is the setting that it has set, if any.
fn apply(draft: &mut Draft, name: &str, value: &str) -> Result<Option<&'static str>, PropertyError> {
    let Some(property) = table::find(name) else {
        return Err(PropertyError::Unknown { name: name.to_owned(), nearest: nearest::nearest(name) });
    };
    match property.meaning {
        Meaning::Setting { setting, ref kind, .. } => {
            kind.set(draft, value.trim()).map_err(|refusal| refused(name, value, refusal))?;
            Ok(Some(setting))
        }
        Meaning::Only { values, reason, .. } => {
            if values.iter().any(|allowed| allowed.eq_ignore_ascii_case(value.trim())) {
                return Ok(None);
            }
            Err(PropertyError::Unsupported { name: name.to_owned(), value: Some(value.to_owned()), reason })
        }
        Meaning::Ignored(reason) => {
            draft.settings.notes.push(Note { name: name.to_owned(), reason });
            Ok(None)
        }
        Meaning::Unsupported(reason) => Err(PropertyError::Unsupported { name: name.to_owned(), value: None, reason }),
    }
}

fn refused(name: &str, value: &str, refusal: Refusal) -> PropertyError {
    let (name, value) = (name.to_owned(), value.to_owned());
    match refusal {
        Refusal::Invalid(valid) => PropertyError::Invalid { name, value, valid },
        Refusal::Unsupported(reason) => PropertyError::Unsupported { name, value: Some(value), reason },
    }
}

/// Why a property changes nothing beside the others: for Java's clients it is the setting, but librdkafka has the name for
/// something else and another one for the setting. Properties that have the other one too are librdkafka's.
fn outdone(properties: &Properties, name: &str) -> Option<&'static str> {
    let (librdkafka, reason) = match name {
        "request.timeout.ms" => ("socket.timeout.ms", "the broker waits for acks as long as socket.timeout.ms is"),
        "metadata.max.age.ms" => (
            "topic.metadata.refresh.interval.ms",
            "metadata are as old as topic.metadata.refresh.interval.ms lets them be",
        ),
        _ => return None,
    };
    properties.get(librdkafka).map(|_| reason)
}

/// Fails if another name has set the same setting to something else: neither may win by chance.
fn only_once<'a>(
    seen: &mut Vec<(&'static str, &'a str, &'a str)>,
    setting: &'static str,
    name: &'a str,
    value: &'a str,
) -> Result<(), PropertyError> {
    let other = seen.iter().find(|(other, _, _)| *other == setting).copied();
    seen.push((setting, name, value));
    match other {
        Some((_, other, other_value)) if other_value.trim() != value.trim() => {
            Err(PropertyError::Ambiguous { name: name.to_owned(), other: other.to_owned() })
        }
        _ => Ok(()),
    }
}

/// What is wrong with a property.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PropertyError {
    /// Neither Java's clients nor librdkafka have a property of this name. Correct it.
    #[error("{name} is not a property of a Kafka client{}", nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default())]
    Unknown {
        /// The name as given.
        name: String,
        /// The known name that is most like it, if one is.
        nearest: Option<&'static str>,
    },
    /// The property, or its value, is Kafka's, but this client does not have what it asks for. Do without it, as the reason
    /// says.
    #[error("{name}{} is not supported: {reason}", value.as_ref().map(|value| format!("={value}")).unwrap_or_default())]
    Unsupported {
        /// The name as given.
        name: String,
        /// The value as given, where other values are supported.
        value: Option<String>,
        /// What to do instead.
        reason: &'static str,
    },
    /// The value is none that the property may have. Choose a valid one.
    #[error("{name}={value} is not valid: it must be {valid}")]
    Invalid {
        /// The name as given.
        name: String,
        /// The value as given.
        value: String,
        /// The values that are valid, in words.
        valid: String,
    },
    /// Two names of the same setting have different values. Remove one.
    #[error("{name} and {other} are the same setting, but have different values")]
    Ambiguous {
        /// The later name.
        name: String,
        /// The earlier one.
        other: String,
    },
    /// Each value by itself is valid, but they cannot work together.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// All that is wrong with some properties; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyErrors(Vec<PropertyError>);

impl PropertyErrors {
    /// The errors, in the order of the properties.
    pub fn errors(&self) -> &[PropertyError] {
        &self.0
    }
}

impl fmt::Display for PropertyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PropertyErrors {}

#[cfg(test)]
mod tests;
