//! The program in Java that ours talks to.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Result, anyhow};

use crate::java::JavaProgram;
use crate::kafka::KafkaInstall;

const NAME: &str = "Companion";
const SOURCE: &str = include_str!("../../../java/Companion.java");

/// The file of arguments that makes `java` run it, compiled by whoever asks first.
pub(super) fn java(install: &KafkaInstall) -> Result<PathBuf> {
    static FILE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let file = FILE.get_or_init(|| compiled(install).map_err(|error| format!("{error:#}")));
    file.clone().map_err(|error| anyhow!(error))
}

fn compiled(install: &KafkaInstall) -> Result<PathBuf> {
    JavaProgram::cached(install, NAME, SOURCE)?.argument_file()
}
