//! The nodes of the cluster, as far as they are to be stopped and started.

use anyhow::{Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::patience::within;

/// Whoever has started us does this for us: told so on our standard output, it answers on our standard input.
pub(crate) struct Nodes;

impl Nodes {
    /// Ends a node as an operator would.
    pub(crate) async fn stop(&self, node: i16) -> Result<()> {
        self.ask("stop", node).await
    }

    /// Kills a node, as a crash would.
    pub(crate) async fn kill(&self, node: i16) -> Result<()> {
        self.ask("kill", node).await
    }

    /// Starts a node again and waits until it serves.
    pub(crate) async fn start(&self, node: i16) -> Result<()> {
        self.ask("start", node).await
    }

    async fn ask(&self, what: &str, node: i16) -> Result<()> {
        let asking = async {
            let mut output = tokio::io::stdout();
            output.write_all(format!("node {what} {node}\n").as_bytes()).await?;
            output.flush().await?;
            let mut answer = String::new();
            BufReader::with_capacity(1, tokio::io::stdin()).read_line(&mut answer).await?;
            match answer.trim_end() {
                "done" => anyhow::Ok(()),
                other => bail!("'{other}'"),
            }
        };
        within(&format!("node {node} to {what}"), asking).await
    }
}
