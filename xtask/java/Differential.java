import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/**
 * Reads messages and writes them again with the classes that Kafka generates from its definitions.
 *
 * Standard input holds groups: a class name, a version, a count, and that many messages, each with its length in
 * front. Standard output holds an answer per message: 0 and the bytes written, or 1 and what went wrong.
 */
public final class Differential {
    public static void main(String[] arguments) throws IOException {
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
                    answer(out, name, version, in.readNBytes(in.readInt()));
                }
            }
        }
    }

    private static void answer(DataOutputStream out, String name, short version, byte[] bytes) throws IOException {
        int status = 0;
        byte[] answer;
        try {
            answer = recode(name, version, bytes);
        } catch (ReflectiveOperationException | RuntimeException error) {
            status = 1;
            answer = error.toString().getBytes(StandardCharsets.UTF_8);
        }
        out.writeByte(status);
        out.writeInt(answer.length);
        out.write(answer);
    }

    private static byte[] recode(String name, short version, byte[] bytes) throws ReflectiveOperationException {
        var message = (Message) Class.forName(name).getDeclaredConstructor().newInstance();
        var input = ByteBuffer.wrap(bytes);
        message.read(new ByteBufferAccessor(input), version);
        if (input.hasRemaining()) {
            throw new IllegalStateException(input.remaining() + " bytes are left over");
        }
        var cache = new ObjectSerializationCache();
        int size = message.size(cache, version);
        var output = ByteBuffer.allocate(size);
        message.write(new ByteBufferAccessor(output), cache, version);
        return Arrays.copyOf(output.array(), output.position());
    }
}
