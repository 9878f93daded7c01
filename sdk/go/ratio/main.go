// Command ratio measures what a span costs, against the two bare writes that it is made of.
//
//	ratio --spans 10000 --rounds 20
//
// Each round prints {"ours_ns":…,"theirs_ns":…}: the CPU time of this process, user and system,
// for one span in nanoseconds. Ours is a child span with two tags at its start, opened and ended;
// theirs are two calls of write with the very lines of such a span, on a second connection to the
// same socket, which HERO_FLOW_SPAN_SOCK names. Somebody must read there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	herotracing "hero-tracing-go"
	"hero-tracing-go/internal/restart"
)

const socketName = "HERO_FLOW_SPAN_SOCK"

func main() {
	spans := flag.Int("spans", 10_000, "how many spans make a round")
	rounds := flag.Int("rounds", 20, "how many rounds")
	flag.Parse()
	if err := measure(*spans, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "ratio:", err)
		os.Exit(1)
	}
}

func measure(spans, rounds int) error {
	runtime.LockOSThread()
	lines, err := recordLines()
	if err != nil {
		return err
	}
	descriptor, err := dial(os.Getenv(socketName))
	if err != nil {
		return err
	}
	defer syscall.Close(descriptor)
	ctx, root := herotracing.Step(context.Background(), "ratio")
	defer root.End()
	if root.ID() == "" {
		return errors.New("the SDK is off: does " + socketName + " name a collector's socket?")
	}
	for range rounds {
		ours, err := timed(spans, func() error { return span(ctx) })
		if err != nil {
			return err
		}
		theirs, err := timed(spans, func() error { return write(descriptor, lines) })
		if err != nil {
			return err
		}
		fmt.Printf("{\"ours_ns\":%.1f,\"theirs_ns\":%.1f}\n", ours, theirs)
	}
	return nil
}

// span is ours.
func span(ctx context.Context) error {
	_, span := herotracing.Start(ctx, "fetch", herotracing.Tag("key", "apple"), herotracing.Tag("rows", 1024))
	span.End()
	return nil
}

// write is theirs.
func write(descriptor int, lines [2][]byte) error {
	for _, line := range lines {
		if count, err := syscall.Write(descriptor, line); err != nil || count != len(line) {
			return fmt.Errorf("wrote %d of %d bytes: %w", count, len(line), err)
		}
	}
	return nil
}

// timed is the CPU time of this process for one call, in nanoseconds.
func timed(times int, call func() error) (float64, error) {
	before, err := cpu()
	if err != nil {
		return 0, err
	}
	for range times {
		if err := call(); err != nil {
			return 0, err
		}
	}
	after, err := cpu()
	return float64(after-before) / float64(times), err
}

func cpu() (nanoseconds int64, err error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return usage.Utime.Nano() + usage.Stime.Nano(), nil
}

// dial connects a socket that has as much room as the SDK gives to its own.
func dial(path string) (int, error) {
	descriptor, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	if err := syscall.SetsockoptInt(descriptor, syscall.SOL_SOCKET, syscall.SO_SNDBUF, 4<<20); err != nil {
		return 0, err
	}
	return descriptor, syscall.Connect(descriptor, &syscall.SockaddrUnix{Name: path})
}

// recordLines lets the SDK write one such span to a socket of our own, and takes its two lines.
func recordLines() (lines [2][]byte, err error) {
	directory, err := os.MkdirTemp("", "ratio-")
	if err != nil {
		return lines, err
	}
	defer os.RemoveAll(directory)
	path := filepath.Join(directory, "socket")
	listener, err := net.Listen("unix", path)
	if err != nil {
		return lines, err
	}
	defer listener.Close()
	real := os.Getenv(socketName)
	os.Setenv(socketName, path)
	ctx, root := herotracing.Step(context.Background(), "ratio")
	accepted, err := listener.Accept()
	if err != nil {
		return lines, err
	}
	defer accepted.Close()
	_ = span(ctx)
	root.End()
	os.Setenv(socketName, real)
	restart.SDK()
	text := make([]byte, 65_536)
	count, err := accepted.Read(text)
	told := strings.SplitAfter(string(text[:count]), "\n")
	if err != nil || len(told) < 4 {
		return lines, fmt.Errorf("expected a root and a span, read %d bytes: %w", count, err)
	}
	return [2][]byte{[]byte(told[1]), []byte(told[2])}, nil
}
