package herotracing

import (
	"sync"
	"sync/atomic"
	"time"
)

// turn is a lock for which nobody waits longer than a call may.
type turn struct {
	mutex   sync.Mutex
	waiting atomic.Int32
	free    chan struct{} // holds a word for one of those who wait
}

func newTurn() turn { return turn{free: make(chan struct{}, 1)} }

// take waits for the turn, or gives up. It returns when it began to wait: zero if it did not.
func (t *turn) take() (began time.Time, ok bool) {
	if t.mutex.TryLock() {
		return began, true
	}
	began = time.Now()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	for !t.mutex.TryLock() { // anew after the Add: who gives the turn may not have seen it
		select {
		case <-t.free:
		case <-timer.C:
			return began, false
		}
	}
	return began, true
}

func (t *turn) give() {
	t.mutex.Unlock()
	if t.waiting.Load() > 0 {
		select {
		case t.free <- struct{}{}:
		default:
		}
	}
}
