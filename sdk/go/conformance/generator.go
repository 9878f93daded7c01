//go:build go1.23

package main

import (
	"context"
	"iter"

	herotracing "hero-tracing-go"
)

func init() {
	features = append(features, "generator")
	operations["generator"] = (*script).generator
}

// generator starts generators that hold a span open. The code around them goes on with the
// context of the last: what is current there is the nearest span that is still open.
func (s *script) generator(ctx context.Context, o *operation) error {
	closers := make([]func(), len(o.Spans))
	for index, held := range o.Spans {
		next, stop := iter.Pull(hold(ctx, held))
		if within, ok := next(); ok {
			ctx = within
		}
		closers[index] = stop
	}
	err := s.guarded(ctx, o.block)
	for index := range o.Close {
		closing := &o.Close[index]
		closers[closing.Which]()
		if err == nil {
			err = s.guarded(ctx, closing.block)
		}
	}
	return err
}

// hold opens a span and gives the context within it.
func hold(ctx context.Context, span heldSpan) iter.Seq[context.Context] {
	return func(yield func(context.Context) bool) {
		open := herotracing.Start
		if span.Kind == "step" {
			open = herotracing.Step
		}
		ctx, held := open(ctx, makeText(span.Name))
		defer held.End()
		yield(ctx)
	}
}
