//! Which version of each API a broker and this client share.

use std::collections::HashMap;

use ottla_protocol::{
    api_key::ApiKey,
    messages::api_versions::ApiVersionsResponse,
    wire::{Request, schema::VersionRange},
};

use super::RequestError;

/// What one broker announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerVersions {
    ranges: HashMap<ApiKey, VersionRange>,
    features: HashMap<String, i16>,
}

impl BrokerVersions {
    pub(crate) fn from_response(response: &ApiVersionsResponse) -> Self {
        let ranges =
            response.api_keys.iter().map(|api| (api.api_key, VersionRange::new(api.min_version, api.max_version)));
        let features = response.finalized_features.iter().map(|f| (f.name.to_string(), f.max_version_level));
        Self { ranges: ranges.collect(), features: features.collect() }
    }

    /// The versions of an API that the broker serves.
    pub fn range(&self, key: ApiKey) -> Option<VersionRange> {
        self.ranges.get(&key).copied()
    }

    /// The level at which the cluster finalized a feature (KIP-584), such as `transaction.version`.
    pub fn feature(&self, name: &str) -> Option<i16> {
        self.features.get(name).copied()
    }

    /// The newest version that both sides have.
    pub(crate) fn newest<R: Request>(&self) -> Result<i16, RequestError> {
        self.newest_below::<R>(i16::MAX)
    }

    /// The newest version that both sides have and that is not above `cap`.
    pub(crate) fn newest_below<R: Request>(&self, cap: i16) -> Result<i16, RequestError> {
        let broker = self.range(R::KEY);
        // A version that Kafka still marks as unstable may change under us.
        let stable = R::VERSIONS.last - i16::from(R::SCHEMA.last_version_unstable);
        let capped = VersionRange::new(R::VERSIONS.first, stable.min(cap));
        let shared = broker.map_or(VersionRange::NONE, |range| range.intersect(capped));
        if shared.is_empty() {
            return Err(RequestError::Unsupported { api: R::KEY, broker, client: R::VERSIONS });
        }
        Ok(shared.last)
    }

    /// Whether topics have ids here. Some services announce new versions of the APIs that use ids but not the version
    /// of Metadata that would tell them.
    pub(crate) fn has_topic_ids(&self) -> bool {
        self.range(ApiKey::METADATA).is_some_and(|range| range.last >= 10)
    }
}
