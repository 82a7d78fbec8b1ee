use bytes::Bytes;

use super::{schema::VersionRange, *};
use crate::types::{NodeId, TopicName};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 1..=4, flexible = 3..)]
struct Sample {
    name: TopicName,
    #[wire(versions = 2.., nullable = 3.., default = null)]
    note: Option<Str>,
    #[wire(versions = 2.., default = -1, ignorable)]
    leader: NodeId,
    #[wire(flexible = none)]
    old: Str,
    parts: Vec<Part>,
    #[wire(versions = 4.., tag = 1, default = -1)]
    late: i64,
    #[wire(versions = 3.., tag = 0, default = null)]
    maybe: Option<Part>,
    #[wire(versions = 4.., tag = 2)]
    usual: Option<Part>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
struct Part {
    index: i32,
    #[wire(nullable = 1..)]
    data: Option<Bytes>,
}

fn sample() -> Sample {
    Sample { name: "ab".into(), old: "x".into(), parts: vec![Part { index: 7, data: None }], ..Sample::default() }
}

#[test]
fn defaults_are_kafkas_not_rusts() {
    let s = Sample::default();
    assert_eq!((s.note, s.leader, s.late, s.maybe), (None, NodeId(-1), -1, None));
    assert_eq!(Part::default().data, Some(Bytes::new()));
}

#[test]
fn a_classic_version_has_fixed_lengths_and_no_tags() {
    let bytes = encode(&sample(), 1).unwrap();
    assert_eq!(&bytes[..], b"\0\x02ab\0\x01x\0\0\0\x01\0\0\0\x07\xff\xff\xff\xff");
    assert_eq!(decode::<Sample>(bytes, 1).unwrap(), sample());
}

#[test]
fn a_flexible_version_has_compact_lengths_and_sorted_tags() {
    let mut s = sample();
    s.late = 5;
    s.maybe = Some(Part { index: 1, data: Some(Bytes::from_static(b"zz")) });
    let bytes = encode(&s, 4).unwrap();
    assert_eq!(
        &bytes[..],
        b"\x03ab\0\xff\xff\xff\xff\0\x01x\x02\0\0\0\x07\0\0\x02\0\x09\x01\0\0\0\x01\x03zz\0\x01\x08\0\0\0\0\0\0\0\x05"
    );
    assert_eq!(decode::<Sample>(bytes, 4).unwrap(), s);
}

#[test]
fn a_struct_that_is_null_in_a_tagged_field_is_a_zero_byte() {
    let s = Sample { usual: None, ..sample() };
    let bytes = encode(&s, 4).unwrap();
    assert!(bytes.ends_with(b"\x01\x02\x01\0"));
    assert_eq!(decode::<Sample>(bytes, 4).unwrap(), s);
}

#[test]
fn a_set_field_that_the_version_lacks_is_an_error_unless_ignorable() {
    let ignorable = Sample { leader: NodeId(3), ..sample() };
    assert!(encode(&ignorable, 1).is_ok());
    let meaningful = Sample { note: Some("n".into()), ..sample() };
    assert_eq!(
        encode(&meaningful, 1),
        Err(EncodeError::FieldNotInVersion { message: "Sample", field: "note", version: 1 })
    );
    let tagged = Sample { late: 1, ..sample() };
    assert_eq!(
        encode(&tagged, 3),
        Err(EncodeError::FieldNotInVersion { message: "Sample", field: "late", version: 3 })
    );
}

#[test]
fn a_string_that_kafka_would_not_read_is_refused_in_every_version() {
    let s = Sample { name: "x".repeat(32_768).into(), ..sample() };
    assert_eq!(encode(&s, 1), Err(EncodeError::TooLong(32_768)));
    assert_eq!(encode(&s, 4), Err(EncodeError::TooLong(32_768)));
}

#[test]
fn a_string_that_kafka_would_not_read_is_not_read_either() {
    // Lengths of 32,767 and 32,768, plus one.
    let with_length = |length: &[u8], len| Bytes::from([length, &vec![b'x'; len][..]].concat());
    let kind = |bytes| decode::<Sample>(bytes, 4).unwrap_err().kind();
    assert_eq!(kind(with_length(b"\x80\x80\x02", 32_767)), DecodeErrorKind::Truncated { needed: 1, available: 0 });
    assert_eq!(kind(with_length(b"\x81\x80\x02", 32_768)), DecodeErrorKind::BadLength(32_768));
}

#[test]
fn null_is_refused_where_the_version_does_not_allow_it() {
    assert_eq!(encode(&sample(), 2), Err(EncodeError::NullNotAllowed { message: "Sample", field: "note", version: 2 }));
    let error = decode::<Sample>(Bytes::from_static(b"\0\x02ab\xff\xff"), 2).unwrap_err();
    assert_eq!((error.kind(), error.field()), (DecodeErrorKind::NullNotAllowed, Some(("Sample", "note"))));
}

#[test]
fn unknown_tags_are_skipped_and_bad_ones_refused() {
    let head = b"\x03ab\0\xff\xff\xff\xff\0\x01x\x01";
    let with_tags = |tags: &[u8]| Bytes::from([head, tags].concat());
    assert!(decode::<Sample>(with_tags(b"\x01\x09\x02zz"), 4).is_ok());
    let kind = |tags: &[u8]| decode::<Sample>(with_tags(tags), 4).unwrap_err().kind();
    assert_eq!(kind(b"\x02\x09\x00\x09\x00"), DecodeErrorKind::BadTag(9));
    assert_eq!(kind(b"\x02\x09\x00\x05\x00"), DecodeErrorKind::BadTag(5));
    assert_eq!(kind(b"\x01\x01\x07\0\0\0\0\0\0\0\x05"), DecodeErrorKind::Truncated { needed: 8, available: 7 });
    assert_eq!(kind(b"\x01\x01\x09\0\0\0\0\0\0\0\x05\0"), DecodeErrorKind::BadTag(1));
    assert_eq!(kind(b"\x01\x09\xff\xff\xff\xff\x0f"), DecodeErrorKind::Truncated { needed: 0xffff_ffff, available: 0 });
}

#[test]
fn counts_and_varints_from_the_wire_are_not_believed() {
    let kind = |bytes: &'static [u8], version| decode::<Sample>(Bytes::from_static(bytes), version).unwrap_err().kind();
    assert_eq!(kind(b"\0\x02ab\0\x01x\x7f\xff\xff\xff", 1), DecodeErrorKind::BadLength(0x7fff_ffff));
    assert_eq!(kind(b"\0\x02ab\0\x01x\xff\xff\xff\xfe", 1), DecodeErrorKind::BadLength(-2));
    assert_eq!(kind(b"\0\x02ab\0\x01x\xff\xff\xff\xff", 1), DecodeErrorKind::NullNotAllowed);
    assert_eq!(kind(b"\xff\xff\xff\xff\xff\x01", 4), DecodeErrorKind::BadVarint);
    assert_eq!(kind(b"\xff\xff\xff\xff\x1f", 4), DecodeErrorKind::BadVarint);
    assert_eq!(kind(b"\x03a\xff", 4), DecodeErrorKind::BadUtf8);
}

#[test]
fn a_varint_with_zeros_to_spare_is_read_as_kafka_reads_it() {
    let uvarint = |bytes: &'static [u8]| Decoder::new(Bytes::from_static(bytes), 0, true).take_uvarint();
    assert_eq!(uvarint(b"\x80\x00"), Ok(0));
    assert_eq!(uvarint(b"\x81\x80\x80\x80\x00"), Ok(1));
    assert_eq!(uvarint(b"\x80\x80\x80\x80\x80\x00").unwrap_err().kind(), DecodeErrorKind::BadVarint);
}

#[test]
fn long_bytes_are_shared_not_copied() {
    let big = Bytes::from(vec![7u8; 10_000]);
    let s = Sample { parts: vec![Part { index: 1, data: Some(big.clone()) }], ..sample() };
    let mut e = Encoder::new(1, false);
    encode_onto(&mut e, &s, 1).unwrap();
    let len = e.len();
    let chunks = e.into_chunks();
    assert!(chunks.iter().any(|chunk| chunk.as_ptr() == big.as_ptr()));
    assert_eq!(chunks.iter().map(Bytes::len).sum::<usize>(), len);
    assert_eq!(decode::<Sample>(chunks.concat().into(), 1).unwrap(), s);
}

#[test]
fn the_schema_is_what_the_attributes_say() {
    let schema = Sample::SCHEMA;
    assert_eq!((schema.name, schema.versions), ("Sample", VersionRange::new(1, 4)));
    let note = schema.body.fields[1];
    assert_eq!(
        (note.name, note.versions, note.nullable),
        ("note", VersionRange::new(2, i16::MAX), VersionRange::new(3, i16::MAX))
    );
    assert_eq!(schema.body.fields[0].entity, Some("topicName"));
    assert_eq!(schema.body.fields[6].tag, Some(0));
}
