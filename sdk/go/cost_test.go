//go:build !race

package herotracing_test

// What a span costs; under the race detector pools forget.

import (
	"context"
	"testing"

	herotracing "hero-tracing-go"
)

func TestOffCostsNoAllocation(t *testing.T) {
	turnOff(t)
	ctx := context.Background()
	count := testing.AllocsPerRun(1000, func() {
		_, span := herotracing.Start(ctx, "s", herotracing.Tag("key", "text"), herotracing.Tag("n", 7))
		span.End()
	})
	check(t, count, 0.0)
}

func TestASpanCostsOneAllocation(t *testing.T) {
	sink(t)
	ctx, root := herotracing.Step(context.Background(), "root")
	defer root.End()
	count := testing.AllocsPerRun(1000, func() {
		_, span := herotracing.Start(ctx, "s", herotracing.Tag("key", "text"), herotracing.Tag("n", 7))
		span.End()
	})
	if count > 1.5 { // the collector of garbage may empty a pool
		t.Errorf("found %v", count)
	}
}

func BenchmarkSpan(b *testing.B) {
	ctx, root := herotracing.Step(context.Background(), "root")
	defer root.End()
	b.ReportAllocs()
	for range b.N {
		_, span := herotracing.Start(ctx, "s", herotracing.Tag("key", "text"), herotracing.Tag("n", 7))
		span.End()
	}
}
