// Command conformance lets the hero_span conformance suite drive the SDK that lies beside it.
//
// The suite starts this program and speaks with it on stdin and stdout, one JSON object a line;
// conformance/README.md in the repository holds the whole contract.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"

	herotracing "hero-tracing-go"
	"hero-tracing-go/internal/restart"
)

const (
	contract     = 1
	protocol     = 1
	socketName   = "HERO_FLOW_SPAN_SOCK"
	parentName   = "HERO_FLOW_PARENT_SPAN"
	printedBytes = 4096
)

// Go has no coroutines in an event loop and cannot fork: async and fork are not here.
var features = []string{"threads", "instrument", "decorator", "surrogates", "cycles", "hijack", "reuse"}

// dialogue is stdin and stdout, taken away from the SDK and the script. What they print lands in
// a file, and is reported.
type dialogue struct {
	in      *bufio.Reader
	out     *os.File
	printed *os.File
	turn    sync.Mutex
}

func newDialogue() (*dialogue, error) {
	in, err := duplicate(0)
	if err != nil {
		return nil, err
	}
	out, err := duplicate(1)
	if err != nil {
		return nil, err
	}
	printed, err := os.CreateTemp("", "adapter-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(printed.Name()); err != nil {
		return nil, err
	}
	for _, standard := range []int{1, 2} {
		if err := replaceDescriptor(int(printed.Fd()), standard); err != nil {
			return nil, err
		}
	}
	return &dialogue{in: bufio.NewReader(in), out: out, printed: printed}, nil
}

func duplicate(descriptor int) (*os.File, error) {
	copied, err := syscall.Dup(descriptor)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(copied)
	return os.NewFile(uintptr(copied), "dialogue"), nil
}

type command struct {
	Cmd      string          `json:"cmd"`
	Contract int             `json:"contract"`
	ID       string          `json:"id"`
	Socket   *string         `json:"socket"`
	Parent   *string         `json:"parent"`
	Script   json.RawMessage `json:"script"`
}

// answer is what the adapter says, with the members that the answer to a command has.
type answer map[string]any

// hear is the next command; a stop at the end of stdin.
func (d *dialogue) hear() (command, error) {
	line, err := d.in.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return command{Cmd: "stop"}, nil
	}
	if err != nil {
		return command{}, err
	}
	var heard command
	return heard, json.Unmarshal(line, &heard)
}

func (d *dialogue) say(said answer) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(said); err != nil {
		return err
	}
	_, err := d.out.Write(line.Bytes())
	return err
}

// reach says that the script is at a checkpoint, and waits for go.
func (d *dialogue) reach(id, name string) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	if err := d.say(answer{"id": id, "at": name}); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	word, err := d.hear()
	if err != nil || word.Cmd != "go" || word.ID != id {
		return fmt.Errorf("%w: expected go for %s, found %v", errBroken, id, word)
	}
	return nil
}

// takePrinted is what was printed since the last time.
func (d *dialogue) takePrinted() (string, error) {
	// One offset is shared by all that was made from this file.
	end, err := d.printed.Seek(0, io.SeekEnd)
	if err != nil || end == 0 {
		return "", err
	}
	text := make([]byte, min(end, printedBytes))
	if _, err := d.printed.ReadAt(text, 0); err != nil {
		return "", err
	}
	if err := d.printed.Truncate(0); err != nil {
		return "", err
	}
	_, err = d.printed.Seek(0, io.SeekStart)
	return strings.ToValidUTF8(string(text), "\uFFFD"), err
}

// run runs a script, with an SDK that is as after a start, and tells what its user's code saw.
func (d *dialogue) run(heard command) (answer, error) {
	ops, err := readScript(heard.Script)
	var unknown *unknownError
	if errors.As(err, &unknown) {
		return answer{"id": heard.ID, "unsupported": unknown.Error()}, nil
	}
	if err != nil {
		return answer{"id": heard.ID, "errored": err.Error()}, nil
	}
	setVariable(socketName, heard.Socket)
	setVariable(parentName, heard.Parent)
	restart.SDK()
	reach := func(name string) error { return d.reach(heard.ID, name) }
	branch := &script{socket: heard.Socket, reach: reach, seen: []any{}}
	said := answer{"id": heard.ID}
	err = branch.guarded(context.Background(), ops)
	switch {
	case errors.Is(err, errBroken):
		said["errored"] = err.Error()
		return said, nil
	case err != nil:
		left := reportOf(err)
		said["outcome"], said["type"], said["message"] = "raised", left.Type, left.Message
	default:
		said["outcome"], said["value"] = "returned", branch.seen
	}
	printed, err := d.takePrinted()
	if printed != "" {
		said["printed"] = printed
	}
	return said, err
}

func setVariable(name string, value *string) {
	os.Unsetenv(name)
	if value != nil {
		os.Setenv(name, *value)
	}
}

func (d *dialogue) serve() error {
	for {
		heard, err := d.hear()
		if err != nil {
			return err
		}
		var said answer
		switch heard.Cmd {
		case "stop":
			return nil
		case "start":
			said = answer{
				"ok": heard.Contract == contract, "sdk": "go", "version": herotracing.Version,
				"protocol": protocol, "features": features,
			}
		default:
			if said, err = d.run(heard); err != nil {
				return err
			}
		}
		if err := d.say(said); err != nil {
			return err
		}
	}
}

func main() {
	complaints, err := duplicate(2)
	if err != nil {
		os.Exit(1)
	}
	talk, err := newDialogue()
	if err == nil {
		err = talk.serve()
	}
	if err != nil {
		fmt.Fprintln(complaints, err)
		os.Exit(1)
	}
}
