package herotracing_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	herotracing "hero-tracing-go"
)

func TestLogHandler(t *testing.T) {
	c := collect(t)
	var text bytes.Buffer
	logger := slog.New(herotracing.LogHandler(slog.NewTextHandler(&text, nil)))
	ctx, step := herotracing.Step(context.Background(), "load")
	logger.DebugContext(ctx, "for the span alone", "n", 1)
	logger.With("a", 1).WithGroup("request").With("b", 2).WarnContext(ctx, "slow", "path", "/",
		slog.Group("time", "ms", 3, slog.Group("empty")), slog.Group("", "inline", true), slog.Attr{})
	logger.ErrorContext(context.Background(), "without a span")
	step.End()
	logs := ofType(c.events(), "span_log")
	check(t, len(logs), 2)
	check(t, []any{logs[0].Message, logs[0].Level, logs[0].Fields},
		[]any{"for the span alone", "debug", map[string]any{"n": 1.0}})
	check(t, []any{logs[1].Message, logs[1].Level, logs[1].Fields}, []any{"slow", "warn", map[string]any{
		"a": 1.0, "request.b": 2.0, "request.path": "/", "request.time": map[string]any{"ms": 3.0}, "request.inline": true,
	}})
	if found := text.String(); strings.Count(found, "\n") != 2 || !strings.Contains(found, "request.path=/ request.time.ms=3") {
		t.Errorf("found %s", found)
	}
}

func TestLogHandlerAlone(t *testing.T) {
	c := collect(t)
	logger := slog.New(herotracing.LogHandler(nil))
	check(t, logger.Enabled(context.Background(), slog.LevelError), false)
	ctx, step := herotracing.Step(context.Background(), "load")
	check(t, logger.Enabled(ctx, slog.LevelDebug), true)
	shared := logger.With("a", 1)
	shared.InfoContext(ctx, "one", "b", 2)
	shared.InfoContext(ctx, "two", "c", 3)
	step.End()
	check(t, logger.Enabled(ctx, slog.LevelError), false)
	logs := ofType(c.events(), "span_log")
	check(t, []any{logs[0].Fields, logs[1].Fields}, []any{
		map[string]any{"a": 1.0, "b": 2.0}, map[string]any{"a": 1.0, "c": 3.0},
	})
}
