//go:build linux || darwin

package herotracing_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	herotracing "hero-tracing-go"
	"hero-tracing-go/internal/restart"
)

const waitFor = 250 * time.Millisecond

// slack is what a busy machine may add to a time that the contract bounds: HERO_SLACK_MS, or 250.
var slack = func() time.Duration {
	ms, err := strconv.Atoi(os.Getenv("HERO_SLACK_MS"))
	if err != nil {
		ms = 250
	}
	return time.Duration(ms) * time.Millisecond
}()

// flood fills the connection until a call has waited for it, and tells how long that call took.
func flood(t *testing.T, span *herotracing.Span) time.Duration {
	t.Helper()
	long := strings.Repeat("x", 4000)
	for range 100_000 {
		began := time.Now()
		span.Log(long)
		if took := time.Since(began); took >= waitFor {
			return took
		}
	}
	t.Fatal("nothing stalled")
	return 0
}

func TestAStallCostsOneCall(t *testing.T) {
	c := collect(t)
	_, span := herotracing.Start(context.Background(), "s")
	if took := flood(t, span); took > waitFor+slack {
		t.Errorf("the call that waited took %v", took)
	}
	began := time.Now()
	for range 5000 {
		span.Log("dropped")
	}
	if took := time.Since(began); took > slack {
		t.Errorf("those after it took %v", took)
	}
	c.text() // takes what is there
	span.Log("heard again")
	span.End()
	events := c.lossyEvents()
	last := shape(events)[len(events)-2:]
	check(t, last, []string{"log heard again", "end ok"})
	gap := events[len(events)-2].Seq - events[len(events)-3].Seq
	check(t, gap, 5002) // the one that waited, and those that did not
}

func TestNobodyWaitsLongerForAnother(t *testing.T) {
	collect(t)
	_, span := herotracing.Start(context.Background(), "s")
	long := strings.Repeat("x", 4000)
	var all sync.WaitGroup
	slowest := make([]time.Duration, 8)
	for number := range slowest {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 2000 {
				began := time.Now()
				span.Log(long)
				slowest[number] = max(slowest[number], time.Since(began))
			}
		}()
	}
	all.Wait()
	for _, took := range slowest {
		if took > waitFor+slack {
			t.Errorf("a call took %v", took)
		}
	}
}

func TestACollectorThatGoesAway(t *testing.T) {
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)
	c := collect(t)
	ctx, outer := herotracing.Step(context.Background(), "outer")
	c.connections()[0].Close()
	outer.Log("nobody hears it")
	_, inner := herotracing.Step(ctx, "inner")
	check(t, inner.ID(), "")
	inner.End()
	outer.End()
	check(t, len(c.connections()), 1) // and none anew
	select {
	case <-broken:
		t.Error("a SIGPIPE reached the process")
	default:
	}
}

func TestALineInPartsThatCannotBeCompleted(t *testing.T) {
	c := collect(t)
	_, span := herotracing.Start(context.Background(), "s")
	shrink(t, descriptorOf(t, c.path))
	long := strings.Repeat("x", 4000)
	fields := make([]herotracing.Attr, 7)
	for index := range fields {
		fields[index] = herotracing.Field(fmt.Sprint("k", index), long)
	}
	for range 4 {
		span.Log("m", fields...)
	}
	_, next := herotracing.Start(context.Background(), "next")
	check(t, next.ID(), "")
	text := c.text()
	check(t, strings.HasSuffix(text, "\n"), false)
	check(t, strings.Count(text, `"type":"span_start"`), 1)
}

func shrink(t *testing.T, descriptor int) {
	t.Helper()
	if err := syscall.SetsockoptInt(descriptor, syscall.SOL_SOCKET, syscall.SO_SNDBUF, 4096); err != nil {
		t.Fatal(err)
	}
}

// descriptorOf is the SDK's descriptor, by where it leads.
func descriptorOf(t *testing.T, path string) int {
	t.Helper()
	for number := range 256 {
		peer, _ := syscall.Getpeername(number)
		if address, ok := peer.(*syscall.SockaddrUnix); ok && address.Name == path {
			return number
		}
	}
	t.Fatal("the SDK has no connection")
	return 0
}

func TestADescriptorThatServesAnother(t *testing.T) {
	c := collect(t)
	_, span := herotracing.Start(context.Background(), "s")
	number := descriptorOf(t, c.path)
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pair[0])
	defer syscall.Close(pair[1])
	syscall.Close(number)
	taken, err := syscall.Dup(pair[0])
	if err != nil || taken != number {
		t.Skipf("the number %d went to somebody else, not to %d: %v", number, taken, err)
	}
	span.Log("m").Tag("k", 1).End()
	_, next := herotracing.Start(context.Background(), "next")
	check(t, next.ID(), "")
	if err := syscall.SetNonblock(pair[1], true); err != nil {
		t.Fatal(err)
	}
	count, err := syscall.Read(pair[1], make([]byte, 100))
	check(t, []any{count, err}, []any{-1, syscall.EAGAIN})
	if err := syscall.Close(number); err != nil {
		t.Errorf("the SDK closed what is not its own: %v", err)
	}
}

func TestUnusableSocketsTurnTheSDKOff(t *testing.T) {
	c := collect(t)
	directory := filepath.Dir(c.path)
	plain := filepath.Join(directory, "plain")
	if err := os.WriteFile(plain, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(directory, strings.Repeat("x", 120))
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chdir(directory); err != nil { // where a relative path leads to the collector
		t.Fatal(err)
	}
	defer os.Chdir(here)
	for _, path := range []string{"", "span.sock", filepath.Join(directory, "none"), plain, long, "/"} {
		t.Setenv(socketName, path)
		restart.SDK()
		_, step := herotracing.Step(context.Background(), "s")
		check(t, step.ID(), "")
		t.Setenv(socketName, c.path) // looked at once
		_, step = herotracing.Step(context.Background(), "s")
		check(t, step.ID(), "")
	}
	check(t, len(c.connections()), 0)
}

func TestNoGoroutineIsStarted(t *testing.T) {
	collect(t)
	before := runtime.NumGoroutine()
	ctx, span := herotracing.Start(context.Background(), "s")
	_, cancel := context.WithCancel(ctx)
	flood(t, span)
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("there were %d goroutines, and now there are %d", before, now)
	}
	cancel()
	span.End()
}

func TestManyWriteWholeLines(t *testing.T) {
	c := collect(t)
	ctx, root := herotracing.Step(context.Background(), "root")
	var all sync.WaitGroup
	for number := range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 50 {
				_, span := herotracing.Start(ctx, "s", herotracing.Tag("number", number))
				span.Log(strings.Repeat("é", 10*number)).Tag("k", map[string]int{"a": number})
				root.Log("of all") // one span of many goroutines
				span.End()
			}
		}()
	}
	all.Wait()
	root.End()
	check(t, len(c.events()), 2+8*50*5)
}

const diesHere = "HERO_TEST_DIES_HERE"

// TestALineSurvivesTheDeathOfItsProcess runs this program again, which says a hundred things and
// kills itself the moment the last call has returned.
func TestALineSurvivesTheDeathOfItsProcess(t *testing.T) {
	if os.Getenv(diesHere) != "" {
		_, span := herotracing.Start(context.Background(), "s")
		for number := range 100 {
			span.Log("m", herotracing.Field("number", number))
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	c := collect(t)
	command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), diesHere+"=1")
	if err := command.Run(); err == nil {
		t.Fatal("it lives")
	}
	check(t, len(ofType(c.events(), "span_log")), 100)
}
