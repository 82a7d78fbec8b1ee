import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own clients, told what to do line by line; tests/interop/src/companion.rs is the other end. Argument: bootstrap
 * servers. Each command is answered by a number of lines and these lines, or by "error" and what went wrong.
 *
 * <pre>
 * produce TOPIC COUNT SETTING=VALUE...      and COUNT records, answered by PARTITION OFFSET TIMESTAMP
 * consume TOPIC SETTING=VALUE...            answered by all records of the topic
 * commit GROUP TOPIC PARTITION OFFSET METADATA
 * committed GROUP TOPIC                     answered by PARTITION OFFSET METADATA
 * member GROUP TOPIC STRATEGY SETTING=VALUE...   tells what happens until it is told to leave
 * </pre>
 */
public final class Companion {
    private static final HexFormat HEX = HexFormat.of();
    private static final Map<String, String> STRATEGIES = Map.of(
            "range", "org.apache.kafka.clients.consumer.RangeAssignor",
            "cooperative-sticky", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");

    private final String bootstrap;
    private final BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
    private final PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    private Companion(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    public static void main(String[] arguments) throws Exception {
        new Companion(arguments[0]).serve();
    }

    private void serve() throws Exception {
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            List<String> words = List.of(line.split(" "));
            if (words.get(0).equals("member")) {
                member(words);
                return;
            }
            try {
                List<String> answer = answer(words);
                output.println(answer.size());
                answer.forEach(output::println);
            } catch (Exception e) {
                output.println("error " + String.valueOf(e).replace('\n', ' '));
            }
            output.flush();
        }
    }

    private List<String> answer(List<String> words) throws Exception {
        return switch (words.get(0)) {
            case "produce" -> produce(words.get(1), Integer.parseInt(words.get(2)), words.subList(3, words.size()));
            case "consume" -> consume(words.get(1), words.subList(2, words.size()));
            case "commit" -> commit(words);
            case "committed" -> committed(words.get(1), words.get(2));
            default -> throw new IllegalArgumentException("no such command: " + words.get(0));
        };
    }

    private Properties settings(List<String> words) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        for (String word : words) {
            String[] pair = word.split("=", 2);
            settings.put(pair[0], pair[1]);
        }
        return settings;
    }

    private KafkaConsumer<byte[], byte[]> consumer(Properties settings) {
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private List<String> produce(String topic, int count, List<String> settings) throws Exception {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(record(topic, input.readLine()));
        }
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        var serializer = new ByteArraySerializer();
        try (var producer = new KafkaProducer<>(settings(settings), serializer, serializer)) {
            for (var record : records) {
                sent.add(producer.send(record));
            }
            producer.flush();
            List<String> answer = new ArrayList<>();
            for (var future : sent) {
                RecordMetadata at = future.get();
                answer.add(at.partition() + " " + at.offset() + " " + at.timestamp());
            }
            return answer;
        }
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, String line) {
        String[] words = line.split(" ");
        int partition = Integer.parseInt(words[0]);
        long timestamp = Long.parseLong(words[2]);
        List<Header> headers = new ArrayList<>();
        for (int i = 5; i < words.length; i++) {
            String[] pair = words[i].split("=");
            headers.add(new RecordHeader(new String(bytes(pair[0]), StandardCharsets.UTF_8), bytes(pair[1])));
        }
        return new ProducerRecord<>(topic, partition < 0 ? null : partition, timestamp < 0 ? null : timestamp,
                bytes(words[3]), bytes(words[4]), headers);
    }

    private List<String> consume(String topic, List<String> settings) {
        try (var consumer = consumer(settings(settings))) {
            List<TopicPartition> partitions = partitions(consumer, topic);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<String> lines = new ArrayList<>();
            while (!ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue())) {
                consumer.poll(Duration.ofMillis(50)).forEach(record -> lines.add(line(record)));
            }
            return lines;
        }
    }

    private static List<TopicPartition> partitions(KafkaConsumer<?, ?> consumer, String topic) {
        return consumer.partitionsFor(topic).stream().map(info -> new TopicPartition(topic, info.partition()))
                .sorted(Comparator.comparingInt(TopicPartition::partition)).toList();
    }

    private static String line(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder line = new StringBuilder();
        line.append(record.partition()).append(' ').append(record.offset()).append(' ').append(record.timestamp());
        line.append(' ').append(hex(record.key())).append(' ').append(hex(record.value()));
        for (Header header : record.headers()) {
            line.append(' ').append(hex(header.key().getBytes(StandardCharsets.UTF_8)));
            line.append('=').append(hex(header.value()));
        }
        return line.toString();
    }

    private List<String> commit(List<String> words) {
        try (var consumer = consumer(settings(List.of("group.id=" + words.get(1))))) {
            var partition = new TopicPartition(words.get(2), Integer.parseInt(words.get(3)));
            var offset = new OffsetAndMetadata(Long.parseLong(words.get(4)), words.get(5));
            consumer.commitSync(Map.of(partition, offset));
            return List.of();
        }
    }

    private List<String> committed(String group, String topic) {
        try (var consumer = consumer(settings(List.of("group.id=" + group)))) {
            List<String> answer = new ArrayList<>();
            List<TopicPartition> partitions = partitions(consumer, topic);
            var committed = consumer.committed(new java.util.HashSet<>(partitions));
            for (TopicPartition partition : partitions) {
                OffsetAndMetadata offset = committed.get(partition);
                if (offset != null) {
                    answer.add(partition.partition() + " " + offset.offset() + " " + offset.metadata());
                }
            }
            return answer;
        }
    }

    private void member(List<String> words) throws Exception {
        Properties settings = settings(words.subList(4, words.size()));
        settings.put("group.id", words.get(1));
        settings.put("partition.assignment.strategy", STRATEGIES.get(words.get(3)));
        BlockingQueue<String> commands = commands();
        try (var consumer = consumer(settings)) {
            consumer.subscribe(List.of(words.get(2)), new Told());
            while (commands.isEmpty()) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    String value = new String(record.value(), StandardCharsets.UTF_8);
                    output.println("record " + record.partition() + " " + record.offset() + " " + value);
                }
                output.flush();
            }
        }
        tell("left");
    }

    /** What comes in from now on, read by a thread of its own, for reading blocks. A conductor that has gone says leave. */
    private BlockingQueue<String> commands() {
        BlockingQueue<String> commands = new LinkedBlockingQueue<>();
        Thread reader = new Thread(() -> {
            try {
                String line = input.readLine();
                commands.add(line == null ? "leave" : line);
            } catch (java.io.IOException e) {
                commands.add("leave");
            }
        });
        reader.setDaemon(true);
        reader.start();
        return commands;
    }

    private void tell(String event) {
        output.println(event);
        output.flush();
    }

    private final class Told implements ConsumerRebalanceListener {
        private void tellOf(String event, Collection<TopicPartition> partitions) {
            tell(event + partitions.stream().map(p -> " " + p.partition()).collect(Collectors.joining()));
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            tellOf("assigned", partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            tellOf("revoked", partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            tellOf("lost", partitions);
        }
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "-" : "x" + HEX.formatHex(bytes);
    }

    private static byte[] bytes(String text) {
        return text.equals("-") ? null : HEX.parseHex(text.substring(1));
    }
}
