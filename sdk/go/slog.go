package herotracing

import (
	"context"
	"log/slog"
	"slices"
)

// LogHandler is a [slog.Handler] that says what is logged to the current span of the context, and
// passes it on to another handler, if that is not nil:
//
//	slog.SetDefault(slog.New(herotracing.LogHandler(slog.NewTextHandler(os.Stderr, nil))))
//	…
//	slog.InfoContext(ctx, "loaded", "rows", 3)
//
// Attributes become fields; those of a group that the logger opened have its name before theirs,
// as in request.path.
func LogHandler(next slog.Handler) slog.Handler { return &logHandler{next: next} }

type logHandler struct {
	next   slog.Handler
	fields []Attr // those of the logger
	prefix string // the groups that the logger opened
}

// Enabled is whether the span or the next handler hears it.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return Current(ctx).isHeard() || h.next != nil && h.next.Enabled(ctx, level)
}

func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	if span := Current(ctx); span.isHeard() {
		fields := slices.Clip(h.fields)
		record.Attrs(func(attr slog.Attr) bool {
			fields = appendAttr(fields, h.prefix, attr)
			return true
		})
		span.LogAt(levelOf(record.Level), record.Message, fields...)
	}
	if h.next == nil || !h.next.Enabled(ctx, record.Level) {
		return nil
	}
	return h.next.Handle(ctx, record)
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.fields = slices.Clip(h.fields)
	for _, attr := range attrs {
		with.fields = appendAttr(with.fields, h.prefix, attr)
	}
	if h.next != nil {
		with.next = h.next.WithAttrs(attrs)
	}
	return &with
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	with := *h
	with.prefix += name + "."
	if h.next != nil {
		with.next = h.next.WithGroup(name)
	}
	return &with
}

// appendAttr adds an attribute as slog wants it: one that is zero is left out, and a group
// without a name gives its members.
func appendAttr(fields []Attr, prefix string, attr slog.Attr) []Attr {
	value := attr.Value.Resolve()
	switch {
	case attr.Equal(slog.Attr{}):
		return fields
	case value.Kind() != slog.KindGroup:
		return append(fields, Attr{prefix + attr.Key, value.Any()})
	case attr.Key == "":
		for _, member := range value.Group() {
			fields = appendAttr(fields, prefix, member)
		}
		return fields
	}
	var members []Attr
	for _, member := range value.Group() {
		members = appendAttr(members, "", member)
	}
	if members == nil {
		return fields
	}
	return append(fields, Attr{prefix + attr.Key, members})
}

func levelOf(level slog.Level) Level {
	switch {
	case level < slog.LevelInfo:
		return LevelDebug
	case level < slog.LevelWarn:
		return LevelInfo
	case level < slog.LevelError:
		return LevelWarn
	}
	return LevelError
}
