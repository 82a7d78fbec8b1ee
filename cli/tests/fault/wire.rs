//! Requests as bytes, for who does not keep to what a client would send.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use bytes::Bytes;
use ottla::protocol::{
    messages::header::{RequestHeader, ResponseHeader},
    wire::{self, Decoder, Encoder, Request, Str},
};

/// An answer that takes longer does not come.
const LIMIT: Duration = Duration::from_secs(60);

/// A connection on which requests are written out.
pub(crate) struct Connection(TcpStream, Option<Str>);

impl Connection {
    pub(crate) fn to(server: &str) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Self(stream, None)
    }

    /// The same with another client id.
    pub(crate) fn with_client_id(self, id: String) -> Self {
        Self(self.0, Some(id.into()))
    }

    /// Sends a request without waiting for its answer.
    pub(crate) fn send<R: Request>(&mut self, version: i16, request: &R) -> std::io::Result<()> {
        self.0.write_all(&frame(self.1.clone(), version, request))
    }

    /// The answer to a request.
    pub(crate) fn ask<R: Request>(&mut self, version: i16, request: &R) -> std::io::Result<R::Response> {
        self.send(version, request)?;
        let mut size = [0; 4];
        self.0.read_exact(&mut size)?;
        let mut answer = vec![0; usize::try_from(i32::from_be_bytes(size)).unwrap()];
        self.0.read_exact(&mut answer)?;
        let mut decoder = Decoder::new(Bytes::from(answer), version, false);
        let header = i16::from(R::FLEXIBLE.contains(version));
        wire::decode_from::<ResponseHeader>(&mut decoder, header).unwrap();
        Ok(wire::decode_from::<R::Response>(&mut decoder, version).unwrap())
    }
}

/// A request with its header and size.
pub(crate) fn frame<R: Request>(client_id: Option<Str>, version: i16, request: &R) -> Vec<u8> {
    let mut encoder = Encoder::new(version, R::FLEXIBLE.contains(version));
    let header = RequestHeader { request_api_key: R::KEY, request_api_version: version, correlation_id: 7, client_id };
    wire::encode_onto(&mut encoder, &header, if R::FLEXIBLE.contains(version) { 2 } else { 1 }).unwrap();
    wire::encode_onto(&mut encoder, request, version).unwrap();
    let body = encoder.into_bytes();
    [&i32::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat()
}
