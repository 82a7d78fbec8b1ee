//! Where inputs come from and where findings go.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ottla_protocol_hostile::Target;

/// What libFuzzer puts before the hash of an input that it has found.
const FINDINGS: [&str; 3] = ["crash-", "oom-", "timeout-"];

/// The folders of one target.
#[derive(Debug)]
pub(crate) struct Corpus {
    /// The target.
    pub(crate) target: &'static str,
    /// The inputs.
    pub(crate) inputs: PathBuf,
    /// What a run leaves: findings and its log.
    pub(crate) artifacts: PathBuf,
    regressions: PathBuf,
}

impl Corpus {
    /// The folders of `target`, with its seeds among the inputs and no old findings.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(crate) fn seeded(root: &Path, target: &Target) -> Result<Self> {
        let corpus = Self {
            target: target.name,
            inputs: root.join("fuzz/corpus").join(target.name),
            artifacts: root.join("fuzz/artifacts").join(target.name),
            regressions: root.join("protocol/tests/regressions").join(target.name),
        };
        for folder in [&corpus.inputs, &corpus.artifacts] {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        for seed in (target.seeds)() {
            fs::write(corpus.inputs.join(format!("seed-{}", hash(&seed))), &seed)?;
        }
        corpus.findings()?.iter().try_for_each(fs::remove_file)?;
        Ok(corpus)
    }

    /// How many inputs there are.
    ///
    /// # Errors
    /// The folder is gone.
    pub(crate) fn len(&self) -> Result<usize> {
        Ok(fs::read_dir(&self.inputs)?.count())
    }

    /// Copies what the last run has found to the findings that `cargo test` replays, and returns the copies.
    ///
    /// # Errors
    /// A file cannot be copied.
    pub(crate) fn keep_findings(&self) -> Result<Vec<PathBuf>> {
        self.findings()?.iter().map(|finding| self.keep(finding)).collect()
    }

    fn keep(&self, finding: &Path) -> Result<PathBuf> {
        fs::create_dir_all(&self.regressions)?;
        let copy = self.regressions.join(found(finding).context("the name of a finding")?);
        fs::copy(finding, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
        Ok(copy)
    }

    fn findings(&self) -> Result<Vec<PathBuf>> {
        let files = fs::read_dir(&self.artifacts)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        Ok(files.into_iter().filter(|file| found(file).is_some()).collect())
    }
}

/// The hash in the name of a finding; `None` if the file is something else.
fn found(file: &Path) -> Option<&str> {
    let name = file.file_name()?.to_str()?;
    FINDINGS.iter().find_map(|prefix| name.strip_prefix(prefix))
}

fn hash(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use ottla_protocol_hostile::target;

    use super::*;

    #[test]
    fn seeds_are_written_and_findings_kept_by_their_hash() {
        let root = tempfile::tempdir().unwrap();
        let corpus = Corpus::seeded(root.path(), target("decompress_lz4")).unwrap();
        assert!(corpus.len().unwrap() > 3);
        fs::write(corpus.artifacts.join("crash-00ff"), b"bad").unwrap();
        fs::write(corpus.artifacts.join("slow-unit-01"), b"slow").unwrap();
        let kept = corpus.keep_findings().unwrap();
        assert_eq!(kept, [root.path().join("protocol/tests/regressions/decompress_lz4/00ff")]);
        assert_eq!(fs::read(&kept[0]).unwrap(), b"bad");
        let again = Corpus::seeded(root.path(), target("decompress_lz4")).unwrap();
        assert_eq!(again.keep_findings().unwrap(), Vec::<PathBuf>::new(), "old findings are not new ones");
    }
}
