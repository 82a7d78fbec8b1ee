//! The table of tests in librdkafka's `test.c`.

use anyhow::{Context, Result, ensure};

use crate::suite::Unit;

/// A test that has many parts, some of which need what our broker does not have yet, and ends with the first that fails.
const IN_PARTS: &str = "0081_admin";
/// Those parts, which are functions.
const PARTS: [&str; 23] = [
    "do_test_unclean_destroy",
    "do_test_CreateTopics",
    "do_test_DeleteTopics",
    "do_test_CreatePartitions",
    "do_test_CreateAcls",
    "do_test_DescribeAcls",
    "do_test_DeleteAcls",
    "do_test_AlterConfigs",
    "do_test_IncrementalAlterConfigs",
    "do_test_DescribeConfigs",
    "do_test_DescribeConfigs_groups",
    "do_test_DeleteRecords",
    "do_test_ListConsumerGroups",
    "do_test_DescribeConsumerGroups",
    "do_test_DescribeTopics",
    "do_test_DescribeCluster",
    "do_test_DescribeConsumerGroups_with_authorized_ops",
    "do_test_DeleteGroups",
    "do_test_DeleteConsumerGroupOffsets",
    "do_test_ListOffsets",
    "do_test_AlterConsumerGroupOffsets",
    "do_test_ListConsumerGroupOffsets",
    "do_test_UserScramCredentials",
];

/// What needs a broker, in the order of the table: a unit per number and scenario.
pub(super) fn units(source: &str) -> Result<Vec<Unit>> {
    let (_, table) = source.split_once("struct test tests[] = {").context("test.c has no table of tests")?;
    let (table, _) = table.split_once("{NULL}").context("the table of tests has no end")?;
    let mut units: Vec<Unit> = Vec::new();
    for entry in table.split("_TEST(").skip(1).filter(|entry| needs_broker(entry)) {
        let (name, _) = entry.split_once(',').context("a test without flags")?;
        let id = name.split('_').next().unwrap_or(name);
        let auto_create = !entry.contains("\"noautocreate\"");
        if name == IN_PARTS {
            units.extend(PARTS.map(|part| Unit {
                id: id.to_owned(),
                part: Some(part),
                tests: vec![format!("{name} {}", part.trim_start_matches("do_test_"))],
                auto_create,
            }));
            continue;
        }
        match units.iter_mut().find(|unit| unit.id == id && unit.auto_create == auto_create) {
            Some(unit) => unit.tests.push(name.to_owned()),
            None => units.push(Unit { id: id.to_owned(), part: None, tests: vec![name.to_owned()], auto_create }),
        }
    }
    ensure!(!units.is_empty(), "the table of tests is empty");
    Ok(units)
}

/// The flags do not mark all tests that bring their own broker; their names do.
fn needs_broker(entry: &str) -> bool {
    let name = entry.split(',').next().unwrap_or_default();
    let flags = entry.split([' ', ',', '|', ')', '\n']);
    let is_local = flags.into_iter().any(|flag| matches!(flag, "TEST_F_LOCAL" | "TEST_F_MANUAL"));
    !is_local && !name.ends_with("_mock")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
        struct test tests[] = {
            {.name = "<MAIN>", .flags = TEST_F_LOCAL},
            _TEST(0000_unittests, TEST_F_LOCAL, _THRES(.ucpu = 100.0)),
            _TEST(0045_subscribe_update, 0, TEST_BRKVER(0, 9, 0, 0)),
            _TEST(0045_topic_remove, 0, .scenario = "noautocreate"),
            _TEST(0045_subscribe_update_mock, TEST_F_LOCAL),
            _TEST(0045_resubscribe_with_regex, 0, TEST_BRKVER(0, 9, 0, 0)),
            _TEST(0066_plugins,
                  TEST_F_LOCAL | TEST_F_KNOWN_ISSUE_WIN32 | TEST_F_KNOWN_ISSUE_OSX),
            _TEST(0139_offset_validation_mock, 0),
            {NULL}};
    "#;

    #[test]
    fn a_unit_has_the_tests_of_a_number_that_want_the_same_broker() {
        let unit = |tests: &[&str], auto_create| Unit {
            id: "0045".to_owned(),
            part: None,
            tests: tests.iter().map(|&test| test.to_owned()).collect(),
            auto_create,
        };
        let expected = [
            unit(&["0045_subscribe_update", "0045_resubscribe_with_regex"], true),
            unit(&["0045_topic_remove"], false),
        ];
        assert_eq!(units(SOURCE).unwrap(), expected);
    }

    #[test]
    fn a_test_in_parts_is_a_unit_for_each() {
        let source = "struct test tests[] = {_TEST(0081_admin, 0, TEST_BRKVER(0, 10, 2, 0)), {NULL}};";
        let units = units(source).unwrap();
        assert_eq!(units.len(), PARTS.len());
        let last = units.last().unwrap();
        assert_eq!(last.part, Some("do_test_UserScramCredentials"));
        assert_eq!(last.tests, ["0081_admin UserScramCredentials"]);
    }
}
