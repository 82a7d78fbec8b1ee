//! A broker that is far away: whatever passes takes longer, however much it is.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const CHUNK: usize = 64 << 10;

/// Passes bytes on, each so much later. Its threads end with the process, its connections with either side.
#[derive(Debug)]
pub(super) struct DelayingProxy {
    port: u16,
    target: Arc<OnceLock<String>>,
}

impl DelayingProxy {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn bind(delay: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let target = Arc::new(OnceLock::new());
        let known = target.clone();
        thread::spawn(move || accept(&listener, &known, delay));
        Ok(Self { port, target })
    }

    /// Where it listens.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Where connections lead from now on. Until then they are closed at once.
    ///
    /// # Errors
    /// They lead somewhere already.
    pub(super) fn lead_to(&self, address: &str) -> Result<()> {
        if self.target.set(address.to_owned()).is_err() {
            bail!("the proxy leads somewhere already");
        }
        Ok(())
    }
}

fn accept(listener: &TcpListener, target: &OnceLock<String>, delay: Duration) {
    for client in listener.incoming().flatten() {
        let Some(address) = target.get() else { continue };
        // A connection that cannot be made is closed, as a broker that is gone would.
        let _ = TcpStream::connect(address).and_then(|server| join(&client, &server, delay));
    }
}

fn join(client: &TcpStream, server: &TcpStream, delay: Duration) -> io::Result<()> {
    for (from, to) in [(client, server), (server, client)] {
        to.set_nodelay(true)?;
        let (mut from, to) = (from.try_clone()?, to.try_clone()?);
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || deliver(&receiver, to));
        thread::spawn(move || {
            let mut chunk = vec![0; CHUNK];
            while let Ok(count @ 1..) = from.read(&mut chunk) {
                let Some(bytes) = chunk.get(..count) else { break };
                if sender.send((Instant::now() + delay, bytes.to_vec())).is_err() {
                    break;
                }
            }
        });
    }
    Ok(())
}

/// Writes what comes when it is due, until there is no more or the other side is gone.
fn deliver(chunks: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    for (due, bytes) in chunks {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    // It may be gone already.
    let _ = to.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_pass_unchanged_and_late() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let delay = Duration::from_millis(60);
        let proxy = DelayingProxy::bind(delay).unwrap();
        proxy.lead_to(&server.local_addr().unwrap().to_string()).unwrap();
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        let (mut echo, _) = server.accept().unwrap();
        let began = Instant::now();
        client.write_all(b"there").unwrap();
        let mut there = [0; 5];
        echo.read_exact(&mut there).unwrap();
        assert!(began.elapsed() >= delay);
        echo.write_all(&there).unwrap();
        let mut back = [0; 5];
        client.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"there");
        assert!(began.elapsed() >= 2 * delay);
        drop(echo);
        assert_eq!(client.read(&mut back).unwrap(), 0);
    }
}
