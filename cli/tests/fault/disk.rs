//! A disk that is full, and one that has room again.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use ottla::{Client, ClientBuilder, TopicPartition, admin::NewTopic, consumer::OffsetAndMetadata, producer::Record};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::{
    client::{Acknowledged, assert_kept, is_served, read, runtime, value},
    support::{Broker, Ottla, ottla},
};

const MEGABYTES: u64 = 12;
/// What is taken away to make room.
const BALLASTS: [&str; 2] = ["ballast-1", "ballast-2"];
const BALLAST_BYTES: usize = 3 << 20;

/// A small file system, mounted.
struct Disk {
    dir: TempDir,
}

impl Disk {
    /// One on a file, as a small disk is.
    fn on_a_file(image: &Path) -> Result<Self, String> {
        File::create(image).and_then(|file| file.set_len(MEGABYTES << 20)).unwrap();
        run(Command::new("mkfs.ext4").arg("-q").arg(image))?;
        Self::mount(&["-o", "loop"], image)
    }

    /// One in memory.
    fn in_memory() -> Result<Self, String> {
        Self::mount(&["-t", "tmpfs", "-o", &format!("size={MEGABYTES}m")], Path::new("tmpfs"))
    }

    fn mount(options: &[&str], device: &Path) -> Result<Self, String> {
        let dir = tempfile::tempdir().unwrap();
        run(Command::new("mount").args(options).arg(device).arg(dir.path()))?;
        Ok(Self { dir })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Takes this many bytes, or all that there are.
    fn fill(&self, name: &str, bytes: usize) {
        let mut file = File::create(self.path(name)).unwrap();
        let block = [0x11; 4096];
        for _ in 0..bytes / block.len() {
            if file.write_all(&block).is_err() {
                break;
            }
        }
        // What is not even a block.
        while bytes == usize::MAX && file.write_all(&[0x11; 64]).is_ok() {}
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whoever still has files open on it keeps it, and it goes with him.
        if let Err(error) = run(Command::new("umount").arg("-l").arg(self.dir.path())) {
            eprintln!("{error}");
        }
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {}", complaint.trim())) }
}

fn client(server: &str) -> ClientBuilder {
    let mut config = Client::builder(server).unwrap().build().unwrap().config().clone();
    config.request_timeout = Duration::from_secs(1);
    config.default_api_timeout = Duration::from_secs(2);
    Client::builder_from(config)
}

/// Writes numbers from one on until one is refused. Why it was.
async fn write_until_refused(server: &str, acknowledged: &mut Acknowledged, first: u64) -> String {
    let builder = client(server).build().unwrap().producer().linger(Duration::ZERO);
    let producer = builder.delivery_timeout(Duration::from_secs(2)).build().unwrap();
    for number in first..first + 10_000 {
        let value = value(number).repeat(100);
        match producer.send(Record::to("orders").value(&value)).await.unwrap().await {
            Ok(metadata) => drop(acknowledged.insert((metadata.partition, metadata.offset), number)),
            Err(error) => return error.to_string(),
        }
    }
    panic!("the disk never fills")
}

/// Commits offsets from one on until one is refused. The last that was not, and why.
async fn commit_until_refused(server: &str, mut offset: i64) -> (i64, String) {
    let partition = TopicPartition::new("orders", 0);
    let builder = client(server).build().unwrap().consumer("g").manual_commit();
    let consumer = builder.assign([partition.clone()]).build().await.unwrap();
    loop {
        let commit = consumer.commit_offsets([(partition.clone(), OffsetAndMetadata::new(offset))]);
        match timeout(Duration::from_secs(30), commit).await.expect("a commit hangs") {
            Ok(()) => offset += 1,
            Err(error) => return (offset - 1, error.to_string()),
        }
        assert!(offset < 10_000, "the disk never fills");
    }
}

async fn committed(server: &str) -> i64 {
    let partition = TopicPartition::new("orders", 0);
    let consumer = client(server).build().unwrap().consumer("g").build().await.unwrap();
    consumer.committed([partition.clone()]).await.unwrap()[&partition].offset
}

async fn create_topics_until_refused(server: &str, prefix: &str) -> String {
    let admin = client(server).build().unwrap().admin();
    for n in 0..1000 {
        // A name long enough that the change is more than a few bytes.
        let name = format!("{prefix}-{n}-{}", "x".repeat(100));
        let created = timeout(Duration::from_secs(30), admin.create_topic(NewTopic::new(&*name)));
        if let Err(error) = created.await.expect("the creation of a topic hangs") {
            return error.to_string();
        }
    }
    panic!("the disk never fills")
}

fn assert_a_full_disk_costs_nothing(disk: &Disk) {
    let data = disk.path("data");
    let complaints = tempfile::NamedTempFile::new().unwrap();
    let command = || -> Ottla {
        let settings = "--set log.flush.interval.messages=1 --set offsets.topic.num.partitions=1";
        ottla("broker --data").arg(&data).args(settings).complaints_to(complaints.path())
    };
    let broker = Broker::start_with(command());
    let server = broker.servers[0].clone();
    broker.ottla("topic create orders --partitions 2 -c segment.bytes=1048576").done();
    let runtime = runtime();
    let mut acknowledged = Acknowledged::new();
    runtime.block_on(async {
        commit_once(&server, 1).await.unwrap();
        for ballast in BALLASTS {
            disk.fill(ballast, BALLAST_BYTES);
        }
        let refused = write_until_refused(&server, &mut acknowledged, 0).await;
        assert!(refused.contains("KAFKA_STORAGE_ERROR"), "{refused}");
        assert!(acknowledged.len() > 100, "{} records were written before", acknowledged.len());

        // Not a byte is left.
        disk.fill("filler", usize::MAX);
        assert_kept(&acknowledged, &read(&server, "orders").await);
        let (offset, refused) = commit_until_refused(&server, 2).await;
        println!("a commit on a full disk: {refused}");
        assert_eq!(committed(&server).await, offset);
        println!("a topic on a full disk: {}", create_topics_until_refused(&server, "a").await);
        assert_kept(&acknowledged, &read(&server, "orders").await);

        // Room again, and nobody has restarted anything.
        fs::remove_file(disk.path(BALLASTS[0])).unwrap();
        let offset = offset + 1;
        commit_once(&server, offset).await.expect("commits go on");
        is_served(&server, "served-afterwards", Duration::from_secs(10)).await;
        let refused = write_until_refused(&server, &mut acknowledged, 1_000_000).await;
        assert!(refused.contains("KAFKA_STORAGE_ERROR"), "{refused}");
        assert!(acknowledged.values().filter(|number| **number >= 1_000_000).count() > 100, "writes go on");
        assert_eq!(committed(&server).await, offset);
    });
    let said = fs::read_to_string(complaints.path()).unwrap();
    let failures = said.lines().filter(|line| line.contains("the log cannot be written")).count();
    assert!(failures < 20, "{failures} times: {said}");

    // It dies with the disk full. Before there is room, it starts or says why not.
    broker.kill();
    disk.fill("filler", usize::MAX);
    let mut starting = command().args("--listen").arg(&server).start();
    if starting.next_line().is_none() {
        let said = fs::read_to_string(complaints.path()).unwrap();
        assert!(said.contains("No space left on device") && said.contains("check free space"), "{said}");
        println!("a start on a full disk: {}", said.trim());
    }
    starting.kill();
    BALLASTS[1..].iter().chain(&["filler"]).for_each(|file| fs::remove_file(disk.path(file)).unwrap());
    let broker = Broker::start_at(command(), &server);
    runtime.block_on(async {
        assert_kept(&acknowledged, &read(&server, "orders").await);
        is_served(&server, "served-afterwards", Duration::from_secs(10)).await;
    });
    // An orderly stop for which there is no room costs nothing either.
    disk.fill("filler", usize::MAX);
    println!("a stop on a full disk: code {}", broker.stop(Signal::TERM).code);
    fs::remove_file(disk.path("filler")).unwrap();
    let broker = Broker::start_at(command(), &server);
    runtime.block_on(async { assert_kept(&acknowledged, &read(&server, "orders").await) });
    drop(broker);
}

async fn commit_once(server: &str, offset: i64) -> Result<(), String> {
    let partition = TopicPartition::new("orders", 0);
    let builder = client(server).build().unwrap().consumer("g").manual_commit();
    let consumer = builder.assign([partition.clone()]).build().await.unwrap();
    consumer.commit_offsets([(partition, OffsetAndMetadata::new(offset))]).await.map_err(|error| error.to_string())
}

#[test]
fn on_a_full_disk_writes_are_refused_reads_go_on_and_all_is_well_when_there_is_room() {
    let image = tempfile::NamedTempFile::new().unwrap();
    let mut disks = 0;
    for disk in [Disk::on_a_file(image.path()), Disk::in_memory()] {
        match disk {
            Ok(disk) => {
                disks += 1;
                assert_a_full_disk_costs_nothing(&disk);
            }
            Err(why) => eprintln!("skipped, as no small file system can be mounted here: {why}"),
        }
    }
    println!("{disks} disks were filled");
    // Whoever runs the faults on purpose is not to take a disk that was left out for one that was filled.
    let is_required = std::env::var_os("OTTLA_FAULT_DISK").is_some();
    assert!(disks > 0 || !is_required, "mounting takes root, or a user namespace of one's own: unshare -rm");
}
