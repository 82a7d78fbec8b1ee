import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's own client as a benchmark program, with the arguments and the line of results of those in Rust. */
public final class BenchDriver {
    private static final int KEYS = 10_000;
    private static final int VALUES = 64;
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final long LIMIT_NANOS = 60_000_000_000L;

    private final String errand;
    private final Map<String, String> arguments = new HashMap<>();

    private BenchDriver(String[] words) {
        errand = words[0];
        for (int i = 1; i < words.length; i++) {
            boolean hasValue = i + 1 < words.length && !words[i + 1].startsWith("--");
            arguments.put(words[i].substring(2), hasValue ? words[++i] : "true");
        }
    }

    public static void main(String[] words) throws Exception {
        BenchDriver driver = new BenchDriver(words);
        String line = switch (driver.errand) {
            case "produce" -> driver.produce();
            case "consume" -> driver.consume();
            case "latency" -> driver.latency();
            default -> throw new IllegalArgumentException(driver.errand);
        };
        System.out.println(line);
        if (driver.is("hold")) {
            System.in.readAllBytes();
        }
        // Clients that are still connected have threads of their own.
        System.exit(0);
    }

    private String text(String name, String otherwise) {
        return arguments.getOrDefault(name, otherwise);
    }

    private long number(String name, long otherwise) {
        return Long.parseLong(text(name, Long.toString(otherwise)));
    }

    private boolean is(String name) {
        return arguments.containsKey(name);
    }

    private List<String> topics() {
        long count = number("topics", 1);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(count == 1 ? text("topic", null) : text("topic", null) + "-" + i);
        }
        return names;
    }

    private List<TopicPartition> partitions() {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : topics()) {
            for (int i = 0; i < number("partitions", 1); i++) {
                partitions.add(new TopicPartition(topic, i));
            }
        }
        return partitions;
    }

    // Writing.

    private KafkaProducer<byte[], byte[]> producer(long linger) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", text("bootstrap", null));
        properties.put("acks", text("acks", "all"));
        properties.put("enable.idempotence", errand.equals("latency") || is("idempotent") ? "true" : "false");
        properties.put("compression.type", text("compression", "none"));
        if (errand.equals("produce")) {
            properties.put("batch.size", text("batch-size", "65536"));
        }
        properties.put("linger.ms", Long.toString(linger));
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private String produce() {
        KafkaProducer<byte[], byte[]> producer = producer(number("linger-ms", 5));
        byte[][] values = values((int) number("size", 100));
        byte[][] keys = is("keyed") ? keys() : null;
        send(producer, values, keys, number("warm-up", 0));
        Meter meter = new Meter();
        long records = number("records", 0);
        long bytes = send(producer, values, keys, records);
        return meter.line(records, bytes, null);
    }

    /** Sends so many records and waits for all of them. Returns the bytes in their keys and values. */
    private long send(KafkaProducer<byte[], byte[]> producer, byte[][] values, byte[][] keys, long count) {
        List<String> topics = topics();
        AtomicLong delivered = new AtomicLong();
        long bytes = 0;
        for (long i = 0; i < count; i++) {
            byte[] value = values[(int) (i % VALUES)];
            byte[] key = keys == null ? null : keys[(int) (i % KEYS)];
            bytes += value.length + (key == null ? 0 : key.length);
            String topic = topics.get((int) (i % topics.size()));
            producer.send(new ProducerRecord<>(topic, key, value), (metadata, error) -> {
                if (error == null) {
                    delivered.incrementAndGet();
                }
            });
        }
        producer.flush();
        if (delivered.get() != count) {
            throw new IllegalStateException(delivered.get() + " of " + count + " records were delivered");
        }
        return bytes;
    }

    private static byte[][] keys() {
        byte[][] keys = new byte[KEYS][];
        for (int i = 0; i < KEYS; i++) {
            keys[i] = String.format(java.util.Locale.ROOT, "%08d", i).getBytes();
        }
        return keys;
    }

    /** The same values as in the programs in Rust. */
    private static byte[][] values(int size) {
        long state = 0x9e3779b97f4a7c15L;
        byte[][] values = new byte[VALUES][size];
        for (byte[] value : values) {
            for (int i = 0; i < size; i++) {
                state ^= state << 13;
                state ^= state >>> 7;
                state ^= state << 17;
                value[i] = (byte) "0123456789abcdef".charAt((int) (state >>> 60));
            }
        }
        return values;
    }

    // Reading.

    private KafkaConsumer<byte[], byte[]> consumer(boolean fromEnd) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", text("bootstrap", null));
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        if (errand.equals("consume")) {
            properties.put("max.poll.records", text("max-poll-records", "100000"));
        }
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.assign(partitions());
        if (fromEnd) {
            consumer.endOffsets(partitions()).forEach(consumer::seek);
        }
        return consumer;
    }

    private String consume() {
        long warmUp = number("warm-up", 0);
        if (warmUp > 0) {
            KafkaConsumer<byte[], byte[]> first = consumer(false);
            read(first, warmUp);
            first.close();
        }
        Meter meter = new Meter();
        KafkaConsumer<byte[], byte[]> consumer = consumer(is("tail"));
        if (is("tail")) {
            System.out.println("{\"at_end\":true}");
        }
        long records = number("records", 0);
        return meter.line(records, read(consumer, records), null);
    }

    private static long read(KafkaConsumer<byte[], byte[]> consumer, long goal) {
        long count = 0;
        long bytes = 0;
        long last = System.nanoTime();
        while (count < goal) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                bytes += (record.key() == null ? 0 : record.key().length) + record.value().length;
                count++;
                last = System.nanoTime();
            }
            if (System.nanoTime() - last > LIMIT_NANOS) {
                throw new IllegalStateException("no more records came after " + count);
            }
        }
        if (count != goal) {
            throw new IllegalStateException(count + " records are there in place of " + goal);
        }
        return bytes;
    }

    // Writing and reading back.

    private String latency() throws Exception {
        long rate = number("rate", 1);
        long warmUp = number("warm-up", 0);
        long total = warmUp + number("records", 0);
        KafkaProducer<byte[], byte[]> producer = producer(number("linger-ms", 0));
        KafkaConsumer<byte[], byte[]> consumer = consumer(true);
        // Else it would look for its offsets only when the first record is there.
        partitions().forEach(consumer::position);
        long started = System.nanoTime();
        Thread sender = new Thread(() -> sendAtRate(producer, started, rate, total));
        sender.start();
        List<String> timed = is("timed") ? List.of(text("timed", "").split(",")) : List.of();
        long[] latencies = new long[(int) (total - warmUp)];
        int count = 0;
        Meter meter = null;
        for (long arrived = 0; arrived < total;) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                boolean isTimed = timed.isEmpty() || timed.contains(Integer.toString(record.partition()));
                if (arrived >= warmUp && isTimed) {
                    if (meter == null) {
                        meter = new Meter();
                    }
                    long due = ByteBuffer.wrap(record.value()).getLong();
                    latencies[count++] = System.nanoTime() - started - due;
                }
                arrived++;
            }
        }
        sender.join();
        return meter.line(count, count * number("size", 100), Arrays.copyOf(latencies, count));
    }

    private void sendAtRate(KafkaProducer<byte[], byte[]> producer, long started, long rate, long total) {
        int size = (int) number("size", 100);
        for (long i = 0; i < total; i++) {
            long due = i / rate * 1_000_000_000L + i % rate * 1_000_000_000L / rate;
            for (long early; (early = due - (System.nanoTime() - started)) > 0;) {
                LockSupport.parkNanos(early);
            }
            byte[] value = new byte[size];
            ByteBuffer.wrap(value).putLong(due);
            producer.send(new ProducerRecord<>(text("topic", null), (int) (i % number("partitions", 1)), null, value));
        }
        producer.flush();
    }

    /** What a run takes. */
    private static final class Meter {
        private final long started = System.nanoTime();
        private final double[] cpu = cpu();

        String line(long records, long bytes, long[] latencies) {
            double seconds = (System.nanoTime() - started) / 1e9;
            double[] now = cpu();
            String line = String.format(java.util.Locale.ROOT, 
                "{\"client\":\"java\",\"records\":%d,\"bytes\":%d,\"seconds\":%f,\"user_seconds\":%f,"
                    + "\"system_seconds\":%f,\"peak_rss_bytes\":%d",
                records, bytes, seconds, now[0] - cpu[0], now[1] - cpu[1], peakRss());
            return line + (latencies == null ? "}" : ",\"latency_ms\":" + percentiles(latencies) + "}");
        }

        /** User and system seconds of this process: the 14th and 15th field, in ticks of 10 ms. */
        private static double[] cpu() {
            String stat = read("/proc/self/stat");
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return new double[] {Long.parseLong(fields[11]) / 100.0, Long.parseLong(fields[12]) / 100.0};
        }

        private static long peakRss() {
            return read("/proc/self/status").lines().filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10).sum();
        }

        private static String read(String file) {
            try {
                return Files.readString(Path.of(file));
            } catch (java.io.IOException error) {
                throw new java.io.UncheckedIOException(error);
            }
        }

        private static String percentiles(long[] latencies) {
            Arrays.sort(latencies);
            StringBuilder text = new StringBuilder("{");
            for (Map.Entry<String, Double> share : Map.of("p50", 0.5, "p99", 0.99, "p99.9", 0.999).entrySet()) {
                int rank = Math.max(0, (int) Math.ceil(share.getValue() * latencies.length) - 1);
                text.append(String.format(java.util.Locale.ROOT, "\"%s\":%f,", share.getKey(), latencies[rank] / 1e6));
            }
            return text + String.format(java.util.Locale.ROOT, "\"max\":%f}", latencies[latencies.length - 1] / 1e6);
        }
    }
}
