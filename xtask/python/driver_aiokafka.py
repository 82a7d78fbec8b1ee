"""The driver of aiokafka. Argument: bootstrap servers."""

import asyncio
import sys

import driver
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import for_code
from aiokafka.structs import OffsetAndMetadata


def ensure(code):
    if code:
        raise for_code(code)()


class AioKafka:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    @classmethod
    async def connect(cls):
        self = cls(sys.argv[1])
        self.admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await self.admin.start()
        return self

    async def create(self, topic, partitions, configs={}):
        new = NewTopic(topic, partitions, 1, topic_configs=configs)
        response = await self.admin.create_topics([new])
        ensure(response.topic_errors[0][1])

    async def describe(self, topic):
        [description] = await self.admin.describe_topics([topic])
        ensure(description["error_code"])
        [response] = await self.admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        [(code, _, _, _, configs)] = response.resources
        ensure(code)
        values = {config[0]: config[1] for config in configs}
        return {"partitions": len(description["partitions"]), "configs": values}

    async def alter(self, topic, configs):
        [response] = await self.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
        ensure(response.resources[0][0])

    async def grow(self, topic, partitions):
        response = await self.admin.create_partitions({topic: NewPartitions(partitions)})
        ensure(response.topic_errors[0][1])

    async def delete(self, topic):
        response = await self.admin.delete_topics([topic])
        ensure(response.topic_error_codes[0][1])

    async def topics(self):
        return await self.admin.list_topics()

    async def produce(
        self, topic, records, codec="none", acks=-1, idempotent=False, max_bytes=None, batch_bytes=None
    ):
        settings = {"acks": acks, "enable_idempotence": idempotent}
        settings["compression_type"] = None if codec == "none" else codec
        if max_bytes:
            settings["max_request_size"] = max_bytes
        if batch_bytes:
            settings.update(max_batch_size=batch_bytes, linger_ms=200)
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap, **settings) as producer:
            futures = [await self.send(producer, topic, record) for record in records]
            sent = await asyncio.wait_for(asyncio.gather(*futures), driver.PATIENCE_SECONDS)
            return [[metadata.partition, metadata.offset] for metadata in sent]

    async def send(self, producer, topic, record):
        return await producer.send(
            topic,
            key=driver.to_bytes(record.get("key")),
            value=driver.to_bytes(record.get("value")),
            headers=driver.headers_to_bytes(record),
            partition=record.get("partition"),
            timestamp_ms=record.get("timestamp"),
        )

    def consumer(self, *topics, **settings):
        defaults = {"enable_auto_commit": False, "auto_offset_reset": "earliest"}
        return AIOKafkaConsumer(*topics, bootstrap_servers=self.bootstrap, **defaults, **settings)

    async def read(self, topic, partition=None, offset=None, max_bytes=None):
        limits = {"fetch_max_bytes": max_bytes, "max_partition_fetch_bytes": max_bytes} if max_bytes else {}
        if partition is None:
            [description] = await self.admin.describe_topics([topic])
            wanted = sorted(entry["partition"] for entry in description["partitions"])
        else:
            wanted = [partition]
        partitions = [TopicPartition(topic, number) for number in wanted]
        async with self.consumer(**limits) as consumer:
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            if offset is not None:
                consumer.seek(partitions[0], offset)
            return await asyncio.wait_for(self.read_to(consumer, ends), driver.PATIENCE_SECONDS)

    async def read_to(self, consumer, ends):
        records = []
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=100)).values():
                records.extend(self.record(record) for record in batch)
        return records

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

    async def offset_at(self, topic, partition, time):
        tp = TopicPartition(topic, partition)
        async with self.consumer() as consumer:
            found = (await consumer.offsets_for_times({tp: time}))[tp]
        return None if found is None else found.offset

    async def commit(self, group, topic, partition, offset, metadata):
        tp = TopicPartition(topic, partition)
        async with self.consumer(group_id=group) as consumer:
            consumer.assign([tp])
            await consumer.commit({tp: OffsetAndMetadata(offset, metadata)})

    async def committed(self, group, topic, partition):
        tp = TopicPartition(topic, partition)
        offsets = await self.admin.list_consumer_group_offsets(group, partitions=[tp])
        found = offsets[tp]
        return None if found.offset < 0 else {"offset": found.offset, "metadata": found.metadata}

    async def member(self, group, topic, assignor):
        if assignor != "range":
            raise NotImplementedError(assignor)
        ended = driver.end_of_input()
        consumer = self.consumer(
            group_id=group,
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=6000,
            heartbeat_interval_ms=500,
            metadata_max_age_ms=2000,
        )
        consumer.subscribe([topic], listener=Listener())
        async with consumer:
            while not ended.is_set():
                batches = await consumer.getmany(timeout_ms=50)
                for batch in batches.values():
                    for record in batch:
                        place = {"partition": record.partition, "offset": record.offset}
                        driver.answer({"record": {**place, "value": driver.to_text(record.value)}})
                if batches:
                    await commit_quietly(consumer)
        return "left"

    async def load(self, topic):
        """Writes numbers until told to end."""
        ended = driver.end_of_input()
        number = 0
        async with AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, enable_idempotence=True, metadata_max_age_ms=1000, linger_ms=5
        ) as producer:
            while not ended.is_set():
                value = str(number)
                future = await producer.send(topic, key=value.encode(), value=value.encode())
                future.add_done_callback(lambda future, value=value: settled(future, value))
                number += 1
                await asyncio.sleep(0.005)
            await producer.flush()
        return number


def settled(future, value):
    if future.exception() is None:
        driver.answer({"acknowledged": value})
    else:
        driver.answer({"failed": value, "text": repr(future.exception())})


class Listener(ConsumerRebalanceListener):
    async def on_partitions_revoked(self, revoked):
        driver.answer({"revoked": sorted(tp.partition for tp in revoked)})

    async def on_partitions_assigned(self, assigned):
        driver.answer({"assigned": sorted(tp.partition for tp in assigned)})


async def commit_quietly(consumer):
    """Commits what was read; when the group is about to change, the records are read again."""
    try:
        await consumer.commit()
    except Exception as error:
        driver.answer({"not committed": repr(error)})


driver.serve_async(AioKafka.connect)
