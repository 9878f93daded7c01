// Command subflow hands a part of the work to another process, and keeps one tree.
//
//	go run ./examples/subflow
//
// The same program is the flow and, when it is called with a word, the sub-flow.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"

	herotracing "hero-tracing-go"
)

func subflow(ctx context.Context, words []string) (verdicts map[string]string, err error) {
	verdicts = map[string]string{}
	for _, word := range words {
		if verdicts[word], err = runSubflow(ctx, word); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

// runSubflow starts this program again, with its spans under the step.
func runSubflow(ctx context.Context, word string) (verdict string, err error) {
	ctx, step := herotracing.Step(ctx, "judge", herotracing.Tag("word", word))
	defer step.EndErr(&err)
	command := exec.CommandContext(ctx, os.Args[0], word)
	command.Env = herotracing.ChildEnv(ctx, nil)
	text, err := command.Output()
	step.Result(text)
	return string(text), err
}

func judge(ctx context.Context, word string) string {
	_, step := herotracing.Step(ctx, "reverse")
	defer step.End()
	backwards := []rune(word)
	slices.Reverse(backwards)
	step.Tag("backwards", string(backwards))
	if string(backwards) == word {
		return "palindrome"
	}
	return "plain"
}

func main() {
	ctx := context.Background()
	if len(os.Args) > 1 {
		fmt.Print(judge(ctx, os.Args[1]))
		return
	}
	words := []string{"kayak", "canoe"}
	verdicts, err := herotracing.RunFlow(ctx, "subflow", words, subflow)
	if err != nil {
		fmt.Fprintln(os.Stderr, "subflow:", err)
		os.Exit(1)
	}
	for _, word := range words {
		fmt.Printf("%s: %s\n", word, verdicts[word])
	}
}
