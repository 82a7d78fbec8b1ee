//! The languages that the guide has code in, and how it is run.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::{self, tied_to_us};
use crate::requirement::{self, GO, JAVAC, MAVEN, NODE, NPM, PYTHON, Requirement};

/// Downloads, and the first compilation of a Go module.
const LIMIT: Duration = Duration::from_secs(600);

/// A language, and a folder for its code.
#[derive(Debug)]
pub(super) struct Language {
    /// Its name, which is that of the folder.
    pub(super) name: &'static str,
    /// As blocks of it are marked.
    pub(super) fence: &'static str,
    requirements: &'static [Requirement],
    /// Shell commands that install the clients, run once.
    install: &'static str,
    /// What the folder has beside the code.
    setup: Option<(&'static str, &'static str)>,
    /// The file that the code goes to.
    file: &'static str,
    /// The shell command that runs it.
    test: &'static str,
}

pub(super) const LANGUAGES: [Language; 4] = [
    Language {
        name: "python",
        fence: "python",
        requirements: &[PYTHON],
        install: "python3 -m venv --clear venv && venv/bin/python -m pip install --quiet --only-binary :all: \
                  pytest==9.2.0 confluent-kafka==2.16.1 kafka-python==3.0.12",
        setup: None,
        file: "test_guide.py",
        test: "venv/bin/python -m pytest --quiet test_guide.py",
    },
    Language {
        name: "node",
        fence: "js",
        requirements: &[NODE, NPM],
        install: "npm install --silent --no-fund kafkajs@2.2.4",
        setup: Some(("package.json", "{\"private\": true}\n")),
        file: "guide.test.mjs",
        test: "node --test guide.test.mjs",
    },
    Language {
        name: "go",
        fence: "go",
        requirements: &[GO],
        install: "rm -f go.mod go.sum && go mod init example.com/orders && go get github.com/twmb/franz-go/pkg/kgo@v1.21.7",
        setup: None,
        file: "guide_test.go",
        test: "go test -count=1 ./...",
    },
    Language {
        name: "java",
        fence: "java",
        requirements: &[JAVAC, MAVEN],
        install: "mkdir -p src/test/java",
        setup: Some(("pom.xml", include_str!("../../java/guide-pom.xml"))),
        file: "src/test/java/OrdersTest.java",
        test: "mvn --quiet --batch-mode test",
    },
];

impl Language {
    /// Runs code on a path that has `ottla` on it.
    ///
    /// # Errors
    /// What it needs cannot be installed, or the code fails.
    pub(super) fn run(&self, code: &str, path: &OsStr) -> Result<()> {
        self.requirements.iter().try_for_each(Requirement::ensure)?;
        let folder = requirement::cache()?.join("guide").join(self.name);
        fs::create_dir_all(&folder)?;
        if let Some((name, text)) = self.setup {
            fs::write(folder.join(name), text)?;
        }
        self.install(&folder)?;
        fs::write(folder.join(self.file), code)?;
        let mut test = shell(self.test, &folder);
        process::capture(test.env("PATH", path), "", LIMIT).map(drop)
    }

    /// Installs the clients, unless that was done by the same commands.
    fn install(&self, folder: &Path) -> Result<()> {
        let mark = folder.join("installed");
        if fs::read_to_string(&mark).is_ok_and(|installed| installed == self.install) {
            return Ok(());
        }
        eprintln!("xtask: installing what the guide's {} needs", self.name);
        process::capture(&mut shell(self.install, folder), "", LIMIT)?;
        fs::write(&mark, self.install).with_context(|| format!("cannot write {}", mark.display()))
    }
}

fn shell(commands: &str, folder: &Path) -> Command {
    let mut command = tied_to_us("sh");
    command.args(["-e", "-c", commands]).current_dir(folder);
    command
}
