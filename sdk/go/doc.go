// Package herotracing says what a flow does, step by step, so that it can be watched as a tree
// while it runs.
//
//	func nightly(ctx context.Context, day string) (rows int, err error) {
//		ctx, step := herotracing.Step(ctx, "load", herotracing.Tag("day", day))
//		defer step.EndErr(&err)
//		…
//	}
//
// A span is a stretch of work: a whole flow, a step of it, any smaller stretch, or a call of an
// instrumented client. Spans nest by the context: what is opened with the context that [Step]
// gave hangs under that step. A goroutine that is given no such context starts without a span.
//
// The spans go as JSON Lines to the Unix socket that HERO_FLOW_SPAN_SOCK names, and the first
// span looks for it, once. Without a collector every call is a silent, cheap no-op. No call
// panics, prints, starts a goroutine, or waits for a stalled collector for more than 250 ms;
// when it returns, its line is in the kernel's queue whole.
//
// Values of tags, fields, inputs and results may be anything. Structs, maps, slices and what
// marshals itself become JSON; what JSON cannot hold becomes a readable text; what is long is
// cut, and the cut announced. A value is taken when it is handed over.
package herotracing

// Version is the version of this SDK.
const Version = "1.0.0"
