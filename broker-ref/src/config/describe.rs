//! The rows of DescribeConfigs.

use std::collections::BTreeSet;

use super::{
    BrokerLayers, ConfigMap,
    definition::{ConfigType, Definition, Update},
    error::ConfigError,
    table::{
        broker_definition, broker_definitions, group_definitions, is_implemented, listener_definition,
        topic_definitions,
    },
};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// Set for the topic.
    DynamicTopic,
    /// Set for the broker while it runs.
    DynamicBroker,
    /// Set for all brokers while they run.
    DynamicDefaultBroker,
    /// Set in the broker's file.
    StaticBroker,
    /// Kafka's default.
    Default,
    /// Set for the group.
    DynamicGroup,
}

impl ConfigSource {
    /// The number in a response.
    pub fn id(self) -> i8 {
        match self {
            Self::DynamicTopic => 1,
            Self::DynamicBroker => 2,
            Self::DynamicDefaultBroker => 3,
            Self::StaticBroker => 4,
            Self::Default => 5,
            Self::DynamicGroup => 8,
        }
    }
}

/// One place that has a value for a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The setting's name in that place.
    pub name: String,
    /// The value; none for a secret.
    pub value: Option<String>,
    /// The place.
    pub source: ConfigSource,
}

/// A setting as it is described to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The name.
    pub name: String,
    /// The value in force; none for a secret or where there is none.
    pub value: Option<String>,
    /// Where that comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed while the broker runs.
    pub read_only: bool,
    /// Whether it is a secret, or unknown and perhaps one.
    pub is_sensitive: bool,
    /// Every place that has a value, the winning one first.
    pub synonyms: Vec<ConfigSynonym>,
    /// The type; none for an unknown setting.
    pub kind: Option<ConfigType>,
    /// What it does.
    pub documentation: Option<String>,
}

impl ConfigEntry {
    /// The number of the type in a response.
    pub fn type_id(&self) -> i8 {
        self.kind.map_or(0, ConfigType::id)
    }
}

/// Describes the settings of a topic with these of its own.
///
/// # Errors
/// A setting that is invalid, which only a setting stored unchecked can be.
pub fn describe_topic(layers: &BrokerLayers, own: &ConfigMap) -> Result<Vec<ConfigEntry>, ConfigError> {
    topic_definitions()
        .filter(|definition| !definition.is_internal() || own.contains_key(definition.name()))
        .map(|definition| own_entry(definition, layers, own, ConfigSource::DynamicTopic))
        .collect()
}

/// Describes the settings of a group with these of its own. There need not be such a group.
///
/// # Errors
/// A setting that is invalid, which only a setting stored unchecked can be.
pub fn describe_group(layers: &BrokerLayers, own: &ConfigMap) -> Result<Vec<ConfigEntry>, ConfigError> {
    group_definitions()
        .map(|definition| {
            let mut entry = own_entry(definition, layers, own, ConfigSource::DynamicGroup)?;
            // Unlike a topic's, a group's default without a broker setting is listed by its own name.
            if definition.synonyms().is_empty() {
                let value = definition.default_value()?.into_text();
                entry.synonyms.push(ConfigSynonym { name: entry.name.clone(), value, source: ConfigSource::Default });
            }
            Ok(entry)
        })
        .collect()
}

/// A setting of a topic or group, which may have a value of its own from `source`.
fn own_entry(
    definition: &Definition,
    layers: &BrokerLayers,
    own: &ConfigMap,
    source: ConfigSource,
) -> Result<ConfigEntry, ConfigError> {
    let name = definition.name().to_owned();
    let value = definition.in_force(layers, own)?.into_text();
    let from_own = own.contains_key(&name).then(|| ConfigSynonym { name: name.clone(), value: value.clone(), source });
    let from_broker = definition.synonyms().first().map(|synonym| layers.synonyms(synonym.name()));
    let synonyms: Vec<_> = from_own.into_iter().chain(from_broker.into_iter().flatten()).collect();
    Ok(ConfigEntry {
        name,
        value,
        source: source_of(&synonyms),
        read_only: false,
        is_sensitive: definition.is_sensitive(),
        synonyms,
        kind: Some(definition.kind()),
        documentation: Some(documentation(definition)),
    })
}

/// Describes the settings of a broker: every one there is, and those that were made without being known.
///
/// # Errors
/// A setting that is invalid, which only a setting stored unchecked can be.
pub fn describe_broker(layers: &BrokerLayers) -> Result<Vec<ConfigEntry>, ConfigError> {
    let made = [layers.broker(), layers.cluster(), layers.file()].into_iter().flat_map(ConfigMap::keys);
    let defined = broker_definitions().filter(|definition| !definition.is_internal());
    let names: BTreeSet<&str> = made.map(String::as_str).chain(defined.map(|row| -> &str { row.name() })).collect();
    names.into_iter().map(|name| broker_entry(name, layers, layers.synonyms(name))).collect()
}

/// Describes the settings that were made as the default of all brokers.
///
/// # Errors
/// A setting that is invalid, which only a setting stored unchecked can be.
pub fn describe_cluster_default(layers: &BrokerLayers) -> Result<Vec<ConfigEntry>, ConfigError> {
    let mut only_cluster = BrokerLayers::default();
    only_cluster.set_cluster(layers.cluster().clone());
    let entries = layers.cluster().keys().map(|name| {
        let mut synonyms = only_cluster.synonyms(name);
        synonyms.retain(|synonym| synonym.source == ConfigSource::DynamicDefaultBroker);
        broker_entry(name, &only_cluster, synonyms)
    });
    entries.collect()
}

fn broker_entry(name: &str, layers: &BrokerLayers, synonyms: Vec<ConfigSynonym>) -> Result<ConfigEntry, ConfigError> {
    let exact = broker_definition(name);
    let definition = exact.or_else(|| listener_definition(name));
    let is_sensitive = definition.is_none_or(Definition::is_sensitive);
    let value = match exact {
        _ if is_sensitive => None,
        Some(_) => layers.effective(name)?.into_text(),
        None => layers.text(name).map(str::to_owned),
    };
    Ok(ConfigEntry {
        name: name.to_owned(),
        value,
        source: source_of(&synonyms),
        read_only: exact.is_none_or(|definition| definition.update() == Update::ReadOnly),
        is_sensitive,
        synonyms,
        kind: definition.map(Definition::kind),
        documentation: definition.map(documentation),
    })
}

fn documentation(definition: &Definition) -> String {
    let text = definition.documentation();
    if is_implemented(definition) { text.to_owned() } else { format!("{text} This broker does not act on it.") }
}

fn source_of(synonyms: &[ConfigSynonym]) -> ConfigSource {
    synonyms.first().map_or(ConfigSource::Default, |winning| winning.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map<const N: usize>(pairs: [(&str, &str); N]) -> ConfigMap {
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    fn row(entries: Result<Vec<ConfigEntry>, ConfigError>, name: &str) -> ConfigEntry {
        let entries = entries.expect("valid settings");
        entries.into_iter().find(|entry| entry.name == name).expect("a row of that name")
    }

    /// Value, source and synonyms in one line.
    fn line(entry: &ConfigEntry) -> String {
        let mut line = format!("{} {}", entry.value.as_deref().unwrap_or("null"), entry.source.id());
        for ConfigSynonym { name, value, source } in &entry.synonyms {
            line += &format!(" {name}={}({})", value.as_deref().unwrap_or("null"), source.id());
        }
        line
    }

    fn layered() -> BrokerLayers {
        let mut layers = BrokerLayers::from_file(map([("node.id", "1"), ("offsets.topic.num.partitions", "5")]));
        layers.set_cluster(map([("log.retention.ms", "500000"), ("nosuch", "4")]));
        layers.set_broker(map([("log.retention.ms", "700000"), ("num.io.threads", "4")]));
        layers
    }

    #[test]
    fn a_broker_row_lists_every_place_in_order() {
        let rows = describe_broker(&layered());
        let rows = |name| line(&row(rows.clone(), name));
        assert_eq!(rows("num.io.threads"), "4 2 num.io.threads=4(2) num.io.threads=8(5)");
        assert_eq!(
            rows("offsets.topic.num.partitions"),
            "5 4 offsets.topic.num.partitions=5(4) offsets.topic.num.partitions=50(5)"
        );
        assert_eq!(rows("broker.id"), "1 4 broker.id=1(4) broker.id=-1(5)");
        assert_eq!(rows("node.id"), "1 4 node.id=1(4)");
        assert_eq!(rows("num.partitions"), "1 5 num.partitions=1(5)");
        assert_eq!(rows("log.retention.minutes"), "null 5");
    }

    #[test]
    fn retention_in_ms_has_its_fellows_behind_it_and_hours_have_none_before_them() {
        let rows = describe_broker(&layered());
        assert_eq!(
            line(&row(rows.clone(), "log.retention.ms")),
            "700000 2 log.retention.ms=700000(2) log.retention.ms=500000(3) log.retention.hours=168(5)"
        );
        assert_eq!(line(&row(rows, "log.retention.hours")), "168 5 log.retention.hours=168(5)");
    }

    #[test]
    fn a_topic_row_has_the_topics_value_before_the_brokers() {
        let own = map([("cleanup.policy", "compact"), ("retention.ms", " 77 ")]);
        let of = |own, name| line(&row(describe_topic(&layered(), own), name));
        let none = ConfigMap::new();
        assert_eq!(of(&own, "cleanup.policy"), "compact 1 cleanup.policy=compact(1) log.cleanup.policy=delete(5)");
        assert!(of(&own, "retention.ms").starts_with("77 1 retention.ms=77(1) log.retention.ms=700000(2)"));
        assert!(of(&none, "retention.ms").starts_with("700000 2 log.retention.ms=700000(2)"));
        assert_eq!(of(&none, "flush.ms"), "9223372036854775807 5");
        assert_eq!(of(&none, "segment.bytes"), "1073741824 5 log.segment.bytes=1073741824(5)");
    }

    #[test]
    fn hours_give_a_topic_its_value_but_no_synonym() {
        let layers = BrokerLayers::from_file(map([("log.retention.hours", "2")]));
        assert_eq!(line(&row(describe_topic(&layers, &ConfigMap::new()), "retention.ms")), "7200000 5");
    }

    /// As Kafka 4.3.1 describes them.
    #[test]
    fn a_group_row_has_the_groups_value_before_the_brokers() {
        let own = map([("consumer.session.timeout.ms", "50000"), ("share.auto.offset.reset", "earliest")]);
        let of = |own, name| line(&row(describe_group(&layered(), own), name));
        let none = ConfigMap::new();
        assert_eq!(
            of(&own, "consumer.session.timeout.ms"),
            "50000 8 consumer.session.timeout.ms=50000(8) group.consumer.session.timeout.ms=45000(5)"
        );
        assert_eq!(
            of(&own, "share.auto.offset.reset"),
            "earliest 8 share.auto.offset.reset=earliest(8) share.auto.offset.reset=latest(5)"
        );
        assert_eq!(of(&none, "share.auto.offset.reset"), "latest 5 share.auto.offset.reset=latest(5)");
        assert_eq!(of(&none, "share.delivery.count.limit"), "5 5 group.share.delivery.count.limit=5(5)");
        assert_eq!(describe_group(&layered(), &none).map(|rows| rows.len()), Ok(17));
    }

    #[test]
    fn an_unknown_setting_is_shown_without_its_value() {
        let entry = row(describe_broker(&layered()), "nosuch");
        assert_eq!(line(&entry), "null 3 nosuch=null(3)");
        assert!(entry.is_sensitive && entry.read_only);
        assert_eq!(entry.type_id(), 0);
    }

    #[test]
    fn a_secret_is_shown_without_its_value() {
        let mut layers = BrokerLayers::from_file(map([("ssl.key.password", "hush")]));
        layers.set_broker(map([("listener.name.a.ssl.keystore.password", "hush")]));
        let rows = describe_broker(&layers);
        assert_eq!(line(&row(rows.clone(), "ssl.key.password")), "null 4 ssl.key.password=null(4)");
        let prefixed = row(rows, "listener.name.a.ssl.keystore.password");
        assert_eq!(prefixed.value, None);
        assert_eq!((prefixed.type_id(), prefixed.read_only, prefixed.is_sensitive), (9, true, true));
    }

    #[test]
    fn the_default_of_all_brokers_has_only_what_was_made_for_all() {
        let rows = describe_cluster_default(&layered()).expect("valid settings");
        let lines: Vec<_> = rows.iter().map(line).collect();
        assert_eq!(lines, ["500000 3 log.retention.ms=500000(3)", "null 3 nosuch=null(3)"]);
    }

    #[test]
    fn an_internal_setting_is_shown_only_where_it_is_made() {
        let shown = |own: &ConfigMap| {
            let rows = describe_topic(&layered(), own).expect("valid settings");
            rows.iter().any(|row| row.name == "internal.segment.bytes")
        };
        assert!(!shown(&ConfigMap::new()));
        assert!(shown(&map([("internal.segment.bytes", "100")])));
    }
}
