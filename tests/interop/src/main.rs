//! Cases of our client on a cluster, Apache Kafka's or ours: `ottla-interop CASE --bootstrap HOST:PORT --name NAME`.
//!
//! `cargo xtask interop` starts the cluster and other clients' programs, and judges by how this one ends. Only the public
//! interface of `ottla` is used.

mod case;
mod client;
mod companion;
mod cut;
mod group;
mod line;
mod load;
mod member;
mod nodes;
mod patience;
mod scene;

mod cases;

use std::process::ExitCode;

use clap::Parser;

use self::scene::Scene;

/// Runs a case of our client on a cluster
#[derive(Parser)]
struct Arguments {
    /// The case; `list` prints them, `companion` takes commands as the programs in other languages do
    case: String,
    #[command(flatten)]
    scene: Scene,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { case, scene } = Arguments::parse();
    let result = match case.as_str() {
        "list" => {
            case::CASES.iter().for_each(|case| println!("{}", case.name));
            Ok(())
        }
        "companion" => member::serve(&scene).await,
        name => case::run(name, &scene).await,
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("{error:#}");
    ExitCode::FAILURE
}
