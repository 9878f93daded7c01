// Command nightly is a flow with an input and a result.
//
//	go run ./examples/nightly -day 2024-03-01 -rows 3
//
// It runs as it is; with a collector it is watched as well.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"

	herotracing "hero-tracing-go"
)

type input struct {
	Day  string `json:"day"`
	Rows int    `json:"rows"`
}

type output struct {
	Rows  int     `json:"rows"`
	Total float64 `json:"total"`
}

type sale struct {
	Region string  `json:"region"`
	Price  float64 `json:"price"`
}

// store stands for a database.
type store struct{ sales []string }

// Insert keeps a sale.
func (s *store) Insert(_ context.Context, one sale) error {
	text, err := json.Marshal(one)
	s.sales = append(s.sales, string(text))
	return err
}

func nightly(ctx context.Context, in input) (output, error) {
	database := &store{}
	if err := load(ctx, database, in); err != nil {
		return output{}, err
	}
	total, err := total(ctx, database)
	return output{len(database.sales), total}, err
}

func load(ctx context.Context, database *store, in input) (err error) {
	ctx, step := herotracing.Step(ctx, "load", herotracing.Tag("day", in.Day))
	defer step.EndErr(&err)
	insert := herotracing.Instrument(database.Insert)
	for number := range in.Rows {
		if err := insert(ctx, sale{"north", 10.5 * float64(number)}); err != nil {
			return fmt.Errorf("row %d: %w", number, err)
		}
	}
	step.Tag("rows", in.Rows).Log("loaded")
	return nil
}

func total(ctx context.Context, database *store) (sum float64, err error) {
	_, step := herotracing.Step(ctx, "total")
	defer step.EndErr(&err)
	if len(database.sales) == 0 {
		return 0, herotracing.Failed("no rows today")
	}
	for _, text := range database.sales {
		var one sale
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			return 0, err
		}
		sum += one.Price
	}
	step.Result(sum)
	return sum, nil
}

func main() {
	var in input
	flag.StringVar(&in.Day, "day", "2024-03-01", "the day to load")
	flag.IntVar(&in.Rows, "rows", 3, "how many rows there are")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out, err := herotracing.RunFlow(ctx, "nightly", in, nightly)
	if err != nil {
		fmt.Fprintln(os.Stderr, "nightly:", err)
		os.Exit(1)
	}
	fmt.Printf("%d rows for %s, %.2f in all\n", out.Rows, in.Day, out.Total)
}
