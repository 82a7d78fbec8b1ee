//! Clients in Python, each in an environment of its own: a distribution's own Python is not ours to change.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::{self, tied_to_us};
use crate::requirement::{self, PYTHON};
use crate::workspace;

const INSTALL_LIMIT: Duration = Duration::from_secs(300);

/// A client from PyPI.
#[derive(Debug)]
pub(crate) struct PythonClient {
    /// Its name there.
    pub(crate) name: &'static str,
    /// Which version.
    pub(crate) version: &'static str,
    /// What else to install with it, as `name==version`.
    pub(crate) extras: &'static [&'static str],
    /// The module to import.
    pub(crate) module: &'static str,
}

impl PythonClient {
    /// Installs it where it is missing, and says which version there is.
    pub(crate) fn ensure(&self) -> Result<String> {
        PYTHON.ensure()?;
        if !self.works()? {
            self.install()?;
        }
        Ok(self.version.to_owned())
    }

    /// The command that runs `script` with the client at hand.
    pub(crate) fn command(&self, script: &str) -> Result<Command> {
        let mut command = tied_to_us(self.python()?);
        command.args(["-c", script]);
        Ok(command)
    }

    /// The command that runs the driver `name` of `xtask/python/`.
    pub(crate) fn driver(&self, name: &str) -> Result<Command> {
        let mut command = tied_to_us(self.python()?);
        // No __pycache__ in the repository.
        command.arg("-B").arg(workspace::root()?.join("xtask/python").join(name));
        Ok(command)
    }

    /// The command that runs the module itself.
    pub(crate) fn module(&self) -> Result<Command> {
        let mut command = tied_to_us(self.python()?);
        command.args(["-B", "-m", self.name]);
        Ok(command)
    }

    /// The environment's pip.
    pub(crate) fn pip(&self) -> Result<Command> {
        let mut command = Command::new(self.python()?);
        command.args(["-m", "pip"]);
        Ok(command)
    }

    fn install(&self) -> Result<()> {
        let requirement = format!("{}=={}", self.name, self.version);
        eprintln!("xtask: installing {requirement}");
        let mut create = Command::new("python3");
        create.args(["-m", "venv", "--clear"]).arg(self.folder()?);
        if process::capture(&mut create, "", INSTALL_LIMIT).is_err() {
            // Debian keeps the means to make one in a package of their own.
            requirement::install("python3-venv").context("install `python3-venv` for the interop cases in Python")?;
            process::capture(&mut create, "", INSTALL_LIMIT)?;
        }
        let mut pip = self.pip()?;
        pip.args(["install", "--quiet", "--only-binary", ":all:", &requirement]).args(self.extras);
        process::capture(&mut pip, "", INSTALL_LIMIT).with_context(|| format!("pip cannot install {requirement}"))?;
        Ok(())
    }

    fn works(&self) -> Result<bool> {
        let mut command = Command::new(self.python()?);
        command.args(["-c", &format!("import {}", self.module)]);
        Ok(process::capture(&mut command, "", INSTALL_LIMIT).is_ok())
    }

    /// The interpreter that has it.
    pub(super) fn python(&self) -> Result<PathBuf> {
        Ok(self.folder()?.join("bin").join("python"))
    }

    fn folder(&self) -> Result<PathBuf> {
        Ok(requirement::cache()?.join("python").join(format!("{}=={}", self.name, self.version)))
    }
}
