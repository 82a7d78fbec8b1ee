//! The lines to send, each with its key.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// A line of a file.
pub(crate) struct Line {
    /// The host of an access log's line, the file of any other.
    pub(crate) key: String,
    pub(crate) text: String,
    pub(crate) request: Option<Request>,
}

/// What an access log says of one request.
pub(crate) struct Request {
    pub(crate) host: String,
    pub(crate) status: u16,
}

/// The lines of these files, or of this repository's own sources.
pub(crate) fn read(files: impl Iterator<Item = OsString>) -> Result<Vec<Line>> {
    let mut files: Vec<PathBuf> = files.map(PathBuf::from).collect();
    if files.is_empty() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        find_sources(root, &mut files).with_context(|| format!("reading {}", root.display()))?;
        files.sort();
        println!("reading {} files of this repository", files.len());
    }
    let mut lines = Vec::new();
    for file in files {
        let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        let name = file.display().to_string();
        lines.extend(String::from_utf8_lossy(&bytes).lines().map(|text| line(&name, text)));
    }
    Ok(lines)
}

fn line(file: &str, text: &str) -> Line {
    let request = parse_request(text);
    let key = request.as_ref().map_or_else(|| file.to_owned(), |request| request.host.clone());
    Line { key, text: text.to_owned(), request }
}

/// Reads `host ident user [time] "request" status bytes ...`.
fn parse_request(text: &str) -> Option<Request> {
    let (host, rest) = text.split_once(' ')?;
    let (_, after_time) = rest.split_once("] \"")?;
    let (_, after_request) = after_time.split_once("\" ")?;
    let status = after_request.split(' ').next()?.parse().ok().filter(|status| (100..600).contains(status))?;
    Some(Request { host: host.to_owned(), status })
}

fn find_sources(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            find_sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}
