//! The table of hostile input in tests/README.md.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use crate::workspace;

    const PAGE: &str = "tests/README.md";

    /// What stands between backticks.
    fn quoted(text: &str) -> impl Iterator<Item = &str> {
        text.split('`').skip(1).step_by(2)
    }

    /// The rows of the tables, without their heads: the input, and its tests as `(file, function)`.
    fn rows(page: &str) -> Vec<(&str, Vec<(&str, &str)>)> {
        let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| Input ");
        let lines = page.lines().filter(is_row);
        lines
            .map(|line| {
                let (input, tests) = line.trim_matches('|').split_once('|').unwrap_or((line, ""));
                let mut file = "";
                let mut named = Vec::new();
                for name in quoted(tests) {
                    if name.contains('/') {
                        file = name;
                    } else {
                        named.push((file, name));
                    }
                }
                (input.trim(), named)
            })
            .collect()
    }

    /// The functions of a file that are tests.
    fn tests_of(source: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut is_marked = false;
        for line in source.lines().map(str::trim) {
            let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            match function.and_then(|rest| rest.split('(').next()) {
                Some(name) if is_marked => {
                    found.insert(name);
                    is_marked = false;
                }
                Some(_) => is_marked = false,
                // A test that nobody runs finds nothing.
                None if line.starts_with("#[ignore") => is_marked = false,
                None => is_marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test"),
            }
        }
        found
    }

    #[test]
    fn every_test_that_the_table_names_is_there() {
        let root = workspace::root().unwrap();
        let page = fs::read_to_string(root.join(PAGE)).unwrap();
        let rows = rows(&page);
        assert!(rows.len() > 20, "{} rows", rows.len());
        for (input, tests) in rows {
            assert!(!tests.is_empty(), "'{input}' has no test");
            for (file, name) in tests {
                let source = fs::read_to_string(root.join(Path::new(file)));
                let source = source.unwrap_or_else(|error| panic!("'{input}': {file}: {error}"));
                assert!(tests_of(&source).contains(name), "'{input}': {file} has no test {name}");
            }
        }
    }

    #[test]
    fn a_function_without_a_mark_is_no_test() {
        let source = "#[test]\nfn a() {}\nfn b() {}\n#[tokio::test(start_paused = true)]\nasync fn c() {}\n\
                      #[test]\n#[ignore = \"slow\"]\nfn d() {}\n";
        assert_eq!(tests_of(source), BTreeSet::from(["a", "c"]));
    }

    #[test]
    fn tests_are_those_of_the_file_before_them() {
        let page = "| Input | Tests |\n|---|---|\n| a `b` | `x/y.rs`: `one`, `two`; `z/w.rs`: `three` |\n";
        assert_eq!(rows(page), [("a `b`", vec![("x/y.rs", "one"), ("x/y.rs", "two"), ("z/w.rs", "three")])]);
    }
}
