//! The nodes of the cluster, as far as they are to be stopped and started.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    time::timeout,
};

/// Longer than whoever starts a node waits for it to serve.
const LIMIT: Duration = Duration::from_secs(150);

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
        let done = timeout(LIMIT, asking).await;
        done.with_context(|| format!("node {node} did not {what} within {LIMIT:?}"))?
            .with_context(|| format!("node {node} did not {what}"))
    }
}
