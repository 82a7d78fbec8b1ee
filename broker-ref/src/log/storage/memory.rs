//! A log directory in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};

use super::{FileInfo, FilePath, Storage, StorageFile, check_name};

/// A log directory in memory.
///
/// A file is the list of the chunks it was written in, so reading one back shares it and copies nothing. It knows
/// how much of each file was synced: [`MemoryStorage::crash`] takes away the rest, as a power cut would.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    tree: Arc<Mutex<Tree>>,
    locked: Arc<AtomicBool>,
}

type Files = BTreeMap<String, Arc<MemoryFile>>;

#[derive(Debug, Default)]
struct Tree {
    root: Files,
    dirs: BTreeMap<String, Files>,
}

impl Tree {
    fn files(&self, dir: Option<&str>) -> io::Result<&Files> {
        match dir {
            None => Ok(&self.root),
            Some(dir) => self.dirs.get(dir).ok_or_else(not_found),
        }
    }

    fn files_mut(&mut self, dir: Option<&str>) -> io::Result<&mut Files> {
        match dir {
            None => Ok(&mut self.root),
            Some(dir) => self.dirs.get_mut(dir).ok_or_else(not_found),
        }
    }
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

fn check(path: FilePath<'_>) -> io::Result<()> {
    path.dir.map_or(Ok(()), check_name)?;
    check_name(path.name)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryStorage {
    /// An empty directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a crash leaves behind, as a directory of its own: of each file the first `keep(path, synced, len)` bytes,
    /// where `synced` of its `len` bytes were made durable. Returning `synced` loses every flush that was not done;
    /// returning something in between tears the last write.
    #[must_use]
    pub fn crash(&self, mut keep: impl FnMut(FilePath<'_>, u64, u64) -> u64) -> Self {
        let tree = lock(&self.tree);
        let mut survive = |dir: Option<&str>, files: &Files| -> Files {
            let kept = |(name, file): (&String, &Arc<MemoryFile>)| {
                let mut content = lock(&file.content).clone();
                let len = keep(FilePath { dir, name }, content.synced, content.len);
                content.truncate(len);
                content.synced = content.len;
                (name.clone(), Arc::new(MemoryFile { content: Mutex::new(content) }))
            };
            files.iter().map(kept).collect()
        };
        let root = survive(None, &tree.root);
        let dirs = tree.dirs.iter().map(|(dir, files)| (dir.clone(), survive(Some(dir), files))).collect();
        Self { tree: Arc::new(Mutex::new(Tree { root, dirs })), locked: Arc::default() }
    }
}

impl Storage for MemoryStorage {
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        if self.locked.swap(true, Ordering::AcqRel) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(Unlock(Arc::clone(&self.locked))))
    }

    fn list_dirs(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.tree).dirs.keys().cloned().collect())
    }

    fn list_files(&self, dir: &str) -> io::Result<Vec<FileInfo>> {
        let tree = lock(&self.tree);
        let info = |(name, file): (&String, &Arc<MemoryFile>)| FileInfo {
            name: name.clone(),
            len: lock(&file.content).len,
            modified_ms: None,
        };
        Ok(tree.files(Some(dir))?.iter().map(info).collect())
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        check_name(dir)?;
        lock(&self.tree).dirs.entry(dir.to_owned()).or_default();
        Ok(())
    }

    fn rename_dir(&self, from: &str, to: &str) -> io::Result<()> {
        check_name(to)?;
        let mut tree = lock(&self.tree);
        if tree.dirs.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let files = tree.dirs.remove(from).ok_or_else(not_found)?;
        tree.dirs.insert(to.to_owned(), files);
        Ok(())
    }

    fn remove_dir(&self, dir: &str) -> io::Result<()> {
        lock(&self.tree).dirs.remove(dir);
        Ok(())
    }

    fn open(&self, path: FilePath<'_>) -> io::Result<Arc<dyn StorageFile>> {
        check(path)?;
        let mut tree = lock(&self.tree);
        let file = tree.files_mut(path.dir)?.entry(path.name.to_owned()).or_default();
        Ok(Arc::<MemoryFile>::clone(file))
    }

    fn read(&self, path: FilePath<'_>, limit: u64) -> io::Result<Option<Bytes>> {
        check(path)?;
        let Some(file) = lock(&self.tree).files(path.dir)?.get(path.name).cloned() else { return Ok(None) };
        let content = lock(&file.content);
        if content.len > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Some(join(content.slice(0, content.len))))
    }

    fn write(&self, path: FilePath<'_>, content: Bytes) -> io::Result<()> {
        check(path)?;
        let file = MemoryFile { content: Mutex::new(Content::of(content)) };
        lock(&self.tree).files_mut(path.dir)?.insert(path.name.to_owned(), Arc::new(file));
        Ok(())
    }

    fn write_atomically(&self, path: FilePath<'_>, content: Bytes) -> io::Result<()> {
        self.write(path, content)?;
        self.sync(path)
    }

    fn rename(&self, path: FilePath<'_>, to: &str) -> io::Result<()> {
        check(path)?;
        check_name(to)?;
        let mut tree = lock(&self.tree);
        let files = tree.files_mut(path.dir)?;
        let file = files.remove(path.name).ok_or_else(not_found)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, path: FilePath<'_>) -> io::Result<bool> {
        check(path)?;
        Ok(lock(&self.tree).files_mut(path.dir)?.remove(path.name).is_some())
    }

    fn sync(&self, path: FilePath<'_>) -> io::Result<()> {
        check(path)?;
        match lock(&self.tree).files(path.dir)?.get(path.name) {
            Some(file) => file.sync(),
            None => Ok(()),
        }
    }

    fn sync_dir(&self, _dir: Option<&str>) -> io::Result<()> {
        Ok(())
    }

    fn is_memory(&self) -> bool {
        true
    }

    fn location(&self) -> String {
        "memory:".to_owned()
    }
}

struct Unlock(Arc<AtomicBool>);

impl Drop for Unlock {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[derive(Debug, Default)]
struct MemoryFile {
    content: Mutex<Content>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    /// What was written, by the position of its first byte; without gaps.
    chunks: Vec<(u64, Bytes)>,
    len: u64,
    synced: u64,
}

impl Content {
    fn of(bytes: Bytes) -> Self {
        Self { len: bytes.len() as u64, chunks: vec![(0, bytes)], synced: 0 }
    }

    fn push(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        let position = self.len;
        self.len += bytes.len() as u64;
        self.chunks.push((position, bytes));
    }

    fn truncate(&mut self, len: u64) {
        self.chunks.truncate(self.chunks.partition_point(|(position, _)| *position < len));
        if let Some((position, last)) = self.chunks.last_mut() {
            let keep = len.saturating_sub(*position).min(last.len() as u64);
            last.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
        }
        self.len = self.len.min(len);
        self.synced = self.synced.min(self.len);
    }

    /// The pieces of the range, which ends at the end of the file at the latest.
    fn slice(&self, from: u64, len: u64) -> Vec<Bytes> {
        let to = from.saturating_add(len).min(self.len);
        let first = self.chunks.partition_point(|(position, chunk)| position + chunk.len() as u64 <= from);
        let within = |(position, chunk): &(u64, Bytes)| {
            let clamp =
                |at: u64| usize::try_from(at.saturating_sub(*position)).map_or(chunk.len(), |at| at.min(chunk.len()));
            chunk.slice(clamp(from)..clamp(to))
        };
        self.chunks.iter().skip(first).take_while(|(position, _)| *position < to).map(within).collect()
    }
}

fn join(mut pieces: Vec<Bytes>) -> Bytes {
    if pieces.len() == 1 {
        return pieces.remove(0);
    }
    let mut all = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
    pieces.iter().for_each(|piece| all.extend_from_slice(piece));
    all.freeze()
}

impl StorageFile for MemoryFile {
    fn size(&self) -> io::Result<u64> {
        Ok(lock(&self.content).len)
    }

    fn write_at(&self, position: u64, bytes: Bytes) -> io::Result<()> {
        let mut content = lock(&self.content);
        if position > content.len {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the write would leave a gap"));
        }
        content.truncate(position);
        content.push(bytes);
        Ok(())
    }

    fn read_at(&self, position: u64, len: usize) -> io::Result<Vec<Bytes>> {
        Ok(lock(&self.content).slice(position, len as u64))
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        lock(&self.content).truncate(len);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut content = lock(&self.content);
        content.synced = content.len;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(storage: &MemoryStorage) -> Arc<dyn StorageFile> {
        storage.create_dir("t-0").unwrap();
        storage.open(FilePath::in_dir("t-0", "f")).unwrap()
    }

    #[test]
    fn a_read_shares_the_chunk_that_was_written() {
        let file = file(&MemoryStorage::new());
        let chunk = Bytes::from_static(b"hello world");
        file.write_at(0, chunk.clone()).unwrap();
        let read = file.read_at(6, 100).unwrap();
        assert_eq!(read, [Bytes::from_static(b"world")]);
        assert_eq!(read[0].as_ptr(), chunk[6..].as_ptr());
    }

    #[test]
    fn reads_and_cuts_agree_with_a_flat_buffer_at_every_position() {
        let chunks = ["abc", "d", "efgh"];
        let flat = chunks.concat();
        for cut in 0..=flat.len() {
            let file = file(&MemoryStorage::new());
            chunks.iter().fold(0, |at, chunk| {
                file.write_at(at, Bytes::from_static(chunk.as_bytes())).unwrap();
                at + chunk.len() as u64
            });
            file.truncate(cut as u64).unwrap();
            assert_eq!(file.size().unwrap(), cut as u64);
            for from in 0..=flat.len() + 1 {
                for len in 0..=flat.len() {
                    let read = file.read_at(from as u64, len).unwrap().concat();
                    let to = (from + len).min(cut);
                    assert_eq!(read, flat.as_bytes()[from.min(to)..to], "cut {cut} from {from} len {len}");
                }
            }
        }
    }

    #[test]
    fn a_crash_takes_what_was_not_synced() {
        let storage = MemoryStorage::new();
        let file = file(&storage);
        file.write_at(0, Bytes::from_static(b"kept")).unwrap();
        file.sync().unwrap();
        file.write_at(4, Bytes::from_static(b"lost")).unwrap();
        let read = |s: &MemoryStorage| s.read(FilePath::in_dir("t-0", "f"), 100).unwrap().unwrap();
        assert_eq!(read(&storage.crash(|_, synced, _| synced)), "kept");
        assert_eq!(read(&storage.crash(|_, synced, len| synced.midpoint(len))), "keptlo");
        assert_eq!(read(&storage), "keptlost");
    }
}
