import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Reads every event's JSON; keeps the latest value of each key, and how many events of each type and region there are. */
public final class Latest {
    static final CountDownLatch DONE = new CountDownLatch(1);
    static volatile long begun;
    static volatile long ended;

    /** Usage: Latest bootstrap topic application events [property=value…]. */
    public static void main(String[] arguments) throws Exception {
        long events = Long.parseLong(arguments[3]);
        Path state = Files.createTempDirectory("bench-streams");
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[2]);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L * 1024 * 1024);
        settings.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        settings.put(StreamsConfig.consumerPrefix("max.poll.records"), 10_000);
        settings.put(StreamsConfig.consumerPrefix("max.partition.fetch.bytes"), 4 * 1024 * 1024);
        settings.put(StreamsConfig.producerPrefix("linger.ms"), 100);
        settings.put(StreamsConfig.producerPrefix("batch.size"), 512 * 1024);
        settings.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
        for (int more = 4; more < arguments.length; more++) {
            String[] property = arguments[more].split("=", 2);
            settings.put(property[0], property[1]);
        }
        try (KafkaStreams streams = new KafkaStreams(topology(arguments[1], events), settings)) {
            streams.start();
            DONE.await();
            streams.close(Duration.ofSeconds(60));
        }
        long committed = System.nanoTime();
        System.out.printf("{\"per_second\": %.1f, \"per_second_flushed\": %.1f}%n",
            events * 1e9 / (ended - begun), events * 1e9 / (committed - begun));
    }

    static Topology topology(String topic, long events) {
        Topology topology = new Topology();
        topology.addSource("events", Serdes.String().deserializer(), Serdes.ByteArray().deserializer(), topic);
        topology.addProcessor("keep", () -> new Keep(events), "events");
        topology.addStateStore(Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore("latest"), Serdes.String(), Serdes.ByteArray()).withCachingEnabled(), "keep");
        topology.addStateStore(Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore("counts"), Serdes.String(), Serdes.Long()).withCachingEnabled(), "keep");
        return topology;
    }

    /** The one step of the topology. */
    static final class Keep implements Processor<String, byte[], Void, Void> {
        private final ObjectMapper json = new ObjectMapper();
        private final long events;
        private long seen;
        private KeyValueStore<String, byte[]> latest;
        private KeyValueStore<String, Long> counts;

        Keep(long events) {
            this.events = events;
        }

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            latest = context.getStateStore("latest");
            counts = context.getStateStore("counts");
        }

        @Override
        public void process(Record<String, byte[]> event) {
            if (seen == 0) {
                begun = System.nanoTime();
            }
            String type = new String(event.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8);
            String place = type + "/" + region(event.value());
            latest.put(event.key(), event.value());
            Long known = counts.get(place);
            counts.put(place, known == null ? 1L : known + 1);
            if (++seen == events) {
                ended = System.nanoTime();
                DONE.countDown();
            }
        }

        private String region(byte[] data) {
            try {
                JsonNode body = json.readTree(data);
                return body.path("region").asText(body.path("scope").asText(""));
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }
    }
}
