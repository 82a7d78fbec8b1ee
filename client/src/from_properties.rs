//! A client from the settings in a file.

use std::{convert::Infallible, fmt, ops::Deref};

use crate::{
    Client,
    config::{ConfigError, ConsumerConfig, ProducerConfig},
    producer::ProducerBuilder,
    properties::{Note, Properties, PropertyErrors, Settings, TextError},
};

/// A client with the settings for what is made from it.
///
/// It derefs to its [`Client`], so all of that is at hand too; only what is made here has the settings.
#[derive(Clone, Debug)]
pub struct ConfiguredClient {
    client: Client,
    producer_config: ProducerConfig,
    consumer_config: ConsumerConfig,
    notes: Vec<Note>,
}

/// Why properties do not make a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FromPropertiesError {
    /// The text is not in the format of `.properties` files.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Some properties are unknown, invalid or contradict each other; all of them are listed.
    #[error(transparent)]
    Properties(#[from] PropertyErrors),
    /// A setting is missing: most likely `bootstrap.servers`.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl From<Infallible> for FromPropertiesError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl TryFrom<&str> for Properties {
    type Error = TextError;

    /// Reads Java's `.properties` format.
    fn try_from(text: &str) -> Result<Self, TextError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Properties {
    type Error = TextError;

    /// Reads Java's `.properties` format.
    fn try_from(text: String) -> Result<Self, TextError> {
        Self::parse(&text)
    }
}

impl Client {
    /// A client with the settings of a `.properties` file, by the names that Java's clients and librdkafka have for them.
    /// Takes the file's text, or [`Properties`], which also a map makes.
    ///
    /// ```
    /// use ottla_client::Client;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let kafka = Client::from_properties("bootstrap.servers=localhost:9092\nlinger.ms=20\ngroup.id=billing")?;
    /// let producer = kafka.producer().build()?;
    /// assert_eq!(kafka.consumer_config().group_id.as_deref(), Some("billing"));
    /// # drop(producer);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`FromPropertiesError`] says all that is wrong, and for an unknown name suggests the nearest.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn from_properties<P>(properties: P) -> Result<ConfiguredClient, FromPropertiesError>
    where
        P: TryInto<Properties>,
        FromPropertiesError: From<P::Error>,
    {
        let settings = Settings::from_properties(&properties.try_into()?)?;
        Ok(ConfiguredClient::from_settings(settings)?)
    }
}

impl ConfiguredClient {
    /// A client with these settings.
    ///
    /// # Errors
    /// [`ConfigError`] if a setting is missing.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn from_settings(settings: Settings) -> Result<Self, ConfigError> {
        let Settings { client, producer, consumer, notes } = settings;
        let client = Client::builder_from(client).build()?;
        Ok(Self { client, producer_config: producer, consumer_config: consumer, notes })
    }

    /// A builder of a producer that begins with the settings.
    pub fn producer(&self) -> ProducerBuilder {
        self.client.producer().config(self.producer_config.clone())
    }

    /// The client alone.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The settings of producers.
    pub fn producer_config(&self) -> &ProducerConfig {
        &self.producer_config
    }

    /// The settings of consumers.
    pub fn consumer_config(&self) -> &ConsumerConfig {
        &self.consumer_config
    }

    /// Properties that were passed over, and why: worth a line in the log.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl Deref for ConfiguredClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl fmt::Display for ConfiguredClient {
    /// Writes the servers, as they were given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, server) in self.client.config().bootstrap_servers.iter().enumerate() {
            write!(f, "{}{server}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, time::Duration};

    use super::*;

    #[tokio::test]
    async fn each_kind_of_handle_gets_its_settings() {
        let text = "bootstrap.servers=a:1,b:2\nrequest.timeout.ms=5000\nlinger.ms=20\ngroup.id=g\n";
        let kafka = Client::from_properties(text).expect("a client");
        assert_eq!(kafka.to_string(), "a:1,b:2");
        assert_eq!(kafka.config().request_timeout, Duration::from_secs(5));
        assert_eq!(kafka.producer_config().linger, Duration::from_millis(20));
        assert_eq!(kafka.consumer_config().group_id.as_deref(), Some("g"));
        assert!(kafka.notes().is_empty());
    }

    #[tokio::test]
    async fn a_map_serves_as_well_as_text() {
        let map = HashMap::from([("bootstrap.servers", "a:1")]);
        let properties: Properties = map.into_iter().collect();
        assert_eq!(Client::from_properties(properties).expect("a client").to_string(), "a:1");
    }

    #[tokio::test]
    async fn what_changes_nothing_is_noted() {
        let text = "bootstrap.servers=a:1\nkey.serializer=org.apache.kafka.common.serialization.StringSerializer";
        let kafka = Client::from_properties(text).expect("a client");
        assert_eq!(kafka.notes()[0].name, "key.serializer");
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let error = Client::from_properties("bootstrap.server=a:1\nacks=many").expect_err("two mistakes").to_string();
        assert!(error.contains("bootstrap.servers") && error.contains("acks=many"), "{error}");
        let error = Client::from_properties("acks=all").expect_err("no servers");
        assert_eq!(error, FromPropertiesError::Config(ConfigError::Missing { setting: "bootstrap.servers" }));
        assert!(matches!(Client::from_properties(r"a=\u12"), Err(FromPropertiesError::Text(_))));
    }
}
