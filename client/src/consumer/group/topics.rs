//! The topics that a consumer subscribes to.

use std::collections::BTreeSet;

use ottla_protocol::types::TopicName;
use regex_lite::Regex;

use crate::metadata::ClusterMetadata;

/// What a consumer subscribes to.
#[derive(Clone, Debug)]
pub(in crate::consumer) enum Topics {
    Names(BTreeSet<TopicName>),
    Pattern { regex: Regex, internal: bool },
}

impl Topics {
    pub(in crate::consumer) fn names(names: impl IntoIterator<Item = impl Into<TopicName>>) -> Self {
        Self::Names(names.into_iter().map(Into::into).collect())
    }

    /// The topics whose whole name matches; internal ones only if `internal`.
    pub(in crate::consumer) fn pattern(pattern: &str, internal: bool) -> Result<Self, regex_lite::Error> {
        let regex = Regex::new(&format!("^(?:{pattern})$"))?;
        Ok(Self::Pattern { regex, internal })
    }

    pub(super) fn is_pattern(&self) -> bool {
        matches!(self, Self::Pattern { .. })
    }

    /// The topics by name, as far as they are known.
    pub(super) fn resolve(&self, metadata: &ClusterMetadata) -> BTreeSet<TopicName> {
        match self {
            Self::Names(names) => names.clone(),
            Self::Pattern { regex, internal } => {
                let topics = metadata.topics.values();
                let matching = topics.filter(|topic| (*internal || !topic.is_internal) && regex.is_match(&topic.name));
                matching.map(|topic| topic.name.clone()).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::metadata::TopicMetadata;

    fn resolve(topics: &Topics) -> Vec<String> {
        let mut metadata = ClusterMetadata::default();
        for (name, is_internal) in [("orders", false), ("orders.eu", false), ("my-orders", false), ("__offsets", true)]
        {
            let topic =
                TopicMetadata { name: name.into(), id: Default::default(), is_internal, partitions: Vec::new() };
            metadata.topics.insert(name.into(), Arc::new(topic));
        }
        topics.resolve(&metadata).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_pattern_matches_whole_names() {
        assert_eq!(resolve(&Topics::pattern("orders|x", false).unwrap()), ["orders"]);
        assert_eq!(resolve(&Topics::pattern(r"orders(\..*)?", false).unwrap()), ["orders", "orders.eu"]);
    }

    #[test]
    fn internal_topics_match_only_on_demand() {
        assert_eq!(resolve(&Topics::pattern(".*", false).unwrap()).len(), 3);
        assert_eq!(resolve(&Topics::pattern("__.*", true).unwrap()), ["__offsets"]);
    }

    #[test]
    fn names_need_no_metadata() {
        assert_eq!(resolve(&Topics::names(["b", "a"])), ["a", "b"]);
    }
}
