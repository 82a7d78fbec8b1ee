//! Finding a setting's definition by its name.

use std::{collections::BTreeMap, sync::LazyLock};

use super::{
    BrokerConfig, TopicConfig,
    definition::{Definition, Synonym},
    group, known, topic_default,
};

static TOPIC: LazyLock<BTreeMap<&str, &Definition>> = LazyLock::new(|| by_name(&[TopicConfig::DEFINITIONS]));

static GROUP: LazyLock<BTreeMap<&str, &Definition>> = LazyLock::new(|| by_name(&[group::DEFINITIONS]));

static BROKER: LazyLock<BTreeMap<&str, &Definition>> =
    LazyLock::new(|| by_name(&[BrokerConfig::DEFINITIONS, topic_default::DEFINITIONS, known::DEFINITIONS]));

static KNOWN_ONLY: LazyLock<BTreeMap<&str, &Definition>> = LazyLock::new(|| by_name(&[known::DEFINITIONS]));

fn by_name(tables: &[&'static [Definition]]) -> BTreeMap<&'static str, &'static Definition> {
    tables.iter().flat_map(|table| table.iter()).map(|definition| (definition.name(), definition)).collect()
}

/// Every topic setting, by name.
pub fn topic_definitions() -> impl Iterator<Item = &'static Definition> {
    TOPIC.values().copied()
}

/// Every group setting, by name.
pub fn group_definitions() -> impl Iterator<Item = &'static Definition> {
    GROUP.values().copied()
}

/// Every broker setting, by name.
pub fn broker_definitions() -> impl Iterator<Item = &'static Definition> {
    BROKER.values().copied()
}

/// The topic setting of this name.
pub fn topic_definition(name: &str) -> Option<&'static Definition> {
    TOPIC.get(name).copied()
}

/// The group setting of this name.
pub fn group_definition(name: &str) -> Option<&'static Definition> {
    GROUP.get(name).copied()
}

/// The broker setting of this exact name.
pub fn broker_definition(name: &str) -> Option<&'static Definition> {
    BROKER.get(name).copied()
}

/// The broker setting that this name sets for one listener: `listener.name.NAME.` and, for some, a SASL mechanism
/// go before the setting's own name.
pub(super) fn listener_definition(name: &str) -> Option<&'static Definition> {
    let (_, base) = name.strip_prefix("listener.name.")?.split_once('.')?;
    let of_mechanism = || PER_MECHANISM.iter().find(|setting| base.ends_with(*setting)).copied();
    broker_definition(base).or_else(|| broker_definition(of_mechanism()?))
}

const PER_MECHANISM: &[&str] = &[
    "sasl.jaas.config",
    "sasl.login.callback.handler.class",
    "sasl.login.class",
    "sasl.server.callback.handler.class",
    "connections.max.reauth.ms",
    "sasl.server.max.receive.size",
];

/// Whether this broker acts on the setting.
pub(super) fn is_implemented(definition: &Definition) -> bool {
    !KNOWN_ONLY.contains_key(definition.name()) && !GROUP.contains_key(definition.name())
}

/// The broker settings of which the first with a value decides: this one and its fellows, in that order.
pub(super) fn fellows(name: &str) -> Vec<&'static str> {
    topic_definitions()
        .find(|topic| topic.synonyms().iter().any(|synonym| synonym.name() == name))
        .map(|topic| topic.synonyms().iter().map(|synonym: &Synonym| synonym.name()).collect())
        .unwrap_or_default()
}

/// The name of a broker setting that was probably meant.
pub(super) fn nearest_broker_setting(name: &str) -> Option<&'static str> {
    let synonym = topic_definition(name).and_then(|topic| topic.synonyms().first()).map(|synonym| synonym.name());
    synonym.or_else(|| nearest(name, BROKER.keys().copied()))
}

/// The candidate with the fewest letters to change, unless that is more than a third of them.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (edits(name, candidate), candidate))
        .min()
        .filter(|(edits, candidate)| *edits <= candidate.len() / 3)
        .map(|(_, candidate)| candidate)
}

/// The insertions, deletions and substitutions that turn one text into the other.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(to.bytes()) {
            let substituted = diagonal + usize::from(a != b);
            diagonal = *cell;
            left = substituted.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_is_defined_twice() {
        let rows = BrokerConfig::DEFINITIONS.len() + topic_default::DEFINITIONS.len() + known::DEFINITIONS.len();
        assert_eq!(rows, broker_definitions().count());
        assert_eq!(TopicConfig::DEFINITIONS.len(), topic_definitions().count());
        assert_eq!(group::DEFINITIONS.len(), group_definitions().count());
    }

    #[test]
    fn every_synonym_is_a_broker_setting() {
        for synonym in topic_definitions().chain(group_definitions()).flat_map(|setting| setting.synonyms()) {
            assert!(broker_definition(synonym.name()).is_some(), "{}", synonym.name());
        }
    }

    #[test]
    fn every_default_is_valid_and_every_setting_documented() {
        for definition in topic_definitions().chain(group_definitions()).chain(broker_definitions()) {
            assert!(definition.default_value().is_ok(), "{}", definition.name());
            assert!(definition.documentation().ends_with('.'), "{}", definition.name());
        }
    }

    #[test]
    fn edits_are_counted_both_ways() {
        for (a, b, count) in [("", "", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3), ("ab", "ba", 2)] {
            assert_eq!(edits(a, b), count);
            assert_eq!(edits(b, a), count);
        }
    }

    #[test]
    fn a_typing_error_finds_the_setting_meant() {
        assert_eq!(nearest_broker_setting("num.partition"), Some("num.partitions"));
        assert_eq!(nearest_broker_setting("log.retension.hours"), Some("log.retention.hours"));
        assert_eq!(nearest_broker_setting("a.thing.of.my.own"), None);
    }

    #[test]
    fn a_topic_setting_finds_the_broker_setting_that_gives_its_default() {
        assert_eq!(nearest_broker_setting("retention.ms"), Some("log.retention.ms"));
        assert_eq!(nearest_broker_setting("max.message.bytes"), Some("message.max.bytes"));
    }

    #[test]
    fn listener_prefixes_and_mechanisms_are_seen_through() {
        let name = |text| listener_definition(text).map(Definition::name);
        assert_eq!(name("listener.name.internal.ssl.keystore.password"), Some("ssl.keystore.password"));
        assert_eq!(name("listener.name.internal.scram-sha-256.sasl.jaas.config"), Some("sasl.jaas.config"));
        assert_eq!(name("listener.name.internal.nosuch"), None);
        assert_eq!(name("ssl.keystore.password"), None);
    }
}
