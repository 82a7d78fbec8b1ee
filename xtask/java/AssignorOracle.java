import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Answers each line of standard input, a group, with the assignment that Kafka makes of it.
 *
 * <p>A group is {@code assignor topics members}. Topics are {@code name:count} or, with the racks of the replicas of each
 * partition, {@code name:count:a+b,b+c}; members {@code id/instance/rack/generation/topics/owned}, where any field may be
 * empty and owned partitions are {@code topic-partition}. Topics and members are separated by semicolons, what they list by
 * commas. The answer is the assignment of each member in the order given, {@code t-0,t-1;;t-2}.
 *
 * <p>Member ids are kept in a hash map here as in Kafka's own coordinator code, so the order in which Kafka looks at members
 * with previous assignments is that of a hash; ids of one letter from A on keep their order.
 */
public final class AssignorOracle {
    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err); // Where Kafka may log to.
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(answer(line.split(" ", -1)));
        }
    }

    private static String answer(String[] group) {
        String assignor = group[0];
        Map<String, Subscription> members = new HashMap<>();
        List<String> order = new ArrayList<>();
        for (String member : list(group[2], ";")) {
            String[] fields = member.split("/", -1);
            order.add(fields[0]);
            members.put(fields[0], subscription(assignor, fields));
        }
        Map<String, Assignment> assignment =
            create(assignor).assign(cluster(group[1]), new GroupSubscription(members)).groupAssignment();
        return order.stream().map(member -> print(assignment.get(member).partitions())).collect(Collectors.joining(";"));
    }

    private static ConsumerPartitionAssignor create(String name) {
        switch (name) {
            case "range": return new RangeAssignor();
            case "roundrobin": return new RoundRobinAssignor();
            case "sticky": return new StickyAssignor();
            case "cooperative-sticky": return new CooperativeStickyAssignor();
            default: throw new IllegalArgumentException(name);
        }
    }

    @SuppressWarnings("removal") // There is no other way to give an assignor the generation of its member.
    private static Subscription subscription(String assignor, String[] fields) {
        int generation = fields[3].isEmpty() ? -1 : Integer.parseInt(fields[3]);
        List<TopicPartition> owned = list(fields[5], ",").stream().map(AssignorOracle::partition).collect(Collectors.toList());
        ConsumerPartitionAssignor member = create(assignor);
        if (generation >= 0) {
            member.onAssignment(new Assignment(owned), new ConsumerGroupMetadata("group", generation, fields[0], Optional.empty()));
        }
        List<String> topics = list(fields[4], ",");
        ByteBuffer userData = member.subscriptionUserData(new HashSet<>(topics));
        List<TopicPartition> kept = assignor.equals("sticky") ? List.of() : owned;
        Subscription subscription = new Subscription(topics, userData, kept, generation, optional(fields[2]));
        subscription.setGroupInstanceId(optional(fields[1]));
        return subscription;
    }

    private static Cluster cluster(String topics) {
        Map<String, Node> nodes = new HashMap<>();
        List<PartitionInfo> partitions = new ArrayList<>();
        for (String topic : list(topics, ";")) {
            String[] fields = topic.split(":", -1);
            String[] racks = fields.length > 2 ? fields[2].split(",", -1) : new String[0];
            for (int index = 0; index < Integer.parseInt(fields[1]); index++) {
                List<String> names = racks.length == 0 || racks[index].isEmpty() ? List.of("") : Arrays.asList(racks[index].split("\\+"));
                Node[] replicas = names.stream()
                    .map(rack -> nodes.computeIfAbsent(rack, r -> new Node(nodes.size(), "host", 9092, r.isEmpty() ? null : r)))
                    .toArray(Node[]::new);
                partitions.add(new PartitionInfo(fields[0], index, replicas[0], replicas, replicas));
            }
        }
        return new Cluster("cluster", nodes.values(), partitions, Set.of(), Set.of());
    }

    private static String print(List<TopicPartition> partitions) {
        return partitions.stream()
            .sorted(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition))
            .map(TopicPartition::toString)
            .collect(Collectors.joining(","));
    }

    private static TopicPartition partition(String text) {
        int dash = text.lastIndexOf('-');
        return new TopicPartition(text.substring(0, dash), Integer.parseInt(text.substring(dash + 1)));
    }

    private static Optional<String> optional(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private static List<String> list(String text, String separator) {
        return text.isEmpty() ? List.of() : Arrays.asList(text.split(separator));
    }
}
