//! The commands that README.md and the guide show, run as they stand there.

use std::{fs, path::Path};

use crate::support::{Broker, Finished, ottla, shell};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn the_commands_of_the_readme_bring_a_record_to_a_group() {
    let blocks = blocks("README.md");
    let block = blocks.iter().find(|block| block.contains("ottla broker")).unwrap();
    let (installed, commands) = block.split_once('\n').unwrap();
    assert_eq!(installed, "cargo install --path cli");
    let (broker, commands) = commands.split_once('\n').unwrap();
    let (arguments, _) = broker.strip_prefix("ottla ").and_then(|line| line.split_once('&')).unwrap();

    let dir = tempfile::tempdir().unwrap();
    let broker = Broker::start_with(ottla(arguments).current_dir(dir.path()));
    let out = done(run(commands, dir.path(), Some(&broker)));
    assert!(out.contains(" ann bought 3 apples\n") && out.contains(" bob bought 1 pear\n"), "{out}");
    assert!(out.contains("billing: Empty, 0 members"), "{out}");
    assert!(dir.path().join("data").is_dir());
}

#[test]
fn the_commands_of_the_guide_work() {
    let pages = fs::read_dir(Path::new(ROOT).join("docs")).unwrap().map(|page| page.unwrap().file_name());
    let mut ran = 0;
    for page in pages {
        for block in blocks(&format!("docs/{}", page.to_str().unwrap())) {
            let dir = tempfile::tempdir().unwrap();
            // A block that starts no broker means one that is there.
            let broker = (!block.contains("ottla broker")).then(Broker::start);
            let out = done(run(&block, dir.path(), broker.as_ref()));
            assert!(!block.contains("ottla consume") || out.contains("3 apples\n"), "{block}\n{out}");
            ran += 1;
        }
    }
    assert!(ran >= 2, "only {ran} blocks of commands were found");
}

fn run(commands: &str, dir: &Path, broker: Option<&Broker>) -> Finished {
    let shell = shell(commands).current_dir(dir);
    match broker {
        Some(broker) => shell.env("OTTLA_BOOTSTRAP", &broker.servers[0]).run(),
        None => shell.run(),
    }
}

#[track_caller]
fn done(finished: Finished) -> String {
    assert_eq!(finished.code, 0, "{}\n{}", finished.out, finished.err);
    finished.out
}

/// What stands between "```sh" and "```" in a file.
fn blocks(file: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0.to_owned());
    blocks.collect()
}
