package herotracing

import (
	"errors"
	"path/filepath"
	"strings"
	"time"
)

const (
	wait = waitMs * time.Millisecond
	// A full socket is tried again after a pause that grows: it says that it has room only when
	// much of it has been drained.
	firstPause = 50 * time.Microsecond
	mostPause  = 5 * time.Millisecond
)

// identity is what a descriptor serves: its number alone may come to serve another file.
type identity struct {
	device, inode uint64
	isMarked      bool
}

// connection is a socket that is written to directly and never waited for by the kernel.
type connection struct {
	descriptor int
	identity   identity
	stalled    bool
}

var errUnusable = errors.New("not a path of a socket")

// connect makes one attempt, which waits for a place in the collector's queue.
func connect(path string) (connection, error) {
	if !filepath.IsAbs(path) || strings.ContainsRune(path, 0) {
		return connection{}, errUnusable
	}
	descriptor, err := openSocket()
	if err != nil {
		return connection{}, err
	}
	pauses := newPauses(time.Time{})
	for {
		again, err := connectSocket(descriptor, path)
		if err == nil {
			break
		}
		if !again || !pauses.next() {
			closeDescriptor(descriptor)
			return connection{}, err
		}
	}
	identity, err := identify(descriptor)
	if err != nil {
		closeDescriptor(descriptor)
		return connection{}, err
	}
	return connection{descriptor: descriptor, identity: identity}, nil
}

// outcome is what became of a line.
type outcome uint8

const (
	sent outcome = iota
	dropped
	broken
)

// send sends a whole line or nothing, or finds the connection broken. It waits for room until the
// time of the call is over that began to wait then, if it did; but not again after a stall until
// the socket takes bytes.
func (c *connection) send(line []byte, began time.Time) outcome {
	pauses := newPauses(began)
	for taken := 0; ; {
		if !c.isOurs() {
			return broken
		}
		count, again, err := sendNow(c.descriptor, line[taken:])
		switch {
		case err == nil:
			c.stalled = false
			if taken += count; taken == len(line) {
				return sent
			}
		case !again:
			return broken
		case taken == 0 && c.stalled:
			return dropped
		case !pauses.next():
			if taken > 0 {
				return broken
			}
			c.stalled = true
			return dropped
		}
	}
}

// isOurs tells whether the descriptor still serves what it did.
func (c *connection) isOurs() bool { return serves(c.descriptor, c.identity) }

// close leaves a descriptor alone that serves somebody else.
func (c *connection) close() {
	if c.isOurs() {
		closeDescriptor(c.descriptor)
	}
}

// pauses are those of one call, which together are no longer than it may wait.
type pauses struct {
	began time.Time // zero until the call begins to wait
	pause time.Duration
}

func newPauses(began time.Time) pauses { return pauses{began, firstPause} }

// next pauses, or tells that there is no time left.
func (p *pauses) next() bool {
	if p.began.IsZero() {
		p.began = time.Now()
	}
	left := wait - time.Since(p.began)
	if left <= 0 {
		return false
	}
	time.Sleep(min(p.pause, left))
	p.pause = min(2*p.pause, mostPause)
	return true
}
