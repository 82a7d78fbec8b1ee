//! What went over a process's sockets, by the kernel's own count.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::requirement::SS;

const LIMIT: Duration = Duration::from_secs(20);

/// Bytes that a process's open connections have carried since they were made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Traffic {
    /// Written, and acknowledged by the other side.
    pub(super) sent: f64,
    /// Read.
    pub(super) received: f64,
}

/// What the connections of `process` to ports of `bootstrap` have carried.
///
/// # Errors
/// `ss` is missing, or the process has no such connection.
pub(super) fn traffic(process: u32, bootstrap: &str) -> Result<Traffic> {
    SS.ensure()?;
    let printed = process::capture(Command::new("ss").args(["-tinpHO", "state", "established"]), "", LIMIT)?;
    sum(&printed, process, bootstrap)
}

fn sum(printed: &str, process: u32, bootstrap: &str) -> Result<Traffic> {
    let ports: Vec<&str> = bootstrap.split(',').filter_map(|server| Some(server.rsplit_once(':')?.1)).collect();
    let owner = format!("pid={process},");
    let mine = |line: &&str| line.contains(&owner) && peer_port(line).is_some_and(|port| ports.contains(&port));
    let connections: Vec<Traffic> = printed.lines().filter(mine).map(carried).collect::<Result<_>>()?;
    ensure!(!connections.is_empty(), "the client has no connection to {bootstrap} any more");
    let sum = |part: fn(&Traffic) -> f64| connections.iter().map(part).sum();
    Ok(Traffic { sent: sum(|traffic| traffic.sent), received: sum(|traffic| traffic.received) })
}

/// The port at the other end: receive queue, send queue, and two addresses come first.
fn peer_port(line: &str) -> Option<&str> {
    Some(line.split_whitespace().nth(3)?.rsplit_once(':')?.1)
}

fn carried(line: &str) -> Result<Traffic> {
    // A count that is zero is not printed.
    let count = |name: &str| {
        let word = line.split_whitespace().find_map(|word| word.strip_prefix(name));
        word.map_or(Ok(0.0), |number| number.parse().with_context(|| format!("{name}{number}")))
    };
    Ok(Traffic { sent: count("bytes_acked:")?, received: count("bytes_received:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
0 0 127.0.0.1:40000 127.0.0.1:9092 users:((\"client\",pid=12,fd=9)) cubic bytes_sent:5100 bytes_acked:5000 bytes_received:30
0 0 [::ffff:127.0.0.1]:40001 [::ffff:127.0.0.1]:9093 users:((\"client\",pid=12,fd=8)) cubic bytes_received:7 send 1bps
0 0 127.0.0.1:40002 127.0.0.1:9092 users:((\"other\",pid=123,fd=9)) cubic bytes_acked:9000 bytes_received:9000
0 0 127.0.0.1:40003 127.0.0.1:80 users:((\"client\",pid=12,fd=7)) cubic bytes_acked:9000 bytes_received:9000
";

    #[test]
    fn the_process_own_connections_to_the_brokers_are_added_up() {
        let found = sum(PRINTED, 12, "127.0.0.1:9092,127.0.0.1:9093").unwrap();
        assert_eq!(found, Traffic { sent: 5000.0, received: 37.0 });
        assert!(sum(PRINTED, 13, "127.0.0.1:9092").is_err());
    }
}
