//! What every public function has to say.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The sources of what `ottla` gives out.
const CRATES: [&str; 3] = ["src", "client/src", "broker-ref/src"];

/// A public function, and what is said of it in one line.
struct Function {
    file: PathBuf,
    signature: String,
    said: String,
}

impl Function {
    fn is_async(&self) -> bool {
        self.signature.starts_with("pub async fn ")
    }
}

#[test]
fn every_public_async_function_says_what_a_dropped_future_leaves_behind() {
    let functions: Vec<_> = functions().into_iter().filter(Function::is_async).collect();
    assert!(functions.len() > 50, "only {} were found", functions.len());
    none_lacks(functions, |function| function.said.to_lowercase().contains("cancel safe"));
}

#[test]
fn every_public_function_that_can_fail_says_when() {
    let can_fail = |function: &Function| function.signature.contains("-> Result<");
    let functions: Vec<_> = functions().into_iter().filter(can_fail).collect();
    assert!(functions.len() > 80, "only {} were found", functions.len());
    none_lacks(functions, |function| function.said.contains("# Errors"));
}

#[track_caller]
fn none_lacks(functions: Vec<Function>, has: impl Fn(&Function) -> bool) {
    let lacking = functions.iter().filter(|function| !has(function));
    let lacking: Vec<_> =
        lacking.map(|function| format!("{}: {}", function.file.display(), function.signature)).collect();
    assert!(lacking.is_empty(), "these do not say it:\n{}", lacking.join("\n"));
}

fn functions() -> Vec<Function> {
    let files = CRATES.iter().flat_map(|folder| sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)));
    files.flat_map(|file| functions_of(&file)).collect()
}

fn functions_of(file: &Path) -> Vec<Function> {
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begins = |line: &str| line.starts_with("pub fn ") || line.starts_with("pub async fn ");
    let starts = (0..lines.len()).filter(|index| begins(lines[*index]));
    let function = |start: usize| {
        let before = lines[..start].iter().rev().take_while(|line| line.starts_with(['/', '#', ')']));
        let said: Vec<&str> = before.copied().collect::<Vec<_>>().into_iter().rev().collect();
        let length = lines[start..].iter().position(|line| line.ends_with(['{', '}', ';'])).unwrap() + 1;
        let signature = lines[start..start + length].join(" ");
        Function { file: file.to_owned(), signature, said: said.join(" ").replace("/// ", "") }
    };
    starts.map(function).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let nested = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    entries.flat_map(nested).filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}
