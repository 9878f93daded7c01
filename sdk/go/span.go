package herotracing

import (
	"context"
	"strings"
	"sync/atomic"
)

// kind is the place of a word in kinds.
type kind uint8

const (
	flowKind kind = iota
	stepKind
	spanKind
	rpcKind
)

// Level is how much a log line matters.
type Level uint8

// The levels; what is none of them counts as LevelInfo.
const (
	LevelDebug Level = iota
	LevelInfo
	LevelWarn
	LevelError
)

// String is the level as it is sent: debug, info, warn or error.
func (l Level) String() string {
	if int(l) >= len(levels) {
		l = LevelInfo
	}
	return levels[l]
}

// Span is a stretch of work. Any goroutine may use it, also after its end, when all that is said
// of it is dropped. There is always one: while the SDK is off, a span takes every call and does
// nothing.
type Span struct {
	producer *producer // nil if it takes every call and does nothing
	parent   *Span
	id       spanID
	isOpen   atomic.Bool
	result   atomic.Pointer[captured]
	// What follows belongs to whose turn it is at the producer.
	ended  bool
	lastUs int64
}

// nothing is everybody's span while the SDK is off.
var nothing Span

// opened is a span and the context that carries it, made together.
type opened struct {
	carrier carrier
	span    Span
}

// carrier is a context that carries a current span.
type carrier struct {
	context.Context
	span *Span
}

type currentKey struct{}

// Value is that of the context around it, but for the span.
func (c *carrier) Value(key any) any {
	if key == (currentKey{}) {
		return c.span
	}
	return c.Context.Value(key)
}

// Step opens a step of a flow, under the nearest open span of the context. It hangs what is
// opened with the context that it returns under the step. The step must be ended:
//
//	ctx, step := herotracing.Step(ctx, "load", herotracing.Tag("day", day))
//	defer step.EndErr(&err)
func Step(ctx context.Context, name string, tags ...Attr) (context.Context, *Span) {
	return open(ctx, stepKind, name, tags, nil)
}

// Start opens a span as [Step] does, for any smaller stretch of work.
func Start(ctx context.Context, name string, tags ...Attr) (context.Context, *Span) {
	return open(ctx, spanKind, name, tags, nil)
}

// Current is the nearest open span of a context, or one that takes every call and does nothing.
func Current(ctx context.Context) *Span {
	if found := nearestOpen(carried(ctx)); found != nil {
		return found
	}
	return &nothing
}

// With makes a span the current one of a context that comes from elsewhere, such as that of a
// worker or of a callback.
func With(ctx context.Context, span *Span) context.Context {
	if span == nil || span.producer == nil {
		return ctx
	}
	if ctx == nil {
		ctx = context.Background()
	}
	return &carrier{ctx, span}
}

func carried(ctx context.Context) *Span {
	switch ctx := ctx.(type) {
	case nil:
		return nil
	case *carrier:
		return ctx.span
	}
	span, _ := ctx.Value(currentKey{}).(*Span)
	return span
}

// nearestOpen is the span or its nearest ancestor that is open.
func nearestOpen(span *Span) *Span {
	for span != nil && !span.isOpen.Load() {
		span = span.parent
	}
	return span
}

// open opens a span; params is nil if there are none.
func open(ctx context.Context, as kind, name string, tags []Attr, params any) (context.Context, *Span) {
	p := current()
	if p.dead.Load() {
		return ctx, &nothing
	}
	if ctx == nil {
		ctx = context.Background()
	}
	made := &opened{carrier: carrier{Context: ctx}}
	span := &made.span
	made.carrier.span = span
	span.producer, span.id, span.parent = p, p.newID(), nearestOpen(carried(ctx))
	e := newEvent("span_start", span.id)
	defer e.release()
	e.line = p.appendParent(append(e.line, `,"parent_span_id":`...), span.parent)
	e.name("name", name)
	e.word("kind", kinds[as])
	e.attributes("tags", tags)
	if params != nil {
		e.value("params", params)
	}
	p.send(span, e, false)
	span.isOpen.Store(true)
	return &made.carrier, span
}

// appendParent appends the id that a new span hangs under.
func (p *producer) appendParent(line []byte, parent *Span) []byte {
	switch {
	case parent != nil:
		return append(append(append(line, '"'), parent.id[:]...), '"')
	case p.rootParent != "":
		return append(append(append(line, '"'), p.rootParent...), '"')
	}
	return append(line, "null"...)
}

// ID is the span's id, 16 digits in hex; empty while the SDK is off.
func (s *Span) ID() string {
	if s == nil || s.producer == nil {
		return ""
	}
	return string(s.id[:])
}

// isHeard tells whether anything that is said of the span is sent.
func (s *Span) isHeard() bool { return s != nil && s.isOpen.Load() && !s.producer.dead.Load() }

// Tag sets a tag. The last value of a key wins.
func (s *Span) Tag(key string, value any) *Span {
	if s.isHeard() {
		e := newEvent("span_tag", s.id)
		defer e.release()
		e.name("key", key)
		e.value("value", value)
		s.producer.send(s, e, false)
	}
	return s
}

// Log says something, at [LevelInfo].
func (s *Span) Log(message string, fields ...Attr) *Span {
	return s.LogAt(LevelInfo, message, fields...)
}

// LogAt says something that matters more, or less.
func (s *Span) LogAt(level Level, message string, fields ...Attr) *Span {
	if s.isHeard() {
		e := newEvent("span_log", s.id)
		defer e.release()
		e.text("message", message)
		e.word("level", level.String())
		e.attributes("fields", fields)
		s.producer.send(s, e, false)
	}
	return s
}

// Result sets what the span gives; it is sent with its end.
func (s *Span) Result(value any) *Span {
	if s.isHeard() {
		var own writer
		given := own.capture(value, 2)
		given.text = strings.Clone(given.text)
		s.result.Store(&given)
	}
	return s
}

// End ends the span as ok. Deferred, it fails the span if a panic passes, which goes on with the
// same value. A span ends once: what comes later is dropped.
func (s *Span) End() {
	if !s.isHeard() {
		return
	}
	if value := recover(); value != nil {
		s.end(judgePanic(value))
		panic(value)
	}
	s.end(ending{})
}

// EndErr ends the span by the error that leaves it: nil is ok, [context.Canceled] cancelled, and
// everything else failed. Deferred with the address of a named result it sees what is returned,
// or a panic that passes, as [Span.End] does.
func (s *Span) EndErr(err *error) {
	if !s.isHeard() {
		return
	}
	if value := recover(); value != nil {
		s.end(judgePanic(value))
		panic(value)
	}
	if err == nil || *err == nil {
		s.end(ending{})
	} else {
		s.end(judge(*err))
	}
}

// end sends the end, once.
func (s *Span) end(how ending) {
	if !s.isOpen.CompareAndSwap(true, false) {
		return
	}
	e := newEvent("span_end", s.id)
	defer e.release()
	e.word("status", statuses[how.status])
	if how.status == failedStatus {
		e.error(how.err)
	}
	if how.errType != "" {
		e.name("error_type", how.errType)
	}
	if result := s.result.Load(); result != nil {
		e.captured("result", *result)
	}
	s.producer.send(s, e, true)
}
