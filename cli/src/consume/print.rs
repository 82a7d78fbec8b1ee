//! Records on standard output.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ottla::consumer::RecordView;
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use crate::{
    output::{self, Output, Paint},
    template::{Fields, Template},
    timestamp,
};

/// How to print records.
#[derive(Clone, Debug)]
pub(crate) enum RecordFormat {
    Table,
    Json,
    Template(Template),
}

impl FromStr for RecordFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "table" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            template if template.contains('%') => template.parse().map(Self::Template),
            _ => Err("expected table, json or a template such as '%p %o %k %v'".to_owned()),
        }
    }
}

impl Fields for RecordView<'_> {
    fn topic(&self) -> &str {
        RecordView::topic(self)
    }

    fn partition(&self) -> i32 {
        RecordView::partition(self)
    }

    fn offset(&self) -> i64 {
        RecordView::offset(self)
    }

    fn timestamp_ms(&self) -> i64 {
        self.timestamp()
    }

    fn key(&self) -> Option<&[u8]> {
        RecordView::key(self)
    }

    fn value(&self) -> Option<&[u8]> {
        RecordView::value(self)
    }

    fn headers(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        RecordView::headers(self).map(|header| (header.key, header.value))
    }
}

/// Prints records one after the other.
pub(crate) struct Printer {
    format: RecordFormat,
    output: Output,
    columns: Columns,
    line: Vec<u8>,
}

impl Printer {
    pub(crate) fn new(format: RecordFormat) -> Self {
        Self { format, output: Output::stdout(), columns: Columns::default(), line: Vec::new() }
    }

    /// Looks at records that are to be printed, so that their columns line up.
    pub(crate) fn prepare(&mut self, records: impl IntoIterator<Item = impl Fields>) {
        if matches!(self.format, RecordFormat::Table) {
            records.into_iter().for_each(|record| self.columns.widen(&record));
        }
    }

    pub(crate) fn record(&mut self, record: &impl Fields) -> anyhow::Result<()> {
        self.line.clear();
        match &self.format {
            RecordFormat::Template(template) => template.render(record, &mut self.line),
            RecordFormat::Json => self.line.extend_from_slice((to_json(record).to_string() + "\n").as_bytes()),
            RecordFormat::Table => {
                let paints = self.output.paints();
                self.line.extend_from_slice(self.columns.render(record, paints).as_bytes());
            }
        }
        self.output.write(&self.line)
    }

    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        self.output.flush()
    }
}

/// A record as an object. Bytes that are not UTF-8 are in base64, under a name that says so.
fn to_json(record: &impl Fields) -> Value {
    let mut object = Map::new();
    object.insert("topic".to_owned(), record.topic().into());
    object.insert("partition".to_owned(), record.partition().into());
    object.insert("offset".to_owned(), record.offset().into());
    object.insert("timestamp".to_owned(), record.timestamp_ms().into());
    insert_bytes(&mut object, "key", record.key());
    insert_bytes(&mut object, "value", record.value());
    // Names may repeat, so this is no object.
    let header = |(name, value): (&[u8], Option<&[u8]>)| {
        let mut header = Map::new();
        insert_bytes(&mut header, "name", Some(name));
        insert_bytes(&mut header, "value", value);
        Value::Object(header)
    };
    object.insert("headers".to_owned(), record.headers().map(header).collect());
    Value::Object(object)
}

fn insert_bytes(object: &mut Map<String, Value>, name: &str, bytes: Option<&[u8]>) {
    match bytes.map(|bytes| std::str::from_utf8(bytes).map_err(|_| bytes)) {
        None => object.insert(name.to_owned(), Value::Null),
        Some(Ok(text)) => object.insert(name.to_owned(), text.into()),
        Some(Err(bytes)) => object.insert(format!("{name}_base64"), STANDARD.encode(bytes).into()),
    };
}

/// Columns of records that come one by one: a column grows with what it has seen, up to a limit.
#[derive(Debug)]
struct Columns {
    begun: bool,
    offset: usize,
    key: usize,
}

impl Default for Columns {
    fn default() -> Self {
        Self { begun: false, offset: "OFFSET".len(), key: 8 }
    }
}

impl Columns {
    const MAX_KEY: usize = 32;

    fn widen(&mut self, record: &impl Fields) {
        self.offset = self.offset.max(record.offset().to_string().len());
        self.key = self.key.max(printable(record.key()).width().min(Self::MAX_KEY));
    }

    fn render(&mut self, record: &impl Fields, paints: bool) -> String {
        let mut text = String::new();
        let (offset, key) = (record.offset().to_string(), printable(record.key()));
        if !std::mem::replace(&mut self.begun, true) {
            let titles = self.line("PARTITION", "OFFSET", "TIMESTAMP", "KEY", "VALUE");
            text = Paint::Bold.when(paints, titles.trim_end()) + "\n";
        }
        let time = if record.timestamp_ms() < 0 { "-".to_owned() } else { timestamp::to_text(record.timestamp_ms()) };
        let line = self.line(&record.partition().to_string(), &offset, &time, &key, &printable(record.value()));
        text + line.trim_end() + "\n"
    }

    fn line(&self, partition: &str, offset: &str, time: &str, key: &str, value: &str) -> String {
        let width = self.offset;
        let blanks = " ".repeat(self.key.saturating_sub(key.width()));
        format!("{partition:>9}  {offset:>width$}  {time:24}  {key}{blanks}  {value}")
    }
}

/// Bytes as a person can read them in one line; null is a dash.
fn printable(bytes: Option<&[u8]>) -> String {
    let Some(bytes) = bytes else { return "-".to_owned() };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text += &output::printable(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text += &format!("\\x{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sample(i64, Option<&'static [u8]>, Option<&'static [u8]>);

    impl Fields for Sample {
        fn topic(&self) -> &str {
            "t"
        }

        fn partition(&self) -> i32 {
            0
        }

        fn offset(&self) -> i64 {
            self.0
        }

        fn timestamp_ms(&self) -> i64 {
            0
        }

        fn key(&self) -> Option<&[u8]> {
            self.1
        }

        fn value(&self) -> Option<&[u8]> {
            self.2
        }

        fn headers(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
            [(b"h".as_slice(), Some(b"\xff".as_slice()))].into_iter()
        }
    }

    #[test]
    fn json_says_which_bytes_are_not_text() {
        let shown = to_json(&Sample(7, None, Some(b"\xfe\xff"))).to_string();
        let expected = r#"{"topic":"t","partition":0,"offset":7,"timestamp":0,"key":null,"value_base64":"/v8=","headers":[{"name":"h","value_base64":"/w=="}]}"#;
        assert_eq!(shown, expected);
    }

    #[test]
    fn rows_line_up_under_their_titles() {
        let mut columns = Columns::default();
        let text = columns.render(&Sample(7, Some(b"key"), Some(b"one")), false)
            + &columns.render(&Sample(12_345, None, Some(b"a\tb\xff")), false);
        let expected = "\
PARTITION  OFFSET  TIMESTAMP                 KEY       VALUE
        0       7  1970-01-01T00:00:00.000Z  key       one
        0   12345  1970-01-01T00:00:00.000Z  -         a\\tb\\xff
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_format_is_a_name_or_a_template() {
        assert!(matches!("json".parse(), Ok(RecordFormat::Json)));
        assert!(matches!("%v".parse(), Ok(RecordFormat::Template(_))));
        assert!("tabel".parse::<RecordFormat>().is_err());
    }
}
