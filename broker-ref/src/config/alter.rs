//! Changing settings: the operations of IncrementalAlterConfigs, the replacement of AlterConfigs, and what is checked.

use std::collections::BTreeSet;

use super::{
    BrokerLayers, ConfigMap, TopicConfig,
    definition::{ConfigType, Definition, Update},
    error::ConfigError,
    group::check_group,
    table::{broker_definition, group_definition, listener_definition, topic_definition},
    value::ConfigValue,
};

/// What is done to one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Gives it a value.
    Set(String),
    /// Takes its value away, so that the default is in force again.
    Delete,
    /// Adds the elements that it lacks to a list.
    Append(String),
    /// Takes elements out of a list. Those it lacks do not matter.
    Subtract(String),
}

/// A setting and what is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// The setting.
    pub name: String,
    /// What is done.
    pub operation: Operation,
}

impl ConfigChange {
    /// Reads a change as a request has it: the operation by its number, the value where there is one.
    ///
    /// # Errors
    /// [`ConfigError::UnknownOperation`], and [`ConfigError::NullValue`] where a value is missing.
    pub fn from_request(name: &str, operation: i8, value: Option<&str>) -> Result<Self, ConfigError> {
        let required = || match value {
            Some(value) => Ok(value.to_owned()),
            None => Err(ConfigError::NullValue { name: name.to_owned() }),
        };
        let operation = match operation {
            0 => Operation::Set(required()?),
            1 => Operation::Delete,
            2 => Operation::Append(required()?),
            3 => Operation::Subtract(required()?),
            _ => return Err(ConfigError::UnknownOperation { name: name.to_owned(), operation }),
        };
        Ok(Self { name: name.to_owned(), operation })
    }
}

/// The settings of a topic after these changes.
///
/// # Errors
/// The first change that cannot be made, or what would be wrong with the settings after them.
pub fn alter_topic(
    layers: &BrokerLayers,
    current: &ConfigMap,
    changes: &[ConfigChange],
) -> Result<ConfigMap, ConfigError> {
    let altered = apply(current, changes, topic_definition)?;
    TopicConfig::new(layers, &altered)?;
    Ok(altered)
}

/// The settings of a topic after all of its own were replaced.
///
/// # Errors
/// What would be wrong with them.
pub fn replace_topic(layers: &BrokerLayers, settings: &[(&str, Option<&str>)]) -> Result<ConfigMap, ConfigError> {
    let replaced = collect(settings)?;
    TopicConfig::new(layers, &replaced)?;
    Ok(replaced)
}

/// The settings of a group after these changes.
///
/// # Errors
/// The first change that cannot be made, or what would be wrong with the settings after them.
pub fn alter_group(
    layers: &BrokerLayers,
    current: &ConfigMap,
    changes: &[ConfigChange],
) -> Result<ConfigMap, ConfigError> {
    let altered = apply(current, changes, group_definition)?;
    check_group(layers, &altered)?;
    Ok(altered)
}

/// The settings of a group after all of its own were replaced.
///
/// # Errors
/// What would be wrong with them.
pub fn replace_group(layers: &BrokerLayers, settings: &[(&str, Option<&str>)]) -> Result<ConfigMap, ConfigError> {
    let replaced = collect(settings)?;
    check_group(layers, &replaced)?;
    Ok(replaced)
}

/// The settings made while brokers run, of one broker (`per_broker`) or as the default of all, after these changes.
///
/// `layers` are what is in force before, on the broker, or on one without settings of its own.
///
/// # Errors
/// The first change that cannot be made, or what would be wrong with the settings after them.
pub fn alter_broker(
    layers: &BrokerLayers,
    changes: &[ConfigChange],
    per_broker: bool,
) -> Result<ConfigMap, ConfigError> {
    let find = |name: &str| broker_definition(name).or_else(|| listener_definition(name));
    let current = if per_broker { layers.broker() } else { layers.cluster() };
    let altered = apply(current, changes, find)?;
    check_broker(&altered, per_broker)?;
    check_thread_counts(layers, &altered, per_broker)?;
    Ok(altered)
}

/// The settings made while brokers run, of one broker (`per_broker`) or as the default of all, after all were replaced.
/// `layers` are as for [`alter_broker`].
///
/// # Errors
/// What would be wrong with them.
pub fn replace_broker(
    layers: &BrokerLayers,
    settings: &[(&str, Option<&str>)],
    per_broker: bool,
) -> Result<ConfigMap, ConfigError> {
    let replaced = collect(settings)?;
    check_broker(&replaced, per_broker)?;
    check_thread_counts(layers, &replaced, per_broker)?;
    Ok(replaced)
}

fn collect(settings: &[(&str, Option<&str>)]) -> Result<ConfigMap, ConfigError> {
    let mut collected = ConfigMap::new();
    for (name, value) in settings {
        let name = (*name).to_owned();
        let Some(value) = value else { return Err(ConfigError::NullValue { name }) };
        if collected.insert(name.clone(), (*value).to_owned()).is_some() {
            return Err(ConfigError::DuplicateKey { name });
        }
    }
    Ok(collected)
}

type Find = fn(&str) -> Option<&'static Definition>;

fn apply(current: &ConfigMap, changes: &[ConfigChange], find: Find) -> Result<ConfigMap, ConfigError> {
    let mut seen = BTreeSet::new();
    if let Some(twice) = changes.iter().find(|change| !seen.insert(&change.name)) {
        return Err(ConfigError::DuplicateKey { name: twice.name.clone() });
    }
    let mut altered = current.clone();
    for ConfigChange { name, operation } in changes {
        match operation {
            Operation::Set(value) => {
                altered.insert(name.clone(), value.clone());
            }
            Operation::Delete => {
                altered.remove(name);
            }
            Operation::Append(value) => change_list(&mut altered, name, "APPEND", value, find)?,
            Operation::Subtract(value) => change_list(&mut altered, name, "SUBTRACT", value, find)?,
        }
    }
    Ok(altered)
}

/// Appends to or subtracts from a list, which is the default's where none was set.
///
/// Elements are compared as they are written, white space included, as Kafka does.
fn change_list(
    altered: &mut ConfigMap,
    name: &str,
    operation: &'static str,
    value: &str,
    find: Find,
) -> Result<(), ConfigError> {
    let definition = find(name).filter(|definition| definition.kind() == ConfigType::List);
    let definition = definition.ok_or_else(|| ConfigError::NotAList { name: name.to_owned(), operation })?;
    let before = altered.get(name).map(String::as_str).or_else(|| definition.default_text()).unwrap_or_default();
    let mut elements: Vec<&str> = before.split(',').filter(|element| !element.is_empty()).collect();
    for element in value.split(',') {
        let place = elements.iter().position(|present| *present == element);
        match (operation, place) {
            ("APPEND", None) => elements.push(element),
            ("SUBTRACT", Some(place)) => {
                elements.remove(place);
            }
            _ => {}
        }
    }
    let after = elements.join(",");
    altered.insert(name.to_owned(), after);
    Ok(())
}

fn check_broker(settings: &ConfigMap, per_broker: bool) -> Result<(), ConfigError> {
    for (name, value) in settings {
        if let Some(definition) = broker_definition(name).or_else(|| listener_definition(name)) {
            definition.parse(value)?;
        }
    }
    let updates = |name: &str| broker_definition(name).map(Definition::update);
    let those = |unfit: &dyn Fn(&str) -> bool| -> Option<Vec<String>> {
        let names: Vec<String> = settings.keys().filter(|name| unfit(name)).cloned().collect();
        (!names.is_empty()).then_some(names)
    };
    if let Some(names) = those(&|name| updates(name) == Some(Update::ReadOnly)) {
        return Err(ConfigError::ReadOnly { names });
    }
    if let Some(names) = those(&|name| updates(name) == Some(Update::PerListener)) {
        return Err(ConfigError::PerListenerOnly { names });
    }
    let of_one = |name: &str| updates(name) == Some(Update::PerBroker) || listener_definition(name).is_some();
    match those(&of_one) {
        Some(names) if !per_broker => Err(ConfigError::PerBrokerOnly { names }),
        _ => Ok(()),
    }
}

/// Kafka resizes these pools while it runs, by half or to the double at most. Who configures both in one way learns it
/// here as well.
const THREAD_COUNTS: [&str; 10] = [
    "background.threads",
    "log.cleaner.threads",
    "num.io.threads",
    "num.network.threads",
    "num.recovery.threads.per.data.dir",
    "num.replica.fetchers",
    "remote.log.manager.copier.thread.pool.size",
    "remote.log.manager.expiration.thread.pool.size",
    "remote.log.manager.follower.thread.pool.size",
    "remote.log.reader.threads",
];

fn check_thread_counts(layers: &BrokerLayers, settings: &ConfigMap, per_broker: bool) -> Result<(), ConfigError> {
    let mut after = layers.clone();
    if per_broker {
        after.set_broker(settings.clone());
    } else {
        after.set_cluster(settings.clone());
    }
    for name in THREAD_COUNTS {
        let (ConfigValue::Int(current), ConfigValue::Int(value)) = (layers.effective(name)?, after.effective(name)?)
        else {
            continue;
        };
        let fits = (1.max(current / 2)..=current.saturating_mul(2)).contains(&value);
        if value != current && !fits {
            return Err(ConfigError::ThreadCount { name, value, current });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::error::ConfigScope;

    const SET: i8 = 0;
    const DELETE: i8 = 1;
    const APPEND: i8 = 2;
    const SUBTRACT: i8 = 3;

    fn changes(operations: &[(&str, i8, &str)]) -> Vec<ConfigChange> {
        let read = |(name, operation, value): &(&str, i8, &str)| {
            ConfigChange::from_request(name, *operation, Some(value)).expect("an operation")
        };
        operations.iter().map(read).collect()
    }

    /// Alters a topic and shows one setting, or the error code.
    fn topic(current: &[(&str, &str)], operations: &[(&str, i8, &str)], show: &str) -> Result<Option<String>, i16> {
        let current = current.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        alter_topic(&BrokerLayers::default(), &current, &changes(operations))
            .map(|mut altered| altered.remove(show))
            .map_err(|error| error.error_code(ConfigScope::Topic).0)
    }

    fn broker(operations: &[(&str, i8, &str)], per_broker: bool) -> Result<ConfigMap, i16> {
        alter_broker(&BrokerLayers::default(), &changes(operations), per_broker)
            .map_err(|error| error.error_code(ConfigScope::Broker).0)
    }

    fn text(value: &str) -> Result<Option<String>, i16> {
        Ok(Some(value.to_owned()))
    }

    const POLICY: &str = "cleanup.policy";

    #[test]
    fn append_adds_to_the_default_what_is_not_there() {
        assert_eq!(topic(&[], &[(POLICY, APPEND, "compact")], POLICY), text("delete,compact"));
        assert_eq!(
            topic(&[(POLICY, "delete,compact")], &[(POLICY, APPEND, "compact")], POLICY),
            text("delete,compact")
        );
        assert_eq!(topic(&[(POLICY, "")], &[(POLICY, APPEND, "compact,delete")], POLICY), text("compact,delete"));
    }

    #[test]
    fn subtract_of_what_is_not_there_is_fine() {
        assert_eq!(topic(&[(POLICY, "delete")], &[(POLICY, SUBTRACT, "nonsense")], POLICY), text("delete"));
        assert_eq!(topic(&[], &[(POLICY, SUBTRACT, "delete")], POLICY), text(""));
    }

    #[test]
    fn append_and_subtract_are_for_lists_only() {
        for operation in [APPEND, SUBTRACT] {
            assert_eq!(topic(&[], &[("retention.ms", operation, "3")], ""), Err(40));
            assert_eq!(topic(&[], &[("nosuch", operation, "3")], ""), Err(40));
            assert_eq!(broker(&[("num.io.threads", operation, "5")], true), Err(40));
        }
    }

    #[test]
    fn an_appended_element_must_be_valid() {
        assert_eq!(topic(&[], &[(POLICY, APPEND, "x")], POLICY), Err(40));
    }

    #[test]
    fn a_setting_may_be_named_once() {
        let twice = [("retention.ms", SET, "5"), ("retention.ms", SET, "6")];
        assert_eq!(topic(&[], &twice, ""), Err(42));
        assert_eq!(broker(&[("num.io.threads", SET, "5"), ("num.io.threads", DELETE, "")], true), Err(42));
    }

    #[test]
    fn only_delete_needs_no_value() {
        let code = |operation| {
            ConfigChange::from_request("retention.ms", operation, None)
                .map_err(|error| error.error_code(ConfigScope::Topic).0)
                .err()
        };
        assert_eq!(
            [SET, DELETE, APPEND, SUBTRACT, 4, -1].map(code),
            [Some(42), None, Some(42), Some(42), Some(42), Some(42)]
        );
    }

    #[test]
    fn a_bad_value_is_invalid_config_for_a_topic_and_invalid_request_for_a_broker() {
        assert_eq!(topic(&[], &[("retention.ms", SET, "abc")], ""), Err(40));
        assert_eq!(broker(&[("num.io.threads", SET, "x")], true), Err(42));
        assert_eq!(broker(&[("log.segment.bytes", SET, "100")], false), Err(42));
    }

    /// Kafka 4.3.1 refuses both as well.
    #[test]
    fn no_setting_deletes_every_record_or_keeps_everybody_out() {
        assert_eq!(broker(&[("log.retention.ms", SET, "0")], false), Err(42));
        assert_eq!(broker(&[("max.connections", SET, "0")], false), Err(42));
        for valid in [("log.retention.ms", SET, "1"), ("log.retention.ms", SET, "-1"), ("max.connections", SET, "1")] {
            assert!(broker(&[valid], false).is_ok(), "{valid:?}");
        }
    }

    #[test]
    fn an_unknown_topic_setting_can_be_deleted_and_nothing_else() {
        assert_eq!(topic(&[], &[("nosuch", SET, "1")], ""), Err(40));
        assert_eq!(topic(&[], &[("nosuch", DELETE, "")], "nosuch"), Ok(None));
    }

    #[test]
    fn an_unknown_broker_setting_is_kept() {
        assert!(broker(&[("nosuch", SET, "4")], true).is_ok());
        assert!(broker(&[("nosuch", SET, "4")], false).is_ok());
    }

    #[test]
    fn a_read_only_broker_setting_can_be_deleted_and_nothing_else() {
        assert_eq!(broker(&[("num.partitions", SET, "4")], true), Err(42));
        assert_eq!(broker(&[("num.partitions", SET, "4")], false), Err(42));
        assert_eq!(broker(&[("num.partitions", DELETE, "")], true), Ok(ConfigMap::new()));
    }

    #[test]
    fn what_belongs_to_one_broker_cannot_be_the_default_of_all() {
        let listeners = [("listeners", SET, "PLAINTEXT://:9092")];
        assert_eq!(broker(&listeners, false), Err(42));
        assert!(broker(&listeners, true).is_ok());
        assert_eq!(broker(&[("listener.name.a.sasl.jaas.config", SET, "x")], false), Err(42));
    }

    #[test]
    fn key_stores_change_under_the_prefix_of_a_listener() {
        assert_eq!(broker(&[("ssl.keystore.password", SET, "x")], true), Err(42));
        assert!(broker(&[("listener.name.a.ssl.keystore.password", SET, "x")], true).is_ok());
    }

    #[test]
    fn a_replacement_leaves_nothing_of_before() {
        let layers = BrokerLayers::default();
        let replaced = replace_topic(&layers, &[("retention.ms", Some("5"))]).expect("valid");
        assert_eq!(replaced.into_iter().collect::<Vec<_>>(), [("retention.ms".to_owned(), "5".to_owned())]);
        assert!(replace_topic(&layers, &[("retention.ms", None)]).is_err());
        assert!(replace_topic(&layers, &[("retention.ms", Some("5")), ("retention.ms", Some("6"))]).is_err());
        assert!(replace_broker(&layers, &[("num.partitions", Some("5"))], true).is_err());
    }
}
