package herotracing_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"sync"

	herotracing "hero-tracing-go"
)

// database stands for a client.
type database struct{}

// Query gives the names of a day.
func (database) Query(_ context.Context, day string) ([]string, error) {
	if day == "" {
		return nil, errors.New("no day")
	}
	return []string{"apple", "pear"}, nil
}

func Example() {
	load := func(ctx context.Context, day string) (rows []string, err error) {
		ctx, step := herotracing.Step(ctx, "load", herotracing.Tag("day", day))
		defer step.EndErr(&err)

		if rows, err = (database{}).Query(ctx, day); err != nil {
			return nil, fmt.Errorf("load: %w", err)
		}
		step.Tag("rows", len(rows)).Log("loaded")
		return rows, nil
	}
	rows, err := load(context.Background(), "2024-03-01")
	fmt.Println(rows, err)
	_, err = load(context.Background(), "")
	fmt.Println(err)
	// Output:
	// [apple pear] <nil>
	// load: no day
}

func ExampleInStep() {
	err := herotracing.InStep(context.Background(), "check", func(ctx context.Context) error {
		herotracing.Current(ctx).LogAt(herotracing.LevelWarn, "nothing there")
		return herotracing.Failed("no rows today")
	})
	fmt.Println(err)
	// Output: no rows today
}

func ExampleStart() {
	ctx, step := herotracing.Step(context.Background(), "squares")
	defer step.End()
	var all sync.WaitGroup
	squares := make([]int, 4)
	for number := range squares {
		all.Add(1)
		go func() {
			defer all.Done()
			_, span := herotracing.Start(ctx, "square", herotracing.Tag("number", number))
			defer span.End()
			squares[number] = number * number
		}()
	}
	all.Wait()
	fmt.Println(squares)
	// Output: [0 1 4 9]
}

func ExampleRunFlow() {
	type input struct {
		Day string `json:"day"`
	}
	rows, err := herotracing.RunFlow(context.Background(), "nightly", input{"2024-03-01"},
		func(ctx context.Context, in input) (int, error) {
			names, err := (database{}).Query(ctx, in.Day)
			return len(names), err
		})
	fmt.Println(rows, err)
	// Output: 2 <nil>
}

func ExampleInstrument() {
	query := herotracing.Instrument(database{}.Query)
	fmt.Println(query(context.Background(), "2024-03-01")) // a span rpc:database.Query
	// Output: [apple pear] <nil>
}

func ExampleCall() {
	count, err := herotracing.Call(context.Background(), "Inventory", "count",
		func(context.Context) (int, error) { return 7, nil },
		"bolts", herotracing.Attr{Key: "reserved", Value: false})
	fmt.Println(count, err)
	// Output: 7 <nil>
}

func ExampleChildEnv() {
	ctx, step := herotracing.Step(context.Background(), "sub-flow")
	defer step.End()
	command := exec.CommandContext(ctx, "echo", "hello")
	command.Env = herotracing.ChildEnv(ctx, nil)
	text, err := command.Output()
	fmt.Print(string(text), err)
	// Output:
	// hello
	// <nil>
}

func ExampleLogHandler() {
	logger := slog.New(herotracing.LogHandler(nil))
	ctx, step := herotracing.Step(context.Background(), "load")
	defer step.End()
	logger.InfoContext(ctx, "loaded", "rows", 3) // a log line of the step
	// Output:
}
