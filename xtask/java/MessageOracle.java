import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.Readable;

/**
 * Encodes and decodes messages with Kafka's own generated classes, to compare ours with.
 *
 * Reads lines "NAME VERSION PAYLOAD" and answers each with one line: the result, or "!" and why there is none.
 * The first argument says what happens to the payload:
 *   encode   Kafka's JSON to hex
 *   decode   hex to Kafka's JSON (which leaves out the content of record batches)
 *   recode   hex to a Java message and back to hex
 *
 * Java can run the file as it is: java -cp 'kafka/libs/*' MessageOracle.java encode
 */
public final class MessageOracle {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HexFormat HEX = HexFormat.of();
    private static final String[] CLASSES = {
        "org.apache.kafka.common.message.%sData",
        "org.apache.kafka.common.message.%s",
        "org.apache.kafka.coordinator.group.generated.%s",
        "org.apache.kafka.coordinator.transaction.generated.%s",
        "org.apache.kafka.coordinator.share.generated.%s",
    };

    public static void main(String[] args) throws IOException {
        String mode = args.length == 1 ? args[0] : "";
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintWriter(new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8)));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(answer(mode, line));
            if (!in.ready()) {
                out.flush();
            }
        }
        out.flush();
    }

    private static String answer(String mode, String line) {
        try {
            String[] words = line.split(" ", 3);
            Class<?> message = find(words[0]);
            short version = Short.parseShort(words[1]);
            String payload = words.length == 3 ? words[2] : "";
            return switch (mode) {
                case "encode" -> hex(fromJson(message, payload, version), version);
                case "decode" -> toJson(fromHex(message, payload, version), version);
                case "recode" -> hex(fromHex(message, payload, version), version);
                default -> throw new IllegalArgumentException("no such mode: " + mode);
            };
        } catch (InvocationTargetException e) {
            return "! " + oneLine(e.getCause());
        } catch (ReflectiveOperationException | IOException | RuntimeException e) {
            return "! " + oneLine(e);
        }
    }

    private static String oneLine(Throwable e) {
        return e.toString().replace('\n', ' ');
    }

    private static Class<?> find(String name) throws ClassNotFoundException {
        for (String pattern : CLASSES) {
            try {
                return Class.forName(pattern.formatted(name));
            } catch (ClassNotFoundException e) {
                // The next package may have it.
            }
        }
        throw new ClassNotFoundException(name);
    }

    private static Message fromJson(Class<?> message, String json, short version)
            throws IOException, ReflectiveOperationException {
        Class<?> converter = Class.forName(message.getName() + "JsonConverter");
        return (Message) converter.getMethod("read", JsonNode.class, short.class)
            .invoke(null, JSON.readTree(json), version);
    }

    private static String toJson(Message message, short version) throws ReflectiveOperationException {
        Class<?> converter = Class.forName(message.getClass().getName() + "JsonConverter");
        return converter.getMethod("write", message.getClass(), short.class)
            .invoke(null, message, version).toString();
    }

    private static Message fromHex(Class<?> message, String hex, short version) throws ReflectiveOperationException {
        var bytes = new ByteBufferAccessor(ByteBuffer.wrap(HEX.parseHex(hex)));
        Message read = (Message) message.getConstructor(Readable.class, short.class).newInstance(bytes, version);
        if (bytes.remaining() > 0) {
            throw new IllegalArgumentException(bytes.remaining() + " bytes are left");
        }
        return read;
    }

    private static String hex(Message message, short version) {
        ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HEX.formatHex(bytes);
    }
}
