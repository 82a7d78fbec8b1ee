package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

type kafkaGoDriver struct {
	servers []string
	client  *kafka.Client
}

func newKafkaGo(servers []string) *kafkaGoDriver {
	return &kafkaGoDriver{servers, &kafka.Client{Addr: kafka.TCP(servers...), Timeout: patience}}
}

func (d *kafkaGoDriver) code(err error) *int {
	var several kafka.WriteErrors
	if errors.As(err, &several) {
		for _, one := range several {
			if one != nil {
				err = one
				break
			}
		}
	}
	var kafkas kafka.Error
	if !errors.As(err, &kafkas) {
		return nil
	}
	code := int(kafkas)
	return &code
}

func (d *kafkaGoDriver) create(r request) error {
	topic := kafka.TopicConfig{Topic: r.Topic, NumPartitions: r.Partitions, ReplicationFactor: -1}
	for name, value := range r.Configs {
		topic.ConfigEntries = append(topic.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
	}
	answer, err := d.client.CreateTopics(now(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{topic}})
	if err != nil {
		return err
	}
	return answer.Errors[r.Topic]
}

func (d *kafkaGoDriver) describe(r request) (any, error) {
	metadata, err := d.client.Metadata(now(), &kafka.MetadataRequest{Topics: []string{r.Topic}})
	if err != nil {
		return nil, err
	}
	topic := metadata.Topics[0]
	if topic.Error != nil {
		return nil, topic.Error
	}
	resource := kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: r.Topic}
	resources := []kafka.DescribeConfigRequestResource{resource}
	answer, err := d.client.DescribeConfigs(now(), &kafka.DescribeConfigsRequest{Resources: resources})
	if err != nil {
		return nil, err
	}
	if answer.Resources[0].Error != nil {
		return nil, answer.Resources[0].Error
	}
	configs := map[string]string{}
	for _, entry := range answer.Resources[0].ConfigEntries {
		configs[entry.ConfigName] = entry.ConfigValue
	}
	return map[string]any{"partitions": len(topic.Partitions), "configs": configs}, nil
}

func (d *kafkaGoDriver) alter(r request) error {
	resource := kafka.IncrementalAlterConfigsRequestResource{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: r.Topic,
	}
	for name, value := range r.Configs {
		resource.Configs = append(resource.Configs, kafka.IncrementalAlterConfigsRequestConfig{
			Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet,
		})
	}
	resources := []kafka.IncrementalAlterConfigsRequestResource{resource}
	answer, err := d.client.IncrementalAlterConfigs(now(), &kafka.IncrementalAlterConfigsRequest{Resources: resources})
	if err != nil {
		return err
	}
	return answer.Resources[0].Error
}

func (d *kafkaGoDriver) grow(r request) error {
	topic := kafka.TopicPartitionsConfig{Name: r.Topic, Count: int32(r.Partitions)}
	topics := []kafka.TopicPartitionsConfig{topic}
	answer, err := d.client.CreatePartitions(now(), &kafka.CreatePartitionsRequest{Topics: topics})
	if err != nil {
		return err
	}
	return answer.Errors[r.Topic]
}

func (d *kafkaGoDriver) delete(r request) error {
	answer, err := d.client.DeleteTopics(now(), &kafka.DeleteTopicsRequest{Topics: []string{r.Topic}})
	if err != nil {
		return err
	}
	return answer.Errors[r.Topic]
}

func (d *kafkaGoDriver) topics() ([]string, error) {
	metadata, err := d.client.Metadata(now(), &kafka.MetadataRequest{})
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, topic := range metadata.Topics {
		names = append(names, topic.Name)
	}
	return names, nil
}

var kafkaGoCodecs = map[string]kafka.Compression{
	"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd,
}

func (d *kafkaGoDriver) produce(r request) ([]place, error) {
	places := make([]place, len(r.Records))
	var filling sync.Mutex
	writer := d.writer(r.Topic)
	writer.Compression = kafkaGoCodecs[r.Codec]
	writer.Completion = func(messages []kafka.Message, err error) {
		filling.Lock()
		defer filling.Unlock()
		for _, message := range messages {
			places[message.WriterData.(sent).index] = place{int64(message.Partition), message.Offset}
		}
	}
	if r.Acks != nil {
		writer.RequiredAcks = kafka.RequiredAcks(*r.Acks)
	}
	if r.MaxBytes > 0 {
		writer.BatchBytes = int64(r.MaxBytes)
	}
	if r.BatchBytes > 0 {
		writer.BatchBytes = int64(r.BatchBytes)
		writer.BatchTimeout = 200 * time.Millisecond
		writer.BatchSize = 10_000
	}
	messages := make([]kafka.Message, len(r.Records))
	for index, record := range r.Records {
		messages[index] = kafkaGoMessage(index, record)
	}
	err := writer.WriteMessages(now(), messages...)
	return places, errors.Join(err, writer.Close())
}

// sent is what a message carries through the writer.
type sent struct {
	index     int
	partition *int
}

func (d *kafkaGoDriver) writer(topic string) *kafka.Writer {
	asJava := kafka.Murmur2Balancer{Consistent: true}
	return &kafka.Writer{
		Addr:         kafka.TCP(d.servers...),
		Topic:        topic,
		RequiredAcks: kafka.RequireAll,
		BatchTimeout: 10 * time.Millisecond,
		Balancer: kafka.BalancerFunc(func(message kafka.Message, partitions ...int) int {
			if data, given := message.WriterData.(sent); given && data.partition != nil {
				return *data.partition
			}
			return asJava.Balance(message, partitions...)
		}),
		Transport: &kafka.Transport{MetadataTTL: time.Second},
	}
}

func kafkaGoMessage(index int, record record) kafka.Message {
	message := kafka.Message{Key: record.Key, Value: record.Value, WriterData: sent{index, record.Partition}}
	for _, header := range record.Headers {
		message.Headers = append(message.Headers, kafka.Header{Key: header.name, Value: header.value})
	}
	if record.Timestamp != nil {
		message.Time = time.UnixMilli(*record.Timestamp)
	}
	return message
}

func (d *kafkaGoDriver) read(r request) ([]readRecord, error) {
	metadata, err := d.client.Metadata(now(), &kafka.MetadataRequest{Topics: []string{r.Topic}})
	if err != nil {
		return nil, err
	}
	partitions := []int{}
	for _, partition := range metadata.Topics[0].Partitions {
		partitions = append(partitions, partition.ID)
	}
	slices.Sort(partitions)
	if r.Partition != nil {
		partitions = []int{*r.Partition}
	}
	records := []readRecord{}
	for _, partition := range partitions {
		read, err := d.readPartition(r, partition)
		if err != nil {
			return nil, err
		}
		records = append(records, read...)
	}
	return records, nil
}

func (d *kafkaGoDriver) readPartition(r request, partition int) ([]readRecord, error) {
	bounds, err := d.bounds(r.Topic, partition)
	if err != nil {
		return nil, err
	}
	config := kafka.ReaderConfig{Brokers: d.servers, Topic: r.Topic, Partition: partition, MaxWait: 200 * time.Millisecond}
	if r.MaxBytes > 0 {
		config.MaxBytes = r.MaxBytes
	}
	reader := kafka.NewReader(config)
	defer reader.Close()
	next := bounds.FirstOffset
	if r.Offset != nil {
		next = *r.Offset
	}
	if err := reader.SetOffset(next); err != nil {
		return nil, err
	}
	records := []readRecord{}
	limited, cancel := context.WithTimeout(now(), patience)
	defer cancel()
	for next < bounds.LastOffset {
		message, err := reader.ReadMessage(limited)
		if err != nil {
			return nil, fmt.Errorf("%d records read, and then %w", len(records), err)
		}
		records = append(records, kafkaGoRead(message))
		next = message.Offset + 1
	}
	return records, nil
}

func kafkaGoRead(message kafka.Message) readRecord {
	headers := []header{}
	for _, entry := range message.Headers {
		headers = append(headers, header{entry.Key, entry.Value})
	}
	return readRecord{
		message.Partition, message.Offset, message.Time.UnixMilli(), message.Key, message.Value, headers,
	}
}

func (d *kafkaGoDriver) bounds(topic string, partition int) (kafka.PartitionOffsets, error) {
	return d.listOffsets(topic, kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition))
}

func (d *kafkaGoDriver) listOffsets(topic string, wanted ...kafka.OffsetRequest) (kafka.PartitionOffsets, error) {
	topics := map[string][]kafka.OffsetRequest{topic: wanted}
	answer, err := d.client.ListOffsets(now(), &kafka.ListOffsetsRequest{Topics: topics})
	if err != nil {
		return kafka.PartitionOffsets{}, err
	}
	found := answer.Topics[topic][0]
	return found, found.Error
}

func (d *kafkaGoDriver) offsetAt(r request) (*int64, error) {
	found, err := d.listOffsets(r.Topic, kafka.TimeOffsetOf(*r.Partition, time.UnixMilli(r.Time)))
	if err != nil {
		return nil, err
	}
	for offset := range found.Offsets {
		if offset >= 0 {
			return &offset, nil
		}
	}
	return nil, nil
}

func (d *kafkaGoDriver) commit(r request) error {
	offset := kafka.OffsetCommit{Partition: *r.Partition, Offset: *r.Offset, Metadata: r.Metadata}
	answer, err := d.client.OffsetCommit(now(), &kafka.OffsetCommitRequest{
		GroupID: r.Group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{r.Topic: {offset}},
	})
	if err != nil {
		return err
	}
	return answer.Topics[r.Topic][0].Error
}

func (d *kafkaGoDriver) committed(r request) (*committed, error) {
	answer, err := d.client.OffsetFetch(now(), &kafka.OffsetFetchRequest{
		GroupID: r.Group, Topics: map[string][]int{r.Topic: {*r.Partition}},
	})
	if err != nil {
		return nil, err
	}
	if answer.Error != nil {
		return nil, answer.Error
	}
	found := answer.Topics[r.Topic][0]
	if found.Error != nil || found.CommittedOffset < 0 {
		return nil, found.Error
	}
	return &committed{found.CommittedOffset, found.Metadata}, nil
}

func (d *kafkaGoDriver) member(r request, ended <-chan struct{}) error {
	if r.Assignor != "range" {
		return fmt.Errorf("no assignor %s", r.Assignor)
	}
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                r.Group,
		Brokers:           d.servers,
		Topics:            []string{r.Topic},
		GroupBalancers:    []kafka.GroupBalancer{kafka.RangeGroupBalancer{}},
		SessionTimeout:    6 * time.Second,
		HeartbeatInterval: 500 * time.Millisecond,
		JoinGroupBackoff:  time.Second,
		StartOffset:       kafka.FirstOffset,
	})
	if err != nil {
		return err
	}
	context, cancel := context.WithCancel(now())
	go func() {
		<-ended
		cancel()
	}()
	for {
		generation, err := group.Next(context)
		if context.Err() != nil {
			return group.Close()
		}
		if err != nil {
			// It tells of a broker that has gone, and tries again when it is asked again.
			tell(map[string]any{"not joined": err.Error()})
			time.Sleep(200 * time.Millisecond)
			continue
		}
		d.consume(r.Topic, generation)
	}
}

// consume begins to read what a generation has; it ends with the generation.
func (d *kafkaGoDriver) consume(topic string, generation *kafka.Generation) {
	partitions := []int{}
	for _, assigned := range generation.Assignments[topic] {
		partitions = append(partitions, assigned.ID)
		generation.Start(func(context context.Context) {
			reader := kafka.NewReader(kafka.ReaderConfig{
				Brokers: d.servers, Topic: topic, Partition: assigned.ID, MaxWait: 100 * time.Millisecond,
			})
			defer reader.Close()
			must(reader.SetOffset(assigned.Offset))
			for {
				message, err := reader.ReadMessage(context)
				if err != nil {
					return
				}
				tellRecord(assigned.ID, message.Offset, message.Value)
				offsets := map[string]map[int]int64{topic: {assigned.ID: message.Offset + 1}}
				if err := generation.CommitOffsets(offsets); err != nil {
					tell(map[string]any{"not committed": err.Error()})
				}
			}
		})
	}
	tell(map[string]any{"assigned": partitions})
	generation.Start(func(context context.Context) {
		<-context.Done()
		tell(map[string]any{"assigned": []int{}})
	})
}

// load has no idempotent producer to use.
func (d *kafkaGoDriver) load(r request, ended <-chan struct{}) error {
	writer := d.writer(r.Topic)
	writer.Async = true
	writer.MaxAttempts = 100
	writer.Completion = func(messages []kafka.Message, err error) {
		for _, message := range messages {
			tellSettled(string(message.Value), err)
		}
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for number := 0; ; number++ {
		select {
		case <-ended:
			return writer.Close()
		case <-ticker.C:
			value := []byte(strconv.Itoa(number))
			if err := writer.WriteMessages(now(), kafka.Message{Key: value, Value: value}); err != nil {
				tellSettled(string(value), err)
			}
		}
	}
}

func now() context.Context {
	return context.Background()
}
