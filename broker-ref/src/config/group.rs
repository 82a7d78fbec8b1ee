//! The settings of a group.
//!
//! They are for the newer kinds of groups (KIP-848, KIP-932, KIP-1071): stored, checked and described as Kafka does,
//! and without effect on the classic groups that this broker has.

use super::{
    BrokerLayers, ConfigMap,
    definition::{Definition, Synonym::Same, definitions},
    error::ConfigError,
    table::{broker_definition, group_definition, group_definitions},
    value::ConfigValue,
};

pub(super) const DEFINITIONS: &[Definition] = definitions! {
    /// The shortest time between two assignments of a consumer group.
    "consumer.assignment.interval.ms": Int,
        default("1000"), at_least(0), synonyms_are(&[Same("group.consumer.assignment.interval.ms")]);
    /// How often members of a consumer group send heartbeats.
    "consumer.heartbeat.interval.ms": Int,
        default("5000"), at_least(1), synonyms_are(&[Same("group.consumer.heartbeat.interval.ms")]);
    /// A member of a consumer group silent for this long is removed.
    "consumer.session.timeout.ms": Int,
        default("45000"), at_least(1), synonyms_are(&[Same("group.consumer.session.timeout.ms")]);
    /// The shortest time between two assignments of a share group.
    "share.assignment.interval.ms": Int,
        default("1000"), at_least(0), synonyms_are(&[Same("group.share.assignment.interval.ms")]);
    /// Where a share group begins with a partition that it has not read before.
    "share.auto.offset.reset": String, default("latest"), offset_reset();
    /// How often a record is delivered before it is given up.
    "share.delivery.count.limit": Int,
        default("5"), at_least(2), synonyms_are(&[Same("group.share.delivery.count.limit")]);
    /// How often members of a share group send heartbeats.
    "share.heartbeat.interval.ms": Int,
        default("5000"), at_least(1), synonyms_are(&[Same("group.share.heartbeat.interval.ms")]);
    /// Whether a share group is given records of transactions that are under way or were aborted.
    "share.isolation.level": String, default("read_uncommitted"), one_of(&["read_committed", "read_uncommitted"]);
    /// The most records of a partition that a share group may have locked at a time.
    "share.partition.max.record.locks": Int,
        default("2000"), at_least(100), synonyms_are(&[Same("group.share.partition.max.record.locks")]);
    /// How long a delivered record stays locked for its member.
    "share.record.lock.duration.ms": Int,
        default("30000"), at_least(1_000), synonyms_are(&[Same("group.share.record.lock.duration.ms")]);
    /// Whether members of a share group may ask for more time with a record.
    "share.renew.acknowledge.enable": Boolean, default("true");
    /// A member of a share group silent for this long is removed.
    "share.session.timeout.ms": Int,
        default("45000"), at_least(1), synonyms_are(&[Same("group.share.session.timeout.ms")]);
    /// The shortest time between two assignments of a streams group.
    "streams.assignment.interval.ms": Int,
        default("1000"), at_least(0), synonyms_are(&[Same("group.streams.assignment.interval.ms")]);
    /// How often members of a streams group send heartbeats.
    "streams.heartbeat.interval.ms": Int,
        default("5000"), at_least(1), synonyms_are(&[Same("group.streams.heartbeat.interval.ms")]);
    /// How long the first assignment of a streams group waits for more members.
    "streams.initial.rebalance.delay.ms": Int,
        default("3000"), at_least(0), synonyms_are(&[Same("group.streams.initial.rebalance.delay.ms")]);
    /// Standby tasks per task of a streams group.
    "streams.num.standby.replicas": Int,
        default("0"), at_least(0), synonyms_are(&[Same("group.streams.num.standby.replicas")]);
    /// A member of a streams group silent for this long is removed.
    "streams.session.timeout.ms": Int,
        default("45000"), at_least(1), synonyms_are(&[Same("group.streams.session.timeout.ms")]);
};

/// A member must have time for more than one heartbeat.
const LONGER: [(&str, &str); 3] = [
    ("consumer.session.timeout.ms", "consumer.heartbeat.interval.ms"),
    ("share.session.timeout.ms", "share.heartbeat.interval.ms"),
    ("streams.session.timeout.ms", "streams.heartbeat.interval.ms"),
];

/// Checks a group's own settings: alone, against what the broker lets groups choose, and against each other.
pub(super) fn check_group(layers: &BrokerLayers, own: &ConfigMap) -> Result<(), ConfigError> {
    for (name, value) in own {
        let Some(definition) = group_definition(name) else {
            return Err(ConfigError::UnknownGroupConfig { name: name.clone() });
        };
        definition.parse(value)?;
    }
    for definition in group_definitions().filter(|definition| own.contains_key(definition.name())) {
        check_bounds(definition, layers, own)?;
    }
    LONGER.iter().try_for_each(|(session, heartbeat)| check_longer(session, heartbeat, layers, own))
}

fn check_bounds(definition: &'static Definition, layers: &BrokerLayers, own: &ConfigMap) -> Result<(), ConfigError> {
    let name = definition.name();
    let ConfigValue::Int(value) = definition.in_force(layers, own)? else { return Ok(()) };
    let bound = |which| match bound_of(name, which) {
        Some(bound) => match layers.effective(bound.name())? {
            ConfigValue::Int(limit) => Ok(Some((bound.name(), limit))),
            _ => Ok(None),
        },
        None => Ok::<_, ConfigError>(None),
    };
    if let Some((limit_name, limit)) = bound("min")?.filter(|(_, limit)| value < *limit) {
        return Err(ConfigError::BelowBound { name, value: value.into(), limit_name, limit: limit.into() });
    }
    match bound("max")?.filter(|(_, limit)| value > *limit) {
        Some((limit_name, limit)) => {
            Err(ConfigError::Conflict { name, value: value.into(), limit_name, limit: limit.into() })
        }
        None => Ok(()),
    }
}

/// The broker setting that bounds a group setting: `group.share.max.session.timeout.ms` that of
/// `share.session.timeout.ms`. Not all are bounded.
fn bound_of(name: &str, which: &str) -> Option<&'static Definition> {
    let (kind, rest) = name.split_once('.')?;
    let rest = rest.strip_prefix("num.").unwrap_or(rest);
    broker_definition(&format!("group.{kind}.{which}.{rest}"))
}

fn check_longer(
    longer: &'static str,
    shorter: &'static str,
    layers: &BrokerLayers,
    own: &ConfigMap,
) -> Result<(), ConfigError> {
    if !own.contains_key(longer) && !own.contains_key(shorter) {
        return Ok(());
    }
    let value_of = |name| match group_definition(name).map(|definition| definition.in_force(layers, own)) {
        Some(Ok(ConfigValue::Int(value))) => Ok(i64::from(value)),
        Some(Err(error)) => Err(error),
        _ => Err(ConfigError::Missing { name }),
    };
    let (value, limit) = (value_of(longer)?, value_of(shorter)?);
    if value > limit {
        return Ok(());
    }
    Err(ConfigError::NotAbove { name: longer, value, limit_name: shorter, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> ConfigMap {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn refusal(file: &[(&str, &str)], own: &[(&str, &str)]) -> Option<String> {
        check_group(&BrokerLayers::from_file(map(file)), &map(own)).err().map(|error| error.to_string())
    }

    fn assert_refused(own: (&str, &str), why: &str) {
        assert_eq!(refusal(&[], &[own]).as_deref(), Some(why), "{own:?}");
    }

    #[test]
    fn the_defaults_are_those_of_the_broker() {
        for definition in DEFINITIONS {
            let in_force = definition.in_force(&BrokerLayers::default(), &ConfigMap::new());
            assert_eq!(in_force, Ok(definition.default_value().expect("valid")), "{}", definition.name());
        }
    }

    /// Each was asked of Kafka 4.3.1.
    #[test]
    fn values_are_bounded_by_the_broker() {
        for valid in [
            ("consumer.session.timeout.ms", "50000"),
            ("consumer.assignment.interval.ms", "0"),
            ("share.auto.offset.reset", "by_duration:PT1H"),
            ("share.isolation.level", "read_committed"),
            ("streams.num.standby.replicas", "2"),
        ] {
            assert_eq!(refusal(&[], &[valid]), None, "{valid:?}");
        }
        let below = "consumer.session.timeout.ms (1) must not be below group.consumer.min.session.timeout.ms (45000)";
        assert_refused(("consumer.session.timeout.ms", "1"), below);
        let above = "consumer.heartbeat.interval.ms (15001) must not be above \
                     group.consumer.max.heartbeat.interval.ms (15000)";
        assert_refused(("consumer.heartbeat.interval.ms", "15001"), above);
        for (name, value) in [
            ("consumer.session.timeout.ms", "60001"),
            ("consumer.heartbeat.interval.ms", "4999"),
            ("consumer.assignment.interval.ms", "15001"),
            ("share.record.lock.duration.ms", "2000"),
            ("share.record.lock.duration.ms", "60001"),
            ("share.delivery.count.limit", "11"),
            ("share.partition.max.record.locks", "4001"),
            ("share.session.timeout.ms", "44999"),
            ("streams.num.standby.replicas", "3"),
            ("streams.session.timeout.ms", "1"),
            ("streams.assignment.interval.ms", "20000"),
        ] {
            let why = refusal(&[], &[(name, value)]).unwrap_or_default();
            assert!(why.contains("must not be") && why.contains("group."), "{name}={value}: {why}");
        }
    }

    #[test]
    fn the_brokers_file_moves_a_bound() {
        let file = [("group.consumer.min.session.timeout.ms", "6000")];
        assert_eq!(refusal(&file, &[("consumer.session.timeout.ms", "6000")]), None);
        assert!(refusal(&file, &[("consumer.session.timeout.ms", "5999")]).is_some());
    }

    #[test]
    fn a_session_is_longer_than_a_heartbeat() {
        let file = [("group.share.min.session.timeout.ms", "1")];
        let own = [("share.session.timeout.ms", "6000"), ("share.heartbeat.interval.ms", "6000")];
        let why = "share.session.timeout.ms (6000) must be above share.heartbeat.interval.ms (6000)";
        assert_eq!(refusal(&file, &own).as_deref(), Some(why));
        assert!(refusal(&file, &[("share.session.timeout.ms", "5000")]).is_some(), "as long as the default");
        assert_eq!(refusal(&file, &[("share.session.timeout.ms", "5001")]), None);
    }

    #[test]
    fn what_no_group_can_have_is_refused() {
        assert_refused(("nosuch", "1"), "Unknown group config name: nosuch");
        for (name, value) in [
            ("consumer.session.timeout.ms", "abc"),
            ("consumer.session.timeout.ms", "0"),
            ("consumer.assignment.interval.ms", "-1"),
            ("share.auto.offset.reset", "LATEST"),
            ("share.auto.offset.reset", "by_duration:x"),
            ("share.auto.offset.reset", "none"),
            ("share.isolation.level", "READ_COMMITTED"),
            ("share.renew.acknowledge.enable", "maybe"),
            ("streams.initial.rebalance.delay.ms", "-1"),
        ] {
            assert!(refusal(&[], &[(name, value)]).is_some(), "{name}={value}");
        }
    }
}
