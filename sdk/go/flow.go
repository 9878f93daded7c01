package herotracing

import (
	"context"
	"os"
	"slices"
	"strings"
)

// InStep does something within a step, which ends by what it returns, or by a panic.
func InStep(ctx context.Context, name string, do func(context.Context) error, tags ...Attr) error {
	return within(ctx, stepKind, name, do, tags)
}

// InSpan does something within a span, as [InStep] does.
func InSpan(ctx context.Context, name string, do func(context.Context) error, tags ...Attr) error {
	return within(ctx, spanKind, name, do, tags)
}

func within(ctx context.Context, as kind, name string, do func(context.Context) error, tags []Attr) (err error) {
	ctx, span := open(ctx, as, name, tags, nil)
	defer span.EndErr(&err)
	return do(ctx)
}

// RunFlow runs a flow under a root span of kind flow, with its input as params and its output as
// result. It is what a host calls: a program that runs flows, or the main of one.
func RunFlow[I, O any](ctx context.Context, name string, input I, flow func(context.Context, I) (O, error)) (output O, err error) {
	ctx, span := open(ctx, flowKind, name, nil, input)
	defer span.EndErr(&err)
	if output, err = flow(ctx, input); err == nil {
		span.Result(output)
	}
	return output, err
}

// ChildEnv is an environment for a process that hangs its roots under the current span:
//
//	command := exec.CommandContext(ctx, "report")
//	command.Env = herotracing.ChildEnv(ctx, nil)
//
// It is made from env, or from [os.Environ] if that is nil.
func ChildEnv(ctx context.Context, env []string) []string {
	if env == nil {
		env = os.Environ()
	}
	p := current()
	if p.dead.Load() {
		return env
	}
	parent := p.rootParent
	if span := nearestOpen(carried(ctx)); span != nil {
		parent = span.ID()
	}
	env = slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		return strings.HasPrefix(entry, envSocket+"=") || strings.HasPrefix(entry, envParent+"=")
	})
	return append(env, envSocket+"="+os.Getenv(envSocket), envParent+"="+parent)
}
