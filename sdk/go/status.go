package herotracing

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// status is the place of a word in statuses.
type status uint8

const (
	okStatus status = iota
	failedStatus
	cancelledStatus
)

// FailedError is a clean failure, which [Failed] makes.
type FailedError struct {
	Reason string
}

// Failed is a clean failure: it fails each span that it leaves with the reason and no stack,
// also when it is wrapped on its way.
func Failed(reason string) error { return &FailedError{reason} }

// Error is the reason.
func (f *FailedError) Error() string { return f.Reason }

// ErrorType is the type that is sent.
func (f *FailedError) ErrorType() string { return "Failed" }

// ExitError is an exit of the program on its way to main, which [Exit] makes.
type ExitError struct {
	Code int
}

// Exit is an exit of the program with a code, for main to make true: [os.Exit] runs no deferred
// call, so nobody would learn how the spans that it leaves open have ended. A code of 0 ends
// them as ok, another fails them.
func Exit(code int) error { return &ExitError{code} }

// Error names the code.
func (e *ExitError) Error() string { return "exit " + strconv.Itoa(e.Code) }

// ErrorType is the type that is sent.
func (e *ExitError) ErrorType() string { return "Exit" }

// ending is how a span ended.
type ending struct {
	status  status
	err     captured // for a span that failed
	errType string
}

// judge tells how a span ended that an error leaves (sdk.status).
func judge(err error) (found ending) {
	defer func() { // the error's own code may panic
		if recover() != nil {
			found = failure(mute(err).text, reflect.TypeOf(err).String())
		}
	}()
	if found, ok := judgeKnown(err); ok {
		return found
	}
	kind := errorType(err)
	return failure(stack(whenReturned)+kind+": "+err.Error()+"\n", kind)
}

func failure(text, kind string) ending { return ending{failedStatus, captureError(text), kind} }

// judgeKnown tells it of errors that say it themselves.
func judgeKnown(err error) (ending, bool) {
	var clean *FailedError
	var exit *ExitError
	switch {
	case errors.As(err, &clean):
		return failure(clean.Reason, clean.ErrorType()), true
	case errors.As(err, &exit) && exit.Code == 0:
		return ending{}, true
	case errors.As(err, &exit):
		return failure(strconv.Itoa(exit.Code), exit.ErrorType()), true
	case errors.Is(err, context.Canceled):
		return ending{status: cancelledStatus, errType: "context.Canceled"}, true
	}
	return ending{}, false
}

// judgePanic tells how a span ended that a panic leaves.
func judgePanic(value any) (found ending) {
	where := stack(whenPanicking)
	err, isError := value.(error)
	if !isError {
		var own writer
		return failure(where+"panic: "+own.capture(value, 2).text+"\n", "panic")
	}
	defer func() {
		if recover() != nil {
			found = failure(where+"panic: "+mute(err).text+"\n", reflect.TypeOf(err).String())
		}
	}()
	if found, ok := judgeKnown(err); ok {
		return found
	}
	kind := errorType(err)
	return failure(where+"panic: "+kind+": "+err.Error()+"\n", kind)
}

// errorType is what an error calls its own type, or the type of the first in its chain that is
// more than a wrapping.
func errorType(err error) string {
	for {
		if named, ok := err.(interface{ ErrorType() string }); ok {
			return named.ErrorType()
		}
		kind := reflect.TypeOf(err)
		inner := errors.Unwrap(err)
		if inner == nil || !isWrapping(kind) {
			return kind.String()
		}
		err = inner
	}
}

func isWrapping(kind reflect.Type) bool {
	return kind.Kind() == reflect.Pointer && kind.Elem().PkgPath() == "fmt"
}

// moment is when a stack is looked at.
type moment uint8

const (
	whenReturned moment = iota
	whenPanicking
)

const mostFrames = 64

// stack tells where this goroutine is, the caller of the SDK first; of a panic, where it began.
func stack(when moment) string {
	pcs := make([]uintptr, mostFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var text strings.Builder
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		if when == whenPanicking {
			if frame.Function == "runtime.gopanic" {
				when = whenReturned
			}
			continue
		}
		if !isAround(frame.Function) {
			fmt.Fprintf(&text, "%s\n\t%s:%d\n", frame.Function, frame.File, frame.Line)
		}
	}
	return text.String()
}

// isAround tells whether a function is the SDK's or Go's own, around the program's.
func isAround(function string) bool {
	name, _, _ := strings.Cut(function[strings.LastIndexByte(function, '/')+1:], ".")
	return name == "runtime" || name == "reflect" || strings.HasPrefix(function, ownPackage+".")
}

var ownPackage = reflect.TypeOf(Span{}).PkgPath()
