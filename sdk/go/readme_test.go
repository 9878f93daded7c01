package herotracing_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var programs = regexp.MustCompile("(?s)```go\n(package main\n.*?)```\n\n```text\n(.*?)```")

// TestReadme runs the programs of README.md, and compares what they print.
func TestReadme(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := programs.FindAllSubmatch(page, -1)
	if len(found) != 3 {
		t.Fatalf("expected three programs, found %d", len(found))
	}
	for _, program := range found {
		file := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(file, program[1], 0o600); err != nil {
			t.Fatal(err)
		}
		command := exec.Command("go", "run", file)
		command.Env = append(os.Environ(), socketName+"=")
		text, err := command.CombinedOutput()
		if err != nil || string(text) != string(program[2]) {
			t.Errorf("found %s %v, expected %s", text, err, program[2])
		}
	}
}
