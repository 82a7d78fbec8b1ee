//! Listener addresses, `NAME://host:port`.

use std::{fmt, str::FromStr};

/// A named address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The name, in capitals.
    pub name: String,
    /// A host name or an IP address without brackets; empty for every interface.
    pub host: String,
    /// The port; 0 for a free one.
    pub port: u16,
}

/// A text that is not a list of listeners.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidListener {
    /// Not of the form `NAME://host:port`.
    #[error("Invalid listener {0}: expected NAME://host:port")]
    Form(String),
    /// Two listeners have one name.
    #[error("Listener {0} appears more than once")]
    Duplicate(String),
}

impl Listener {
    pub(super) fn parse_all(texts: &[String]) -> Result<Vec<Self>, InvalidListener> {
        let mut listeners: Vec<Self> = Vec::with_capacity(texts.len());
        for text in texts {
            let listener: Self = text.parse()?;
            if listeners.iter().any(|seen| seen.name == listener.name) {
                return Err(InvalidListener::Duplicate(listener.name));
            }
            listeners.push(listener);
        }
        Ok(listeners)
    }
}

impl FromStr for Listener {
    type Err = InvalidListener;

    fn from_str(text: &str) -> Result<Self, InvalidListener> {
        let malformed = || InvalidListener::Form(text.to_owned());
        let (name, address) = text.trim().split_once("://").ok_or_else(malformed)?;
        let (host, port) = split_address(address).filter(|_| !name.is_empty()).ok_or_else(malformed)?;
        Ok(Self { name: name.to_ascii_uppercase(), host: host.to_owned(), port })
    }
}

/// Host and port of `host:port` or `[IPv6]:port`. The host may be empty.
pub(crate) fn split_address(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None if host.contains([':', ']']) => return None,
        None => host,
    };
    Some((host, port.parse().ok()?)).filter(|_| !host.contains(['[', ']']))
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "{}://[{}]:{}", self.name, self.host, self.port)
        } else {
            write!(f, "{}://{}:{}", self.name, self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_reads_what_it_writes() {
        for text in ["PLAINTEXT://:9092", "EXTERNAL://127.0.0.1:0", "SSL://[::1]:19092", "A_B://host.example:1"] {
            assert_eq!(text.parse::<Listener>().map(|listener| listener.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "host:9092", "://h:1", "A://h", "A://h:65536", "A://::1:9092", "A://[::1:2", "A://[::1", "A://x[y:1"]
        {
            assert_eq!(text.parse::<Listener>(), Err(InvalidListener::Form(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_name_is_there_once() {
        let texts = ["A://:1".to_owned(), "a://:2".to_owned()];
        assert_eq!(Listener::parse_all(&texts), Err(InvalidListener::Duplicate("A".to_owned())));
    }
}
