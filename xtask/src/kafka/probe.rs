//! Asks a broker whether it serves.
//!
//! In plain bytes on purpose: what waits for the oracle must not share a codec with what the oracle judges.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(2);
/// Metadata in version 1: length, key, version, correlation id, no client id, and no topics.
const METADATA_REQUEST: [u8; 18] = [0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0];

/// How many live brokers the one on `port` tells its clients about; none while it does not serve.
pub(super) fn known_brokers(port: u16) -> usize {
    ask(port).unwrap_or(0)
}

fn ask(port: u16) -> io::Result<usize> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    stream.write_all(&METADATA_REQUEST)?;
    // Length and correlation id, then the array of brokers with its count in front.
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    let [.., a, b, c, d] = answer;
    Ok(usize::try_from(i32::from_be_bytes([a, b, c, d])).unwrap_or(0))
}
