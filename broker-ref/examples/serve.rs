//! Runs a cluster until it is interrupted: `serve [ADDRESS [NODES [DIRECTORY]]]`.

use ottla_broker::Cluster;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter()).init();
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:9092".to_owned());
    let nodes = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let mut builder = Cluster::builder().listen(address).nodes(nodes);
    if let Some(directory) = arguments.next() {
        builder = builder.directory(directory);
    }
    let cluster = builder.start().await?;
    for node in cluster.nodes() {
        println!("node {} listening on {}", node.id, node.endpoint);
    }
    println!("ready");
    tokio::signal::ctrl_c().await?;
    cluster.shutdown().await?;
    Ok(())
}

fn filter() -> tracing_subscriber::EnvFilter {
    tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into())
}
