//! The code in the guide that is not Rust, run as it stands there.

mod language;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;

use self::language::{LANGUAGES, Language};
use crate::markdown::{CodeBlock, code_blocks};
use crate::{process, workspace};

const PAGE: &str = "docs/test-your-service.md";
/// Run by `cargo test`, or not meant to be run.
const OTHERS: [&str; 3] = ["rust", "sh", "text"];

/// Which code to run.
#[derive(Args, Debug, Default)]
#[command(after_help = "\
Examples:
  cargo xtask guide
  cargo xtask guide --only python

This is the code of docs/test-your-service.md, on an `ottla broker`. The clients that it needs are installed
from PyPI, npm, the Go module proxy and Maven Central, and kept in $XDG_CACHE_HOME/ottla/guide.")]
pub(crate) struct GuideArguments {
    /// Run the code of this language alone, or several
    #[arg(long, value_name = "LANGUAGE", value_parser = PossibleValuesParser::new(LANGUAGES.map(|language| language.name)))]
    only: Vec<String>,
}

impl GuideArguments {
    /// Runs the code of one language after the other.
    ///
    /// # Errors
    /// The page cannot be read or has code that nobody would run, or `ottla` cannot be built.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        let root = workspace::root()?;
        let text = fs::read_to_string(root.join(PAGE)).with_context(|| format!("cannot read {PAGE}"))?;
        let blocks = code_blocks(&text);
        check_languages(&blocks)?;
        process::run(Command::new("cargo").current_dir(root).args(["build", "--quiet", "--package", "ottla-cli"]))?;
        let path = path_with_ottla()?;
        let mut failed = 0;
        for language in LANGUAGES.iter().filter(|language| self.selects(language)) {
            let began = Instant::now();
            match language.run(&code_of(&blocks, language), &path) {
                Ok(()) => println!("{}: ok, {:.1} s", language.name, began.elapsed().as_secs_f64()),
                Err(error) => {
                    failed += 1;
                    println!("{}: failed: {error:#}", language.name);
                }
            }
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn selects(&self, language: &Language) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == language.name)
    }
}

/// Fails where a block is in a language that is not run, or a language has no block.
fn check_languages(blocks: &[CodeBlock]) -> Result<()> {
    let is_known = |name: &str| OTHERS.contains(&name) || LANGUAGES.iter().any(|language| language.fence == name);
    if let Some(block) = blocks.iter().find(|block| !is_known(&block.language)) {
        bail!("{PAGE} has a block of '{}', which nothing runs", block.language);
    }
    match LANGUAGES.iter().find(|language| code_of(blocks, language).is_empty()) {
        Some(language) => bail!("{PAGE} has no block of '{}'", language.fence),
        None => Ok(()),
    }
}

/// All blocks of a language: those that come later use what is in the first.
fn code_of(blocks: &[CodeBlock], language: &Language) -> String {
    let ours = blocks.iter().filter(|block| block.language == language.fence);
    ours.map(|block| block.code.as_str()).collect::<Vec<_>>().join("\n")
}

fn path_with_ottla() -> Result<OsString> {
    let ours = workspace::target()?.join("debug");
    let path = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths(std::iter::once(ours).chain(env::split_paths(&path)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(languages: &[&str]) -> Vec<CodeBlock> {
        let block = |language: &&str| CodeBlock { language: (*language).to_owned(), code: "code".to_owned() };
        languages.iter().map(block).collect()
    }

    #[test]
    fn code_that_nobody_would_run_is_noticed_and_code_that_is_missing() {
        let fences = LANGUAGES.map(|language| language.fence);
        assert!(check_languages(&blocks(&fences)).is_ok());
        assert!(check_languages(&blocks(&[&fences[..], &["ruby"]].concat())).is_err());
        assert!(check_languages(&blocks(&fences[1..])).is_err());
    }
}
