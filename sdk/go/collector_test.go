package herotracing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hero-tracing-go/internal/restart"
)

const (
	socketName = "HERO_FLOW_SPAN_SOCK"
	parentName = "HERO_FLOW_PARENT_SPAN"
	// A returned call's line is in the kernel's queue: this only bounds how long we look whether
	// there is more.
	lookFor = 20 * time.Millisecond
)

// event is what an SDK may send, and nothing else.
type event struct {
	Type         string         `json:"type"`
	SpanID       string         `json:"span_id"`
	ParentSpanID *string        `json:"parent_span_id"`
	Time         float64        `json:"ts_ms"`
	Seq          int            `json:"seq"`
	Name         string         `json:"name"`
	Kind         string         `json:"kind"`
	Tags         map[string]any `json:"tags"`
	Params       any            `json:"params"`
	Key          string         `json:"key"`
	Value        any            `json:"value"`
	Message      string         `json:"message"`
	Level        string         `json:"level"`
	Fields       map[string]any `json:"fields"`
	Status       string         `json:"status"`
	Error        string         `json:"error"`
	ErrorType    string         `json:"error_type"`
	Result       any            `json:"result"`
	Truncated    map[string]int `json:"truncated"`
	Producer     *struct {
		ID       string `json:"id"`
		SDK      string `json:"sdk"`
		Version  string `json:"version"`
		Protocol int    `json:"protocol"`
		Pid      int    `json:"pid"`
	} `json:"producer"`
}

var isID = regexp.MustCompile("^[0-9a-f]{16}$")

// collector listens on a real socket, and reads when it is asked what came.
type collector struct {
	t        *testing.T
	path     string
	listener *net.UnixListener
	accepted []*net.UnixConn
	told     []byte
	began    time.Time
}

// collect gives the SDK a collector, and makes it as it is at the start of a process.
func collect(t *testing.T) *collector {
	t.Helper()
	directory, err := os.MkdirTemp("", "hero-")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(directory, "span.sock")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{t: t, path: path, listener: listener, began: time.Now()}
	t.Setenv(socketName, path)
	t.Setenv(parentName, "")
	restart.SDK()
	t.Cleanup(func() {
		restart.SDK()
		c.close()
		os.RemoveAll(directory)
	})
	return c
}

// turnOff leaves the SDK without a collector.
func turnOff(t *testing.T) {
	t.Helper()
	t.Setenv(socketName, "")
	restart.SDK()
	t.Cleanup(restart.SDK)
}

func (c *collector) close() {
	c.listener.Close()
	for _, one := range c.accepted {
		one.Close()
	}
}

// connections are all that came so far.
func (c *collector) connections() []*net.UnixConn {
	for {
		c.listener.SetDeadline(time.Now().Add(lookFor))
		accepted, err := c.listener.AcceptUnix()
		if err != nil {
			return c.accepted
		}
		c.accepted = append(c.accepted, accepted)
	}
}

// text is all that came on the only connection.
func (c *collector) text() string {
	c.t.Helper()
	found := c.connections()
	if len(found) != 1 {
		c.t.Fatalf("expected one connection, found %d", len(found))
	}
	chunk := make([]byte, 1<<18)
	for {
		found[0].SetReadDeadline(time.Now().Add(lookFor))
		count, err := found[0].Read(chunk)
		c.told = append(c.told, chunk[:count]...)
		if err != nil {
			return string(c.told)
		}
	}
}

// events are what came on the only connection, checked strictly; none is missing.
func (c *collector) events() []event {
	c.t.Helper()
	events := c.lossyEvents()
	for index, one := range events {
		if one.Seq != index {
			c.t.Errorf("expected seq %d, found %d", index, one.Seq)
		}
	}
	return events
}

// lossyEvents are such events, of which some may be missing.
func (c *collector) lossyEvents() []event {
	c.t.Helper()
	var events []event
	lastSeq, lastTime := -1, map[string]float64{}
	for index, line := range strings.SplitAfter(c.text(), "\n") {
		if line == "" {
			break
		}
		one := c.parse(line)
		switch {
		case one.Seq <= lastSeq:
			c.t.Errorf("seq does not rise: %s", line)
		case (one.Producer != nil) != (index == 0):
			c.t.Errorf("the first event alone says who writes: %s", line)
		case !isID.MatchString(one.SpanID):
			c.t.Errorf("not an id: %s", line)
		case one.Time < float64(c.began.UnixMilli()) || one.Time > float64(time.Now().UnixMilli()+1):
			c.t.Errorf("not a time of this test: %s", line)
		case one.Time < lastTime[one.SpanID]:
			c.t.Errorf("time goes back: %s", line)
		}
		lastSeq, lastTime[one.SpanID] = one.Seq, one.Time
		events = append(events, one)
	}
	return events
}

func (c *collector) parse(line string) event {
	c.t.Helper()
	if len(line) > 32_768 || !strings.HasSuffix(line, "}\n") {
		c.t.Fatalf("expected a whole line of at most 32,768 bytes, found %d: %.200s", len(line), line)
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(line)))
	decoder.DisallowUnknownFields()
	var one event
	if err := errors.Join(decoder.Decode(&one)); err != nil || decoder.More() {
		c.t.Fatalf("%v: %.200s", err, line)
	}
	return one
}

// ofType are the events of a type.
func ofType(events []event, kind string) []event {
	return slices.DeleteFunc(slices.Clone(events), func(one event) bool { return one.Type != kind })
}

// starts are the starts of spans, by their names.
func starts(events []event) map[string]event {
	found := map[string]event{}
	for _, one := range ofType(events, "span_start") {
		found[one.Name] = one
	}
	return found
}

// ends are the ends of spans, by their names.
func ends(events []event) map[string]event {
	names, found := map[string]string{}, map[string]event{}
	for _, one := range events {
		switch one.Type {
		case "span_start":
			names[one.SpanID] = one.Name
		case "span_end":
			found[names[one.SpanID]] = one
		}
	}
	return found
}

// tree is for each span the name, or else the id, of its parent; empty for a root.
func tree(events []event) map[string]string {
	names, found := map[string]string{}, map[string]string{}
	for _, one := range ofType(events, "span_start") {
		names[one.SpanID] = one.Name
	}
	for _, one := range ofType(events, "span_start") {
		found[one.Name] = ""
		if one.ParentSpanID != nil {
			found[one.Name] = *one.ParentSpanID
			if name, ok := names[*one.ParentSpanID]; ok {
				found[one.Name] = name
			}
		}
	}
	return found
}

// shape tells each event in a few words.
func shape(events []event) []string {
	words := make([]string, len(events))
	for index, one := range events {
		words[index] = strings.TrimPrefix(one.Type, "span_") + " " + one.Name + one.Key + one.Message + one.Status
	}
	return words
}

// sink is the name of a socket at which somebody takes everything, for those who only call.
func sink(t *testing.T) string {
	t.Helper()
	c := collect(t)
	go func() {
		for {
			accepted, err := c.listener.AcceptUnix()
			if err != nil {
				return
			}
			go func() {
				defer accepted.Close()
				chunk := make([]byte, 1<<16)
				for {
					if _, err := accepted.Read(chunk); err != nil {
						return
					}
				}
			}()
		}
	}()
	return c.path
}
