package herotracing_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	herotracing "hero-tracing-go"
)

// typed is an error that names its type itself.
type typed struct{}

func (typed) Error() string     { return "boom" }
func (typed) ErrorType() string { return "remote.Boom" }

// hostile is an error that cannot speak.
type hostile struct{}

func (hostile) Error() string { panic("no words") }

func TestStatus(t *testing.T) {
	check := func(name string, err error, status, errorType, endsWith string) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			c := collect(t)
			left := herotracing.InSpan(context.Background(), "s", func(context.Context) error { return err })
			if left != err {
				t.Errorf("found %v, expected the very error", left)
			}
			end := ends(c.events())["s"]
			if end.Status != status || end.ErrorType != errorType || !strings.HasSuffix(end.Error, endsWith) {
				t.Errorf("found %s %s %q", end.Status, end.ErrorType, end.Error)
			}
			isClean := end.Error == "" || endsWith[0] != '\n'
			if hasStack := strings.Contains(end.Error, "status_test.go:"); hasStack == isClean {
				t.Errorf("found a stack: %v; %q", hasStack, end.Error)
			}
		})
	}
	check("nil", nil, "ok", "", "")
	check("an error", errors.New("boom"), "failed", "*errors.errorString", "\n*errors.errorString: boom\n")
	check("a wrapped error", fmt.Errorf("load: %w", &exec.Error{Name: "x", Err: errors.New("y")}),
		"failed", "*exec.Error", "\n*exec.Error: load: exec: \"x\": y\n")
	check("an error that names its type", typed{}, "failed", "remote.Boom", "\nremote.Boom: boom\n")
	check("an error that panics", hostile{}, "failed", "herotracing_test.hostile",
		"<herotracing_test.hostile that cannot describe itself>")
	check("a clean failure", herotracing.Failed("why"), "failed", "Failed", "why")
	check("a joined failure", errors.Join(errors.New("x"), herotracing.Failed("why")), "failed", "Failed", "why")
	check("cancelled", context.Canceled, "cancelled", "context.Canceled", "")
	check("cancelled and wrapped", fmt.Errorf("get: %w", context.Canceled), "cancelled", "context.Canceled", "")
	check("out of time", context.DeadlineExceeded, "failed", "context.deadlineExceededError",
		"\ncontext.deadlineExceededError: context deadline exceeded\n")
	check("an exit", herotracing.Exit(3), "failed", "Exit", "3")
	check("an exit with 0", fmt.Errorf("done: %w", herotracing.Exit(0)), "ok", "", "")
}

// panicking ends a span by a panic in each of the ways in which a span is ended.
var panicking = map[string]func(value any){
	"End": func(value any) {
		_, span := herotracing.Start(context.Background(), "s")
		defer span.End()
		panic(value)
	},
	"EndErr": func(value any) {
		var err error
		_, span := herotracing.Start(context.Background(), "s")
		defer span.EndErr(&err)
		panic(value)
	},
	"InSpan": func(value any) {
		_ = herotracing.InSpan(context.Background(), "s", func(context.Context) error { panic(value) })
	},
	"RunFlow": func(value any) {
		_, _ = herotracing.RunFlow(context.Background(), "s", 1, func(context.Context, int) (int, error) { panic(value) })
	},
}

func TestPanicsFailTheSpanAndGoOn(t *testing.T) {
	for name, panics := range panicking {
		t.Run(name, func(t *testing.T) {
			c := collect(t)
			fault := errors.New("boom")
			func() {
				defer func() {
					if value := recover(); value != fault {
						t.Errorf("found %v, expected the very value", value)
					}
				}()
				panics(fault)
			}()
			end := ends(c.events())["s"]
			check(t, end.Status, "failed")
			if !strings.HasSuffix(end.Error, "\npanic: *errors.errorString: boom\n") ||
				!strings.HasPrefix(end.Error, "hero-tracing-go_test.") || strings.Contains(end.Error, "runtime/") {
				t.Errorf("found %s", end.Error)
			}
		})
	}
}

func TestPanicValues(t *testing.T) {
	check := func(value any, status, errorType, endsWith string) {
		t.Helper()
		c := collect(t)
		func() {
			defer func() { _ = recover() }()
			panicking["End"](value)
		}()
		end := ends(c.events())["s"]
		if end.Status != status || end.ErrorType != errorType || !strings.HasSuffix(end.Error, endsWith) {
			t.Errorf("%v: found %s %s %q", value, end.Status, end.ErrorType, end.Error)
		}
	}
	items := make([]any, 1)
	items[0] = items
	check("boom", "failed", "panic", "\npanic: boom\n")
	check(7, "failed", "panic", "\npanic: 7\n")
	check(items, "failed", "panic", "\npanic: [\"[...]\"]\n")
	check(herotracing.Failed("why"), "failed", "Failed", "why")
	check(hostile{}, "failed", "herotracing_test.hostile", "<herotracing_test.hostile that cannot describe itself>\n")
	check(fmt.Errorf("get: %w", context.Canceled), "cancelled", "context.Canceled", "")
}

func TestAFaultOfTheRuntimeHasItsStack(t *testing.T) {
	c := collect(t)
	func() {
		defer func() { _ = recover() }()
		_, outer := herotracing.Start(context.Background(), "outer")
		defer outer.End()
		_, inner := herotracing.Start(context.Background(), "inner")
		defer inner.End()
		var none []int
		none[len(none)] = 1
	}()
	for _, end := range ends(c.events()) {
		if !strings.Contains(end.Error, "status_test.go:") ||
			!strings.HasSuffix(end.Error, "index out of range [0] with length 0\n") {
			t.Errorf("found %s", end.Error)
		}
	}
}

func TestGoexitIsOk(t *testing.T) {
	c := collect(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = herotracing.InStep(context.Background(), "s", func(context.Context) error {
			runtime.Goexit()
			return nil
		})
	}()
	<-done
	check(t, ends(c.events())["s"].Status, "ok")
}

func TestSpansClosedOutOfOrder(t *testing.T) {
	collect(t)
	within := context.Background()
	spans := make([]*herotracing.Span, 3)
	for index, name := range []string{"a", "b", "c"} {
		within, spans[index] = herotracing.Start(within, name)
	}
	spans[1].End()
	check(t, herotracing.Current(within) == spans[2], true)
	spans[2].End()
	check(t, herotracing.Current(within) == spans[0], true)
	spans[0].End()
	check(t, herotracing.Current(within).ID(), "")
}

func TestContexts(t *testing.T) {
	type key struct{}
	c := collect(t)
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), key{}, "kept"), time.Hour)
	ctx, outer := herotracing.Step(ctx, "outer")
	derived, cancelDerived := context.WithCancel(ctx)
	check(t, derived.Value(key{}), "kept")
	check(t, herotracing.Current(derived) == outer, true)
	_, inner := herotracing.Step(derived, "inner")
	elsewhere := herotracing.With(context.Background(), outer)
	_, carried := herotracing.Step(elsewhere, "carried")
	cancel()
	<-derived.Done()
	carried.End()
	inner.End()
	outer.End()
	cancelDerived()
	//lint:ignore SA1012 a context that is none must not panic
	_, alone := herotracing.Step(nil, "alone")
	alone.End()
	check(t, tree(c.events()), map[string]string{"outer": "", "inner": "outer", "carried": "outer", "alone": ""})
}

func TestChildEnv(t *testing.T) {
	c := collect(t)
	ctx, step := herotracing.Step(context.Background(), "outer")
	base := []string{"A=1", parentName + "=old", socketName + "=old"}
	check(t, herotracing.ChildEnv(ctx, base), []string{"A=1", socketName + "=" + c.path, parentName + "=" + step.ID()})
	check(t, base[1], parentName+"=old")
	step.End()
	check(t, herotracing.ChildEnv(ctx, []string{}), []string{socketName + "=" + c.path, parentName + "="})
	turnOff(t)
	check(t, herotracing.ChildEnv(ctx, base), base)
}

// talker says something to a span while it is asked to describe itself.
type talker struct{ span *herotracing.Span }

func (t talker) String() string {
	t.span.Log("asked")
	return "talker"
}

func TestAValueThatSpeaksMeanwhile(t *testing.T) {
	c := collect(t)
	_, span := herotracing.Start(context.Background(), "s")
	span.Tag("key", []any{talker{span}, talker{span}})
	span.End()
	events := c.events()
	check(t, shape(events), []string{"start s", "log asked", "log asked", "tag key", "end ok"})
	check(t, events[3].Value, any([]any{"talker", "talker"}))
}

func TestAValueIsTakenWhenItIsHandedOver(t *testing.T) {
	c := collect(t)
	_, span := herotracing.Start(context.Background(), "s")
	given := []int{1, 2}
	span.Result(given)
	given[0] = 9
	span.Tag("rows", given)
	span.End()
	check(t, ends(c.events())["s"].Result, any([]any{1.0, 2.0}))
}

func TestTimeNeverGoesBack(t *testing.T) {
	c := collect(t)
	ctx, root := herotracing.Step(context.Background(), "root")
	for range 500 {
		_, span := herotracing.Start(ctx, "s")
		span.End()
		time.Sleep(10 * time.Microsecond)
	}
	root.End()
	events := c.events()
	for index, one := range events[1:] {
		if one.Time < events[index].Time {
			t.Fatalf("%f comes after %f", one.Time, events[index].Time)
		}
	}
}
