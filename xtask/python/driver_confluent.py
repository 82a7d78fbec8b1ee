"""The driver of confluent-kafka, which is librdkafka. Argument: bootstrap servers."""

import sys
import time

import driver
from confluent_kafka import (
    OFFSET_BEGINNING,
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)


class Confluent:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap})

    def create(self, topic, partitions, configs={}):
        self.admin.create_topics([NewTopic(topic, partitions, config=configs)])[topic].result(driver.PATIENCE_SECONDS)

    def describe(self, topic):
        metadata = self.metadata(topic)
        resource = ConfigResource(ResourceType.TOPIC, topic)
        configs = self.admin.describe_configs([resource])[resource].result(driver.PATIENCE_SECONDS)
        values = {name: entry.value for name, entry in configs.items()}
        return {"partitions": len(metadata.partitions), "configs": values}

    def metadata(self, topic):
        metadata = self.admin.list_topics(topic, timeout=driver.PATIENCE_SECONDS).topics[topic]
        if metadata.error:
            raise KafkaException(metadata.error)
        return metadata

    def alter(self, topic, configs):
        operation = AlterConfigOpType.SET
        entries = [ConfigEntry(name, value, incremental_operation=operation) for name, value in configs.items()]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        self.admin.incremental_alter_configs([resource])[resource].result(driver.PATIENCE_SECONDS)

    def grow(self, topic, partitions):
        self.admin.create_partitions([NewPartitions(topic, partitions)])[topic].result(driver.PATIENCE_SECONDS)

    def delete(self, topic):
        self.admin.delete_topics([topic])[topic].result(driver.PATIENCE_SECONDS)

    def topics(self):
        return list(self.admin.list_topics(timeout=driver.PATIENCE_SECONDS).topics)

    def produce(self, topic, records, codec="none", acks=-1, idempotent=False, max_bytes=None, batch_bytes=None):
        settings = {"compression.type": codec, "acks": acks, "enable.idempotence": idempotent}
        if max_bytes:
            settings["message.max.bytes"] = max_bytes
        if batch_bytes:
            settings.update({"batch.size": batch_bytes, "linger.ms": 200})
        producer = self.producer(**settings)
        sent = [None] * len(records)
        for index, record in enumerate(records):
            self.send(producer, topic, record, lambda error, message, index=index: note(sent, index, error, message))
            producer.poll(0)
        left = producer.flush(driver.PATIENCE_SECONDS)
        if left:
            raise TimeoutError(f"{left} records are still in the queue")
        for entry in sent:
            if isinstance(entry, KafkaError):
                raise KafkaException(entry)
        return sent

    def producer(self, **settings):
        # As Java's producer chooses partitions.
        defaults = {"bootstrap.servers": self.bootstrap, "partitioner": "murmur2_random"}
        return Producer({**defaults, "allow.auto.create.topics": False, **settings})

    def send(self, producer, topic, record, on_delivery):
        optional = {name: record[name] for name in ("partition", "timestamp") if record.get(name) is not None}
        producer.produce(
            topic,
            key=driver.to_bytes(record.get("key")),
            value=driver.to_bytes(record.get("value")),
            headers=driver.headers_to_bytes(record),
            on_delivery=on_delivery,
            **optional,
        )

    def consumer(self, group="none", **settings):
        defaults = {"enable.auto.commit": False, "auto.offset.reset": "earliest"}
        return Consumer({"bootstrap.servers": self.bootstrap, "group.id": group, **defaults, **settings})

    def read(self, topic, partition=None, offset=None, max_bytes=None):
        limits = {"fetch.max.bytes": max_bytes, "message.max.bytes": max_bytes, "max.partition.fetch.bytes": max_bytes}
        consumer = self.consumer(**{"enable.partition.eof": True, **(limits if max_bytes else {})})
        try:
            wanted = sorted(self.metadata(topic).partitions) if partition is None else [partition]
            start = OFFSET_BEGINNING if offset is None else offset
            consumer.assign([TopicPartition(topic, number, start) for number in wanted])
            records, left = [], set(wanted)
            deadline = time.monotonic() + driver.PATIENCE_SECONDS
            while left:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{len(records)} records read, and no end")
                message = consumer.poll(0.1)
                if message is None:
                    continue
                if message.error() is None:
                    records.append(self.record(message))
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
                else:
                    raise KafkaException(message.error())
            return records
        finally:
            consumer.close()

    def record(self, message):
        kind, timestamp = message.timestamp()
        return {
            "partition": message.partition(),
            "offset": message.offset(),
            "timestamp": timestamp,
            "append_time": kind == TIMESTAMP_LOG_APPEND_TIME,
            "key": driver.to_text(message.key()),
            "value": driver.to_text(message.value()),
            "headers": driver.headers_to_text(message.headers()),
        }

    def offset_at(self, topic, partition, time):
        consumer = self.consumer()
        [found] = consumer.offsets_for_times([TopicPartition(topic, partition, time)], driver.PATIENCE_SECONDS)
        consumer.close()
        return found.offset if found.offset >= 0 else None

    def commit(self, group, topic, partition, offset, metadata):
        consumer = self.consumer(group)
        consumer.commit(offsets=[TopicPartition(topic, partition, offset, metadata)], asynchronous=False)
        consumer.close()

    def committed(self, group, topic, partition):
        consumer = self.consumer(group)
        [found] = consumer.committed([TopicPartition(topic, partition)], driver.PATIENCE_SECONDS)
        consumer.close()
        return {"offset": found.offset, "metadata": found.metadata} if found.offset >= 0 else None

    def member(self, group, topic, assignor):
        ended = driver.end_of_input()
        settings = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500, "topic.metadata.refresh.interval.ms": 2000}
        consumer = self.consumer(group, **{"partition.assignment.strategy": assignor, **settings})
        # Asked after each poll: what a callback is told is only what has changed, in the cooperative protocol.
        consumer.subscribe([topic])
        assigned = None
        while not ended.is_set():
            message = consumer.poll(0.05)
            now = sorted(tp.partition for tp in consumer.assignment())
            if now != assigned:
                driver.answer({"assigned": now})
                assigned = now
            if message is None:
                continue
            if message.error():
                driver.answer({"error event": str(message.error())})
                continue
            place = {"partition": message.partition(), "offset": message.offset()}
            driver.answer({"record": {**place, "value": driver.to_text(message.value())}})
            commit_quietly(consumer, message)
        consumer.close()
        return "left"

    def load(self, topic):
        """Writes numbers until told to end."""
        ended = driver.end_of_input()
        settings = {"enable.idempotence": True, "linger.ms": 5, "topic.metadata.refresh.interval.ms": 1000}
        producer = self.producer(**settings)
        number = 0
        while not ended.wait(0.005):
            value = str(number)
            producer.produce(topic, key=value, value=value, on_delivery=settled)
            producer.poll(0)
            number += 1
        producer.flush(driver.PATIENCE_SECONDS)
        return number


def note(sent, index, error, message):
    sent[index] = error or [message.partition(), message.offset()]


def settled(error, message):
    value = message.value().decode()
    driver.answer({"failed": value, "text": str(error)} if error else {"acknowledged": value})


def commit_quietly(consumer, message):
    """Commits what was read; when the group is about to change, the records are read again."""
    try:
        consumer.commit(message=message, asynchronous=True)
    except KafkaException as error:
        driver.answer({"not committed": repr(error)})


driver.serve(Confluent(sys.argv[1]))
