//! Moves of replicas to other directories.

use ottla_protocol::messages::alter_replica_log_dirs::{
    AlterReplicaLogDir, AlterReplicaLogDirTopic, AlterReplicaLogDirsRequest,
};

use super::*;

/// Partitions of one topic that are to be in one directory.
type Move<'a> = (&'a str, &'a str, &'a [i32]);

impl Bench {
    /// Topic, partition and code of each result.
    async fn move_replicas(&self, moves: &[Move<'_>]) -> Vec<(Str, i32, ErrorCode)> {
        let dir = |(path, topic, partitions): &Move<'_>| AlterReplicaLogDir {
            path: (*path).into(),
            topics: vec![AlterReplicaLogDirTopic { name: (*topic).into(), partitions: partitions.to_vec() }],
        };
        let request = AlterReplicaLogDirsRequest { dirs: moves.iter().map(dir).collect() };
        let response = log_dirs::alter(&self.cx(2), request).await;
        let rows = response.results.into_iter().flat_map(|topic| {
            let name = topic.topic_name.0;
            topic.partitions.into_iter().map(move |result| (name.clone(), result.partition_index, result.error_code))
        });
        rows.collect()
    }

    fn location(&self) -> String {
        self.cluster.node(0).replicas.with_logs(|logs| logs.location()).expect("a running node")
    }
}

/// The codes are those of Kafka 4.3.1 with one directory.
#[tokio::test(start_paused = true)]
async fn a_replica_is_where_it_can_be_and_nowhere_else() {
    let bench = Bench::new().await;
    let here = bench.location();
    let asked = [
        (here.as_str(), "t", &[0, 5, -1][..]),
        (&here, "nosuch", &[0]),
        (&here, "...", &[0]),
        ("/elsewhere", "u", &[0]),
        ("", "v", &[1]),
    ];
    let expected = [
        ("...".into(), 0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("nosuch".into(), 0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("t".into(), -1, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("t".into(), 0, ErrorCode::NONE),
        ("t".into(), 5, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("u".into(), 0, ErrorCode::LOG_DIR_NOT_FOUND),
        ("v".into(), 1, ErrorCode::LOG_DIR_NOT_FOUND),
    ];
    assert_eq!(bench.move_replicas(&asked).await, expected);
    assert_eq!(bench.move_replicas(&[]).await, []);
}

#[tokio::test(start_paused = true)]
async fn of_two_directories_for_one_replica_the_later_one_counts() {
    let bench = Bench::new().await;
    let here = bench.location();
    let moves: [Move<'_>; 2] = [(&here, "t", &[0, 0, 1]), ("/elsewhere", "t", &[0])];
    let expected = [("t".into(), 0, ErrorCode::LOG_DIR_NOT_FOUND), ("t".into(), 1, ErrorCode::NONE)];
    assert_eq!(bench.move_replicas(&moves).await, expected);
}
