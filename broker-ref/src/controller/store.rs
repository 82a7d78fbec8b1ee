//! Where the controller's records are kept.
//!
//! One file, `ottla-metadata`, of our own format: the eight bytes `OTTLAMD1`, then frames.
//!
//! ```text
//! +-----------+-------------+---------------------+
//! | length    | CRC-32C of  | one change: records |
//! | u32       | payload u32 | (length bytes)      |
//! +-----------+-------------+---------------------+
//! ```
//!
//! A change is appended and synced before it takes effect. A last frame that the file's end cuts short, or that lacks a
//! sector, was never acknowledged and is dropped, its bytes kept in `ottla-metadata.cut`; any other damaged frame is an
//! error, also where the damage is in its length. When most of the file is history it is replaced by one change that makes
//! up the present state: written beside it, synced, renamed over it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use bytes::{Buf, Bytes};

use super::record::{self, ControllerRecord, RecordFormatError};

const MAGIC: &[u8; 8] = b"OTTLAMD1";
const FRAME_HEADER: usize = 8;
/// What a disk writes whole or not at all; where it did not, zeros are read.
const SECTOR: usize = 512;
/// A change may end in some zeros of its own, but not in so many.
const MOST_OWN_ZEROS: usize = 7;
/// A file smaller than this is not worth rewriting.
const REWRITE_FROM: u64 = 1024 * 1024;

/// Why the controller's store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataStoreError {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// Another broker uses the directory: stop it, or use another directory.
    #[error("{path} is locked: another broker uses this directory")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The cluster was stopped while the change was on its way; nothing was stored.
    #[error("the cluster has stopped")]
    Stopped,
    /// The file is not one of ours, or damaged: restore it from a backup, cut it off there and lose the changes from there
    /// on, or move it away and keep the topics without their settings.
    #[error(
        "{path} is damaged at byte {position}: {reason}; restore it from a backup, or keep a copy and cut it off there, \
         which loses what topics and settings have become since, or move it away: the topics are then those whose \
         directories are there, all of them, without their own settings"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where the damage begins.
        position: usize,
        /// What is wrong.
        reason: String,
    },
}

/// The controller's records, in a file or nowhere.
#[derive(Debug)]
pub(crate) enum MetadataStore {
    Memory,
    File(MetadataFile),
    /// Its cluster was dropped, and the directory may be another one's by now.
    Stopped,
}

impl MetadataStore {
    /// Makes a change durable. Blocks.
    pub(crate) fn append(&mut self, records: &[ControllerRecord]) -> Result<(), MetadataStoreError> {
        match self {
            Self::Memory => Ok(()),
            Self::File(file) => file.append(records),
            Self::Stopped => Err(MetadataStoreError::Stopped),
        }
    }

    /// Rewrites what is mostly history, given the records of the present state. Blocks.
    pub(crate) fn compact(&mut self, state: impl FnOnce() -> Vec<ControllerRecord>) -> Result<(), MetadataStoreError> {
        match self {
            Self::File(file) if file.is_worth_rewriting() => file.rewrite(&state()),
            Self::File(_) | Self::Memory | Self::Stopped => Ok(()),
        }
    }
}

/// An open store file.
#[derive(Debug)]
pub(crate) struct MetadataFile {
    path: PathBuf,
    file: File,
    len: u64,
    rewritten_len: u64,
    /// Keeps others out for as long as this lives. A file of its own, as the store's is replaced now and then.
    _lock: File,
}

impl MetadataFile {
    /// Opens or creates the store in a directory; also returns the changes that it holds. Blocks.
    pub(crate) fn open(dir: &Path) -> Result<(Self, Vec<ControllerRecord>), MetadataStoreError> {
        let path = dir.join("ottla-metadata");
        let failed = |action| {
            let path = path.clone();
            move |source| MetadataStoreError::Io { action, path, source }
        };
        // Before anything is read: what a running broker is writing looks like a change that was cut short.
        let lock = lock(dir)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed("open"))?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(failed("read"))?;
        let content = Bytes::from(content);
        let (records, valid) = read_all(&path, content.clone())?;
        if valid < content.len() {
            let cut = path.with_extension("cut");
            tracing::warn!(
                file = %path.display(), position = valid, kept_in = %cut.display(),
                "the last change was not written whole and is dropped"
            );
            std::fs::write(&cut, content.slice(valid..)).map_err(failed("keep the cut end of"))?;
        }
        file.set_len(valid as u64).map_err(failed("truncate"))?;
        file.seek(SeekFrom::End(0)).map_err(failed("seek in"))?;
        let mut store = Self { file, len: valid as u64, rewritten_len: 0, path, _lock: lock };
        if valid == 0 {
            store.write(MAGIC)?;
            sync_dir(dir);
        }
        Ok((store, records))
    }

    fn append(&mut self, records: &[ControllerRecord]) -> Result<(), MetadataStoreError> {
        let frame = frame_of(records).map_err(|source| self.failed("encode for", source))?;
        self.write(&frame)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), MetadataStoreError> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // What was written of it must not be in front of the next change.
            let _ = self.file.set_len(self.len).and_then(|()| self.file.seek(SeekFrom::End(0)).map(drop));
            return Err(self.failed("write", source));
        }
        self.len += bytes.len() as u64;
        Ok(())
    }

    fn is_worth_rewriting(&self) -> bool {
        self.len > REWRITE_FROM && self.len > 4 * self.rewritten_len
    }

    fn rewrite(&mut self, state: &[ControllerRecord]) -> Result<(), MetadataStoreError> {
        let mut content = MAGIC.to_vec();
        content.extend(frame_of(state).map_err(|source| self.failed("encode for", source))?);
        let new = self.path.with_extension("new");
        let file = replace(&new, &self.path, &content).map_err(|source| self.failed("rewrite", source))?;
        (self.file, self.len, self.rewritten_len) = (file, content.len() as u64, content.len() as u64);
        Ok(())
    }

    fn failed(&self, action: &'static str, source: io::Error) -> MetadataStoreError {
        MetadataStoreError::Io { action, path: self.path.clone(), source }
    }
}

/// Keeps other brokers out of the store in this directory.
fn lock(dir: &Path) -> Result<File, MetadataStoreError> {
    let path = dir.join("ottla-metadata.lock");
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let locked = opened.and_then(|file| match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    });
    match locked {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(MetadataStoreError::Locked { path }),
        Err(source) => Err(MetadataStoreError::Io { action: "lock", path, source }),
    }
}

fn frame_of(records: &[ControllerRecord]) -> io::Result<Vec<u8>> {
    let payload = record::encode(records).map_err(io::Error::other)?;
    let len = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(FRAME_HEADER + payload.len());
    frame.extend(len.to_be_bytes());
    frame.extend(crc32c::crc32c(&payload).to_be_bytes());
    frame.extend(&payload);
    Ok(frame)
}

fn replace(new: &Path, path: &Path, content: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(new)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(new, path)?;
    if let Some(dir) = path.parent() {
        sync_dir(dir);
    }
    Ok(file)
}

/// Makes a new name durable, where the platform can.
fn sync_dir(dir: &Path) {
    if let Err(error) = File::open(dir).and_then(|dir| dir.sync_all()) {
        tracing::debug!(dir = %dir.display(), %error, "cannot sync the directory");
    }
}

/// The records in a file's content, and how many bytes of it are whole.
fn read_all(path: &Path, content: Bytes) -> Result<(Vec<ControllerRecord>, usize), MetadataStoreError> {
    let corrupt = |position, reason: String| MetadataStoreError::Corrupt { path: path.to_owned(), position, reason };
    if content.len() < MAGIC.len() && MAGIC.starts_with(&content) {
        return Ok((Vec::new(), 0));
    }
    if !content.starts_with(MAGIC) {
        return Err(corrupt(0, "it does not begin as a metadata file does".to_owned()));
    }
    let mut records = Vec::new();
    let mut rest = content.slice(MAGIC.len()..);
    loop {
        let position = content.len() - rest.len();
        // What is as large stands first only where the file was written anew: that is whole or not there.
        let is_rewritten = position == MAGIC.len() && announced(&rest) > SECTOR;
        match take_frame(&mut rest) {
            Ok(Some(frame)) => records.extend(frame),
            Ok(None) => {
                if let Some(behind) = whole_frame_behind(&rest) {
                    let reason = format!("a frame without end, yet there is a whole one at byte {}", position + behind);
                    return Err(corrupt(position, reason));
                }
                if is_rewritten {
                    return Err(corrupt(position, "the state that all changes build on is cut short".to_owned()));
                }
                if has_another_length(&rest) {
                    return Err(corrupt(position, "the last frame is whole, but for its length".to_owned()));
                }
                return Ok((records, position));
            }
            Err(FrameError::BadChecksum { is_last: true }) if !is_rewritten && lacks_a_sector(&rest, position) => {
                return Ok((records, position));
            }
            Err(error) => return Err(corrupt(position, error.to_string())),
        }
    }
}

/// How many bytes the frame says that it has behind its header.
fn announced(rest: &Bytes) -> usize {
    rest.get(..4).map_or(0, |mut len| len.get_u32() as usize)
}

/// Where the first whole frame is behind the beginning. There is none behind a frame that was cut short as it was
/// written, so one tells that a length is damaged.
fn whole_frame_behind(rest: &Bytes) -> Option<usize> {
    (1..rest.len()).find(|&start| matches!(take_frame(&mut rest.slice(start..)), Ok(Some(_))))
}

/// Whether the end of the file is the end of this frame, by its checksum, though not by its length.
fn has_another_length(rest: &Bytes) -> bool {
    rest.get(FRAME_HEADER..).filter(|payload| !payload.is_empty()).is_some_and(|payload| {
        let stored = rest.slice(4..FRAME_HEADER).get_u32();
        crc32c::crc32c(payload) == stored
    })
}

/// Whether all that a sector has of a frame, which begins at `position` of the file, is zeros: it was not written.
fn lacks_a_sector(frame: &Bytes, position: usize) -> bool {
    let first = SECTOR - position % SECTOR;
    let (head, others) = frame.split_at(first.min(frame.len()));
    let is_lost = |part: &[u8]| part.len() > MOST_OWN_ZEROS && part.iter().all(|byte| *byte == 0);
    std::iter::once(head).chain(others.chunks(SECTOR)).any(is_lost)
}

#[derive(Debug, thiserror::Error)]
enum FrameError {
    #[error("the checksum does not match")]
    BadChecksum { is_last: bool },
    #[error(transparent)]
    Format(#[from] RecordFormatError),
}

/// The next change; `None` at the end, or where the end cuts a frame short.
fn take_frame(rest: &mut Bytes) -> Result<Option<Vec<ControllerRecord>>, FrameError> {
    if rest.len() < FRAME_HEADER {
        return Ok(None);
    }
    let mut header = rest.slice(..FRAME_HEADER);
    let (len, crc) = (header.get_u32() as usize, header.get_u32());
    // A change has records: its length is zero where its first sector was not written.
    if len == 0 {
        return Ok(None);
    }
    let end = FRAME_HEADER + len;
    if end > rest.len() {
        return Ok(None);
    }
    let payload = rest.slice(FRAME_HEADER..end);
    if crc32c::crc32c(&payload) != crc {
        return Err(FrameError::BadChecksum { is_last: end == rest.len() });
    }
    rest.advance(end);
    Ok(Some(record::decode(payload)?))
}

#[cfg(test)]
mod tests {
    use ottla_protocol::wire::Uuid;

    use super::*;

    fn topic(n: u128) -> ControllerRecord {
        ControllerRecord::Topic { name: format!("topic-{n}").into(), id: Uuid::from_random_bits(n) }
    }

    fn written(dir: &Path, changes: &[Vec<ControllerRecord>]) -> PathBuf {
        let (mut file, _) = MetadataFile::open(dir).unwrap();
        for change in changes {
            file.append(change).unwrap();
        }
        file.path.clone()
    }

    #[test]
    fn changes_survive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        written(dir.path(), &[vec![topic(1), topic(2)], vec![topic(3)]]);
        written(dir.path(), &[vec![topic(4)]]);
        let (_, records) = MetadataFile::open(dir.path()).unwrap();
        assert_eq!(records, [topic(1), topic(2), topic(3), topic(4)]);
    }

    #[test]
    fn a_store_in_use_is_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let (_in_use, _) = MetadataFile::open(dir.path()).unwrap();
        let error = MetadataFile::open(dir.path()).unwrap_err();
        assert!(matches!(error, MetadataStoreError::Locked { .. }), "{error}");
    }

    #[test]
    fn a_damaged_length_does_not_cost_what_is_behind_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), &[vec![topic(1)], vec![topic(2)], vec![topic(3)]]);
        let mut damaged = std::fs::read(&path).unwrap();
        damaged[MAGIC.len() + 1] ^= 0x10;
        std::fs::write(&path, &damaged).unwrap();
        let error = MetadataFile::open(dir.path()).unwrap_err();
        assert!(error.to_string().contains("is damaged at byte 8"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), damaged, "nothing was cut off");
    }

    #[test]
    fn the_end_that_is_cut_off_is_kept_beside_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), &[vec![topic(1)], vec![topic(2)]]);
        let content = std::fs::read(&path).unwrap();
        std::fs::write(&path, &content[..content.len() - 1]).unwrap();
        let (_, records) = MetadataFile::open(dir.path()).unwrap();
        assert_eq!(records, [topic(1)]);
        let kept = std::fs::read(path.with_extension("cut")).unwrap();
        assert!(content[..content.len() - 1].ends_with(&kept) && !kept.is_empty());
    }

    #[test]
    fn a_change_that_was_cut_short_anywhere_is_dropped_and_the_next_one_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), &[vec![topic(1)]]);
        let whole = std::fs::read(&path).unwrap();
        written(dir.path(), &[vec![topic(2)]]);
        let more = std::fs::read(&path).unwrap();
        for cut in whole.len()..more.len() {
            std::fs::write(&path, &more[..cut]).unwrap();
            written(dir.path(), &[vec![topic(3)]]);
            let (_, records) = MetadataFile::open(dir.path()).unwrap();
            assert_eq!(records, [topic(1), topic(3)], "cut at {cut}");
        }
    }

    /// The whole state in one frame gets its name when it is durable, so no crash can cut it short.
    #[test]
    fn a_state_that_was_written_anew_is_whole_or_refused() {
        let dir = tempfile::tempdir().unwrap();
        let state: Vec<_> = (0..100).map(topic).collect();
        let (mut file, _) = MetadataFile::open(dir.path()).unwrap();
        file.rewrite(&state).unwrap();
        drop(file);
        let path = dir.path().join("ottla-metadata");
        let whole = std::fs::read(&path).unwrap();
        assert!(whole.len() > 4 * SECTOR);
        let refused = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            let error = MetadataFile::open(dir.path()).unwrap_err();
            assert!(matches!(error, MetadataStoreError::Corrupt { position: 8, .. }), "{error}");
        };
        (MAGIC.len() + FRAME_HEADER..whole.len()).for_each(|len| refused(&whole[..len]));
        let mut lost = whole.clone();
        lost[2 * SECTOR..3 * SECTOR].fill(0);
        refused(&lost);
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(MetadataFile::open(dir.path()).unwrap().1, state);
    }

    #[test]
    fn damage_before_the_end_is_an_error_that_says_where() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), &[vec![topic(1)], vec![topic(2)]]);
        let mut content = std::fs::read(&path).unwrap();
        content[MAGIC.len() + FRAME_HEADER + 3] ^= 1;
        std::fs::write(&path, content).unwrap();
        let error = MetadataFile::open(dir.path()).unwrap_err();
        assert!(matches!(error, MetadataStoreError::Corrupt { position: 8, .. }), "{error}");
    }

    #[test]
    fn whichever_byte_is_damaged_or_missing_no_other_state_is_taken_for_the_one_that_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let changes = [vec![topic(1), topic(2)], vec![topic(3)], vec![topic(4)]];
        let path = written(dir.path(), &changes[..2]);
        written(dir.path(), &changes[2..]);
        let whole = std::fs::read(&path).unwrap();
        // What is there after none, one, two and all of the changes.
        let states: Vec<Vec<_>> = (0..=changes.len()).map(|count| changes[..count].concat()).collect();
        // Whether it is taken.
        let check = |content: &[u8], what: &str| {
            std::fs::write(&path, content).unwrap();
            match MetadataFile::open(dir.path()) {
                Ok((_, records)) => {
                    assert!(states.contains(&records), "{what}: {records:?}");
                    true
                }
                Err(error) => {
                    let name = path.file_name().unwrap().to_str().unwrap();
                    assert!(error.to_string().contains(name), "{what}: {error}");
                    assert_eq!(std::fs::read(&path).unwrap(), content, "{what}: it is left to be looked at");
                    false
                }
            }
        };
        let flip = |position: usize, mask: u8| {
            let mut damaged = whole.clone();
            damaged[position] ^= mask;
            check(&damaged, &format!("byte {position}"))
        };
        let taken = (0..whole.len()).filter(|&position| flip(position, 1 << (position % 8)) | flip(position, 0xff));
        assert_eq!(taken.collect::<Vec<_>>(), [], "damage is no change that was cut short");
        let cut = (0..whole.len()).filter(|&len| check(&whole[..len], &format!("cut to {len}"))).count();
        assert!(cut > whole.len() / 2, "{cut} of {} ends are taken", whole.len());
    }

    #[test]
    fn a_last_change_that_lacks_a_sector_was_never_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), &[vec![topic(1)]]);
        let position = std::fs::read(&path).unwrap().len();
        written(dir.path(), &[(0..100).map(topic).collect()]);
        let whole = std::fs::read(&path).unwrap();
        assert!(whole.len() > position + 3 * SECTOR);
        let mut starts: Vec<_> = (0..whole.len()).step_by(SECTOR).map(|start| start.max(position)).collect();
        starts.dedup();
        for start in starts {
            let mut torn = whole.clone();
            let end = (start / SECTOR + 1) * SECTOR;
            torn[start..end.min(whole.len())].fill(0);
            std::fs::write(&path, &torn).unwrap();
            let (_, records) = MetadataFile::open(dir.path()).unwrap();
            assert_eq!(records, [topic(1)], "without the sector from {start} on");
            if start > position {
                torn[start] = 1;
                std::fs::write(&path, &torn).unwrap();
                MetadataFile::open(dir.path()).unwrap_err();
            }
        }
    }

    /// A file whose last frame begins at this byte of a sector, and where that is.
    fn with_last_frame_at(byte: usize) -> (Vec<u8>, usize) {
        for padding in 0..2 * SECTOR {
            let name = "n".repeat(padding).as_str().into();
            let first = ControllerRecord::Topic { name, id: Uuid::from_random_bits(1) };
            let mut content = [&MAGIC[..], &frame_of(&[first]).unwrap()].concat();
            let position = content.len();
            if position % SECTOR == byte {
                content.extend(frame_of(&[topic(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)]).unwrap());
                return (content, position);
            }
        }
        panic!("no first frame ends before byte {byte} of a sector");
    }

    #[test]
    fn damage_is_told_from_a_lost_sector_wherever_in_one_the_last_change_begins() {
        let path = Path::new("ottla-metadata");
        // Where it lies in one sector alone, and wherever it lies in two.
        for byte in (0..16).chain(SECTOR - 80..SECTOR) {
            let (whole, position) = with_last_frame_at(byte);
            let records = |content: Vec<u8>| read_all(path, content.into()).map(|(records, _)| records.len());
            assert_eq!(records(whole.clone()).unwrap(), 2);
            for at in position..whole.len() {
                for mask in [0xff, 1 << (at % 8)] {
                    let mut damaged = whole.clone();
                    damaged[at] ^= mask;
                    assert!(records(damaged).is_err(), "byte {at}, of a frame that begins at {position}");
                }
            }
            let end_of_sector = (position / SECTOR + 1) * SECTOR;
            let lost = end_of_sector.min(whole.len()) - position;
            // The first bytes of a length are zeros anyway, and a length alone may as well be damaged: that is refused.
            if lost > 4 {
                let mut torn = whole.clone();
                torn[position..position + lost].fill(0);
                assert_eq!(records(torn).unwrap(), 1, "the first {lost} bytes are lost");
            }
            if (MOST_OWN_ZEROS + 1..whole.len() - position).contains(&(whole.len().saturating_sub(end_of_sector))) {
                let mut torn = whole.clone();
                torn[end_of_sector..].fill(0);
                assert_eq!(records(torn).unwrap(), 1, "all from byte {end_of_sector} on is lost");
            }
        }
    }

    #[test]
    fn rewriting_keeps_the_state_and_later_changes() {
        let dir = tempfile::tempdir().unwrap();
        let (mut file, _) = MetadataFile::open(dir.path()).unwrap();
        file.append(&[topic(1), topic(2)]).unwrap();
        file.rewrite(&[topic(2)]).unwrap();
        file.append(&[topic(3)]).unwrap();
        drop(file);
        let (_, records) = MetadataFile::open(dir.path()).unwrap();
        assert_eq!(records, [topic(2), topic(3)]);
    }
}
