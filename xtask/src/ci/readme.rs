//! The commands of README.md, run as they stand there.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::markdown::code_blocks;
use crate::process;

/// Runs the `index`-th block of README.md that is marked as shell commands.
///
/// # Errors
/// There is no such block, or a command in it fails.
pub(super) fn run(root: &Path, index: usize) -> Result<()> {
    let text = fs::read_to_string(root.join("README.md")).context("cannot read README.md")?;
    let mut blocks = code_blocks(&text).into_iter().filter(|block| block.language == "sh");
    let block = blocks.nth(index).map(|block| block.code);
    let block = block.with_context(|| format!("README.md has no block of shell commands number {}", index + 1))?;
    println!("{block}");
    process::run(Command::new("sh").args(["-e", "-c", &block]).current_dir(root))
}
