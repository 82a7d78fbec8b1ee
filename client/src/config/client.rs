//! Settings that every client has: where the cluster is and how to talk to it.

use std::{fmt, str::FromStr, time::Duration};

use super::{ConfigError, InvalidValue, check_bytes, check_name, check_time, names::named};

/// Settings of the connection to a cluster, shared by all that one client does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientConfig {
    /// `bootstrap.servers`: the servers to ask first; more than one, so that one may be down. No default.
    pub bootstrap_servers: Vec<ServerAddress>,
    /// `client.id`: names this client in the brokers' logs, metrics and quotas. Default `ottla`.
    pub client_id: String,
    /// `client.rack`: where this client runs, to fetch from and be assigned partitions near by. Default none.
    pub client_rack: Option<String>,

    /// `request.timeout.ms`: how long one request may wait for its response. Default 30 s.
    pub request_timeout: Duration,
    /// `default.api.timeout.ms`: how long one call may take with all its retries, where it takes no timeout of its own.
    /// Default 60 s.
    pub default_api_timeout: Duration,
    /// `retry.backoff.ms`: the delay before the first retry of a request, doubled for each further one. Default 100 ms.
    pub retry_backoff: Duration,
    /// `retry.backoff.max.ms`: the largest delay before a retry; also the first, if that is set
    /// to more. Default 1 s.
    pub retry_backoff_max: Duration,

    /// `reconnect.backoff.ms`: the delay before the first reconnection to a broker, doubled for each further failure.
    /// Default 50 ms.
    pub reconnect_backoff: Duration,
    /// `reconnect.backoff.max.ms`: the largest delay before a reconnection; also the first, if that is
    /// set to more. Default 1 s.
    pub reconnect_backoff_max: Duration,
    /// `socket.connection.setup.timeout.ms`: how long a connection may take to be ready, doubled for each failure in a
    /// row. Default 10 s.
    pub connection_setup_timeout: Duration,
    /// `socket.connection.setup.timeout.max.ms`: the largest of these timeouts. Default 30 s.
    pub connection_setup_timeout_max: Duration,
    /// `connections.max.idle.ms`: close a connection that was idle this long; `None` never. Default 9 min.
    pub connections_max_idle: Option<Duration>,
    /// `send.buffer.bytes`: size of a socket's send buffer; `None` leaves it to the system. Default `None` (Java 128 KiB:
    /// a fixed size turns off the system's own tuning).
    pub send_buffer_bytes: Option<usize>,
    /// `receive.buffer.bytes`: size of a socket's receive buffer; `None` leaves it to the system. Default `None` (Java
    /// 32 KiB or 64 KiB).
    pub receive_buffer_bytes: Option<usize>,
    /// `receive.message.max.bytes`: the largest response to accept, in bytes; a broker that announces more loses the
    /// connection. Default 100 MiB (Java has no limit).
    pub max_response_bytes: usize,

    /// `metadata.max.age.ms`: refresh metadata at least this often. Default 5 min.
    pub metadata_max_age: Duration,
    /// `metadata.max.idle.ms`: a producer forgets a topic that it has not used for this long. Default 5 min.
    pub metadata_max_idle: Duration,
    /// `metadata.recovery.strategy`: what to do when no known broker answers. Default rebootstrap.
    pub metadata_recovery: MetadataRecovery,
    /// `metadata.recovery.rebootstrap.trigger.ms`: rebootstrap after this long without metadata. Default 5 min.
    pub metadata_recovery_rebootstrap_trigger: Duration,
    /// `allow.auto.create.topics`: let the broker create a topic that is asked for and not there, if it would. Default
    /// true.
    pub allow_auto_create_topics: bool,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            bootstrap_servers: Vec::new(),
            client_id: "ottla".into(),
            client_rack: None,
            request_timeout: Duration::from_secs(30),
            default_api_timeout: Duration::from_secs(60),
            retry_backoff: Duration::from_millis(100),
            retry_backoff_max: Duration::from_secs(1),
            reconnect_backoff: Duration::from_millis(50),
            reconnect_backoff_max: Duration::from_secs(1),
            connection_setup_timeout: Duration::from_secs(10),
            connection_setup_timeout_max: Duration::from_secs(30),
            connections_max_idle: Some(Duration::from_secs(9 * 60)),
            send_buffer_bytes: None,
            receive_buffer_bytes: None,
            max_response_bytes: 100 << 20,
            metadata_max_age: Duration::from_secs(5 * 60),
            metadata_max_idle: Duration::from_secs(5 * 60),
            metadata_recovery: MetadataRecovery::Rebootstrap,
            metadata_recovery_rebootstrap_trigger: Duration::from_secs(5 * 60),
            allow_auto_create_topics: true,
        }
    }
}

impl ClientConfig {
    /// The defaults for a cluster at these servers.
    pub fn new(bootstrap_servers: impl IntoIterator<Item = ServerAddress>) -> Self {
        Self { bootstrap_servers: bootstrap_servers.into_iter().collect(), ..Self::default() }
    }

    /// Checks that the settings can work, alone and together.
    ///
    /// # Errors
    /// [`ConfigError`] names the first setting that cannot.
    pub fn validate(&self) -> Result<(), ConfigError> {
        // An empty client id is Kafka's way to send none.
        check_name("client.id", Some(self.client_id.as_str()).filter(|id| !id.is_empty()))?;
        check_name("client.rack", self.client_rack.as_deref())?;
        self.validate_times()?;
        for (setting, size) in
            [("send.buffer.bytes", self.send_buffer_bytes), ("receive.buffer.bytes", self.receive_buffer_bytes)]
        {
            size.map_or(Ok(()), |size| check_bytes(setting, size, 1))?;
        }
        check_bytes("receive.message.max.bytes", self.max_response_bytes, 1000)?;
        // Last, so that a reader of settings whose servers come from elsewhere can tell that all else is right.
        if self.bootstrap_servers.is_empty() {
            return Err(ConfigError::Missing { setting: "bootstrap.servers" });
        }
        Ok(())
    }

    fn validate_times(&self) -> Result<(), ConfigError> {
        let millisecond = Duration::from_millis(1);
        check_time("request.timeout.ms", self.request_timeout, millisecond)?;
        check_time("default.api.timeout.ms", self.default_api_timeout, millisecond)?;
        if self.default_api_timeout < self.request_timeout {
            return Err(ConfigError::Conflict {
                setting: "default.api.timeout.ms",
                other: "request.timeout.ms",
                reason: "a call must last at least as long as one of its requests; raise the former",
            });
        }
        for (setting, time) in [
            ("retry.backoff.ms", self.retry_backoff),
            ("retry.backoff.max.ms", self.retry_backoff_max),
            ("reconnect.backoff.ms", self.reconnect_backoff),
            ("reconnect.backoff.max.ms", self.reconnect_backoff_max),
        ] {
            check_time(setting, time, Duration::ZERO)?;
        }
        check_time("socket.connection.setup.timeout.ms", self.connection_setup_timeout, millisecond)?;
        check_time("socket.connection.setup.timeout.max.ms", self.connection_setup_timeout_max, millisecond)?;
        if let Some(idle) = self.connections_max_idle {
            check_time("connections.max.idle.ms", idle, millisecond)?;
        }
        check_time("metadata.max.age.ms", self.metadata_max_age, millisecond)?;
        check_time("metadata.max.idle.ms", self.metadata_max_idle, Duration::from_secs(5))?;
        let trigger = self.metadata_recovery_rebootstrap_trigger;
        check_time("metadata.recovery.rebootstrap.trigger.ms", trigger, Duration::ZERO)
    }
}

/// What a client does when none of the brokers that it knows answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetadataRecovery {
    /// Go on asking the brokers it knows.
    None,
    /// Begin again with the bootstrap servers.
    #[default]
    Rebootstrap,
}

named!(MetadataRecovery, "metadata.recovery.strategy", "rebootstrap, none", {
    None: "none", Rebootstrap: "rebootstrap",
});

/// The host and port of a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerAddress {
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// The port, 9092 where none was given.
    pub port: u16,
}

impl ServerAddress {
    /// Kafka's usual port.
    pub const DEFAULT_PORT: u16 = 9092;

    /// The address of a host and a port.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// Splits `host:port`, `[v6]:port` and both without a port.
    fn split(value: &str) -> Option<(&str, Option<&str>)> {
        if let Some(rest) = value.strip_prefix('[') {
            let (host, rest) = rest.split_once(']')?;
            return if rest.is_empty() { Some((host, None)) } else { Some((host, Some(rest.strip_prefix(':')?))) };
        }
        match value.rsplit_once(':') {
            // More than one colon without brackets: an IPv6 address, whose last group is not a port.
            Some((host, _)) if host.contains(':') => Some((value, None)),
            Some((host, port)) => Some((host, Some(port))),
            None => Some((value, None)),
        }
    }
}

impl FromStr for ServerAddress {
    type Err = InvalidValue;

    /// Reads `host`, `host:port`, `[v6]:port`, each with an optional `PROTOCOL://` before it that is ignored as Java does.
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let trimmed = value.trim();
        let address = trimmed.split_once("://").map_or(trimmed, |(_, rest)| rest);
        let parsed = Self::split(address).and_then(|(host, port)| {
            let port = port.map_or(Some(Self::DEFAULT_PORT), |port| port.parse().ok().filter(|port| *port != 0))?;
            let valid =
                !host.is_empty() && host.len() <= 255 && !host.contains(|c: char| c.is_whitespace() || c == '/');
            valid.then(|| Self::new(host, port))
        });
        parsed.ok_or_else(|| InvalidValue {
            setting: "bootstrap.servers",
            value: value.to_owned(),
            valid: "host, host:port, [IPv6]:port with a port from 1 to 65535",
        })
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid() -> ClientConfig {
        ClientConfig::new([ServerAddress::new("broker", 9092)])
    }

    #[test]
    fn defaults_are_valid_once_servers_are_set() {
        assert_eq!(ClientConfig::default().validate(), Err(ConfigError::Missing { setting: "bootstrap.servers" }));
        assert_eq!(valid().validate(), Ok(()));
    }

    #[test]
    fn addresses_are_read_with_and_without_a_port() {
        for (text, host, port) in [
            ("broker-1.example:9093", "broker-1.example", 9093),
            ("broker", "broker", 9092),
            ("[::1]:19092", "::1", 19092),
            ("[fe80::1%eth0]", "fe80::1%eth0", 9092),
            ("fe80::1", "fe80::1", 9092),
            ("PLAINTEXT://10.0.0.1:1", "10.0.0.1", 1),
            (" padded:65535 ", "padded", 65535),
        ] {
            assert_eq!(text.parse(), Ok(ServerAddress::new(host, port)), "{text}");
        }
    }

    #[test]
    fn malformed_addresses_are_rejected() {
        for text in ["", ":9092", "host:", "host:0", "host:65536", "host:x", "[::1", "[::1]9092", "a b:1", "host/x:1"] {
            assert!(text.parse::<ServerAddress>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_address_prints_as_it_is_read() {
        for text in ["broker:9092", "[::1]:9092"] {
            assert_eq!(text.parse::<ServerAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_call_must_last_as_long_as_a_request() {
        let config = ClientConfig { default_api_timeout: Duration::from_secs(29), ..valid() };
        let error = config.validate().unwrap_err();
        assert!(error.to_string().starts_with("default.api.timeout.ms conflicts with request.timeout.ms"), "{error}");
    }

    #[test]
    fn a_time_beyond_32_bit_milliseconds_is_out_of_range() {
        let config = ClientConfig { metadata_max_age: Duration::from_millis(1 << 31), ..valid() };
        let error = config.validate().unwrap_err();
        assert_eq!(error.to_string(), "metadata.max.age.ms is 2147483648 ms, but must be 1 to 2147483647 ms");
    }
}
