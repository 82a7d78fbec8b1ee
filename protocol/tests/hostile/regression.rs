//! What fuzzing has found stays mended.

use std::panic::catch_unwind;
use std::path::Path;

use ottla_protocol_hostile::{TARGETS, Target};

/// A folder per target, and a file per finding; `cargo xtask fuzz` adds to them.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions");

#[test]
fn what_fuzzing_has_found_stays_mended() {
    let mut replayed = 0;
    for entry in std::fs::read_dir(FOLDER).expect("the folder of findings is there") {
        let folder = entry.unwrap().path();
        let target = target_of(&folder);
        for entry in std::fs::read_dir(&folder).expect("a folder for each target") {
            let finding = entry.unwrap().path();
            let input = std::fs::read(&finding).unwrap();
            let outcome = catch_unwind(|| (target.check)(&input));
            assert!(outcome.is_ok(), "{} is found again", finding.display());
            replayed += 1;
        }
    }
    println!("{replayed} findings");
}

fn target_of(folder: &Path) -> &'static Target {
    let target = TARGETS.iter().find(|target| folder.ends_with(target.name));
    target.unwrap_or_else(|| panic!("{} belongs to no target", folder.display()))
}
