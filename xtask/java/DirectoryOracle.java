import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Fills a cluster with all that a log directory can hold, and prints what a cluster has, a line for each thing.
 *
 * <pre>
 * create BOOTSTRAP   the topics alone
 * write BOOTSTRAP    topics, records, commits, deleted records
 * extend BOOTSTRAP   what not every broker can do: transactions, and a topic that is compacted until offsets are missing
 * dump BOOTSTRAP     topics with ids, offsets by time, producers, records, committed offsets
 * </pre>
 */
public final class DirectoryOracle {
    private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
    private static final Map<String, String> SMALL_SEGMENTS = Map.of("segment.bytes", "1048576", "retention.ms", "-1");
    private static final int RECORDS = 3500;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static String bootstrap;
    private static final Random RANDOM = new Random(41);
    private static final long START = System.currentTimeMillis() - 3_000_000;

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[1];
        try (Admin admin = Admin.create(properties())) {
            switch (arguments[0]) {
                case "create" -> create(admin);
                case "write" -> write(admin);
                case "extend" -> extend(admin);
                case "dump" -> dump(admin);
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    private static void create(Admin admin) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (String codec : CODECS) {
            topics.add(new NewTopic("codec-" + codec, 1, (short) 1).configs(SMALL_SEGMENTS));
        }
        topics.add(new NewTopic("spread", 3, (short) 1).configs(Map.of("retention.ms", "-1")));
        topics.add(new NewTopic("appended", 1, (short) 1).configs(Map.of("message.timestamp.type", "LogAppendTime")));
        topics.add(new NewTopic("trimmed", 1, (short) 1).configs(SMALL_SEGMENTS));
        topics.add(new NewTopic("plain", 1, (short) 1));
        topics.add(new NewTopic("empty", 2, (short) 1));
        admin.createTopics(topics).all().get();
        // Whoever asks for a group makes sure that there is a topic for groups.
        admin.listConsumerGroupOffsets("nobody").partitionsToOffsetAndMetadata().get();
    }

    private static void write(Admin admin) throws Exception {
        create(admin);
        for (String codec : CODECS) {
            try (var producer = producer(Map.of("compression.type", codec, "linger.ms", "20"))) {
                fill(producer, "codec-" + codec, 0, RECORDS);
            }
        }
        try (var producer = producer(Map.of())) {
            for (int partition = 0; partition < 3; partition++) {
                fill(producer, "spread", partition, 40 * (partition + 1));
            }
            fill(producer, "appended", 0, 60);
            fill(producer, "trimmed", 0, RECORDS);
        }
        try (var producer = producer(Map.of("enable.idempotence", "false", "acks", "1"))) {
            fill(producer, "plain", 0, 100);
        }
        var trimmed = new TopicPartition("trimmed", 0);
        admin.deleteRecords(Map.of(trimmed, RecordsToDelete.beforeOffset(RECORDS - 17))).all().get();
        commit();
    }

    /** Without a key now and then, or without a value, with strange headers, and with time that goes back. */
    private static void fill(KafkaProducer<byte[], byte[]> producer, String topic, int partition, int count) {
        for (int number = 0; number < count; number++) {
            // Kafka looks for a time in one segment only, which may be all before the log start offset if time goes back.
            long timestamp = START + number * 3 - (topic.equals("trimmed") ? 0 : number % 5 * 700);
            byte[] key = number % 7 == 0 ? null : number % 11 == 0 ? new byte[0] : bytes("key-" + number % 97);
            byte[] value = number % 13 == 0 ? null : number % 17 == 0 ? new byte[0] : text(500 + RANDOM.nextInt(800));
            List<Header> headers = new ArrayList<>();
            if (number % 3 == 0) {
                headers.add(new RecordHeader("source", bytes("line " + number)));
            }
            if (number % 6 == 0) {
                headers.add(new RecordHeader("größe", null));
                headers.add(new RecordHeader("", new byte[0]));
            }
            producer.send(new ProducerRecord<>(topic, partition, timestamp, key, value, headers));
        }
        producer.flush();
    }

    /** A group that a consumer was a member of, and offsets that were committed from outside of it. */
    private static void commit() {
        try (var member = consumer(Map.of("group.id", "members", "auto.offset.reset", "earliest"))) {
            member.subscribe(List.of("spread"));
            long deadline = System.nanoTime() + LIMIT.toNanos();
            int read = 0;
            while (read < 240) {
                read += member.poll(Duration.ofMillis(200)).count();
                check(System.nanoTime() < deadline, "a member has read " + read + " of 240 records");
            }
            member.commitSync();
        }
        try (var outsider = consumer(Map.of("group.id", "outsider"))) {
            var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
            offsets.put(new TopicPartition("codec-zstd", 0), new OffsetAndMetadata(1234, Optional.empty(), ""));
            offsets.put(new TopicPartition("empty", 1), new OffsetAndMetadata(0));
            outsider.assign(offsets.keySet());
            outsider.commitSync(offsets);
            // The later one is what counts.
            offsets.put(new TopicPartition("codec-zstd", 0), new OffsetAndMetadata(2345, Optional.of(0), "ä note"));
            outsider.commitSync(offsets);
        }
    }

    private static void extend(Admin admin) throws Exception {
        var compacted = new NewTopic("compacted", 1, (short) 1).configs(Map.of("cleanup.policy", "compact",
            "segment.ms", "100", "min.cleanable.dirty.ratio", "0.01", "delete.retention.ms", "0"));
        admin.createTopics(List.of(compacted, new NewTopic("transactions", 1, (short) 1))).all().get();
        try (var producer = producer(Map.of("transactional.id", "writer"))) {
            producer.initTransactions();
            for (boolean commits : new boolean[] {true, false, true}) {
                producer.beginTransaction();
                fill(producer, "transactions", 0, 20);
                if (commits) {
                    producer.commitTransaction();
                } else {
                    producer.abortTransaction();
                }
            }
        }
        var partition = new TopicPartition("compacted", 0);
        long deadline = System.nanoTime() + LIMIT.toNanos();
        try (var producer = producer(Map.of("compression.type", "gzip"))) {
            // Only what is not in the last segment is compacted, so the topic has to go on growing.
            for (int round = 0; ; round++) {
                for (int number = 0; number < 10; number++) {
                    byte[] value = round % 3 == 1 && number == 3 ? null : text(20);
                    producer.send(new ProducerRecord<>("compacted", 0, bytes("key-" + (round + number) % 12), value));
                }
                producer.flush();
                if (round > 5 && read(partition).size() < 10 * round - 20) {
                    break;
                }
                check(System.nanoTime() < deadline, "nothing was compacted");
                Thread.sleep(150);
            }
        }
        // From here on the topic stays as it is, so that what is printed of it is what is found in its files.
        var lag = new AlterConfigOp(new ConfigEntry("min.compaction.lag.ms", "1000000000000"), AlterConfigOp.OpType.SET);
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, "compacted");
        admin.incrementalAlterConfigs(Map.of(resource, List.of(lag))).all().get();
        for (int before = -1, now = read(partition).size(); before != now; now = read(partition).size()) {
            before = now;
            Thread.sleep(1000);
        }
    }

    private static void dump(Admin admin) throws Exception {
        var raw = new FileOutputStream(FileDescriptor.out);
        try (var out = new PrintStream(new BufferedOutputStream(raw, 1 << 20), false, StandardCharsets.UTF_8)) {
            var names = new TreeSet<>(admin.listTopics().names().get());
            names.removeIf(name -> name.startsWith("__"));
            var topics = new TreeMap<>(admin.describeTopics(names).allTopicNames().get());
            topics.values().forEach(topic -> out.println("topic " + topic.name() + " " + topic.topicId()));
            for (TopicPartition partition : partitions(topics.values())) {
                var records = read(partition);
                dumpOffsets(out, admin, partition, records);
                dumpProducers(out, admin, partition);
                records.forEach(record -> out.println(shown(record)));
            }
            dumpGroups(out, admin);
        }
    }

    private static List<TopicPartition> partitions(Collection<TopicDescription> topics) {
        return topics.stream()
            .flatMap(topic -> topic.partitions().stream().map(info -> new TopicPartition(topic.name(), info.partition())))
            .sorted(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition))
            .collect(Collectors.toList());
    }

    private static void dumpOffsets(PrintStream out, Admin admin, TopicPartition partition,
            List<ConsumerRecord<byte[], byte[]>> records) throws Exception {
        var specs = new ArrayList<>(List.of(OffsetSpec.earliest(), OffsetSpec.latest(), OffsetSpec.maxTimestamp()));
        long first = records.stream().mapToLong(ConsumerRecord::timestamp).min().orElse(0);
        for (long time : new long[] {0, 1, 700, 3_333, 9_999, 10_400, 20_000}) {
            specs.add(OffsetSpec.forTimestamp(first + time));
        }
        var asked = specs.stream().map(spec -> admin.listOffsets(Map.of(partition, spec)).partitionResult(partition))
            .collect(Collectors.toList());
        var found = new ArrayList<String>();
        for (var offset : asked) {
            found.add(offset.get().offset() + "@" + offset.get().timestamp());
        }
        out.println("offsets " + partition + " " + String.join(" ", found));
    }

    private static void dumpProducers(PrintStream out, Admin admin, TopicPartition partition) throws Exception {
        admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().stream()
            .map(state -> "producer " + partition + " " + state.producerId() + " epoch " + state.producerEpoch()
                + " sequence " + state.lastSequence() + " time " + state.lastTimestamp())
            .sorted().forEach(out::println);
    }

    private static void dumpGroups(PrintStream out, Admin admin) throws Exception {
        var ids = new TreeSet<String>();
        admin.listGroups().all().get().forEach(group -> ids.add(group.groupId()));
        for (String id : ids) {
            var offsets = new TreeMap<String, OffsetAndMetadata>();
            admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata().get()
                .forEach((partition, offset) -> offsets.put(partition.toString(), offset));
            offsets.forEach((partition, offset) -> out.println("commit " + id + " " + partition + " " + offset.offset()
                + " epoch " + offset.leaderEpoch().map(String::valueOf).orElse("-") + " '" + offset.metadata() + "'"));
        }
    }

    /** All records of a partition, those of aborted transactions too. */
    private static List<ConsumerRecord<byte[], byte[]>> read(TopicPartition partition) {
        var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        try (var consumer = consumer(Map.of())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            long deadline = System.nanoTime() + LIMIT.toNanos();
            while (consumer.position(partition) < end) {
                records.addAll(consumer.poll(Duration.ofMillis(200)).records(partition));
                check(System.nanoTime() < deadline, partition + " ends at " + consumer.position(partition) + ", not " + end);
            }
        }
        return records;
    }

    private static String shown(ConsumerRecord<byte[], byte[]> record) {
        String headers = Arrays.stream(record.headers().toArray())
            .map(header -> header.key() + "=" + text(header.value())).collect(Collectors.joining(","));
        return "record " + record.topic() + "-" + record.partition() + " " + record.offset() + " " + record.timestampType()
            + " " + record.timestamp() + " epoch " + record.leaderEpoch().map(String::valueOf).orElse("-")
            + " key " + text(record.key()) + " headers [" + headers + "] value " + text(record.value());
    }

    private static KafkaProducer<byte[], byte[]> producer(Map<String, String> settings) {
        var properties = properties();
        properties.putAll(settings);
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static KafkaConsumer<byte[], byte[]> consumer(Map<String, String> settings) {
        var properties = properties();
        properties.put("enable.auto.commit", "false");
        properties.putAll(settings);
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static Properties properties() {
        var properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        return properties;
    }

    private static byte[] text(int length) {
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = (byte) "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".charAt(RANDOM.nextInt(62));
        }
        return text;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "~" : new String(bytes, StandardCharsets.UTF_8);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
