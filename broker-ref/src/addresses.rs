//! Where the nodes of a cluster listen, and which addresses clients are told.

use ottla_protocol::wire::Str;

use crate::{
    config::{BrokerConfig, InvalidListener, Listener as ListenerSetting},
    network::{Binding, Endpoint},
};

/// The name of the listener where the settings do not give it one.
pub(crate) const DEFAULT_LISTENER: Str = Str::from_static("PLAINTEXT");
const PLAINTEXT: &str = "PLAINTEXT";

/// A listener of a node.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) name: Str,
    pub(crate) binding: Binding,
    /// What clients are told, where it is not the address that it is bound to.
    pub(crate) advertised: Option<Endpoint>,
}

/// Why the settings `listeners` and `advertised.listeners` cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListenerSettingError {
    /// The value is not a list of listeners.
    #[error("{setting}: {source}")]
    Invalid {
        /// `listeners` or `advertised.listeners`.
        setting: &'static str,
        /// What is wrong with it.
        source: InvalidListener,
    },
    /// The listener has encryption or authentication, which this broker has not.
    #[error("listeners: {name} is a {protocol} listener, and this broker serves PLAINTEXT only")]
    NotPlaintext {
        /// The listener.
        name: String,
        /// Its security protocol.
        protocol: String,
    },
    /// Every listener is one of the controller.
    #[error("listeners: there is none for clients besides those in controller.listener.names")]
    NoneForClients,
    /// An address is advertised for a listener that does not exist.
    #[error("advertised.listeners: there is no listener {name} in listeners")]
    UnknownListener {
        /// The listener.
        name: String,
    },
    /// No client can connect to the advertised address.
    #[error("advertised.listeners: {address} is no address that a client could connect to")]
    NotRoutable {
        /// The address.
        address: String,
    },
}

impl Address {
    /// One without a name of its own.
    pub(crate) fn new(binding: Binding) -> Self {
        Self { name: DEFAULT_LISTENER, binding, advertised: None }
    }
}

/// The listeners that the settings name for clients.
pub(crate) fn from_settings(config: &BrokerConfig) -> Result<Vec<Address>, ListenerSettingError> {
    let invalid = |source| ListenerSettingError::Invalid { setting: "listeners", source };
    let mut addresses = Vec::new();
    for listener in config.parsed_listeners().map_err(invalid)? {
        if is_of_controller(&listener.name, config) {
            continue;
        }
        let protocol = security_protocol(&config.listener_security_protocol_map, &listener.name);
        if protocol != PLAINTEXT {
            return Err(ListenerSettingError::NotPlaintext { protocol: protocol.to_owned(), name: listener.name });
        }
        addresses.push(Address { name: listener.name.as_str().into(), ..Address::new(binding(listener)) });
    }
    if addresses.is_empty() {
        return Err(ListenerSettingError::NoneForClients);
    }
    Ok(addresses)
}

/// Gives listeners the addresses that `advertised.listeners` wants clients to be told.
pub(crate) fn advertise(addresses: &mut [Address], config: &BrokerConfig) -> Result<(), ListenerSettingError> {
    let invalid = |source| ListenerSettingError::Invalid { setting: "advertised.listeners", source };
    for ListenerSetting { name, host, port } in config.parsed_advertised_listeners().map_err(invalid)? {
        if is_of_controller(&name, config) {
            continue;
        }
        if ["", "0.0.0.0", "::"].contains(&host.as_str()) || port == 0 {
            let address = ListenerSetting { name, host, port }.to_string();
            return Err(ListenerSettingError::NotRoutable { address });
        }
        match addresses.iter_mut().find(|address| *address.name == *name) {
            Some(address) => address.advertised = Some(Endpoint { host: host.into(), port }),
            None => return Err(ListenerSettingError::UnknownListener { name }),
        }
    }
    Ok(())
}

/// The controller has no listener of its own here: nodes ask it within the process.
fn is_of_controller(name: &str, config: &BrokerConfig) -> bool {
    config.controller_listener_names.iter().flatten().any(|known| known.eq_ignore_ascii_case(name))
}

fn binding(listener: ListenerSetting) -> Binding {
    // Without a host it is every interface.
    let host = if listener.host.is_empty() { "0.0.0.0".to_owned() } else { listener.host };
    Binding::Tcp { host, port: listener.port }
}

/// The security protocol of a listener; one that the map does not have is named after its protocol.
fn security_protocol<'a>(map: &'a str, name: &'a str) -> &'a str {
    let of_name = |pair: &'a str| {
        let (listener, protocol) = pair.split_once(':')?;
        Some(protocol.trim()).filter(|_| listener.trim().eq_ignore_ascii_case(name))
    };
    map.split(',').find_map(of_name).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BrokerLayers, ConfigMap};

    /// The listeners of these settings: name, where it is bound, what is advertised.
    fn addresses(pairs: &[(&str, &str)]) -> Result<Vec<(String, String, Option<String>)>, String> {
        let file: ConfigMap = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config = BrokerConfig::new(&BrokerLayers::from_file(file.clone())).expect("valid");
        let mut addresses = from_settings(&config).map_err(|error| error.to_string())?;
        if file.contains_key("advertised.listeners") {
            advertise(&mut addresses, &config).map_err(|error| error.to_string())?;
        }
        let show =
            |a: &Address| (a.name.to_string(), a.binding.to_string(), a.advertised.as_ref().map(|e| e.to_string()));
        Ok(addresses.iter().map(show).collect())
    }

    #[test]
    fn the_listener_of_the_controller_is_passed_over_as_kafkas_own_file_has_one() {
        let settings = [
            ("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
            ("advertised.listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"),
            ("controller.listener.names", "CONTROLLER"),
        ];
        let expected = ("PLAINTEXT".to_owned(), "0.0.0.0:9092".to_owned(), Some("localhost:9092".to_owned()));
        assert_eq!(addresses(&settings), Ok(vec![expected]));
    }

    #[test]
    fn several_listeners_have_each_the_address_that_is_advertised_for_it() {
        let settings = [
            ("listeners", "INSIDE://127.0.0.1:9092,OUTSIDE://[::1]:9094"),
            ("listener.security.protocol.map", "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT"),
            ("advertised.listeners", "OUTSIDE://kafka.example:19094"),
        ];
        let expected = [
            ("INSIDE".to_owned(), "127.0.0.1:9092".to_owned(), None),
            ("OUTSIDE".to_owned(), "[::1]:9094".to_owned(), Some("kafka.example:19094".to_owned())),
        ];
        assert_eq!(addresses(&settings), Ok(expected.to_vec()));
    }

    #[test]
    fn what_cannot_be_followed_is_named_with_its_setting() {
        let error = |pairs: &[(&str, &str)]| addresses(pairs).expect_err("an error");
        assert_eq!(
            error(&[("listeners", "SSL://:9093")]),
            "listeners: SSL is a SSL listener, and this broker serves PLAINTEXT only"
        );
        assert_eq!(
            error(&[("listeners", "C://:1"), ("controller.listener.names", "C")]),
            "listeners: there is none for clients besides those in controller.listener.names"
        );
        let advertised = |value| error(&[("listeners", "PLAINTEXT://:9092"), ("advertised.listeners", value)]);
        assert_eq!(advertised("X://h:1"), "advertised.listeners: there is no listener X in listeners");
        for nowhere in ["PLAINTEXT://:9092", "PLAINTEXT://0.0.0.0:9092", "PLAINTEXT://h:0"] {
            assert!(advertised(nowhere).ends_with("is no address that a client could connect to"), "{nowhere}");
        }
    }
}
