import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The driver of Java's producer, consumer and admin client. Argument: bootstrap servers.
 *
 * <p>{@code xtask/src/interop/driver.rs} says which requests there are.
 */
public final class Driver {
    private static final StreamReadConstraints ROOM =
            StreamReadConstraints.builder().maxStringLength(100_000_000).build();
    private static final ObjectMapper JSON =
            new ObjectMapper(JsonFactory.builder().streamReadConstraints(ROOM).build());
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private static final BufferedReader IN =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private static final long PATIENCE_MS = 60_000;

    private final String bootstrap;
    private final Admin admin;

    private Driver(String bootstrap) {
        this.bootstrap = bootstrap;
        this.admin = Admin.create(properties(Map.of()));
    }

    public static void main(String[] arguments) throws Exception {
        Driver driver = new Driver(arguments[0]);
        for (String line = IN.readLine(); line != null; line = IN.readLine()) {
            try {
                Map<String, Object> answer = new HashMap<>();
                answer.put("ok", driver.carryOut(JSON.readTree(line)));
                tell(answer);
            } catch (Exception error) {
                tell(Map.of("error", refusal(error)));
            }
        }
        driver.admin.close(Duration.ofSeconds(5));
    }

    private Object carryOut(JsonNode request) throws Exception {
        String topic = request.path("topic").asText();
        return switch (request.get("do").asText()) {
            case "create" -> create(topic, request);
            case "describe" -> describe(topic);
            case "alter" -> alter(topic, request);
            case "grow" -> {
                NewPartitions count = NewPartitions.increaseTo(request.get("partitions").asInt());
                yield admin.createPartitions(Map.of(topic, count)).all().get();
            }
            case "delete" -> admin.deleteTopics(List.of(topic)).all().get();
            case "topics" -> admin.listTopics().names().get();
            case "produce" -> produce(topic, request);
            case "read" -> read(topic, request);
            case "offset_at" -> offsetAt(partition(request), request.get("time").asLong());
            case "commit" -> commit(request);
            case "committed" -> committed(request);
            case "member" -> member(topic, request);
            case "load" -> load(topic);
            default -> throw new UnsupportedOperationException(request.get("do").asText());
        };
    }

    private Object create(String topic, JsonNode request) throws Exception {
        short replicas = -1;
        NewTopic wanted = new NewTopic(topic, request.get("partitions").asInt(), replicas);
        admin.createTopics(List.of(wanted.configs(strings(request.path("configs"))))).all().get();
        return null;
    }

    private Object describe(String topic) throws Exception {
        int partitions = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Map<String, String> configs = new HashMap<>();
        for (ConfigEntry entry : admin.describeConfigs(List.of(resource)).all().get().get(resource).entries()) {
            configs.put(entry.name(), entry.value());
        }
        return Map.of("partitions", partitions, "configs", configs);
    }

    private Object alter(String topic, JsonNode request) throws Exception {
        List<AlterConfigOp> operations = new ArrayList<>();
        strings(request.get("configs")).forEach((name, value) ->
                operations.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return admin.incrementalAlterConfigs(Map.of(resource, operations)).all().get();
    }

    private Object produce(String topic, JsonNode request) throws Exception {
        Map<String, Object> settings = new HashMap<>();
        settings.put("compression.type", request.path("codec").asText("none"));
        settings.put("acks", request.path("acks").asText("-1"));
        settings.put("enable.idempotence", request.path("idempotent").asBoolean(false));
        if (request.has("max_bytes")) {
            settings.put("max.request.size", request.get("max_bytes").asInt());
            settings.put("buffer.memory", 2L * request.get("max_bytes").asInt());
        }
        if (request.has("batch_bytes")) {
            settings.put("batch.size", request.get("batch_bytes").asInt());
            settings.put("linger.ms", 200);
        }
        List<Object> places = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = producer(settings)) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (JsonNode record : request.get("records")) {
                sent.add(producer.send(toSend(topic, record)));
            }
            producer.flush();
            for (Future<RecordMetadata> future : sent) {
                RecordMetadata metadata = future.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
                places.add(List.of(metadata.partition(), metadata.offset()));
            }
        }
        return places;
    }

    private static ProducerRecord<byte[], byte[]> toSend(String topic, JsonNode record) {
        List<Header> headers = new ArrayList<>();
        for (JsonNode header : record.path("headers")) {
            headers.add(new RecordHeader(header.get(0).asText(), bytes(header.get(1))));
        }
        Integer partition = record.hasNonNull("partition") ? record.get("partition").asInt() : null;
        Long timestamp = record.hasNonNull("timestamp") ? record.get("timestamp").asLong() : null;
        return new ProducerRecord<>(
                topic, partition, timestamp, bytes(record.path("key")), bytes(record.path("value")), headers);
    }

    private Object read(String topic, JsonNode request) throws Exception {
        Map<String, Object> settings = new HashMap<>();
        if (request.has("max_bytes")) {
            settings.put("fetch.max.bytes", request.get("max_bytes").asInt());
            settings.put("max.partition.fetch.bytes", request.get("max_bytes").asInt());
        }
        List<Object> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(settings)) {
            List<TopicPartition> partitions = request.has("partition")
                    ? List.of(partition(request))
                    : consumer.partitionsFor(topic).stream()
                            .map(info -> new TopicPartition(topic, info.partition()))
                            .sorted((one, other) -> Integer.compare(one.partition(), other.partition()))
                            .toList();
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            consumer.assign(partitions);
            if (request.has("offset")) {
                consumer.seek(partitions.get(0), request.get("offset").asLong());
            }
            long deadline = System.currentTimeMillis() + PATIENCE_MS;
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                if (System.currentTimeMillis() > deadline) {
                    throw new IllegalStateException(records.size() + " records read, and no end");
                }
                consumer.poll(Duration.ofMillis(100)).forEach(record -> records.add(described(record)));
            }
        }
        return records;
    }

    private static Map<String, Object> described(ConsumerRecord<byte[], byte[]> record) {
        Map<String, Object> entry = new HashMap<>();
        entry.put("partition", record.partition());
        entry.put("offset", record.offset());
        entry.put("timestamp", record.timestamp());
        entry.put("append_time", record.timestampType() == TimestampType.LOG_APPEND_TIME);
        entry.put("key", text(record.key()));
        entry.put("value", text(record.value()));
        List<Object> headers = new ArrayList<>();
        record.headers().forEach(header -> headers.add(Arrays.asList(header.key(), text(header.value()))));
        entry.put("headers", headers);
        return entry;
    }

    private Object offsetAt(TopicPartition partition, long time) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
            OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(partition, time)).get(partition);
            return found == null ? null : found.offset();
        }
    }

    private Object commit(JsonNode request) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("group.id", request.get("group").asText()))) {
            OffsetAndMetadata offset =
                    new OffsetAndMetadata(request.get("offset").asLong(), request.get("metadata").asText());
            consumer.assign(List.of(partition(request)));
            consumer.commitSync(Map.of(partition(request), offset));
        }
        return null;
    }

    private Object committed(JsonNode request) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("group.id", request.get("group").asText()))) {
            OffsetAndMetadata found = consumer.committed(Set.of(partition(request))).get(partition(request));
            return found == null ? null : Map.of("offset", found.offset(), "metadata", found.metadata());
        }
    }

    private Object member(String topic, JsonNode request) {
        String assignor = request.get("assignor").asText().equals("range") ? "Range" : "CooperativeSticky";
        Map<String, Object> settings = Map.of(
                "group.id", request.get("group").asText(),
                "partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor + "Assignor",
                "session.timeout.ms", 6000,
                "heartbeat.interval.ms", 500,
                "metadata.max.age.ms", 2000);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(settings)) {
            consumer.subscribe(List.of(topic), new Teller(consumer));
            while (!isAtEnd()) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(50));
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    tell(Map.of("record", Map.of(
                            "partition", record.partition(), "offset", record.offset(), "value", text(record.value()))));
                }
                if (!records.isEmpty()) {
                    commitQuietly(consumer);
                }
            }
        }
        return "left";
    }

    /** Commits what was read; when the group is about to change, the records are read again. */
    private static void commitQuietly(KafkaConsumer<byte[], byte[]> consumer) {
        try {
            consumer.commitSync();
        } catch (KafkaException error) {
            tell(Map.of("not committed", error.toString()));
        }
    }

    /** Tells what a member has, whenever that changes. */
    private record Teller(KafkaConsumer<byte[], byte[]> consumer) implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
            tell(Map.of("revoked", revoked.stream().map(TopicPartition::partition).toList()));
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> added) {
            tell(Map.of("assigned", consumer.assignment().stream().map(TopicPartition::partition).sorted().toList()));
        }
    }

    /** Writes numbers until told to end. */
    private Object load(String topic) throws Exception {
        Map<String, Object> settings = Map.of("linger.ms", 5, "metadata.max.age.ms", 1000);
        int number = 0;
        try (KafkaProducer<byte[], byte[]> producer = producer(settings)) {
            for (; !isAtEnd(); number++) {
                String value = Integer.toString(number);
                byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(topic, bytes, bytes), (metadata, error) ->
                        tell(error == null
                                ? Map.of("acknowledged", value)
                                : Map.of("failed", value, "text", error.toString())));
                Thread.sleep(5);
            }
        }
        return number;
    }

    private static Thread watcher;

    /** Whether the other side has closed our input, which is looked at by a thread of its own. */
    private static boolean isAtEnd() {
        if (watcher == null) {
            watcher = new Thread(() -> IN.lines().forEach(line -> {}));
            watcher.setDaemon(true);
            watcher.start();
        }
        return !watcher.isAlive();
    }

    private KafkaProducer<byte[], byte[]> producer(Map<String, Object> settings) {
        return new KafkaProducer<>(properties(settings), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("enable.auto.commit", false);
        all.put("auto.offset.reset", "earliest");
        all.put("allow.auto.create.topics", false);
        return new KafkaConsumer<>(properties(all), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private Map<String, Object> properties(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("bootstrap.servers", bootstrap);
        return all;
    }

    private static TopicPartition partition(JsonNode request) {
        return new TopicPartition(request.get("topic").asText(), request.get("partition").asInt());
    }

    private static Map<String, String> strings(JsonNode object) {
        Map<String, String> map = new TreeMap<>();
        object.properties().forEach(entry -> map.put(entry.getKey(), entry.getValue().asText()));
        return map;
    }

    private static byte[] bytes(JsonNode text) {
        return text.isTextual() ? Base64.getDecoder().decode(text.asText()) : null;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }

    /** An error by Kafka's number. */
    private static Map<String, Object> refusal(Exception error) {
        Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
        return Map.of("code", Errors.forException(cause).code(), "text", cause.toString());
    }

    private static synchronized void tell(Map<String, Object> event) {
        try {
            OUT.println(JSON.writeValueAsString(event));
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }
}
