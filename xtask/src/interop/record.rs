//! A record as drivers write and read it.

use std::fmt;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What is written.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) headers: Vec<(String, Option<Vec<u8>>)>,
    /// Where to; left to the client's partitioner if missing.
    pub(super) partition: Option<i64>,
    pub(super) timestamp: Option<i64>,
}

impl Record {
    /// A record with a key and a value.
    pub(super) fn new(key: &str, value: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.into()), value: Some(value.into()), ..Self::default() }
    }

    /// The record for a partition.
    pub(super) fn to(self, partition: i64) -> Self {
        Self { partition: Some(partition), ..self }
    }

    /// The record with a time.
    pub(super) fn at(self, timestamp: i64) -> Self {
        Self { timestamp: Some(timestamp), ..self }
    }

    /// For a driver.
    pub(super) fn to_json(&self) -> Value {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| json!([name, encode(value.as_ref())])).collect();
        json!({
            "key": encode(self.key.as_ref()),
            "value": encode(self.value.as_ref()),
            "headers": headers,
            "partition": self.partition,
            "timestamp": self.timestamp,
        })
    }
}

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReadRecord {
    /// With partition and timestamp.
    pub(super) record: Record,
    pub(super) offset: i64,
    /// Whether the time is that of the broker, where the client tells.
    pub(super) append_time: Option<bool>,
}

impl ReadRecord {
    /// All that a driver has read.
    pub(super) fn all(answer: &Value) -> Result<Vec<Self>> {
        answer.as_array().context("an array of records")?.iter().map(Self::parse).collect()
    }

    fn parse(value: &Value) -> Result<Self> {
        let number = |name: &str| value.get(name).and_then(Value::as_i64);
        let header = |pair: &Value| {
            let name = pair.get(0).and_then(Value::as_str).context("the name of a header")?;
            Ok((name.to_owned(), decode(pair.get(1))?))
        };
        let headers = value.get("headers").and_then(Value::as_array).context("the headers of a record")?;
        let record = Record {
            key: decode(value.get("key"))?,
            value: decode(value.get("value"))?,
            headers: headers.iter().map(header).collect::<Result<_>>()?,
            partition: number("partition"),
            timestamp: number("timestamp"),
        };
        let offset = number("offset").context("the offset of a record")?;
        Ok(Self { record, offset, append_time: value.get("append_time").and_then(Value::as_bool) })
    }
}

/// Fails unless the same was read as was written, in the same order. Partitions and times count where they were given.
pub(super) fn same(written: &[Record], read: &[ReadRecord]) -> Result<()> {
    ensure!(written.len() == read.len(), "{} records were written, and {} read", written.len(), read.len());
    for (written, read) in written.iter().zip(read) {
        let mut expected = written.clone();
        expected.partition = expected.partition.or(read.record.partition);
        expected.timestamp = expected.timestamp.or(read.record.timestamp);
        ensure!(expected == read.record, "written was\n{expected:?}\nand read\n{:?}", read.record);
    }
    Ok(())
}

fn encode(bytes: Option<&Vec<u8>>) -> Option<String> {
    bytes.map(|bytes| STANDARD.encode(bytes))
}

fn decode(value: Option<&Value>) -> Result<Option<Vec<u8>>> {
    let text = value.and_then(Value::as_str);
    text.map(|text| STANDARD.decode(text).with_context(|| format!("'{text:.40}' is no base64"))).transpose()
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |bytes: &Option<Vec<u8>>| match bytes {
            None => "null".to_owned(),
            Some(bytes) if bytes.len() > 60 => format!("{} bytes", bytes.len()),
            Some(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        };
        write!(f, "key {}, value {}", shown(&self.key), shown(&self.value))?;
        for (name, value) in &self.headers {
            write!(f, ", {name:?}={}", shown(value))?;
        }
        write!(f, ", partition {:?}, at {:?}", self.partition, self.timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(record: &Record) -> ReadRecord {
        let mut value = record.to_json();
        value["offset"] = json!(7);
        ReadRecord::parse(&value).unwrap()
    }

    #[test]
    fn a_record_survives_the_way_to_a_driver_and_back() {
        let headers = vec![("a".to_owned(), None), ("a".to_owned(), Some(vec![0xff]))];
        let record = Record { headers, value: None, ..Record::new("k", "v") }.to(3).at(5);
        assert_eq!(read(&record), ReadRecord { record, offset: 7, append_time: None });
    }

    #[test]
    fn an_empty_value_is_not_the_same_as_none_and_order_counts() {
        let (empty, none) = (Record::new("k", "").to(0), Record { value: None, ..Record::new("k", "") }.to(0));
        assert!(same(std::slice::from_ref(&empty), &[read(&empty)]).is_ok());
        assert!(same(std::slice::from_ref(&empty), &[read(&none)]).is_err());
        assert!(same(&[empty.clone(), none.clone()], &[read(&none), read(&empty)]).is_err());
        assert!(same(&[empty.clone(), none], &[read(&empty)]).is_err());
    }
}
