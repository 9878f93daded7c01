package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// hijack puts one end of a pair of sockets where the SDK's connection was.
func (s *script) hijack(ctx context.Context, o *operation) error {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	near, far := pair[0], pair[1]
	defer syscall.Close(near)
	defer syscall.Close(far)
	for _, end := range pair {
		if err := syscall.SetNonblock(end, true); err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
	}
	numbers := s.connections()
	for _, number := range numbers {
		if err := replaceDescriptor(near, number); err != nil { // closes what it was
			return fmt.Errorf("%w: %w", errBroken, err)
		}
	}
	err = s.guarded(ctx, o.block)
	held := true
	for _, number := range numbers {
		if isSameFile(number, near) {
			syscall.Close(number)
		} else {
			held = false
		}
	}
	if err != nil {
		return err
	}
	if held {
		s.saw(received(far))
	} else {
		s.saw(nil)
	}
	return nil
}

// connections are the descriptors of this process that are connected to the case's socket.
func (s *script) connections() []int {
	var numbers []int
	entries, _ := os.ReadDir("/dev/fd")
	for _, entry := range entries {
		number, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		peer, _ := syscall.Getpeername(number)
		if address, ok := peer.(*syscall.SockaddrUnix); ok && s.socket != nil && address.Name == *s.socket {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

func isSameFile(one, other int) bool {
	var first, second syscall.Stat_t
	return syscall.Fstat(one, &first) == nil && syscall.Fstat(other, &second) == nil &&
		first.Dev == second.Dev && first.Ino == second.Ino
}

// received is all that has come to this end of a connection.
func received(end int) string {
	var text strings.Builder
	chunk := make([]byte, 65_536)
	for {
		count, err := syscall.Read(end, chunk)
		if count <= 0 || err != nil {
			return strings.ToValidUTF8(text.String(), "\uFFFD")
		}
		text.Write(chunk[:count])
	}
}
