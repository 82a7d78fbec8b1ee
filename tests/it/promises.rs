//! What every public function has to say.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The sources of what `ottla` gives out.
const CRATES: [&str; 3] = ["src", "client/src", "broker-ref/src"];

#[test]
fn every_public_async_function_says_what_a_dropped_future_leaves_behind() {
    let mut functions = 0;
    let mut silent = Vec::new();
    for file in CRATES.iter().flat_map(|folder| sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))) {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("pub async fn ")) {
            functions += 1;
            let documentation = lines[..index].iter().rev().take_while(|line| line.starts_with(['/', '#', ')']));
            let words: Vec<&str> = documentation.collect::<Vec<_>>().into_iter().rev().copied().collect();
            let said = words.join(" ").replace("/// ", "").to_lowercase();
            if !said.contains("cancel safe") {
                silent.push(format!("{}: {line}", file.display()));
            }
        }
    }
    assert!(functions > 50, "only {functions} functions were found");
    assert!(silent.is_empty(), "nothing is said of cancellation:\n{}", silent.join("\n"));
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let nested = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    entries.flat_map(nested).filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}
