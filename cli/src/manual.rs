//! Shell completions and man pages, generated from the definition of the commands.

use std::{fs, io, path::PathBuf};

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{
    command::Ottla,
    output::{Output, stdout_error},
};

/// Print the completions of a shell
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla completions bash > /etc/bash_completion.d/ottla
  ottla completions zsh > \"${fpath[1]}/_ottla\"
  ottla completions fish > ~/.config/fish/completions/ottla.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Ottla::command(), "ottla", &mut script);
        let mut output = Output::stdout();
        output.write(&script)?;
        output.flush()
    }
}

/// Write the man pages into a directory
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla man /usr/local/share/man/man1
  ottla man . && man ./ottla-topic-create.1")]
pub(crate) struct ManArgs {
    /// The directory; it is created if need be
    dir: PathBuf,
}

impl ManArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let failed = || format!("cannot write man pages into {}", self.dir.display());
        fs::create_dir_all(&self.dir).with_context(failed)?;
        clap_mangen::generate_to(Ottla::command().disable_help_subcommand(true), &self.dir).with_context(failed)?;
        let pages =
            fs::read_dir(&self.dir).and_then(|pages| pages.collect::<io::Result<Vec<_>>>()).with_context(failed)?;
        let ours = pages.iter().filter(|page| page.file_name().to_string_lossy().starts_with("ottla")).count();
        writeln_stdout(&format!("{ours} pages in {}", self.dir.display()))
    }
}

fn writeln_stdout(line: &str) -> anyhow::Result<()> {
    use io::Write as _;
    writeln!(io::stdout(), "{line}").map_err(stdout_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_a_man_page() {
        let dir = tempfile::tempdir().unwrap();
        ManArgs { dir: dir.path().to_owned() }.run().unwrap();
        for page in ["ottla.1", "ottla-topic-create.1", "ottla-consume.1"] {
            let text = fs::read_to_string(dir.path().join(page)).unwrap();
            assert!(text.contains(".SH SYNOPSIS"), "{page}");
        }
    }
}
