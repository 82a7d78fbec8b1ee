//! Where this repository and what it builds are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folder of the repository.
///
/// # Errors
/// Never in a checkout: the folder of this crate has a parent.
pub(crate) fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the folder of the repository")
}

/// The target folder that this program itself is in.
///
/// # Errors
/// This program was moved out of its target folder.
pub(crate) fn target() -> Result<PathBuf> {
    let ours = std::env::current_exe()?;
    Ok(ours.ancestors().nth(2).context("this program is in no target folder")?.to_owned())
}
