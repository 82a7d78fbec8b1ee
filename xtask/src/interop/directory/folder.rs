//! Folders of partitions.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Copies a folder with all that is in it. What is in the target stays.
///
/// # Errors
/// Something cannot be read or written.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| format!("cannot copy {}", entry.path().display()))?;
        }
    }
    Ok(())
}

/// The names of the folders of partitions in a log directory, in order.
///
/// # Errors
/// The directory cannot be read.
pub(super) fn partitions(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The files in the folders of partitions whose names end in `.EXTENSION`, in order.
///
/// # Errors
/// A folder cannot be read.
pub(super) fn files(directory: &Path, extension: &str) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for partition in partitions(directory)? {
        for entry in fs::read_dir(directory.join(partition))? {
            let path = entry?.path();
            if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
