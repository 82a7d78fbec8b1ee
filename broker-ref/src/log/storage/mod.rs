//! Where a log directory's bytes are kept.
//!
//! [`Storage`] is one log directory: a root with a few small files, and one level of directories, each of them a
//! partition's. It knows names and bytes and nothing of segments, so both implementations share all of the log.
//! Every call may block; the caller decides on which thread it does.

mod buffers;
#[expect(clippy::disallowed_methods, reason = "the storage that is made of files")]
mod files;
mod memory;

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::LogError;

pub use files::FileStorage;
pub use memory::MemoryStorage;

/// The place of a file: in the root, or in one of the root's directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilePath<'a> {
    /// The directory, or `None` for the root.
    pub dir: Option<&'a str>,
    /// The file's name.
    pub name: &'a str,
}

impl<'a> FilePath<'a> {
    /// A file in the root.
    pub fn in_root(name: &'a str) -> Self {
        Self { dir: None, name }
    }

    /// A file in a directory.
    pub fn in_dir(dir: &'a str, name: &'a str) -> Self {
        Self { dir: Some(dir), name }
    }
}

impl fmt::Display for FilePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dir {
            Some(dir) => write!(f, "{dir}/{}", self.name),
            None => f.write_str(self.name),
        }
    }
}

/// What a listing says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub len: u64,
    /// When it was last written, in milliseconds since the epoch, where that is known.
    pub modified_ms: Option<i64>,
}

/// One log directory.
///
/// Names are plain: an implementation refuses one that would lead out of the directory, and does not follow links.
pub trait Storage: fmt::Debug + Send + Sync {
    /// Takes the directory for this process until the result is dropped.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if it is taken.
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>>;

    /// The names of the directories in the root, sorted.
    ///
    /// # Errors
    /// Those of the operating system, as for every method here.
    fn list_dirs(&self) -> io::Result<Vec<String>>;

    /// The files of a directory, sorted by name, and what else there is in it: that cannot be opened.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] if there is no such directory.
    fn list_files(&self, dir: &str) -> io::Result<Vec<FileInfo>>;

    /// Creates a directory unless it is there.
    ///
    /// # Errors
    /// As above.
    fn create_dir(&self, dir: &str) -> io::Result<()>;

    /// Renames a directory. Durable after [`sync_dir`](Self::sync_dir) of the root.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] if the new name is taken.
    fn rename_dir(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a directory with all its files, if it is there.
    ///
    /// # Errors
    /// As above.
    fn remove_dir(&self, dir: &str) -> io::Result<()>;

    /// Opens a file to append to and to read from, created if it is not there.
    ///
    /// # Errors
    /// As above.
    fn open(&self, path: FilePath<'_>) -> io::Result<Arc<dyn StorageFile>>;

    /// Reads a whole file, or `None` if it is not there.
    ///
    /// # Errors
    /// [`io::ErrorKind::FileTooLarge`] if it is longer than `limit` bytes.
    fn read(&self, path: FilePath<'_>, limit: u64) -> io::Result<Option<Bytes>>;

    /// Replaces a file's content. It need not survive a crash.
    ///
    /// # Errors
    /// As above.
    fn write(&self, path: FilePath<'_>, content: Bytes) -> io::Result<()>;

    /// Replaces a file's content at once and durably: after a crash it is the old one or the new one.
    ///
    /// # Errors
    /// As above.
    fn write_atomically(&self, path: FilePath<'_>, content: Bytes) -> io::Result<()>;

    /// Renames a file within its directory, over one that has the new name already.
    ///
    /// # Errors
    /// As above.
    fn rename(&self, path: FilePath<'_>, to: &str) -> io::Result<()>;

    /// Removes a file; whether it was there.
    ///
    /// # Errors
    /// As above.
    fn remove(&self, path: FilePath<'_>) -> io::Result<bool>;

    /// Makes a file's content durable, if the file is there.
    ///
    /// # Errors
    /// As above.
    fn sync(&self, path: FilePath<'_>) -> io::Result<()>;

    /// Makes the names in a directory durable (`None` is the root).
    ///
    /// # Errors
    /// As above.
    fn sync_dir(&self, dir: Option<&str>) -> io::Result<()>;

    /// Whether reads are served from memory, so that a cache before it would be a second copy.
    fn is_memory(&self) -> bool;

    /// Where this is, for messages.
    fn location(&self) -> String;
}

/// An open file that only ever grows at its end or is cut there.
///
/// Reading while another thread appends is fine: what was appended before the read began is seen.
pub trait StorageFile: fmt::Debug + Send + Sync {
    /// Its size in bytes.
    ///
    /// # Errors
    /// Those of the operating system, as for every method here.
    fn size(&self) -> io::Result<u64>;

    /// Writes at `position`, which is the end of the file unless an earlier write failed half way.
    ///
    /// # Errors
    /// As above. Part of the bytes may have been written.
    fn write_at(&self, position: u64, bytes: Bytes) -> io::Result<()>;

    /// Reads up to `len` bytes, in one or more pieces; fewer only where the file ends.
    ///
    /// # Errors
    /// As above.
    fn read_at(&self, position: u64, len: usize) -> io::Result<Vec<Bytes>>;

    /// Cuts the file.
    ///
    /// # Errors
    /// As above.
    fn truncate(&self, len: u64) -> io::Result<()>;

    /// Makes the content durable.
    ///
    /// # Errors
    /// As above.
    fn sync(&self) -> io::Result<()>;
}

/// Refuses a name that is not that of a plain entry of its directory.
fn check_name(name: &str) -> io::Result<()> {
    let plain = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0']);
    if plain {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{name:?} is not the name of a file in a log directory")))
}

/// The directory of one partition, or the root: the calls of [`Storage`] with errors that name the file.
#[derive(Clone, Debug)]
pub(crate) struct Dir {
    storage: Arc<dyn Storage>,
    name: Option<String>,
}

impl Dir {
    pub(crate) fn root(storage: Arc<dyn Storage>) -> Self {
        Self { storage, name: None }
    }

    pub(crate) fn partition(storage: Arc<dyn Storage>, name: String) -> Self {
        Self { storage, name: Some(name) }
    }

    pub(crate) fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// The full name of the directory, for messages.
    pub(crate) fn path(&self) -> String {
        match &self.name {
            Some(name) => format!("{}/{name}", self.storage.location()),
            None => self.storage.location(),
        }
    }

    /// The full name of a file in it, for messages.
    pub(crate) fn path_of(&self, file: &str) -> String {
        format!("{}/{file}", self.path())
    }

    pub(crate) fn error(&self, action: &'static str, file: &str, source: io::Error) -> LogError {
        let path = if file.is_empty() { self.path() } else { self.path_of(file) };
        LogError::Io { action, path, source }
    }

    fn at<'a>(&'a self, file: &'a str) -> FilePath<'a> {
        FilePath { dir: self.name.as_deref(), name: file }
    }

    pub(crate) fn create(&self) -> Result<(), LogError> {
        match &self.name {
            Some(name) => self.storage.create_dir(name).map_err(|e| self.error("create", "", e)),
            None => Ok(()),
        }
    }

    pub(crate) fn list(&self) -> Result<Vec<FileInfo>, LogError> {
        let name = self.name.as_deref().unwrap_or_default();
        self.storage.list_files(name).map_err(|e| self.error("list", "", e))
    }

    pub(crate) fn open(&self, file: &str) -> Result<Arc<dyn StorageFile>, LogError> {
        self.storage.open(self.at(file)).map_err(|e| self.error("open", file, e))
    }

    pub(crate) fn read(&self, file: &str, limit: u64) -> Result<Option<Bytes>, LogError> {
        self.storage.read(self.at(file), limit).map_err(|e| self.error("read", file, e))
    }

    pub(crate) fn write(&self, file: &str, content: Bytes) -> Result<(), LogError> {
        self.storage.write(self.at(file), content).map_err(|e| self.error("write", file, e))
    }

    pub(crate) fn write_atomically(&self, file: &str, content: Bytes) -> Result<(), LogError> {
        self.storage.write_atomically(self.at(file), content).map_err(|e| self.error("write", file, e))
    }

    pub(crate) fn rename(&self, file: &str, to: &str) -> Result<(), LogError> {
        self.storage.rename(self.at(file), to).map_err(|e| self.error("rename", file, e))
    }

    pub(crate) fn remove(&self, file: &str) -> Result<bool, LogError> {
        self.storage.remove(self.at(file)).map_err(|e| self.error("remove", file, e))
    }

    pub(crate) fn sync(&self, file: &str) -> Result<(), LogError> {
        self.storage.sync(self.at(file)).map_err(|e| self.error("sync", file, e))
    }

    pub(crate) fn sync_names(&self) -> Result<(), LogError> {
        self.storage.sync_dir(self.name.as_deref()).map_err(|e| self.error("sync", "", e))
    }
}
