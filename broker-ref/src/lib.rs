//! A reference Kafka broker.
