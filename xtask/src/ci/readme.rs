//! The commands of README.md, run as they stand there.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// Runs the `index`-th block of README.md that is marked as shell commands.
///
/// # Errors
/// There is no such block, or a command in it fails.
pub(super) fn run(root: &Path, index: usize) -> Result<()> {
    let text = fs::read_to_string(root.join("README.md")).context("cannot read README.md")?;
    let block = shell_blocks(&text).into_iter().nth(index);
    let block = block.with_context(|| format!("README.md has no block of shell commands number {}", index + 1))?;
    println!("{block}");
    process::run(Command::new("sh").args(["-e", "-c", &block]).current_dir(root))
}

/// What stands between "```sh" and "```".
fn shell_blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while lines.by_ref().any(|line| line.trim_end() == "```sh") {
        let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim_end() != "```").collect();
        blocks.push(block.join("\n"));
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_of_shell_commands_are_taken() {
        let text = "a\n```sh\nls\npwd\n```\n```rust\nfn x() {}\n```\n```sh\ntrue\n```\n";
        assert_eq!(shell_blocks(text), ["ls\npwd", "true"]);
    }
}
