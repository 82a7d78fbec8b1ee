//! A log directory before its logs are opened: whose it is, and what is in it.

use std::io;
use std::sync::Arc;

use ottla_protocol::wire::Uuid;

use super::checkpoint;
use super::error::LogError;
use super::layout::{
    DirKind, FileKind, LEADER_EPOCH_CHECKPOINT, LOCK, META_PROPERTIES, PARTITION_METADATA, SegmentFile, TopicPartition,
};
use super::leader_epochs::LeaderEpochs;
use super::load::agree_on_topic_id;
use super::storage::{Dir, FileInfo, Storage};

/// Whose log directory it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The cluster's id.
    pub cluster_id: String,
    /// The node's id.
    pub node_id: i32,
}

/// The identity that a log directory has, or `None` if it is new.
///
/// # Errors
/// Those of the storage, and [`LogError::Corrupt`] if `meta.properties` does not say.
pub fn read_identity(storage: &Arc<dyn Storage>) -> Result<Option<Identity>, LogError> {
    let root = Dir::root(Arc::clone(storage));
    let Some(properties) = checkpoint::read_properties(&root, META_PROPERTIES)? else { return Ok(None) };
    let cluster_id = properties.get("cluster.id").cloned();
    let node_id = properties.get("node.id").or_else(|| properties.get("broker.id")).and_then(|id| id.parse().ok());
    match (cluster_id, node_id) {
        (Some(cluster_id), Some(node_id)) => Ok(Some(Identity { cluster_id, node_id })),
        _ => Err(LogError::Corrupt {
            path: root.path_of(META_PROPERTIES),
            reason: "it does not say cluster.id and node.id".to_owned(),
            remedy: "write both into it, as they were",
        }),
    }
}

/// A log directory that is locked and known to be this node's. Nothing in it has been touched yet.
pub struct LogDirectory {
    pub(super) root: Dir,
    pub(super) id: Uuid,
    pub(super) lock: Box<dyn Send + Sync>,
    pub(super) found: Vec<FoundLog>,
    /// Directories of partitions that wait for their deletion.
    pub(super) deleted: Vec<String>,
    /// Directories that are none of ours.
    pub(super) others: Vec<String>,
}

/// The log of a partition, by its directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLog {
    /// The partition, by the name of the directory.
    pub partition: TopicPartition,
    /// The id of the topic, if it is written down.
    pub topic_id: Option<Uuid>,
    /// How far it reaches, once that was read.
    pub extent: LogExtent,
    /// The full name of the directory, for messages.
    pub path: String,
}

/// How far a log reaches, as far as that can be told from its directory. Of two copies, the one that reaches further is
/// the larger one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogExtent {
    /// The latest leader epoch, or -1.
    pub leader_epoch: i32,
    /// The base offset of the last segment.
    pub last_base_offset: i64,
    /// The bytes of that segment.
    pub last_size: u64,
}

impl std::fmt::Debug for LogDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogDirectory").field("root", &self.root).field("found", &self.found).finish_non_exhaustive()
    }
}

impl LogDirectory {
    /// Locks a directory, compares its identity with the node's, and looks for logs. Blocks.
    ///
    /// # Errors
    /// [`LogError::Locked`] if another broker uses the directory, [`LogError::Foreign`] if it is another node's,
    /// [`LogError::Corrupt`] if whose it is cannot be read, and those of the storage.
    pub fn open(storage: Arc<dyn Storage>, identity: &Identity) -> Result<Self, LogError> {
        let root = Dir::root(Arc::clone(&storage));
        let lock = storage.lock().map_err(|e| match e.kind() {
            io::ErrorKind::WouldBlock => LogError::Locked { path: root.path_of(LOCK) },
            _ => root.error("lock", LOCK, e),
        })?;
        let id = agree_on_identity(&root, &storage, identity)?;
        let mut directory = Self { root, id, lock, found: Vec::new(), deleted: Vec::new(), others: Vec::new() };
        for name in storage.list_dirs().map_err(|e| directory.root.error("list", "", e))? {
            directory.sort_in(name)?;
        }
        Ok(directory)
    }

    fn sort_in(&mut self, name: String) -> Result<(), LogError> {
        match DirKind::of(&name) {
            DirKind::Partition(partition) => match self.find(partition)? {
                Some(found) => self.found.push(found),
                None => self.others.push(name),
            },
            DirKind::Deleted => self.deleted.push(name),
            DirKind::Stray | DirKind::Future | DirKind::Other => self.others.push(name),
        }
        Ok(())
    }

    /// The log in a directory, unless it only has the name of one and other things in it.
    fn find(&self, partition: TopicPartition) -> Result<Option<FoundLog>, LogError> {
        let dir = Dir::partition(Arc::clone(self.root.storage()), partition.dir_name());
        let files = dir.list()?;
        // Empty is one whose creation was cut short.
        if !files.is_empty() && !files.iter().any(is_of_a_log) {
            return Ok(None);
        }
        let topic_id = agree_on_topic_id(&dir, None)?;
        Ok(Some(FoundLog { partition, topic_id, extent: LogExtent::default(), path: dir.path() }))
    }

    /// Looks how far each log reaches. Blocks.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn read_extents(&mut self) -> Result<(), LogError> {
        let storage = self.root.storage();
        for FoundLog { partition, extent, .. } in &mut self.found {
            let dir = Dir::partition(Arc::clone(storage), partition.dir_name());
            let segment = |file: &FileInfo| match SegmentFile::parse(&file.name)? {
                SegmentFile { base_offset, kind: FileKind::Log, suffix: "" } => Some((base_offset, file.len)),
                _ => None,
            };
            let (last_base_offset, last_size) = dir.list()?.iter().filter_map(segment).max().unwrap_or_default();
            let leader_epoch = LeaderEpochs::load(&dir)?.and_then(|epochs| epochs.latest()).unwrap_or(-1);
            *extent = LogExtent { leader_epoch, last_base_offset, last_size };
        }
        Ok(())
    }

    /// The logs, in the order of their partitions' names.
    pub fn found(&self) -> &[FoundLog] {
        &self.found
    }
}

fn is_of_a_log(file: &FileInfo) -> bool {
    [PARTITION_METADATA, LEADER_EPOCH_CHECKPOINT].contains(&file.name.as_str())
        || SegmentFile::parse(&file.name).is_some()
}

/// Compares the directory's identity with the node's, or gives it to a new directory. Returns the directory's id.
fn agree_on_identity(root: &Dir, storage: &Arc<dyn Storage>, wanted: &Identity) -> Result<Uuid, LogError> {
    if let Some(found) = read_identity(storage)? {
        let foreign =
            |key, found, expected| LogError::Foreign { path: root.path_of(META_PROPERTIES), key, found, expected };
        if found.cluster_id != wanted.cluster_id {
            return Err(foreign("cluster.id", found.cluster_id, wanted.cluster_id.clone()));
        }
        if found.node_id != wanted.node_id {
            return Err(foreign("node.id", found.node_id.to_string(), wanted.node_id.to_string()));
        }
    }
    let mut properties = checkpoint::read_properties(root, META_PROPERTIES)?.unwrap_or_default();
    if let Some(id) = properties.get("directory.id").and_then(|id| id.parse().ok()) {
        return Ok(id);
    }
    let id = random_id();
    let pairs = [
        ("version", "1".to_owned()),
        ("cluster.id", wanted.cluster_id.clone()),
        ("node.id", wanted.node_id.to_string()),
        ("directory.id", id.to_string()),
    ];
    properties.extend(pairs.map(|(key, value)| (key.to_owned(), value)));
    checkpoint::write_properties(root, META_PROPERTIES, &properties)?;
    Ok(id)
}

/// An id whose text does not look like a command line option.
fn random_id() -> Uuid {
    loop {
        let id = Uuid::from_random_bits(fastrand::u128(..));
        if !id.to_string().starts_with('-') {
            return id;
        }
    }
}
