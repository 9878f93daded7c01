package herotracing_test

// The sixteen: what every SDK of this contract must do, on a real socket.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	herotracing "hero-tracing-go"
)

// client is one with something public, something private, and a plain attribute.
type client struct{ Region string }

func (c *client) Fetch(_ context.Context, key string, limit int) ([]string, error) {
	if key == "" {
		return nil, errors.New("no key")
	}
	return []string{key, key}[:min(limit, 2)], nil
}

func (c *client) connect(context.Context) string { return "connected" }

func check(t *testing.T, found, expected any) {
	t.Helper()
	if !reflect.DeepEqual(found, expected) {
		t.Errorf("found %#v, expected %#v", found, expected)
	}
}

// printed is what a function prints.
func printed(t *testing.T, do func()) string {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, errs := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = writer, writer
	do()
	os.Stdout, os.Stderr = out, errs
	writer.Close()
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStandaloneMode(t *testing.T) {
	t.Run("calls are silent no-ops", func(t *testing.T) {
		c := collect(t)
		turnOff(t)
		before := context.Background()
		text := printed(t, func() {
			ctx, step := herotracing.Step(before, "load", herotracing.Tag("day", 1))
			step.Tag("rows", 2).Log("loaded").Result(3)
			check(t, ctx, before)
			step.End()
		})
		check(t, text, "")
		fetch := (&client{}).Fetch
		same := reflect.ValueOf(herotracing.Instrument(fetch)).Pointer()
		check(t, same, reflect.ValueOf(fetch).Pointer())
		check(t, len(c.connections()), 0)
	})
	t.Run("the null span takes every call", func(t *testing.T) {
		turnOff(t)
		null := herotracing.Current(context.Background())
		_, step := herotracing.Step(context.Background(), "load")
		check(t, step == null, true)
		check(t, null.ID(), "")
		chain := null.Tag("key", 1).Log("text", herotracing.Field("field", 1)).
			LogAt(herotracing.LevelWarn, "text").Result([]int{})
		check(t, chain == null, true)
		null.End()
		null.EndErr(nil)
		var none *herotracing.Span
		none.Tag("key", 1).Log("text").Result(1).End()
	})
	t.Run("a flow is the plain function", func(t *testing.T) {
		turnOff(t)
		fault := errors.New("no day")
		nightly := func(_ context.Context, day string) (string, error) {
			if day == "" {
				return "", fault
			}
			return day + day, nil
		}
		value, err := herotracing.RunFlow(context.Background(), "nightly", "x", nightly)
		check(t, value, "xx")
		check(t, err, nil)
		_, err = herotracing.RunFlow(context.Background(), "nightly", "", nightly)
		check(t, err, fault)
	})
}

func TestSpanEmission(t *testing.T) {
	t.Run("single step", func(t *testing.T) {
		c := collect(t)
		_, step := herotracing.Step(context.Background(), "load", herotracing.Tag("day", "monday"))
		step.End()
		events := c.events()
		check(t, shape(events), []string{"start load", "end ok"})
		start, end := events[0], events[1]
		check(t, start.Kind, "step")
		check(t, start.Tags, map[string]any{"day": "monday"})
		check(t, start.ParentSpanID, (*string)(nil))
		check(t, []string{start.SpanID, end.SpanID}, []string{step.ID(), step.ID()})
		check(t, []int{start.Seq, end.Seq}, []int{0, 1})
		check(t, start.Producer.SDK+" "+start.Producer.Version, "go "+herotracing.Version)
		check(t, start.Producer.Pid, os.Getpid())
	})
	t.Run("nested steps", func(t *testing.T) {
		c := collect(t)
		ctx, outer := herotracing.Step(context.Background(), "outer")
		_, first := herotracing.Step(ctx, "first")
		first.End()
		check(t, herotracing.Current(ctx) == outer, true)
		_, second := herotracing.Start(ctx, "second")
		second.End()
		outer.End()
		events := c.events()
		check(t, tree(events), map[string]string{"outer": "", "first": "outer", "second": "outer"})
		check(t, starts(events)["second"].Kind, "span")
	})
	t.Run("Failed gives a clean reason", func(t *testing.T) {
		c := collect(t)
		err := herotracing.InStep(context.Background(), "outer", func(ctx context.Context) error {
			err := herotracing.InStep(ctx, "inner", func(context.Context) error {
				return herotracing.Failed("no rows")
			})
			return fmt.Errorf("monday: %w", err)
		})
		var clean *herotracing.FailedError
		check(t, errors.As(err, &clean) && clean.Reason == "no rows", true)
		check(t, err.Error(), "monday: no rows")
		for _, end := range ends(c.events()) {
			check(t, []string{end.Status, end.Error, end.ErrorType}, []string{"failed", "no rows", "Failed"})
		}
	})
	t.Run("another error gives its stack", func(t *testing.T) {
		c := collect(t)
		fault := &os.PathError{Op: "open", Path: "monday", Err: os.ErrNotExist}
		err := herotracing.InStep(context.Background(), "load", func(context.Context) error { return fault })
		check(t, err, error(fault))
		end := ends(c.events())["load"]
		check(t, []string{end.Status, end.ErrorType}, []string{"failed", "*fs.PathError"})
		if !strings.Contains(end.Error, "contract_test.go:") || strings.Contains(end.Error, "flow.go:") {
			t.Errorf("expected a stack of the caller's, found %s", end.Error)
		}
		if !strings.HasSuffix(end.Error, "\n*fs.PathError: open monday: file does not exist\n") {
			t.Errorf("expected the type and the message at the end, found %s", end.Error)
		}
	})
	t.Run("tag and log events", func(t *testing.T) {
		c := collect(t)
		_, step := herotracing.Step(context.Background(), "load")
		step.Tag("rows", 3).Tag("a", nil).Tag("b", []int{1}).
			LogAt(herotracing.LevelWarn, "said", herotracing.Field("why", "so"))
		step.End()
		step.Tag("late", 1).Log("late").End()
		events := c.events()
		tags := map[string]any{}
		for _, one := range ofType(events, "span_tag") {
			tags[one.Key] = one.Value
		}
		check(t, tags, map[string]any{"rows": 3.0, "a": nil, "b": []any{1.0}})
		log := ofType(events, "span_log")[0]
		check(t, []any{log.Message, log.Level, log.Fields}, []any{"said", "warn", map[string]any{"why": "so"}})
		check(t, shape(events), []string{"start load", "tag rows", "tag a", "tag b", "log said", "end ok"})
	})
	t.Run("the environment names the roots' parent", func(t *testing.T) {
		c := collect(t)
		const parent = "00000000deadbeef"
		t.Setenv(parentName, parent)
		ctx, one := herotracing.Step(context.Background(), "one")
		_, inner := herotracing.Step(ctx, "inner")
		inner.End()
		one.End()
		_, two := herotracing.Step(context.Background(), "two")
		two.End()
		check(t, tree(c.events()), map[string]string{"one": parent, "inner": "one", "two": parent})
	})
}

func TestInstrument(t *testing.T) {
	t.Run("public method", func(t *testing.T) {
		c := collect(t)
		fetch := herotracing.Instrument((&client{}).Fetch)
		rows, err := fetch(context.Background(), "a", 2)
		check(t, rows, []string{"a", "a"})
		check(t, err, nil)
		_, err = fetch(context.Background(), "", 1)
		check(t, err.Error(), "no key")
		events := c.events()
		check(t, shape(events), []string{
			"start rpc:client.Fetch", "end ok", "start rpc:client.Fetch", "end failed",
		})
		check(t, events[0].Kind, "rpc")
		check(t, events[0].Params, any(map[string]any{"args": []any{"a", 2.0}}))
		check(t, events[1].Result, any([]any{"a", "a"}))
	})
	t.Run("private passthrough", func(t *testing.T) {
		c := collect(t)
		one := &client{Region: "north"}
		check(t, herotracing.Instrument(one.connect)(context.Background()), "connected")
		check(t, herotracing.Instrument(one) == one, true)
		check(t, herotracing.Instrument(one.Region), "north")
		length := func(text string) int { return len(text) }
		check(t, herotracing.Instrument(length)("four"), 4)
		check(t, len(c.connections()), 0)
	})
	t.Run("nesting under the current step", func(t *testing.T) {
		c := collect(t)
		ctx, step := herotracing.Step(context.Background(), "load")
		one := &client{}
		_, err := herotracing.Instrument(one.Fetch)(ctx, "a", 1)
		check(t, err, nil)
		count, err := herotracing.Call(ctx, one, "Count", func(ctx context.Context) (int, error) {
			_, within := herotracing.Start(ctx, "within")
			within.End()
			return 7, nil
		}, "a", herotracing.Attr{Key: "deep", Value: true})
		check(t, []any{count, err}, []any{7, nil})
		step.End()
		events := c.events()
		check(t, tree(events), map[string]string{
			"load": "", "rpc:client.Fetch": "load", "rpc:client.Count": "load", "within": "rpc:client.Count",
		})
		check(t, starts(events)["rpc:client.Count"].Params, any(map[string]any{
			"args": []any{"a"}, "kwargs": map[string]any{"deep": true},
		}))
		check(t, ends(events)["rpc:client.Count"].Result, any(7.0))
	})
}

func TestBootstrapRun(t *testing.T) {
	type input struct {
		Day string `json:"day"`
	}
	t.Run("happy", func(t *testing.T) {
		c := collect(t)
		output, err := herotracing.RunFlow(context.Background(), "nightly run", input{"monday"},
			func(ctx context.Context, in input) (map[string]string, error) {
				_, step := herotracing.Step(ctx, "load")
				defer step.End()
				return map[string]string{"day": in.Day}, nil
			})
		check(t, output, map[string]string{"day": "monday"})
		check(t, err, nil)
		events := c.events()
		root, end := starts(events)["nightly run"], ends(events)["nightly run"]
		day := any(map[string]any{"day": "monday"})
		check(t, []any{root.Kind, root.Params}, []any{"flow", day})
		check(t, tree(events), map[string]string{"nightly run": "", "load": "nightly run"})
		check(t, []any{end.Status, end.Result}, []any{"ok", day})
	})
	t.Run("failed", func(t *testing.T) {
		c := collect(t)
		fault := &os.PathError{Op: "open", Path: "monday", Err: os.ErrNotExist}
		_, err := herotracing.RunFlow(context.Background(), "nightly", input{},
			func(context.Context, input) (int, error) { return 0, fault })
		check(t, err, error(fault))
		end := ends(c.events())["nightly"]
		check(t, []any{end.Status, end.ErrorType, end.Result}, []any{"failed", "*fs.PathError", nil})
	})
}

func TestConcurrency(t *testing.T) {
	t.Run("each goroutine gets its own root", func(t *testing.T) {
		c := collect(t)
		expected := map[string]string{"main": ""}
		_, main := herotracing.Step(context.Background(), "main")
		var all sync.WaitGroup
		for number := range 8 {
			outer, inner := fmt.Sprint("goroutine ", number), fmt.Sprint("inner ", number)
			expected[outer], expected[inner] = "", outer
			all.Add(1)
			go func() {
				defer all.Done()
				ctx, step := herotracing.Step(context.Background(), outer)
				defer step.End()
				_, span := herotracing.Start(ctx, inner)
				span.End()
			}()
		}
		all.Wait()
		main.End()
		check(t, tree(c.events()), expected)
	})
	t.Run("goroutines with the context inherit their parent and lines never mix", func(t *testing.T) {
		c := collect(t)
		expected := map[string]string{"main": ""}
		ctx, main := herotracing.Step(context.Background(), "main")
		var all sync.WaitGroup
		for number := range 50 {
			name := fmt.Sprint("task ", number)
			expected[name] = "main"
			all.Add(1)
			go func() {
				defer all.Done()
				_, step := herotracing.Step(ctx, name)
				defer step.End()
				for range 3 {
					step.Log(strings.Repeat("x", 4000), herotracing.Field("number", number))
				}
			}()
		}
		all.Wait()
		main.End()
		events := c.events()
		check(t, tree(events), expected)
		logs := ofType(events, "span_log")
		check(t, len(logs), 150)
		for _, log := range logs {
			check(t, log.SpanID, starts(events)[fmt.Sprint("task ", log.Fields["number"])].SpanID)
		}
	})
}
