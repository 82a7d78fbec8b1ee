"""librdkafka's clients, by confluent-kafka, told what to do line by line; tests/interop/src/companion.rs is the other end.

Argument: bootstrap servers. The commands are those of xtask/java/Companion.java.
"""

import queue
import sys
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition

PATIENCE_SECONDS = 30


def data(text):
    return None if text == "-" else bytes.fromhex(text[1:])


def hexed(value):
    return "-" if value is None else "x" + value.hex()


def settings(words):
    return {"bootstrap.servers": BOOTSTRAP, **dict(word.split("=", 1) for word in words)}


def produce(topic, count, *words):
    written = [None] * int(count)

    def report(index):
        def delivered(error, message):
            written[index] = error or f"{message.partition()} {message.offset()} {message.timestamp()[1]}"

        return delivered

    producer = Producer({"queue.buffering.max.messages": 1_000_000, **settings(words)})
    lines = [sys.stdin.readline() for _ in written]
    for index, line in enumerate(lines):
        partition, _, timestamp, key, value, *headers = line.split()
        pairs = [header.split("=") for header in headers]
        where = {} if partition == "-1" else {"partition": int(partition)}
        when = {} if timestamp == "-1" else {"timestamp": int(timestamp)}
        named = [(data(name).decode(), data(value)) for name, value in pairs]
        producer.produce(
            topic, key=data(key), value=data(value), headers=named, on_delivery=report(index), **where, **when
        )
        producer.poll(0)
    if producer.flush(PATIENCE_SECONDS) != 0:
        raise RuntimeError("records were left in the queue")
    for answer in written:
        if not isinstance(answer, str):
            raise KafkaException(answer)
    return written


def partitions(consumer, topic):
    found = consumer.list_topics(topic, PATIENCE_SECONDS).topics[topic].partitions
    return [TopicPartition(topic, index) for index in sorted(found)]


def line(message):
    words = [message.partition(), message.offset(), message.timestamp()[1], hexed(message.key()), hexed(message.value())]
    headers = [f"{hexed(name.encode())}={hexed(value)}" for name, value in message.headers() or []]
    return " ".join([*map(str, words), *headers])


def consume(topic, *words):
    consumer = Consumer({"group.id": "none", "enable.auto.commit": False, "enable.partition.eof": True, **settings(words)})
    found = partitions(consumer, topic)
    for partition in found:
        partition.offset = OFFSET_BEGINNING
    consumer.assign(found)
    lines, ended = [], set()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(ended) < len(found):
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {sorted(ended)} of {len(found)} partitions were read to their end")
        message = consumer.poll(0.2)
        if message is None:
            continue
        if not message.error():
            lines.append(line(message))
        elif message.error().code() == KafkaError._PARTITION_EOF:
            ended.add(message.partition())
        else:
            raise KafkaException(message.error())
    consumer.close()
    return lines


def commit(group, topic, partition, offset, metadata):
    consumer = Consumer(settings([f"group.id={group}"]))
    offsets = [TopicPartition(topic, int(partition), int(offset), metadata)]
    consumer.commit(offsets=offsets, asynchronous=False)
    consumer.close()
    return []


def committed(group, topic):
    consumer = Consumer(settings([f"group.id={group}"]))
    found = consumer.committed(partitions(consumer, topic), PATIENCE_SECONDS)
    consumer.close()
    return [f"{at.partition} {at.offset} {at.metadata or ''}" for at in found if at.offset >= 0]


def member(group, topic, strategy, *words):
    commands = queue.Queue()
    # A conductor that has gone needs no member either.
    threading.Thread(target=lambda: commands.put(sys.stdin.readline()), daemon=True).start()

    def told(event):
        return lambda _, found: tell(" ".join([event, *(str(partition.partition) for partition in found)]))

    own = [f"group.id={group}", f"partition.assignment.strategy={strategy}"]
    consumer = Consumer(settings([*own, *words]))
    consumer.subscribe([topic], on_assign=told("assigned"), on_revoke=told("revoked"), on_lost=told("lost"))
    while commands.empty():
        message = consumer.poll(0.1)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        tell(f"record {message.partition()} {message.offset()} {message.value().decode()}")
    consumer.close()
    tell("left")


def tell(event):
    print(event, flush=True)


def serve():
    for command in iter(sys.stdin.readline, ""):
        name, *words = command.split()
        if name == "member":
            return member(*words)
        try:
            answer = {"produce": produce, "consume": consume, "commit": commit, "committed": committed}[name](*words)
            print(len(answer), *answer, sep="\n", flush=True)
        except Exception as error:
            print("error", repr(error).replace("\n", " "), flush=True)


BOOTSTRAP = sys.argv[1]
serve()
