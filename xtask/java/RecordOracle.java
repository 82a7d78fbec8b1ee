import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.common.utils.Utils;

/**
 * Kafka's own record code behind one line in, one line out. Needs the class path of Kafka 4.3 or later.
 *
 * <pre>
 * read HEX                              -> ok BATCH-OR-RECORD...
 * write KEY=VALUE... RECORD...          -> ok HEX
 * marker commit|abort EPOCH TIME ID PRODUCER-EPOCH -> ok HEX
 * murmur2 HEX...                        -> ok INT...
 * partition COUNT HEX...                -> ok INT...
 * </pre>
 *
 * A batch is batch:MAGIC:CODEC:BASE:LAST:LEADER-EPOCH:PRODUCER-ID:PRODUCER-EPOCH:SEQUENCE:FLAGS:MAX-TIMESTAMP, a record
 * record:OFFSET:TIMESTAMP:KEY:VALUE:HEADER=VALUE,... in hexadecimal with ~ for null. A failure is "error CLASS MESSAGE".
 */
public final class RecordOracle {
    private static final HexFormat HEX = HexFormat.of();

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            String answer;
            try {
                answer = "ok " + answer(words);
            } catch (Throwable e) {
                answer = "error " + e.getClass().getSimpleName() + " " + String.valueOf(e.getMessage()).replace('\n', ' ');
            }
            out.println(answer);
            out.flush();
        }
    }

    private static String answer(String[] words) {
        return switch (words[0]) {
            case "read" -> read(HEX.parseHex(words.length > 1 ? words[1] : ""));
            case "write" -> write(words);
            case "marker" -> marker(words);
            case "murmur2" -> Arrays.stream(words).skip(1)
                .map(key -> Integer.toString(Utils.murmur2(bytes(key)))).collect(Collectors.joining(" "));
            case "partition" -> Arrays.stream(words).skip(2)
                .map(key -> Integer.toString(BuiltInPartitioner.partitionForKey(bytes(key), Integer.parseInt(words[1]))))
                .collect(Collectors.joining(" "));
            default -> throw new IllegalArgumentException(words[0]);
        };
    }

    private static String read(byte[] bytes) {
        StringBuilder answer = new StringBuilder();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
            batch.ensureValid();
            describe(batch, answer);
            for (Record record : batch) {
                record.ensureValid();
                describe(record, answer);
            }
        }
        return answer.toString().trim();
    }

    private static void describe(MutableRecordBatch batch, StringBuilder answer) {
        boolean current = batch.magic() >= 2;
        String flags = (batch.timestampType() == TimestampType.LOG_APPEND_TIME ? "a" : "")
            + (batch.isTransactional() ? "t" : "") + (current && batch.isControlBatch() ? "c" : "")
            + (current && batch.deleteHorizonMs().isPresent() ? "d" : "");
        answer.append("batch:").append(batch.magic()).append(':').append(batch.compressionType().name).append(':')
            .append(current ? batch.baseOffset() : -1).append(':').append(batch.lastOffset()).append(':')
            .append(batch.partitionLeaderEpoch()).append(':').append(batch.producerId()).append(':')
            .append(batch.producerEpoch()).append(':').append(batch.baseSequence()).append(':').append(flags).append(':')
            .append(batch.maxTimestamp()).append(' ');
    }

    private static void describe(Record record, StringBuilder answer) {
        String headers = Arrays.stream(record.headers())
            .map(h -> HEX.formatHex(h.key().getBytes(StandardCharsets.UTF_8)) + "=" + hex(h.value()))
            .collect(Collectors.joining(","));
        answer.append("record:").append(record.offset()).append(':').append(record.timestamp()).append(':')
            .append(record.hasKey() ? hex(Utils.toArray(record.key())) : "~").append(':')
            .append(record.hasValue() ? hex(Utils.toArray(record.value())) : "~").append(':').append(headers).append(' ');
    }

    private static String write(String[] words) {
        byte magic = 2;
        Compression compression = Compression.NONE;
        TimestampType type = TimestampType.CREATE_TIME;
        long baseOffset = 0, appendTime = -1, producerId = -1, deleteHorizon = -1;
        short producerEpoch = -1;
        int sequence = -1, leaderEpoch = -1;
        boolean transactional = false;
        MemoryRecordsBuilder builder = null;
        for (String word : Arrays.copyOfRange(words, 1, words.length)) {
            if (word.startsWith("record:")) {
                if (builder == null) {
                    builder = new MemoryRecordsBuilder(new ByteBufferOutputStream(ByteBuffer.allocate(512)), magic,
                        compression, type, baseOffset, appendTime, producerId, producerEpoch, sequence, transactional,
                        false, leaderEpoch, 512, deleteHorizon);
                }
                append(builder, word);
                continue;
            }
            String key = word.substring(0, word.indexOf('='));
            String value = word.substring(key.length() + 1);
            switch (key) {
                case "magic" -> magic = Byte.parseByte(value);
                case "codec" -> compression = Compression.of(CompressionType.forName(value)).build();
                case "append-time" -> { type = TimestampType.LOG_APPEND_TIME; appendTime = Long.parseLong(value); }
                case "delete-horizon" -> deleteHorizon = Long.parseLong(value);
                case "base" -> baseOffset = Long.parseLong(value);
                case "leader-epoch" -> leaderEpoch = Integer.parseInt(value);
                case "producer" -> producerId = Long.parseLong(value);
                case "producer-epoch" -> producerEpoch = Short.parseShort(value);
                case "sequence" -> sequence = Integer.parseInt(value);
                case "transactional" -> transactional = Boolean.parseBoolean(value);
                default -> throw new IllegalArgumentException(word);
            }
        }
        return hex(Utils.toArray(builder.build().buffer()));
    }

    private static void append(MemoryRecordsBuilder builder, String word) {
        String[] fields = word.split(":", -1);
        Header[] headers = Arrays.stream(fields[5].split(",")).filter(h -> !h.isEmpty()).map(h -> {
            String[] pair = h.split("=", -1);
            return (Header) new RecordHeader(new String(bytes(pair[0]), StandardCharsets.UTF_8), bytes(pair[1]));
        }).toArray(Header[]::new);
        builder.appendWithOffset(Long.parseLong(fields[1]), Long.parseLong(fields[2]), bytes(fields[3]), bytes(fields[4]),
            headers);
    }

    private static String marker(String[] words) {
        ControlRecordType type = words[1].equals("commit") ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        EndTransactionMarker marker = new EndTransactionMarker(type, Integer.parseInt(words[2]));
        return hex(Utils.toArray(MemoryRecords.withEndTransactionMarker(0L, Long.parseLong(words[3]), -1,
            Long.parseLong(words[4]), Short.parseShort(words[5]), marker).buffer()));
    }

    /** ~ is null; - is no bytes where words are split at spaces. */
    private static byte[] bytes(String hex) {
        return hex.equals("~") ? null : HEX.parseHex(hex.equals("-") ? "" : hex);
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "~" : HEX.formatHex(bytes);
    }
}
