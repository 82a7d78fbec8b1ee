package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/IBM/sarama"
)

type saramaDriver struct {
	servers []string
	client  sarama.Client
	admin   sarama.ClusterAdmin
}

func newSarama(servers []string) *saramaDriver {
	client, err := sarama.NewClient(servers, saramaConfig())
	must(err)
	admin, err := sarama.NewClusterAdminFromClient(client)
	must(err)
	return &saramaDriver{servers, client, admin}
}

func saramaConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Metadata.AllowAutoTopicCreation = false
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Producer.Return.Successes = true
	return config
}

func (d *saramaDriver) code(err error) *int {
	var kafka sarama.KError
	var several sarama.ProducerErrors
	if errors.As(err, &several) && len(several) > 0 {
		err = several[0].Err
	}
	if !errors.As(err, &kafka) {
		return nil
	}
	code := int(kafka)
	return &code
}

func (d *saramaDriver) create(r request) error {
	configs := map[string]*string{}
	for name, value := range r.Configs {
		configs[name] = &value
	}
	detail := &sarama.TopicDetail{NumPartitions: int32(r.Partitions), ReplicationFactor: -1, ConfigEntries: configs}
	return d.admin.CreateTopic(r.Topic, detail, false)
}

func (d *saramaDriver) describe(r request) (any, error) {
	metadata, err := d.admin.DescribeTopics([]string{r.Topic})
	if err != nil {
		return nil, err
	}
	if metadata[0].Err != sarama.ErrNoError {
		return nil, metadata[0].Err
	}
	entries, err := d.admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: r.Topic})
	if err != nil {
		return nil, err
	}
	configs := map[string]string{}
	for _, entry := range entries {
		configs[entry.Name] = entry.Value
	}
	return map[string]any{"partitions": len(metadata[0].Partitions), "configs": configs}, nil
}

func (d *saramaDriver) alter(r request) error {
	entries := map[string]sarama.IncrementalAlterConfigsEntry{}
	for name, value := range r.Configs {
		entries[name] = sarama.IncrementalAlterConfigsEntry{
			Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value,
		}
	}
	return d.admin.IncrementalAlterConfig(sarama.TopicResource, r.Topic, entries, false)
}

func (d *saramaDriver) grow(r request) error {
	return d.admin.CreatePartitions(r.Topic, int32(r.Partitions), nil, false)
}

func (d *saramaDriver) delete(r request) error {
	return d.admin.DeleteTopic(r.Topic)
}

func (d *saramaDriver) topics() ([]string, error) {
	details, err := d.admin.ListTopics()
	names := []string{}
	for name := range details {
		names = append(names, name)
	}
	return names, err
}

var saramaCodecs = map[string]sarama.CompressionCodec{
	"": sarama.CompressionNone, "none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

func (d *saramaDriver) produce(r request) ([]place, error) {
	config := saramaConfig()
	config.Producer.Compression = saramaCodecs[r.Codec]
	config.Producer.RequiredAcks = sarama.WaitForAll
	if r.Acks != nil {
		config.Producer.RequiredAcks = sarama.RequiredAcks(*r.Acks)
	}
	config.Producer.Partitioner = sarama.NewManualPartitioner
	if r.Idempotent {
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
	}
	if r.MaxBytes > 0 {
		config.Producer.MaxMessageBytes = r.MaxBytes
	}
	if r.BatchBytes > 0 {
		config.Producer.Flush.Bytes = r.BatchBytes
		config.Producer.Flush.Frequency = 200 * time.Millisecond
	}
	producer, err := sarama.NewSyncProducer(d.servers, config)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	messages := make([]*sarama.ProducerMessage, len(r.Records))
	for index, record := range r.Records {
		messages[index] = saramaMessage(r.Topic, record)
	}
	if err := producer.SendMessages(messages); err != nil {
		return nil, err
	}
	places := make([]place, len(messages))
	for index, message := range messages {
		places[index] = place{int64(message.Partition), message.Offset}
	}
	return places, nil
}

func saramaMessage(topic string, record record) *sarama.ProducerMessage {
	message := &sarama.ProducerMessage{Topic: topic}
	if record.Key != nil {
		message.Key = sarama.ByteEncoder(record.Key)
	}
	if record.Value != nil {
		message.Value = sarama.ByteEncoder(record.Value)
	}
	for _, header := range record.Headers {
		message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(header.name), Value: header.value})
	}
	if record.Partition != nil {
		message.Partition = int32(*record.Partition)
	}
	if record.Timestamp != nil {
		message.Timestamp = time.UnixMilli(*record.Timestamp)
	}
	return message
}

func (d *saramaDriver) read(r request) ([]readRecord, error) {
	config := saramaConfig()
	if r.MaxBytes > 0 {
		config.Consumer.Fetch.Default = int32(r.MaxBytes)
	}
	consumer, err := sarama.NewConsumer(d.servers, config)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	partitions, err := consumer.Partitions(r.Topic)
	if err != nil {
		return nil, err
	}
	slices.Sort(partitions)
	start := sarama.OffsetOldest
	if r.Partition != nil {
		partitions = []int32{int32(*r.Partition)}
	}
	if r.Offset != nil {
		start = *r.Offset
	}
	records := []readRecord{}
	for _, partition := range partitions {
		read, err := d.readPartition(consumer, r.Topic, partition, start)
		if err != nil {
			return nil, err
		}
		records = append(records, read...)
	}
	return records, nil
}

func (d *saramaDriver) readPartition(
	consumer sarama.Consumer, topic string, partition int32, start int64,
) ([]readRecord, error) {
	end, err := d.client.GetOffset(topic, partition, sarama.OffsetNewest)
	if err != nil {
		return nil, err
	}
	first := start
	if first < 0 {
		first, err = d.client.GetOffset(topic, partition, sarama.OffsetOldest)
	}
	if err != nil || first >= end {
		return nil, err
	}
	claim, err := consumer.ConsumePartition(topic, partition, start)
	if err != nil {
		return nil, err
	}
	defer claim.Close()
	records := []readRecord{}
	deadline := time.After(patience)
	for {
		select {
		case message := <-claim.Messages():
			records = append(records, saramaRead(message))
			if message.Offset+1 >= end {
				return records, nil
			}
		case <-deadline:
			return nil, fmt.Errorf("%d records read, and no end", len(records))
		}
	}
}

func saramaRead(message *sarama.ConsumerMessage) readRecord {
	headers := []header{}
	for _, entry := range message.Headers {
		headers = append(headers, header{string(entry.Key), entry.Value})
	}
	return readRecord{
		int(message.Partition), message.Offset, message.Timestamp.UnixMilli(), message.Key, message.Value, headers,
	}
}

func (d *saramaDriver) offsetAt(r request) (*int64, error) {
	offset, err := d.client.GetOffset(r.Topic, int32(*r.Partition), r.Time)
	if err != nil || offset < 0 {
		return nil, err
	}
	return &offset, nil
}

func (d *saramaDriver) commit(r request) error {
	offset := sarama.OffsetAndMetadata{Offset: *r.Offset, LeaderEpoch: -1, Metadata: r.Metadata}
	offsets := map[string]map[int32]sarama.OffsetAndMetadata{r.Topic: {int32(*r.Partition): offset}}
	response, err := d.admin.AlterConsumerGroupOffsets(r.Group, offsets, nil)
	if err != nil {
		return err
	}
	for _, partitions := range response.Errors {
		for _, code := range partitions {
			if code != sarama.ErrNoError {
				return code
			}
		}
	}
	return nil
}

func (d *saramaDriver) committed(r request) (*committed, error) {
	wanted := map[string][]int32{r.Topic: {int32(*r.Partition)}}
	response, err := d.admin.ListConsumerGroupOffsets(r.Group, wanted)
	if err != nil {
		return nil, err
	}
	block := response.GetBlock(r.Topic, int32(*r.Partition))
	if block == nil || block.Offset < 0 {
		return nil, nil
	}
	return &committed{block.Offset, block.Metadata}, nil
}

func (d *saramaDriver) member(r request, ended <-chan struct{}) error {
	if r.Assignor != "range" {
		return fmt.Errorf("no assignor %s", r.Assignor)
	}
	config := saramaConfig()
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyRange()}
	config.Consumer.Group.Session.Timeout = 6 * time.Second
	config.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Metadata.RefreshFrequency = 2 * time.Second
	group, err := sarama.NewConsumerGroup(d.servers, r.Group, config)
	if err != nil {
		return err
	}
	context, cancel := context.WithCancel(context.Background())
	go func() {
		<-ended
		cancel()
	}()
	for context.Err() == nil {
		if err := group.Consume(context, []string{r.Topic}, saramaMember{}); err != nil {
			// Of a broker or topic that has gone. Its users ask again.
			tell(map[string]any{"not joined": err.Error()})
			time.Sleep(200 * time.Millisecond)
		}
	}
	return group.Close()
}

type saramaMember struct{}

func (saramaMember) Setup(session sarama.ConsumerGroupSession) error {
	partitions := []int32{}
	for _, claimed := range session.Claims() {
		partitions = append(partitions, claimed...)
	}
	tell(map[string]any{"assigned": partitions})
	return nil
}

func (saramaMember) Cleanup(session sarama.ConsumerGroupSession) error {
	tell(map[string]any{"assigned": []int32{}})
	return nil
}

func (saramaMember) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		tellRecord(int(message.Partition), message.Offset, message.Value)
		session.MarkMessage(message, "")
		session.Commit()
	}
	return nil
}

func (d *saramaDriver) load(r request, ended <-chan struct{}) error {
	config := saramaConfig()
	config.Producer.Idempotent = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Retry.Max = 1000
	config.Producer.Flush.Frequency = 5 * time.Millisecond
	config.Net.MaxOpenRequests = 1
	config.Metadata.RefreshFrequency = time.Second
	producer, err := sarama.NewAsyncProducer(d.servers, config)
	if err != nil {
		return err
	}
	settled := make(chan struct{})
	go func() {
		defer close(settled)
		for message := range producer.Successes() {
			tellSettled(message.Metadata.(string), nil)
		}
	}()
	failed := make(chan struct{})
	go func() {
		defer close(failed)
		for err := range producer.Errors() {
			tellSettled(err.Msg.Metadata.(string), err.Err)
		}
	}()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for number := 0; ; number++ {
		select {
		case <-ended:
			producer.AsyncClose()
			<-settled
			<-failed
			return nil
		case <-ticker.C:
			value := strconv.Itoa(number)
			producer.Input() <- &sarama.ProducerMessage{
				Topic: r.Topic, Key: sarama.StringEncoder(value), Value: sarama.StringEncoder(value), Metadata: value,
			}
		}
	}
}
