// The driver of kafkajs. Argument: bootstrap servers.
//
// xtask/src/interop/driver.rs says which requests there are.

const readline = require("node:readline");
const kafkajs = require("kafkajs");

const PATIENCE_MS = 60_000;
const TOPIC_RESOURCE = kafkajs.ConfigResourceTypes.TOPIC;

class Driver {
  constructor(bootstrap) {
    const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 8 };
    this.kafka = new kafkajs.Kafka({ brokers: bootstrap.split(","), logLevel: kafkajs.logLevel.NOTHING, retry });
    this.admin = this.kafka.admin();
  }

  async create({ topic, partitions, configs = {} }) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const wanted = { topic, numPartitions: partitions, replicationFactor: -1, configEntries };
    // It takes a topic that is there already for no error, and one whose leaders it cannot see yet for one.
    if (!(await this.admin.createTopics({ waitForLeaders: false, topics: [wanted] }))) {
      throw Object.assign(new Error("the topic exists"), { code: 36 });
    }
  }

  async describe({ topic }) {
    const metadata = await this.admin.fetchTopicMetadata({ topics: [topic] });
    const described = await this.admin.describeConfigs({ resources: [{ type: TOPIC_RESOURCE, name: topic }] });
    const entries = described.resources[0].configEntries.map((entry) => [entry.configName, entry.configValue]);
    return { partitions: metadata.topics[0].partitions.length, configs: Object.fromEntries(entries) };
  }

  async alter({ topic, configs }) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await this.admin.alterConfigs({ resources: [{ type: TOPIC_RESOURCE, name: topic, configEntries }] });
  }

  async grow({ topic, partitions }) {
    await this.admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
  }

  async delete({ topic }) {
    await this.admin.deleteTopics({ topics: [topic] });
  }

  async topics() {
    return this.admin.listTopics();
  }

  async produce({ topic, records, codec = "none", acks = -1, idempotent = false, batch_bytes = Infinity }) {
    const chosen = [];
    const createPartitioner = () => {
      const choose = kafkajs.Partitioners.DefaultPartitioner();
      return (about) => {
        const partition = choose(about);
        chosen.push(partition);
        return partition;
      };
    };
    const producer = this.kafka.producer({ createPartitioner, idempotent, allowAutoTopicCreation: false });
    await producer.connect();
    try {
      const places = [];
      // What is sent together is one batch for each partition.
      for (const messages of chunks(records.map(toMessage), batch_bytes)) {
        chosen.length = 0;
        const sent = await producer.send({ topic, acks, compression: CODECS[codec], messages });
        const next = new Map(sent.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]));
        // It chooses again when it tries again.
        for (const partition of chosen.slice(-messages.length)) {
          const offset = next.get(partition);
          places.push([partition, offset]);
          next.set(partition, offset + 1);
        }
      }
      return places;
    } finally {
      await producer.disconnect();
    }
  }

  async read({ topic, partition, offset, max_bytes }) {
    const limits = max_bytes ? { maxBytes: max_bytes, maxBytesPerPartition: max_bytes } : {};
    const bounds = (await this.admin.fetchTopicOffsets(topic)).filter(
      (entry) => partition === undefined || entry.partition === partition,
    );
    const start = (entry) => offset ?? Number(entry.low);
    const left = new Set(bounds.filter((entry) => start(entry) < entry.high).map((entry) => entry.partition));
    const ends = new Map(bounds.map((entry) => [entry.partition, Number(entry.high)]));
    const records = [];
    if (left.size === 0) {
      return records;
    }
    // It reads as a member of a group or not at all.
    const consumer = this.kafka.consumer({ groupId: `${topic}-${process.pid}-${Date.now()}`, ...limits });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    try {
      await within(
        PATIENCE_MS,
        new Promise((done, failed) => {
          consumer.on(consumer.events.CRASH, ({ payload }) => failed(payload.error));
          const eachMessage = async ({ partition, message }) => {
            if (!left.has(partition)) {
              return;
            }
            records.push(described(partition, message));
            if (Number(message.offset) + 1 >= ends.get(partition)) {
              left.delete(partition);
            }
            if (left.size === 0) {
              done();
            }
          };
          consumer.run({ autoCommit: false, eachMessage }).catch(failed);
          if (offset !== undefined) {
            consumer.seek({ topic, partition, offset: String(offset) });
          }
        }),
      );
    } finally {
      await consumer.disconnect();
    }
    return records.sort((one, other) => one.partition - other.partition || one.offset - other.offset);
  }

  async offset_at({ topic, partition, time }) {
    const entries = await this.admin.fetchTopicOffsetsByTimestamp(topic, time);
    const bounds = await this.admin.fetchTopicOffsets(topic);
    const high = bounds.find((entry) => entry.partition === partition).high;
    const { offset } = entries.find((entry) => entry.partition === partition);
    // It has the end of the partition in place of nothing.
    return offset === high ? null : Number(offset);
  }

  async commit({ group, topic, partition, offset, metadata }) {
    const consumer = this.kafka.consumer({ groupId: group });
    await consumer.connect();
    await consumer.subscribe({ topic });
    try {
      const joined = new Promise((done) => consumer.on(consumer.events.GROUP_JOIN, done));
      await consumer.run({ autoCommit: false, eachMessage: async () => {} });
      await within(PATIENCE_MS, joined);
      await consumer.commitOffsets([{ topic, partition, offset: String(offset), metadata }]);
    } finally {
      await consumer.disconnect();
    }
  }

  async committed({ group, topic, partition }) {
    const [fetched] = await this.admin.fetchOffsets({ groupId: group, topics: [topic] });
    const { offset, metadata } = fetched.partitions.find((entry) => entry.partition === partition);
    return Number(offset) < 0 ? null : { offset: Number(offset), metadata };
  }

  async member({ group, topic, assignor }, ended) {
    if (assignor !== "roundrobin") {
      throw new Error(`no assignor ${assignor}`);
    }
    const consumer = this.kafka.consumer({
      groupId: group,
      sessionTimeout: 6000,
      heartbeatInterval: 500,
      metadataMaxAge: 2000,
      maxWaitTimeInMs: 200,
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
      tell({ assigned: payload.memberAssignment[topic] ?? [] }),
    );
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        tell({ record: { partition, offset: Number(message.offset), value: text(message.value) } });
        const next = String(Number(message.offset) + 1);
        try {
          await consumer.commitOffsets([{ topic, partition, offset: next }]);
        } catch (error) {
          tell({ "not committed": String(error) });
        }
      },
    });
    await ended;
    await consumer.disconnect();
    return "left";
  }

  // Writes numbers until told to end.
  async load({ topic }, ended) {
    const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 1000 };
    const producer = this.kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      idempotent: true,
      maxInFlightRequests: 1,
      metadataMaxAge: 1000,
      retry,
    });
    await producer.connect();
    let running = true;
    ended.then(() => (running = false));
    let number = 0;
    while (running) {
      const value = String(number++);
      try {
        await producer.send({ topic, messages: [{ key: value, value }] });
        tell({ acknowledged: value });
      } catch (error) {
        tell({ failed: value, text: String(error) });
      }
      await new Promise((done) => setTimeout(done, 2));
    }
    await producer.disconnect();
    return number;
  }
}

const CODECS = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  snappy: kafkajs.CompressionTypes.Snappy,
  lz4: kafkajs.CompressionTypes.LZ4,
  zstd: kafkajs.CompressionTypes.ZSTD,
};

// It has gzip alone, and room for others.
function addCodecs(zstd) {
  const lz4 = require("lz4-napi");
  const { [CODECS.snappy]: _, ...rest } = kafkajs.CompressionCodecs;
  Object.assign(kafkajs.CompressionCodecs, rest, {
    [CODECS.snappy]: require("kafkajs-snappy"),
    [CODECS.lz4]: () => ({
      compress: async (encoder) => lz4.compressFrameSync(encoder.buffer),
      decompress: async (buffer) => lz4.decompressFrameSync(buffer),
    }),
    [CODECS.zstd]: () => ({
      compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)),
      decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
    }),
  });
}

function toMessage({ key, value, headers = [], partition, timestamp }) {
  const grouped = {};
  for (const [name, content] of headers) {
    (grouped[name] ??= []).push(bytes(content));
  }
  return {
    key: bytes(key),
    value: bytes(value),
    headers: grouped,
    partition: partition ?? undefined,
    timestamp: timestamp == null ? undefined : String(timestamp),
  };
}

function described(partition, { offset, timestamp, key, value, headers }) {
  const flat = Object.entries(headers ?? {}).flatMap(([name, values]) =>
    [values].flat().map((content) => [name, text(content)]),
  );
  return {
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    append_time: null,
    key: text(key),
    value: text(value),
    headers: flat,
  };
}

function* chunks(messages, limit) {
  let chunk = [];
  let size = 0;
  for (const message of messages) {
    const length = message.value?.length ?? 0;
    if (chunk.length > 0 && size + length > limit) {
      yield chunk;
      chunk = [];
      size = 0;
    }
    chunk.push(message);
    size += length;
  }
  yield chunk;
}

function bytes(content) {
  return content == null ? null : Buffer.from(content, "base64");
}

function text(content) {
  return content == null ? null : Buffer.from(content).toString("base64");
}

function within(limit, promise) {
  let timer;
  const late = new Promise((_, failed) => (timer = setTimeout(() => failed(new Error("no end")), limit)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// An error by Kafka's number, which may be that of its cause, or of the first of several.
function codeOf(error) {
  for (let cause = error; cause; cause = cause.errors?.[0] ?? cause.cause ?? cause.originalError) {
    if (Number.isInteger(cause.code)) {
      return cause.code;
    }
  }
  return null;
}

function tell(event) {
  process.stdout.write(JSON.stringify(event) + "\n");
}

async function serve() {
  const driver = new Driver(process.argv[2]);
  await driver.admin.connect();
  const input = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
  const ended = new Promise((done) => input.once("close", done));
  let last = Promise.resolve();
  input.on("line", (line) => {
    const request = JSON.parse(line);
    last = last.then(async () => {
      try {
        tell({ ok: (await driver[request.do](request, ended)) ?? null });
      } catch (error) {
        tell({ error: { code: codeOf(error), text: String(error) } });
      }
    });
  });
  await ended;
  await last;
  await driver.admin.disconnect();
}

require("zstd-codec").ZstdCodec.run((zstd) => {
  addCodecs(new zstd.Simple());
  serve().then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
  });
});
