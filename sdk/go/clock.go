package herotracing

import (
	"strconv"
	"time"
)

// clock reads the wall once, and adds to it what a monotonic clock has counted since.
type clock struct {
	began   time.Time
	beganNs int64
}

func newClock() clock {
	now := time.Now()
	return clock{now, now.UnixNano()}
}

// now is the time in microseconds since the Unix epoch.
func (c *clock) now() int64 { return (c.beganNs + int64(time.Since(c.began))) / 1000 }

// appendTime appends a time in milliseconds.
func appendTime(line []byte, us int64) []byte {
	ms := us / 1000
	rest := us - ms*1000
	return append(strconv.AppendInt(line, ms, 10), '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}
