// Command fanout looks for duplicates among texts with goroutines side by side. The first that
// fails cancels the others.
//
//	go run ./examples/fanout
//
// A goroutine that is given the context of a step works under it.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	herotracing "hero-tracing-go"
)

var files = map[string]string{
	"a.txt": "apple", "b.txt": "pear", "copy of a.txt": "apple", "d.txt": "plum", "e.txt": "",
}

func digest(ctx context.Context, name string) (sum [32]byte, err error) {
	ctx, span := herotracing.Start(ctx, "digest", herotracing.Tag("file", name))
	defer span.EndErr(&err)
	if files[name] == "" {
		return sum, herotracing.Failed(name + " is empty")
	}
	select {
	case <-time.After(20 * time.Millisecond): // as if it were long
		return sha256.Sum256([]byte(files[name])), nil
	case <-ctx.Done():
		return sum, ctx.Err()
	}
}

func digests(ctx context.Context, names []string) (found map[[32]byte][]string, err error) {
	ctx, step := herotracing.Step(ctx, "digests", herotracing.Tag("files", names))
	defer step.EndErr(&err)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	found = map[[32]byte][]string{}
	var turn sync.Mutex
	var all sync.WaitGroup
	for _, name := range names {
		all.Add(1)
		go func() {
			defer all.Done()
			sum, err := digest(ctx, name)
			if err != nil {
				cancel(err)
				return
			}
			turn.Lock()
			defer turn.Unlock()
			found[sum] = append(found[sum], name)
		}()
	}
	all.Wait()
	return found, context.Cause(ctx)
}

func main() {
	names := []string{"a.txt", "b.txt", "copy of a.txt", "d.txt"}
	found, err := digests(context.Background(), names)
	for _, alike := range found {
		if slices.Sort(alike); len(alike) > 1 {
			fmt.Println(alike, err)
		}
	}
	_, err = digests(context.Background(), append(names, "e.txt"))
	fmt.Println(err)
}
