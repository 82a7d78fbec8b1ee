//! Derive macros of `ottla-protocol`: a message's struct is its schema.
//!
//! `#[derive(Message)]` is for a request, response, header or stored value, `#[derive(Wire)]` for a part of one. Both
//! emit encode, decode, `Default` (Kafka's defaults are not all zero) and the schema as data.
//!
//! ```text
//! #[derive(Message, Clone, Debug, PartialEq)]
//! #[message(key = 0, kind = request, versions = 3..=13, flexible = 9.., response = ProduceResponse)]
//! pub struct ProduceRequest {
//!     pub transactional_id: Option<TransactionalId>,
//!     #[wire(versions = 5.., nullable = 7.., default = -1, ignorable, tag = 0)]
//!     ...
//! }
//! ```

mod attribute;
mod expand;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// A request, response, header or stored value.
///
/// `#[message(..)]` takes `kind = request | response | header | data`, `versions = a..=b`, `flexible = a.. | none`,
/// `key = n` (the API key), `response = Type` for a request, `unstable` where Kafka marks the last version so, and
/// `name = "..."` where Kafka's name differs. Fields as for [`Wire`](derive@Wire).
#[proc_macro_derive(Message, attributes(message, wire))]
pub fn derive_message(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::message(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// A part of a message.
///
/// `#[wire(..)]` on a field takes `versions = range` (default: all), `nullable = range` (default for an `Option`: all),
/// `tag = n`, `tagged = range` (default: the field's versions), `default = literal | null`, `ignorable`,
/// `flexible = none` for the classic encoding everywhere, and `name = "..."` where Kafka's name differs.
#[proc_macro_derive(Wire, attributes(wire))]
pub fn derive_wire(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::part(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
