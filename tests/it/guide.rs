//! What the guide says of settings, held against the settings, and its links.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ottla::properties::{Properties, Settings, table};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const MIGRATING: &str = include_str!("../../docs/migrating-from-rdkafka.md");

/// The table under a heading: of each cell in a row, what stands in backquotes.
fn rows(heading: &str) -> Vec<Vec<Vec<&'static str>>> {
    let (_, section) = MIGRATING.split_once(heading).unwrap();
    let lines = section.lines().skip_while(|line| !line.starts_with("|--")).skip(1);
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(quoted).collect();
    lines.take_while(|line| line.starts_with('|')).map(cells).collect()
}

fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn settings(properties: &[&str]) -> Result<Settings, String> {
    let pairs = properties.iter().map(|property| property.split_once('=').unwrap());
    Settings::from_properties(&Properties::from_iter(pairs)).map_err(|errors| errors.to_string())
}

#[test]
fn each_default_in_the_migration_guide_is_ours_and_can_be_changed_to_librdkafkas() {
    let rows = rows("### Defaults that differ");
    assert!(rows.len() > 15, "{rows:?}");
    for row in rows {
        let [name, theirs, ours, keep] = [&row[0], &row[1], &row[2], &row[3]].map(|cell| cell[0]);
        let property = table().iter().find(|property| property.name == name).unwrap_or_else(|| panic!("{name}"));
        let default = property.default().unwrap_or_else(|| panic!("{name} sets nothing"));
        // It follows from other settings, so the table has none.
        let default = if name == "enable.idempotence" { "true" } else { default };
        assert_eq!(ours, default, "{name}");
        assert_eq!(keep, format!("{name}={theirs}"));
        let kept = settings(&[keep]).unwrap();
        assert_ne!(kept, Settings::default(), "{keep} changes nothing");
    }
    assert!(Settings::default().producer.is_idempotent());
}

#[test]
fn all_of_librdkafkas_defaults_go_together() {
    let kept: Vec<&str> = rows("### Defaults that differ").iter().map(|row| row[3][0]).collect();
    let settings = settings(&kept).unwrap();
    assert_eq!(settings.notes, []);
    assert!(!settings.producer.is_idempotent());
}

#[test]
fn what_the_migration_guide_says_is_refused_is_refused_and_what_it_offers_is_taken() {
    let rows = rows("### What a file for librdkafka may have to change");
    assert!(rows.len() >= 5, "{rows:?}");
    for row in rows {
        assert!(settings(&row[0]).is_err(), "{:?} is taken", row[0]);
        for property in row[2].iter().filter(|text| text.contains('=')) {
            assert!(settings(&[property]).is_ok(), "{property} is refused");
        }
    }
}

/// Settings of brokers and topics that the guide names.
const OF_BROKERS: [&str; 6] = [
    "auto.create.topics.enable",
    "group.initial.rebalance.delay.ms",
    "max.message.bytes",
    "min.insync.replicas",
    "num.partitions",
    "retention.ms",
];

#[test]
fn each_property_that_the_guide_names_exists() {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    let is_property = |name: &str| name.contains('.') && name.split('.').all(is_word);
    let mut named = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let names = quoted(&text).into_iter().filter_map(|text| text.trim_start_matches("--set ").split('=').next());
        for name in names.filter(|name| is_property(name)) {
            let exists = OF_BROKERS.contains(&name) || table().iter().any(|property| property.name == name);
            assert!(exists, "{}: {name} is no property", page.display());
            named += 1;
        }
    }
    assert!(named > 60, "only {named} were found");
}

#[test]
fn what_the_guide_says_that_explain_says_is_in_the_source() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/nothing-happens.md")).unwrap();
    let said = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("..: ")?.1.split_once('`'));
    let mut source = String::new();
    for file in ["consumer/assignment.rs", "consumer/group/member.rs", "consumer/handle.rs", "producer/explain.rs"] {
        source += &fs::read_to_string(Path::new(ROOT).join("client/src").join(file)).unwrap();
    }
    let mut found = 0;
    for (reason, _) in said {
        // What is between the parts that are filled in.
        let fixed = reason.split(|c: char| c.is_ascii_digit()).flat_map(|part| part.split(" orders: .."));
        for part in fixed.map(|part| part.trim_end_matches([' ', '.', ':'])).filter(|part| !part.is_empty()) {
            assert!(source.contains(part.trim()), "nothing explains itself with {part:?}");
            found += 1;
        }
    }
    assert!(found > 10, "only {found} were found");
}

fn pages() -> Vec<PathBuf> {
    fs::read_dir(Path::new(ROOT).join("docs")).unwrap().map(|page| page.unwrap().path()).collect()
}

#[test]
fn each_page_of_the_guide_is_in_the_documentation_and_each_link_leads_to_a_file() {
    let pages = pages();
    let guide = fs::read_to_string(Path::new(ROOT).join("src/guide.rs")).unwrap();
    let library = fs::read_to_string(Path::new(ROOT).join("src/lib.rs")).unwrap();
    for page in &pages {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!((guide.clone() + &library).contains(&format!("{name}\"")), "{name} is not in the documentation");
    }
    let mut links = 0;
    for page in pages.into_iter().chain(["README.md", "ARCHITECTURE.md"].map(|name| Path::new(ROOT).join(name))) {
        let text = fs::read_to_string(&page).unwrap();
        let inline = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
        let named = text.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split_once("]: "));
        for link in inline.chain(named.map(|(_, link)| link)) {
            let Some(file) = link.split('#').next().filter(|file| !file.is_empty() && !file.contains("://")) else {
                continue;
            };
            assert!(page.parent().unwrap().join(file).exists(), "{}: {link} leads nowhere", page.display());
            links += 1;
        }
    }
    assert!(links > 10, "only {links} links were found");
}
