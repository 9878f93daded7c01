package herotracing

import (
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"hero-tracing-go/internal/restart"
)

// idStep is odd, so that its multiples run through all ids.
const idStep = 0x9E37_79B9_7F4A_7C15

// producer is this process on its connection: it numbers events and sends each as a whole line.
//
// A Go program cannot fork without starting another program, so there is never a second process
// behind one producer.
type producer struct {
	clock      clock
	rootParent string // an id, or empty
	dead       atomic.Bool
	ids        atomic.Uint64
	numbers    atomic.Uint64
	turn       turn
	// What follows belongs to whose turn it is.
	connection   connection
	introduction []byte // says who writes, until it has been sent
}

// off stands for the producer of a process whose SDK is off.
var off = &producer{}

// process is the producer of this process; nil before the first span.
var process atomic.Pointer[producer]

var starting sync.Mutex

func init() {
	off.dead.Store(true)
	restart.SDK = startAgain
}

// current is the process's producer. The first call connects, or finds the SDK off for good.
func current() *producer {
	if known := process.Load(); known != nil {
		return known
	}
	starting.Lock()
	defer starting.Unlock()
	if known := process.Load(); known != nil {
		return known
	}
	started := start(os.Getenv(envSocket), os.Getenv(envParent))
	process.Store(started)
	return started
}

func start(path, parent string) *producer {
	if path == "" {
		return off
	}
	connection, err := connect(path)
	if err != nil {
		return off
	}
	p := &producer{clock: newClock(), turn: newTurn(), connection: connection}
	if isID(parent) {
		p.rootParent = parent
	}
	p.ids.Store(rand.Uint64())
	p.introduction = p.introduce()
	return p
}

func (p *producer) introduce() []byte {
	id := p.newID()
	text := append([]byte(`,"producer":{"id":"`), id[:]...)
	text = append(text, `","sdk":"go","version":"`+Version+`","protocol":`...)
	text = strconv.AppendInt(text, protocolNumber, 10)
	text = strconv.AppendInt(append(text, `,"pid":`...), int64(os.Getpid()), 10)
	return append(text, '}')
}

func (p *producer) newID() spanID {
	for {
		if bits := p.ids.Add(1) * idStep; bits != 0 {
			return newSpanID(bits)
		}
	}
}

// send sends an event of a span; isEnd says that it is the last.
func (p *producer) send(s *Span, e *event, isEnd bool) {
	e.build(halved(0))
	us := p.clock.now()
	began, ok := p.turn.take()
	if !ok {
		p.numbers.Add(1)
		return
	}
	if !p.dead.Load() && !s.ended {
		s.ended = isEnd
		s.lastUs = max(s.lastUs, us)
		p.write(e, s.lastUs, began)
	}
	p.turn.give()
}

// write numbers an event and sends its line. A call that did not wait for its turn has all its
// time left.
func (p *producer) write(e *event, us int64, began time.Time) {
	p.fit(e, us, p.numbers.Add(1)-1)
	switch p.connection.send(e.line, began) {
	case sent:
		p.introduction = nil
	case broken:
		p.die()
	}
}

// fit finishes a line, with halved limits if it would be too long (value.line).
func (p *producer) fit(e *event, us int64, number uint64) {
	p.finish(e, us, number)
	for halvings := 1; len(e.line) > lineBytes && halvings <= mostHalvings; halvings++ {
		e.build(halved(halvings))
		p.finish(e, us, number)
	}
}

// finish adds to a line what is known only when it is sent.
func (p *producer) finish(e *event, us int64, number uint64) {
	line := appendTime(append(e.line, `,"ts_ms":`...), us)
	line = strconv.AppendUint(append(line, `,"seq":`...), number, 10)
	e.line = append(append(line, p.introduction...), '}', '\n')
}

// die makes the SDK off for good (sdk.vanished, sdk.foreign-descriptor).
func (p *producer) die() {
	p.dead.Store(true)
	process.CompareAndSwap(p, off)
	p.connection.close()
}

// startAgain makes the SDK as it is before the first span.
func startAgain() {
	if p := process.Swap(nil); p != nil && p != off {
		if _, ok := p.turn.take(); ok {
			p.dead.Store(true)
			p.connection.close()
			p.turn.give()
		}
	}
}
