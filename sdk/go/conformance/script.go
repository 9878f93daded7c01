package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"

	herotracing "hero-tracing-go"
)

// errBroken says that the adapter is wrong, or uses the SDK wrongly: no verdict on the SDK.
var errBroken = errors.New("the adapter is broken")

// report is what the user's code sees of an error.
type report struct {
	Type    string          `json:"type"`
	Message json.RawMessage `json:"message"`
}

// raised is an error of the script, with the script's own words for it. What it wraps is what a
// Go program would return.
type raised struct {
	report
	text  string
	inner error
}

func (r *raised) Error() string { return r.text }

func (r *raised) Unwrap() error { return r.inner }

// ErrorType is the class that the script asks for: a Go program cannot make one.
func (r *raised) ErrorType() string { return r.Type }

func reportOf(err error) report {
	var own *raised
	if errors.As(err, &own) {
		return own.report
	}
	text, _ := json.Marshal(err.Error())
	return report{fmt.Sprintf("%T", err), text}
}

// script runs a script, or a branch of it.
type script struct {
	socket *string
	reach  func(name string) error
	seen   []any
}

func (s *script) saw(entry any) { s.seen = append(s.seen, entry) }

// echo is the script's own words for a value, if it is the very one that was given.
func echo(got, given any, words json.RawMessage) any {
	switch {
	case !isSame(got, given):
		return map[string]string{"other": fmt.Sprintf("%.200v", got)}
	case words == nil:
		return nil
	}
	return words
}

type performer func(s *script, ctx context.Context, o *operation) error

var operations = map[string]performer{}

func init() {
	maps.Copy(operations, map[string]performer{
		"flow":       (*script).flow,
		"step":       (*script).step,
		"span":       (*script).span,
		"tag":        (*script).tag,
		"log":        (*script).log,
		"result":     (*script).result,
		"fail":       (*script).fail,
		"raise":      (*script).raise,
		"catch":      (*script).catch,
		"call":       (*script).call,
		"parallel":   (*script).parallel,
		"hijack":     (*script).hijack,
		"checkpoint": (*script).checkpoint,
		"repeat":     (*script).repeat,
	})
}

func (s *script) block(ctx context.Context, ops []operation) error {
	for index := range ops {
		if err := operations[ops[index].Op](s, ctx, &ops[index]); err != nil {
			return err
		}
	}
	return nil
}

// guarded is a block that no panic leaves: whatever panics is an error that was not expected.
func (s *script) guarded(ctx context.Context, ops []operation) (err error) {
	defer func() {
		if value := recover(); value != nil {
			known, isError := value.(error)
			if !isError {
				known = fmt.Errorf("panic: %v", value)
			}
			err = known
		}
	}()
	return s.block(ctx, ops)
}

// branch is what a block saw; nothing but errBroken leaves it.
func (s *script) branch(ctx context.Context, ops []operation) ([]any, error) {
	own := &script{s.socket, s.reach, []any{}}
	err := own.guarded(ctx, ops)
	if errors.Is(err, errBroken) {
		return nil, err
	}
	if err != nil {
		own.saw(reportOf(err))
	}
	return own.seen, nil
}

func (s *script) flow(ctx context.Context, o *operation) error {
	value := makeValue(o.Returns)
	input := makeValue(o.Input)
	if input == nil {
		input = []herotracing.Attr{}
	}
	got, err := herotracing.RunFlow(ctx, makeText(o.Name), input, func(ctx context.Context, _ any) (any, error) {
		return value, s.block(ctx, o.block)
	})
	if err == nil {
		s.saw(echo(got, value, o.Returns))
	}
	return err
}

func (s *script) step(ctx context.Context, o *operation) (err error) {
	name, tags := makeText(o.Name), makeMembers(o.Tags)
	if o.Decorator {
		return herotracing.InStep(ctx, name, func(ctx context.Context) error {
			return s.block(ctx, o.block)
		}, tags...)
	}
	ctx, step := herotracing.Step(ctx, name, tags...)
	defer step.EndErr(&err)
	return s.block(ctx, o.block)
}

func (s *script) span(ctx context.Context, o *operation) (err error) {
	name, tags := makeText(o.Name), makeMembers(o.Tags)
	if o.Decorator {
		return herotracing.InSpan(ctx, name, func(ctx context.Context) error {
			return s.block(ctx, o.block)
		}, tags...)
	}
	ctx, span := herotracing.Start(ctx, name, tags...)
	defer span.EndErr(&err)
	return s.block(ctx, o.block)
}

func (s *script) tag(ctx context.Context, o *operation) error {
	herotracing.Current(ctx).Tag(makeText(o.Key), makeValue(o.Value))
	return nil
}

var levels = map[string]herotracing.Level{
	"debug": herotracing.LevelDebug,
	"info":  herotracing.LevelInfo,
	"warn":  herotracing.LevelWarn,
	"error": herotracing.LevelError,
}

func (s *script) log(ctx context.Context, o *operation) error {
	message, fields := makeText(o.Message), makeMembers(o.Fields)
	if o.Level == "" {
		herotracing.Current(ctx).Log(message, fields...)
	} else {
		herotracing.Current(ctx).LogAt(levels[o.Level], message, fields...)
	}
	return nil
}

func (s *script) result(ctx context.Context, o *operation) error {
	herotracing.Current(ctx).Result(makeValue(o.Value))
	return nil
}

func (s *script) fail(_ context.Context, o *operation) error {
	return &raised{report{"Failed", o.Reason}, "", herotracing.Failed(makeText(o.Reason))}
}

func (s *script) raise(_ context.Context, o *operation) error { return o.error() }

// error is the error that a raise stands for: Go returns errors.
func (o *operation) error() error {
	null := json.RawMessage("null")
	switch o.Kind {
	case "exit":
		if o.Code == nil {
			return &raised{report{o.Kind, null}, "exit", herotracing.Exit(0)}
		}
		code := json.RawMessage(strconv.Itoa(*o.Code))
		return &raised{report{o.Kind, code}, "exit", herotracing.Exit(*o.Code)}
	case "cancelled", "interrupt": // signal.NotifyContext makes a cancellation of an interrupt
		return &raised{report{o.Kind, null}, o.Kind, context.Canceled}
	}
	return &raised{report{o.Type, o.Message}, makeText(o.Message), nil}
}

func (s *script) catch(ctx context.Context, o *operation) error {
	err := s.guarded(ctx, o.block)
	switch {
	case errors.Is(err, errBroken):
		return err
	case err != nil:
		s.saw(reportOf(err))
	default:
		s.saw(nil)
	}
	return nil
}

func (s *script) call(ctx context.Context, o *operation) error {
	value := makeValue(o.Returns)
	args, _ := makeValue(o.Args).([]any)
	for _, named := range makeMembers(o.Kwargs) {
		args = append(args, named)
	}
	got, err := herotracing.Call(ctx, o.Class, o.Method, func(ctx context.Context) (any, error) {
		if err := s.block(ctx, o.block); err != nil {
			return nil, err
		}
		if o.Raises != nil {
			return nil, o.Raises.error()
		}
		return value, nil
	}, args...)
	if err == nil {
		s.saw(echo(got, value, o.Returns))
	}
	return err
}

func (s *script) parallel(ctx context.Context, o *operation) error {
	if !o.Wrap { // what a goroutine has that nobody gives a context
		ctx = context.Background()
	}
	seen := make([][]any, len(o.branches))
	broken := make([]error, len(o.branches))
	begin := make(chan struct{})
	var all sync.WaitGroup
	for index, branch := range o.branches {
		all.Add(1)
		go func() {
			defer all.Done()
			<-begin
			seen[index], broken[index] = s.branch(ctx, branch)
		}()
	}
	close(begin)
	all.Wait()
	s.saw(seen)
	return errors.Join(broken...)
}

func (s *script) checkpoint(_ context.Context, o *operation) error {
	return s.reach(makeText(o.Name))
}

func (s *script) repeat(ctx context.Context, o *operation) error {
	for range o.Times {
		if err := s.block(ctx, o.block); err != nil {
			return err
		}
	}
	return nil
}
