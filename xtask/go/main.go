// The drivers of sarama and kafka-go. Arguments: the client, bootstrap servers.
//
// xtask/src/interop/driver.rs says which requests there are.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const patience = 60 * time.Second

type request struct {
	Do         string            `json:"do"`
	Topic      string            `json:"topic"`
	Group      string            `json:"group"`
	Partitions int               `json:"partitions"`
	Configs    map[string]string `json:"configs"`
	Records    []record          `json:"records"`
	Codec      string            `json:"codec"`
	Acks       *int              `json:"acks"`
	Idempotent bool              `json:"idempotent"`
	MaxBytes   int               `json:"max_bytes"`
	BatchBytes int               `json:"batch_bytes"`
	Partition  *int              `json:"partition"`
	Offset     *int64            `json:"offset"`
	Time       int64             `json:"time"`
	Metadata   string            `json:"metadata"`
	Assignor   string            `json:"assignor"`
}

// record is what is written. Bytes are base64 in JSON, and null is nil.
type record struct {
	Partition *int     `json:"partition"`
	Timestamp *int64   `json:"timestamp"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []header `json:"headers"`
}

// readRecord is what was read. Neither client tells whose time it is.
type readRecord struct {
	Partition int      `json:"partition"`
	Offset    int64    `json:"offset"`
	Timestamp int64    `json:"timestamp"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []header `json:"headers"`
}

type header struct {
	name  string
	value []byte
}

func (h *header) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&h.name, &h.value})
}

func (h header) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{h.name, h.value})
}

type committed struct {
	Offset   int64  `json:"offset"`
	Metadata string `json:"metadata"`
}

// place is the partition and the offset of a record.
type place [2]int64

type driver interface {
	create(request) error
	describe(request) (any, error)
	alter(request) error
	grow(request) error
	delete(request) error
	topics() ([]string, error)
	produce(request) ([]place, error)
	read(request) ([]readRecord, error)
	offsetAt(request) (*int64, error)
	commit(request) error
	committed(request) (*committed, error)
	member(request, <-chan struct{}) error
	load(request, <-chan struct{}) error
	code(error) *int
}

func main() {
	servers := strings.Split(os.Args[2], ",")
	var connected driver
	switch os.Args[1] {
	case "sarama":
		connected = newSarama(servers)
	case "kafka-go":
		connected = newKafkaGo(servers)
	default:
		panic(os.Args[1])
	}
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		must(err)
		var asked request
		must(json.Unmarshal(line, &asked))
		value, err := carryOut(connected, asked, input)
		if err != nil {
			text := fmt.Sprintf("%T: %v", err, err)
			tell(map[string]any{"error": map[string]any{"code": connected.code(err), "text": text}})
		} else {
			tell(map[string]any{"ok": value})
		}
	}
}

func carryOut(connected driver, asked request, input io.Reader) (any, error) {
	switch asked.Do {
	case "create":
		return nil, connected.create(asked)
	case "describe":
		return connected.describe(asked)
	case "alter":
		return nil, connected.alter(asked)
	case "grow":
		return nil, connected.grow(asked)
	case "delete":
		return nil, connected.delete(asked)
	case "topics":
		return connected.topics()
	case "produce":
		return connected.produce(asked)
	case "read":
		return connected.read(asked)
	case "offset_at":
		return connected.offsetAt(asked)
	case "commit":
		return nil, connected.commit(asked)
	case "committed":
		return connected.committed(asked)
	case "member":
		return "left", connected.member(asked, end(input))
	case "load":
		return nil, connected.load(asked, end(input))
	}
	return nil, fmt.Errorf("cannot %s", asked.Do)
}

// end is closed once the other side has closed our input.
func end(input io.Reader) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, input)
		close(ended)
	}()
	return ended
}

var telling sync.Mutex

func tell(value any) {
	telling.Lock()
	defer telling.Unlock()
	must(json.NewEncoder(os.Stdout).Encode(value))
}

func tellRecord(partition int, offset int64, value []byte) {
	tell(map[string]any{"record": map[string]any{"partition": partition, "offset": offset, "value": value}})
}

func tellSettled(value string, err error) {
	if err != nil {
		tell(map[string]any{"failed": value, "text": err.Error()})
	} else {
		tell(map[string]any{"acknowledged": value})
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
