"""The driver of kafka-python. Argument: bootstrap servers."""

import sys
import time

import driver
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaConnectionError, for_code
from kafka.structs import OffsetAndMetadata

ASSIGNORS = {"range": RangePartitionAssignor, "cooperative-sticky": CooperativeStickyAssignor}


class KafkaPython:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = KafkaAdminClient(bootstrap_servers=bootstrap)

    def create(self, topic, partitions, configs={}):
        self.admin.create_topics({topic: {"num_partitions": partitions, "configs": configs}})

    def describe(self, topic):
        [description] = self.admin.describe_topics([topic])
        if description["error_code"]:
            raise for_code(description["error_code"])()
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        configs = self.admin.describe_configs([resource])["topic"][topic]
        values = {name: config["value"] for name, config in configs.items()}
        return {"partitions": len(description["partitions"]), "configs": values}

    def alter(self, topic, configs):
        self.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])

    def grow(self, topic, partitions):
        self.admin.create_partitions({topic: partitions})

    def delete(self, topic):
        self.admin.delete_topics([topic])

    def topics(self):
        return self.admin.list_topics()

    def produce(self, topic, records, codec="none", acks=-1, idempotent=False, max_bytes=None, batch_bytes=None):
        settings = {"acks": acks, "enable_idempotence": idempotent, "allow_auto_create_topics": False}
        settings["compression_type"] = None if codec == "none" else codec
        if max_bytes:
            settings["max_request_size"] = max_bytes
        if batch_bytes:
            settings.update(batch_size=batch_bytes, linger_ms=200)
        producer = self.producer(**settings)
        try:
            futures = [self.send(producer, topic, record) for record in records]
            producer.flush()
            sent = [future.get(driver.PATIENCE_SECONDS) for future in futures]
            return [[metadata.partition, metadata.offset] for metadata in sent]
        finally:
            producer.close(timeout=5)

    def producer(self, **settings):
        return KafkaProducer(bootstrap_servers=self.bootstrap, **settings)

    def send(self, producer, topic, record):
        return producer.send(
            topic,
            key=driver.to_bytes(record.get("key")),
            value=driver.to_bytes(record.get("value")),
            headers=driver.headers_to_bytes(record),
            partition=record.get("partition"),
            timestamp_ms=record.get("timestamp"),
        )

    def consumer(self, **settings):
        defaults = {"enable_auto_commit": False, "auto_offset_reset": "earliest"}
        return KafkaConsumer(bootstrap_servers=self.bootstrap, **defaults, **settings)

    def read(self, topic, partition=None, offset=None, max_bytes=None):
        limits = {"fetch_max_bytes": max_bytes, "max_partition_fetch_bytes": max_bytes} if max_bytes else {}
        consumer = self.consumer(**limits)
        try:
            wanted = consumer.partitions_for_topic(topic) if partition is None else [partition]
            partitions = [TopicPartition(topic, number) for number in sorted(wanted)]
            ends = consumer.end_offsets(partitions)
            consumer.assign(partitions)
            if offset is not None:
                consumer.seek(partitions[0], offset)
            records = []
            deadline = time.monotonic() + driver.PATIENCE_SECONDS
            while any(consumer.position(tp) < ends[tp] for tp in partitions):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{len(records)} records read, and no end")
                for batch in consumer.poll(timeout_ms=100).values():
                    records.extend(self.record(record) for record in batch)
            return records
        finally:
            consumer.close()

    def record(self, record):
        return {
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp,
            "append_time": record.timestamp_type == 1,
            "key": driver.to_text(record.key),
            "value": driver.to_text(record.value),
            "headers": driver.headers_to_text(record.headers),
        }

    def offset_at(self, topic, partition, time):
        consumer = self.consumer()
        tp = TopicPartition(topic, partition)
        found = consumer.offsets_for_times({tp: time})[tp]
        consumer.close()
        return None if found is None else found.offset

    def commit(self, group, topic, partition, offset, metadata):
        consumer = self.consumer(group_id=group)
        tp = TopicPartition(topic, partition)
        consumer.assign([tp])
        consumer.commit({tp: OffsetAndMetadata(offset, metadata, -1)})
        consumer.close()

    def committed(self, group, topic, partition):
        consumer = self.consumer(group_id=group)
        found = consumer.committed(TopicPartition(topic, partition), metadata=True)
        consumer.close()
        return None if found is None else {"offset": found.offset, "metadata": found.metadata}

    def member(self, group, topic, assignor):
        ended = driver.end_of_input()
        consumer = self.consumer(
            group_id=group,
            partition_assignment_strategy=(ASSIGNORS[assignor],),
            session_timeout_ms=6000,
            heartbeat_interval_ms=500,
            metadata_max_age_ms=2000,
        )
        consumer.subscribe([topic], listener=Listener(consumer))
        while not ended.is_set():
            batches = poll_patiently(consumer)
            for batch in batches.values():
                for record in batch:
                    place = {"partition": record.partition, "offset": record.offset}
                    driver.answer({"record": {**place, "value": driver.to_text(record.value)}})
            if batches:
                commit_quietly(consumer)
        consumer.close()
        return "left"

    def load(self, topic):
        """Writes numbers until told to end."""
        ended = driver.end_of_input()
        producer = self.producer(acks=-1, metadata_max_age_ms=1000, linger_ms=5)
        number = 0
        while not ended.wait(0.005):
            value = str(number)
            future = producer.send(topic, key=value.encode(), value=value.encode())
            future.add_callback(lambda _, value=value: driver.answer({"acknowledged": value}))
            future.add_errback(lambda error, value=value: driver.answer({"failed": value, "text": repr(error)}))
            number += 1
        producer.flush(driver.PATIENCE_SECONDS)
        producer.close()
        return number


def poll_patiently(consumer):
    try:
        # When the time is up between an answer to SyncGroup and what follows from it, 3.0.12 loses the assignment.
        return consumer.poll(timeout_ms=1000)
    except KafkaConnectionError:
        # Nobody listens while the broker starts again, and it says so rather than try until the time is up.
        time.sleep(0.1)
        return {}


class Listener(ConsumerRebalanceListener):
    def __init__(self, consumer):
        self.consumer = consumer

    def on_partitions_revoked(self, revoked):
        driver.answer({"revoked": sorted(tp.partition for tp in revoked)})

    def on_partitions_assigned(self, assigned):
        driver.answer({"assigned": sorted(tp.partition for tp in self.consumer.assignment())})


def commit_quietly(consumer):
    """Commits what was read; when the group is about to change, the records are read again."""
    try:
        consumer.commit()
    except Exception as error:
        driver.answer({"not committed": repr(error)})


driver.serve(KafkaPython(sys.argv[1]))
