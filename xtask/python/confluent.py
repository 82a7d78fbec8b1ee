"""Cases of the client confluent-kafka. Arguments: a case, bootstrap servers, a name that no other case uses."""

import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

PATIENCE_SECONDS = 30


def create(topic, partitions=3):
    ADMIN.create_topics([NewTopic(topic, partitions)])[topic].result(PATIENCE_SECONDS)


def produce(topic, values, **settings):
    """Writes one record per value and returns where each has gone."""
    delivered, failed = [], []

    def report(error, message):
        failed.append(error) if error else delivered.append((message.partition(), message.offset()))

    producer = Producer({"bootstrap.servers": BOOTSTRAP, **settings})
    for value in values:
        producer.produce(topic, key=f"key-{value}", value=str(value), headers={"n": str(value)}, on_delivery=report)
        producer.poll(0)
    assert producer.flush(PATIENCE_SECONDS) == 0, "records were left in the queue"
    assert not failed, failed
    return delivered


def consumer(group, **settings):
    defaults = {"auto.offset.reset": "earliest", "enable.auto.commit": False, "session.timeout.ms": 6000}
    return Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, **defaults, **settings})


def poll(members):
    """What one poll of each member brings."""
    messages = [message for member in members if (message := member.poll(0.02)) is not None]
    for message in messages:
        if message.error():
            raise KafkaException(message.error())
    return messages


def read(members, wanted):
    """Polls until all the wanted values were read, and returns everything that was."""
    messages, missing = [], set(wanted)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while missing:
        assert time.monotonic() < deadline, f"not read: {sorted(missing)[:10]}, of {len(missing)}"
        for message in poll(members):
            messages.append(message)
            missing.discard(int(message.value()))
    return messages


def values(messages):
    return sorted(int(message.value()) for message in messages)


def admin(topic):
    config = {"retention.ms": "3600000"}
    ADMIN.create_topics([NewTopic(topic, 2, config=config)])[topic].result(PATIENCE_SECONDS)
    try:
        create(topic)
    except KafkaException as error:
        assert error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS, error
    else:
        raise AssertionError("a topic was created twice")
    ADMIN.create_partitions([NewPartitions(topic, 4)])[topic].result(PATIENCE_SECONDS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(ADMIN.list_topics(topic, timeout=PATIENCE_SECONDS).topics[topic].partitions) != 4:
        assert time.monotonic() < deadline, "the new partitions do not appear"

    entry = ConfigEntry("max.message.bytes", "65536", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    ADMIN.incremental_alter_configs([resource])[resource].result(PATIENCE_SECONDS)
    resource = ConfigResource(ResourceType.TOPIC, topic)
    described = ADMIN.describe_configs([resource])[resource].result(PATIENCE_SECONDS)
    assert described["retention.ms"].value == "3600000", described["retention.ms"]
    assert described["max.message.bytes"].value == "65536", described["max.message.bytes"]

    produce(topic, range(20))
    cluster = ADMIN.describe_cluster().result(PATIENCE_SECONDS)
    assert cluster.cluster_id and cluster.nodes, cluster
    ADMIN.delete_topics([topic])[topic].result(PATIENCE_SECONDS)
    while topic in ADMIN.list_topics(timeout=PATIENCE_SECONDS).topics:
        assert time.monotonic() < deadline, "the deleted topic stays"


def producer(topic):
    """Each codec and each acks, idempotent and not; offsets are dense in every partition."""
    create(topic)
    written = 0
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        for settings in ({"acks": 1}, {"acks": "all", "enable.idempotence": True}):
            first = written
            written += 200
            delivered = produce(topic, range(first, written), **{"compression.type": codec, **settings})
            assert len(delivered) == 200, len(delivered)
    member = consumer(topic)
    member.subscribe([topic])
    messages = read([member], range(written))
    assert values(messages) == list(range(written)), "records are missing or there twice"
    assert all(dict(message.headers())["n"] == message.value() for message in messages)
    for partition in range(3):
        offsets = [message.offset() for message in messages if message.partition() == partition]
        assert offsets == list(range(len(offsets))), f"partition {partition} is not in order"
    member.close()


def two_members(topic):
    """Two members share the partitions; when one leaves, the other takes over from what was committed."""
    for strategy in ("range,roundrobin", "cooperative-sticky"):
        name = f"{topic}-{strategy[:5]}"
        create(name, 4)
        produce(name, range(400))
        settings = {"partition.assignment.strategy": strategy, "heartbeat.interval.ms": 500}
        members = [consumer(name, **settings) for _ in range(2)]
        for member in members:
            member.subscribe([name])
        deadline = time.monotonic() + PATIENCE_SECONDS
        seen = []
        while [len(member.assignment()) for member in members] != [2, 2]:
            assert time.monotonic() < deadline, f"{strategy}: the partitions are not shared"
            seen.extend(poll(members))
        # A record may come twice: the partition went from one member to the other before a commit.
        read(members, set(range(400)) - set(values(seen)))
        for member in members:
            member.commit(asynchronous=False)
        group = ADMIN.describe_consumer_groups([name])[name].result(PATIENCE_SECONDS)
        assert len(group.members) == 2, group.members
        members.pop().close()
        produce(name, range(400, 500))
        read(members, range(400, 500))
        assert len(members[0].assignment()) == 4, f"{strategy}: a partition has no owner"
        members.pop().close()


def commits(topic):
    """Committed offsets and their metadata outlive a consumer, and a group without members can be deleted."""
    create(topic, 1)
    produce(topic, range(100))
    member = consumer(topic)
    member.subscribe([topic])
    read([member], range(60))
    member.commit(offsets=[TopicPartition(topic, 0, 60, "note")], asynchronous=False)
    member.close()

    member = consumer(topic)
    [committed] = member.committed([TopicPartition(topic, 0)], timeout=PATIENCE_SECONDS)
    assert (committed.offset, committed.metadata) == (60, "note"), committed
    assert member.get_watermark_offsets(committed, timeout=PATIENCE_SECONDS) == (0, 100)
    member.subscribe([topic])
    messages = read([member], range(60, 100))
    assert values(messages) == list(range(60, 100)), values(messages)
    member.close()

    groups = ADMIN.list_consumer_groups().result(PATIENCE_SECONDS).valid
    assert topic in [group.group_id for group in groups], groups
    ADMIN.delete_consumer_groups([topic])[topic].result(PATIENCE_SECONDS)


def seek_and_pause(topic):
    create(topic, 1)
    produce(topic, range(50))
    member = consumer(topic)
    partition = TopicPartition(topic, 0, 10)
    member.assign([partition])
    messages = read([member], range(10, 50))
    assert values(messages) == list(range(10, 50)), values(messages)
    times = {int(message.value()): message.timestamp()[1] for message in messages}
    [found] = member.offsets_for_times([TopicPartition(topic, 0, times[30])], timeout=PATIENCE_SECONDS)
    assert 0 <= found.offset <= 30 and times.get(found.offset, times[30]) == times[30], found
    member.seek(TopicPartition(topic, 0, 45))
    messages = read([member], range(45, 50))
    assert values(messages) == [45, 46, 47, 48, 49], values(messages)
    member.pause([partition])
    produce(topic, [50])
    assert member.poll(1) is None, "a paused partition was read"
    member.resume([partition])
    messages = read([member], [50])
    assert values(messages) == [50], values(messages)
    member.close()


CASE, BOOTSTRAP, NAME = sys.argv[1:]
ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})  # its futures fail once it is collected
globals()[CASE](NAME)
