import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/**
 * Writes messages with the classes that Kafka generates from its definitions.
 *
 * Standard input holds groups: a class name, a version, a count, and that many messages, each with its length in
 * front. Standard output holds an answer per message: 0 and the bytes written, or 1 and what went wrong. The first
 * argument says what the messages are given as: "bytes", or "json" in the form of Kafka's JsonConverter classes.
 */
public final class MessageOracle {
    private static final ObjectMapper JSON = new ObjectMapper();

    private interface Reader {
        Message read(Class<?> type, byte[] given, short version) throws IOException, ReflectiveOperationException;
    }

    public static void main(String[] arguments) throws IOException {
        Reader reader = arguments[0].equals("json") ? MessageOracle::fromJson : MessageOracle::fromBytes;
        var in = new DataInputStream(new BufferedInputStream(new FileInputStream(FileDescriptor.in), 1 << 20));
        try (var out = new DataOutputStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 20))) {
            while (true) {
                String name;
                try {
                    name = in.readUTF();
                } catch (EOFException end) {
                    return;
                }
                short version = in.readShort();
                for (int left = in.readInt(); left > 0; left--) {
                    answer(out, reader, name, version, in.readNBytes(in.readInt()));
                }
            }
        }
    }

    private static void answer(DataOutputStream out, Reader reader, String name, short version, byte[] given)
            throws IOException {
        int status = 0;
        byte[] answer;
        try {
            answer = write(reader.read(Class.forName(name), given, version), version);
        } catch (ReflectiveOperationException | IOException | RuntimeException error) {
            status = 1;
            Throwable cause = error instanceof InvocationTargetException ? error.getCause() : error;
            answer = cause.toString().getBytes(StandardCharsets.UTF_8);
        }
        out.writeByte(status);
        out.writeInt(answer.length);
        out.write(answer);
    }

    private static Message fromBytes(Class<?> type, byte[] bytes, short version) throws ReflectiveOperationException {
        var message = (Message) type.getDeclaredConstructor().newInstance();
        var input = ByteBuffer.wrap(bytes);
        message.read(new ByteBufferAccessor(input), version);
        if (input.hasRemaining()) {
            throw new IllegalStateException(input.remaining() + " bytes are left over");
        }
        return message;
    }

    private static Message fromJson(Class<?> type, byte[] json, short version)
            throws IOException, ReflectiveOperationException {
        var converter = Class.forName(type.getName() + "JsonConverter");
        return (Message) converter.getMethod("read", JsonNode.class, short.class)
            .invoke(null, JSON.readTree(json), version);
    }

    private static byte[] write(Message message, short version) {
        var cache = new ObjectSerializationCache();
        var output = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(output), cache, version);
        return Arrays.copyOf(output.array(), output.position());
    }
}
