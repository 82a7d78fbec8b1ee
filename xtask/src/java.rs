//! Java classes of ours, compiled on the spot against Kafka's jars.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::kafka::KafkaInstall;
use crate::process;
use crate::requirement::{self, JAVAC};

/// What `kafka-run-class.sh` gives a client.
pub(crate) const OPTIMISED: [&str; 5] = [
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-Xmx512m",
];
const COMPILE_LIMIT: Duration = Duration::from_secs(120);

/// A compiled class.
#[derive(Debug)]
pub(crate) struct JavaProgram<'k> {
    install: &'k KafkaInstall,
    name: &'static str,
    folder: Folder,
}

#[derive(Debug)]
enum Folder {
    Temporary(TempDir),
    Cached(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Cached(folder) => folder,
        }
    }
}

impl<'k> JavaProgram<'k> {
    /// Compiles the class `name` from the text of its file.
    ///
    /// # Errors
    /// There is no compiler, or the text does not compile.
    pub(crate) fn compile(install: &'k KafkaInstall, name: &'static str, text: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        compile(install, name, text, folder.path())?;
        Ok(Self { install, name, folder: Folder::Temporary(folder) })
    }

    /// The class `name`, compiled unless the cache folder has what became of the same text.
    ///
    /// # Errors
    /// As [`JavaProgram::compile`].
    pub(crate) fn cached(install: &'k KafkaInstall, name: &'static str, text: &str) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        (install.version(), text).hash(&mut hasher);
        let parent = requirement::cache()?.join("java");
        let folder = parent.join(format!("{name}-{:016x}", hasher.finish()));
        if !folder.is_dir() {
            std::fs::create_dir_all(&parent)?;
            // Compiled elsewhere and then moved: nobody sees half of it.
            let scratch = tempfile::tempdir_in(&parent)?;
            compile(install, name, text, scratch.path())?;
            if std::fs::rename(scratch.path(), &folder).is_ok() {
                let _moved = scratch.keep();
            }
        }
        Ok(Self { install, name, folder: Folder::Cached(folder) })
    }

    /// The command that runs its `main`.
    ///
    /// # Errors
    /// The jars cannot be listed.
    pub(crate) fn command(&self) -> Result<Command> {
        let folder: &Path = self.folder.path();
        self.install.program(self.name, &[folder])
    }

    /// The same for what lives long enough to be optimised, with the heap and the collector of Kafka's own scripts.
    ///
    /// # Errors
    /// The jars cannot be listed.
    pub(crate) fn optimised_command(&self) -> Result<Command> {
        let mut java = process::tied_to_us("java");
        self.install.add_arguments(&mut java, &OPTIMISED, "warn", &[self.folder.path()])?;
        java.arg(self.name);
        Ok(java)
    }

    /// A file that makes `java @FILE` run its `main`, for programs that are no children of ours.
    ///
    /// # Errors
    /// The jars cannot be listed, or the file not be written.
    pub(crate) fn argument_file(&self) -> Result<PathBuf> {
        let mut java = Command::new("java");
        let folder: &Path = self.folder.path();
        self.install.add_program(&mut java, self.name, &[folder])?;
        let quoted =
            |word: &OsStr| format!("\"{}\"\n", word.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\""));
        let file = folder.join("arguments");
        std::fs::write(&file, java.get_args().map(quoted).collect::<String>())?;
        Ok(file)
    }
}

fn compile(install: &KafkaInstall, name: &str, text: &str, folder: &Path) -> Result<()> {
    JAVAC.ensure()?;
    let source = folder.join(name).with_extension("java");
    std::fs::write(&source, text)?;
    let mut javac = process::tied_to_us("javac");
    javac.args(["-proc:none", "-cp", &install.classpath()?, "-d"]).arg(folder).arg(&source);
    process::capture(&mut javac, "", COMPILE_LIMIT).with_context(|| format!("cannot compile {name}"))?;
    Ok(())
}
