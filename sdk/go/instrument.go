package herotracing

import (
	"context"
	"reflect"
	"runtime"
	"strings"
)

// Call makes a call of a client within a span of kind rpc that is called rpc:Class.method. The
// class is the type of the client, or its name if the client is a string. Arguments are recorded
// as they are, named ones given as an [Attr]; so is what the call returns.
//
//	rows, err := herotracing.Call(ctx, db, "Query", func(ctx context.Context) (*sql.Rows, error) {
//		return db.QueryContext(ctx, query, day)
//	}, query, day)
func Call[T any](ctx context.Context, client any, method string, call func(context.Context) (T, error), args ...any) (result T, err error) {
	ctx, span := openCall(ctx, className(client), method, args)
	defer span.EndErr(&err)
	if result, err = call(ctx); err == nil {
		span.Result(result)
	}
	return result, err
}

func openCall(ctx context.Context, class, method string, args []any) (context.Context, *Span) {
	if current().dead.Load() {
		return ctx, &nothing
	}
	return open(ctx, rpcKind, "rpc:"+class+"."+method, nil, params(args))
}

// params are the arguments of a call, or nil if there are none.
func params(args []any) any {
	var positional []any
	var named, found []Attr
	for _, arg := range args {
		if attr, isNamed := arg.(Attr); isNamed {
			named = append(named, attr)
		} else {
			positional = append(positional, arg)
		}
	}
	if positional != nil {
		found = append(found, Attr{"args", positional})
	}
	if named != nil {
		found = append(found, Attr{"kwargs", named})
	}
	if found == nil {
		return nil
	}
	return found
}

func className(client any) string {
	kind := reflect.TypeOf(client)
	if name, isName := client.(string); isName || kind == nil {
		return name
	}
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	if kind.Name() == "" {
		return kind.String()
	}
	return kind.Name()
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorKind   = reflect.TypeFor[error]()
)

// Instrument returns a function that calls a client's method within a span of kind rpc, with its
// arguments as params and what it returns as result:
//
//	fetch := herotracing.Instrument(client.Fetch)
//	rows, err := fetch(ctx, "2024-03-01")
//
// The method's first argument must be a context, which carries the span on. What is not such a
// method comes back as it is: an unexported one, and any other function or value. While the SDK
// is off everything does.
func Instrument[F any](method F) F {
	call := reflect.ValueOf(method)
	class, name, isMethod := methodName(call)
	if !isMethod || current().dead.Load() {
		return method
	}
	instrumented := reflect.MakeFunc(call.Type(), func(args []reflect.Value) []reflect.Value {
		return callWithin(call, class, name, args)
	})
	return instrumented.Interface().(F)
}

// methodName reads the names of a method's value, which the runtime calls
// package.(*Class).Method-fm.
func methodName(call reflect.Value) (class, method string, ok bool) {
	if call.Kind() != reflect.Func || call.IsNil() {
		return "", "", false
	}
	kind := call.Type()
	if kind.NumIn() == 0 || kind.In(0) != contextType {
		return "", "", false
	}
	whole := runtime.FuncForPC(call.Pointer()).Name()
	whole, isMethod := strings.CutSuffix(whole[strings.LastIndexByte(whole, '/')+1:], "-fm")
	at := strings.LastIndexByte(whole, '.')
	if !isMethod || at < 0 || !isExported(whole[at+1:]) {
		return "", "", false
	}
	class = strings.Trim(whole[strings.IndexByte(whole, '.')+1:at], "(*)")
	return class, whole[at+1:], true
}

func isExported(name string) bool { return name != "" && name[0] >= 'A' && name[0] <= 'Z' }

// callWithin makes one call of an instrumented method.
func callWithin(call reflect.Value, class, method string, args []reflect.Value) (results []reflect.Value) {
	ctx, _ := args[0].Interface().(context.Context)
	ctx, span := openCall(ctx, class, method, interfaces(call.Type(), args))
	var err error
	defer span.EndErr(&err)
	if ctx != nil {
		args[0] = reflect.ValueOf(&ctx).Elem()
	}
	if call.Type().IsVariadic() {
		results = call.CallSlice(args)
	} else {
		results = call.Call(args)
	}
	given := results
	if last := len(results) - 1; last >= 0 && results[last].Type() == errorKind {
		err, _ = results[last].Interface().(error)
		given = results[:last]
	}
	if err == nil && len(given) == 1 {
		span.Result(given[0].Interface())
	} else if err == nil && len(given) > 1 {
		all := make([]any, len(given))
		for index, one := range given {
			all[index] = one.Interface()
		}
		span.Result(all)
	}
	return results
}

// interfaces are the arguments of a call but for its context, a variadic one as many.
func interfaces(kind reflect.Type, args []reflect.Value) []any {
	var all []any
	for index, arg := range args[1:] {
		if kind.IsVariadic() && index+2 == len(args) {
			for item := range arg.Len() {
				all = append(all, arg.Index(item).Interface())
			}
			break
		}
		all = append(all, arg.Interface())
	}
	return all
}
