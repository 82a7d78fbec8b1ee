//! A log directory on the file system.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;

use super::buffers::Buffers;
use super::{FileInfo, FilePath, Storage, StorageFile, check_name};
use crate::log::layout::LOCK;

/// Appended to the name of a file while its new content is written.
const TEMPORARY: &str = ".tmp";

/// A log directory on the file system, with Kafka's names.
#[derive(Clone, Debug)]
pub struct FileStorage {
    root: PathBuf,
    buffers: Buffers,
}

impl FileStorage {
    /// The log directory at `root`, created if it is not there.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn new(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        fs::create_dir_all(&root)?;
        Ok(Self { root, buffers: Buffers::default() })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn dir(&self, dir: &str) -> io::Result<PathBuf> {
        check_name(dir)?;
        let path = self.root.join(dir);
        match found_at(&path)? {
            Some(found) if found.is_symlink() => Err(io::Error::new(io::ErrorKind::InvalidInput, what_else(&found))),
            _ => Ok(path),
        }
    }

    fn dir_or_root(&self, dir: Option<&str>) -> io::Result<PathBuf> {
        dir.map_or_else(|| Ok(self.root.clone()), |dir| self.dir(dir))
    }

    fn file(&self, path: FilePath<'_>) -> io::Result<PathBuf> {
        check_name(path.name)?;
        let file = self.dir_or_root(path.dir)?.join(path.name);
        match found_at(&file)? {
            Some(found) if !found.is_file() => Err(io::Error::new(io::ErrorKind::InvalidInput, what_else(&found))),
            _ => Ok(file),
        }
    }
}

/// What is there itself, and not what it leads to: a link would lead out of the log directory, to where this broker has
/// no business.
fn found_at(path: &Path) -> io::Result<Option<fs::FileType>> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found.file_type())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Why something in the place of a file is not used. Of a pipe, nothing would ever be read.
fn what_else(found: &fs::FileType) -> &'static str {
    if found.is_symlink() {
        "it is a symbolic link, which a log directory may not hold"
    } else if found.is_dir() {
        "it is a directory in the place of a file"
    } else {
        "it is no regular file"
    }
}

fn unless_missing(result: io::Result<()>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// Makes the names in a directory durable. Windows has no such call, and needs none.
fn sync_names(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// The entry's name, if it is UTF-8; no name of ours is anything else.
fn name_of(entry: &fs::DirEntry) -> Option<String> {
    entry.file_name().into_string().ok()
}

fn modified_ms(metadata: &fs::Metadata) -> Option<i64> {
    let since_epoch = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since_epoch.as_millis()).ok()
}

impl Storage for FileStorage {
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        let path = self.file(FilePath::in_root(LOCK))?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        file.try_lock().map_err(io::Error::from)?;
        Ok(Box::new(file))
    }

    fn list_dirs(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                names.extend(name_of(&entry));
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn list_files(&self, dir: &str) -> io::Result<Vec<FileInfo>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.dir(dir)?)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            let Some(name) = name_of(&entry) else { continue };
            files.push(FileInfo { name, len: metadata.len(), modified_ms: modified_ms(&metadata) });
        }
        files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        let path = self.dir(dir)?;
        match found_at(&path)? {
            Some(found) if found.is_dir() => return Ok(()),
            Some(_) => {
                let why = "something else is in the place of the directory: move it away";
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
            }
            None => {}
        }
        fs::create_dir(&path)?;
        sync_names(&self.root)
    }

    fn rename_dir(&self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (self.dir(from)?, self.dir(to)?);
        if to.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if found_at(&from)?.is_some_and(|found| !found.is_dir()) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        fs::rename(from, to)
    }

    fn remove_dir(&self, dir: &str) -> io::Result<()> {
        unless_missing(fs::remove_dir_all(self.dir(dir)?)).map(drop)
    }

    fn open(&self, path: FilePath<'_>) -> io::Result<Arc<dyn StorageFile>> {
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(self.file(path)?)?;
        Ok(Arc::new(OpenFile { file, buffers: self.buffers.clone() }))
    }

    fn read(&self, path: FilePath<'_>, limit: u64) -> io::Result<Option<Bytes>> {
        let file = match File::open(self.file(path)?) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut content = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
        if content.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Some(content.into()))
    }

    fn write(&self, path: FilePath<'_>, content: Bytes) -> io::Result<()> {
        fs::write(self.file(path)?, content)
    }

    fn write_atomically(&self, path: FilePath<'_>, content: Bytes) -> io::Result<()> {
        let target = self.file(path)?;
        let name = format!("{}{TEMPORARY}", path.name);
        let temporary = self.file(FilePath { dir: path.dir, name: &name })?;
        let mut file = File::create(&temporary)?;
        file.write_all(&content)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)?;
        sync_names(parent(&target))
    }

    fn rename(&self, path: FilePath<'_>, to: &str) -> io::Result<()> {
        fs::rename(self.file(path)?, self.file(FilePath { dir: path.dir, name: to })?)
    }

    fn remove(&self, path: FilePath<'_>) -> io::Result<bool> {
        check_name(path.name)?;
        // The link itself is removed, not what it leads to.
        unless_missing(fs::remove_file(self.dir_or_root(path.dir)?.join(path.name)))
    }

    fn sync(&self, path: FilePath<'_>) -> io::Result<()> {
        match File::open(self.file(path)?) {
            Ok(file) => file.sync_all(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(e),
        }
    }

    fn sync_dir(&self, dir: Option<&str>) -> io::Result<()> {
        sync_names(&self.dir_or_root(dir)?)
    }

    fn is_memory(&self) -> bool {
        false
    }

    fn location(&self) -> String {
        self.root.display().to_string()
    }
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    buffers: Buffers,
}

impl OpenFile {
    /// Reads until the buffer is full or the file ends; how many bytes that are.
    fn read_up_to(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read_once_at(rest, position + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(filled)
    }

    #[cfg(unix)]
    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, position)
    }

    #[cfg(unix)]
    fn read_once_at(&self, bytes: &mut [u8], position: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, bytes, position)
    }

    #[cfg(windows)]
    fn write_all_at(&self, mut bytes: &[u8], mut position: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = std::os::windows::fs::FileExt::seek_write(&self.file, bytes, position)?;
            bytes = bytes.get(written..).unwrap_or_default();
            position += written as u64;
        }
        Ok(())
    }

    #[cfg(windows)]
    fn read_once_at(&self, bytes: &mut [u8], position: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, bytes, position)
    }
}

impl StorageFile for OpenFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn write_at(&self, position: u64, bytes: Bytes) -> io::Result<()> {
        self.write_all_at(&bytes, position)
    }

    fn read_at(&self, position: u64, len: usize) -> io::Result<Vec<Bytes>> {
        Ok(vec![self.buffers.fill(len, |buffer| self.read_up_to(buffer, position))?])
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_of_the_directory_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let storage = FileStorage::new(dir.path().join("data")).unwrap();
        for name in ["", ".", "..", "../x", "/etc/passwd", "a/b"] {
            assert!(storage.create_dir(name).is_err(), "{name:?}");
            assert!(storage.open(FilePath::in_root(name)).is_err(), "{name:?}");
            assert!(storage.open(FilePath::in_dir(name, "f")).is_err(), "{name:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let storage = FileStorage::new(dir.path().join("data")).unwrap();
        let outside = dir.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("secret"), "secret").unwrap();
        std::os::unix::fs::symlink(&outside, storage.root().join("t-0")).unwrap();
        std::os::unix::fs::symlink(outside.join("secret"), storage.root().join("f")).unwrap();
        assert!(storage.list_dirs().unwrap().is_empty());
        assert!(storage.open(FilePath::in_dir("t-0", "secret")).is_err());
        assert!(storage.read(FilePath::in_root("f"), 100).is_err());
        assert!(storage.remove(FilePath::in_root("f")).unwrap());
        assert!(outside.join("secret").exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_listed_and_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let storage = FileStorage::new(dir.path()).unwrap();
        storage.create_dir("t-0").unwrap();
        let at = |name: &str| storage.root().join("t-0").join(name);
        fs::create_dir(at("a")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", at("b")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(at("c")).status().unwrap().success());
        let listed = storage.list_files("t-0").unwrap();
        assert_eq!(listed.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        for (name, why) in [
            ("a", "it is a directory in the place of a file"),
            ("b", "it is a symbolic link, which a log directory may not hold"),
            ("c", "it is no regular file"),
        ] {
            let path = FilePath::in_dir("t-0", name);
            assert_eq!(storage.open(path).unwrap_err().to_string(), why);
            assert_eq!(storage.read(path, 9).unwrap_err().to_string(), why);
            assert_eq!(storage.write(path, Bytes::new()).unwrap_err().to_string(), why);
        }
    }

    #[test]
    fn a_file_in_the_place_of_a_directory_is_told_as_that() {
        let dir = tempfile::tempdir().unwrap();
        let storage = FileStorage::new(dir.path()).unwrap();
        fs::write(dir.path().join("t-0"), "").unwrap();
        let refused = storage.create_dir("t-0").unwrap_err().to_string();
        assert_eq!(refused, "something else is in the place of the directory: move it away");
        assert_eq!(storage.rename_dir("t-0", "u-0").unwrap_err().kind(), io::ErrorKind::NotADirectory);
    }

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let storage = FileStorage::new(dir.path()).unwrap();
        let held = storage.lock().unwrap();
        let refused = FileStorage::new(dir.path()).unwrap().lock().err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        drop(held);
        storage.lock().unwrap();
    }

    #[test]
    fn an_atomic_write_leaves_no_temporary_file() {
        let dir = tempfile::tempdir().unwrap();
        let storage = FileStorage::new(dir.path()).unwrap();
        storage.create_dir("t-0").unwrap();
        let path = FilePath::in_dir("t-0", "f");
        storage.write_atomically(path, Bytes::from_static(b"one")).unwrap();
        storage.write_atomically(path, Bytes::from_static(b"two")).unwrap();
        assert_eq!(storage.read(path, 3).unwrap().unwrap(), "two");
        assert!(storage.read(path, 2).is_err());
        assert_eq!(storage.list_files("t-0").unwrap().len(), 1);
    }
}
