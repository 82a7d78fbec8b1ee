//! Help, completions and man pages.

use std::fs;

use crate::support::ottla;

const COMMANDS: [&str; 25] = [
    "",
    "broker",
    "topic",
    "topic create",
    "topic list",
    "topic describe",
    "topic alter",
    "topic delete",
    "topic delete-records",
    "topic offsets",
    "produce",
    "consume",
    "group",
    "group list",
    "group describe",
    "group lag",
    "group reset-offsets",
    "group delete",
    "cluster",
    "cluster describe",
    "perf",
    "perf produce",
    "perf consume",
    "perf latency",
    "completions",
];

#[test]
fn the_help_of_every_command_has_examples_of_it() {
    for command in COMMANDS {
        let help = ottla(command).args("--help").done();
        let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("no examples: {command}"));
        assert!(examples.contains(format!("ottla {command}").trim()), "{command}: {examples}");
        let examples: Vec<&str> = examples.lines().take_while(|line| !line.is_empty()).collect();
        let begins =
            |line: &&str| ["  ottla ", "  echo ", "  tail ", "  watch "].iter().any(|begin| line.starts_with(begin));
        assert!(examples.iter().all(begins), "an example of {command} was broken in two: {examples:?}");
    }
}

#[test]
fn every_command_that_talks_to_a_cluster_takes_the_same_options() {
    let talks =
        |command: &&&str| ["topic ", "group ", "cluster ", "perf "].iter().any(|talker| command.starts_with(talker));
    for command in COMMANDS.iter().filter(talks).chain(&["produce", "consume"]) {
        let help = ottla(command).args("--help").done();
        for option in ["--bootstrap", "OTTLA_BOOTSTRAP", "--config", "--set", "--format"] {
            assert!(help.contains(option), "{command} has no {option}");
        }
    }
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = ottla("completions").arg(shell).done();
        assert!(script.contains("delete-records"), "{shell}");
    }
    assert!(ottla("completions tcsh").fails(2).contains("bash"));
}

#[test]
fn every_command_has_a_man_page() {
    let dir = tempfile::tempdir().unwrap();
    let written = ottla("man").arg(dir.path()).done();
    assert!(written.contains(" pages in "), "{written}");
    for command in COMMANDS {
        let page = format!("ottla {command}").trim().replace(' ', "-") + ".1";
        let text = fs::read_to_string(dir.path().join(&page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(text.contains(".SH SYNOPSIS") && text.contains("Examples:"), "{page}");
    }
}

#[test]
fn the_version_is_told() {
    assert_eq!(ottla("--version").done(), format!("ottla {}\n", env!("CARGO_PKG_VERSION")));
}
