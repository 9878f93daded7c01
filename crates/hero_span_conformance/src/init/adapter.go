// Command adapter lets the hero_span conformance suite drive an SDK.
//
// The suite starts this program and speaks with it on stdin and stdout, one JSON
// object a line; conformance/README.md of the suite holds the whole contract. What
// needs no SDK is done. Fill in the places marked TODO, one after the other: add an
// operation to operations when it works, and its feature to features.
//
//	go build -o adapter adapter.go && hero-span conformance run --adapter ./adapter
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"strings"
	"sync"
	"syscall"
)

// TODO: import the SDK that lies beside this file, and say its version.
const (
	sdkVersion = "0"
	contract   = 1
	socketName = "HERO_FLOW_SPAN_SOCK"
	parentName = "HERO_FLOW_PARENT_SPAN"
)

// TODO: async, fork, hijack, instrument, generator, decorator, reuse.
var features = []string{"threads", "cycles"}

// words are a value as the script writes it; members keep their order.
type words = json.RawMessage

// op is one operation of a script, with the members that its operations have. TODO: those of
// call, fork, hijack and generator.
type op struct {
	Op      string  `json:"op"`
	Do      words   `json:"do"`
	Kind    string  `json:"kind"`
	Type    string  `json:"type"`
	Message words   `json:"message"`
	Reason  words   `json:"reason"`
	Code    *int    `json:"code"`
	Name    words   `json:"name"`
	Times   int     `json:"times"`
	Wrap    bool    `json:"wrap"`
	Returns words   `json:"returns"`
	Input   words   `json:"input"`
	Tags    words   `json:"tags"`
	Key     words   `json:"key"`
	Value   words   `json:"value"`
	Level   *string `json:"level"`
	Fields  words   `json:"fields"`
}

// report is what the user's code sees of an error.
type report struct {
	Type    string `json:"type"`
	Message words  `json:"message"`
}

// raised is an error that the script raised, with the script's own words for it.
type raised struct {
	report
	text string
}

func (r *raised) Error() string { return r.text }

// errBroken says that this program is wrong: no verdict on the SDK.
var errBroken = errors.New("the adapter is broken")

func reportOf(err error) report {
	var own *raised
	if errors.As(err, &own) {
		return own.report
	}
	return report{Type: fmt.Sprintf("%T", err), Message: quote(err.Error())}
}

func quote(text string) words {
	quoted, err := json.Marshal(text)
	if err != nil {
		return words("null")
	}
	return quoted
}

// Values: plain JSON stands for itself, {"gen": …} is a recipe.

// pair is a member of an object that keeps the order of its members.
type pair struct {
	Key   any
	Value any
}

type recipe struct {
	Gen      string    `json:"gen"`
	Char     string    `json:"char"`
	Bytes    int       `json:"bytes"`
	Parts    []words   `json:"parts"`
	Value    words     `json:"value"`
	Digits   string    `json:"digits"`
	Exponent int64     `json:"exponent"`
	Of       string    `json:"of"`
	Levels   int       `json:"levels"`
	Count    int       `json:"count"`
	Pairs    [][]words `json:"pairs"`
}

// makeValue makes the value that a script describes: nil, bool, int64, float64, *big.Int, string,
// []byte, []any or []pair. TODO: give objects the form that the SDK takes.
func makeValue(w words) (any, error) {
	w = bytes.TrimSpace(w)
	if len(w) == 0 {
		return nil, nil
	}
	switch w[0] {
	case '[':
		return makeArray(w)
	case '{':
		var r recipe
		if isRecipe(w) {
			if err := json.Unmarshal(w, &r); err != nil {
				return nil, err
			}
			return cook(r)
		}
		return makeObject(w)
	case '"', 't', 'f', 'n':
		var plain any
		err := json.Unmarshal(w, &plain)
		return plain, err
	}
	var number json.Number
	if err := json.Unmarshal(w, &number); err != nil {
		return nil, err
	}
	if whole, err := number.Int64(); err == nil {
		return whole, nil
	}
	return number.Float64()
}

func isRecipe(w words) bool {
	var mark struct {
		Gen *string `json:"gen"`
	}
	return json.Unmarshal(w, &mark) == nil && mark.Gen != nil
}

func makeArray(w words) (any, error) {
	var items []words
	if err := json.Unmarshal(w, &items); err != nil {
		return nil, err
	}
	made := make([]any, len(items))
	for index, item := range items {
		value, err := makeValue(item)
		if err != nil {
			return nil, err
		}
		made[index] = value
	}
	return made, nil
}

func makeObject(w words) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(w))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	made := []pair{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value words
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		member, err := makeValue(value)
		if err != nil {
			return nil, err
		}
		made = append(made, pair{key, member})
	}
	return made, nil
}

var recipes map[string]func(recipe) (any, error)

func init() {
	recipes = map[string]func(recipe) (any, error){
		"text": func(r recipe) (any, error) { return strings.Repeat(r.Char, r.Bytes/len(r.Char)), nil },
		"join": func(r recipe) (any, error) {
			var text strings.Builder
			for _, part := range r.Parts {
				made, err := makeValue(part)
				if err != nil {
					return nil, err
				}
				fmt.Fprint(&text, made)
			}
			return text.String(), nil
		},
		"number": func(r recipe) (any, error) {
			switch string(r.Value) {
			case `"NaN"`:
				return math.NaN(), nil
			case `"Infinity"`:
				return math.Inf(1), nil
			}
			return math.Inf(-1), nil
		},
		"integer": func(r recipe) (any, error) {
			number, ok := new(big.Int).SetString(r.Digits, 10)
			if !ok {
				return nil, fmt.Errorf("%w: no whole number: %s", errBroken, r.Digits)
			}
			return number, nil
		},
		"power-of-ten": func(r recipe) (any, error) {
			return new(big.Int).Exp(big.NewInt(10), big.NewInt(r.Exponent), nil), nil
		},
		"deep": func(r recipe) (any, error) {
			var value any = []any{}
			if r.Of == "object" {
				value = []pair{}
			}
			for range r.Levels - 1 {
				if r.Of == "object" {
					value = []pair{{"in", value}}
				} else {
					value = []any{value}
				}
			}
			return value, nil
		},
		"cyclic": func(r recipe) (any, error) {
			if r.Of == "object" {
				members := make([]pair, 1)
				members[0] = pair{"self", members}
				return members, nil
			}
			items := make([]any, 1)
			items[0] = items
			return items, nil
		},
		"members": func(r recipe) (any, error) {
			value, err := makeValue(r.Value)
			members := make([]pair, r.Count)
			for index := range members {
				members[index] = pair{fmt.Sprintf("k%d", index), value}
			}
			return members, err
		},
		"map": func(r recipe) (any, error) {
			members := []pair{}
			for _, words := range r.Pairs {
				key, err := makeValue(words[0])
				if err != nil {
					return nil, err
				}
				value, err := makeValue(words[1])
				if err != nil {
					return nil, err
				}
				members = append(members, pair{key, value})
			}
			return members, nil
		},
		"bytes": func(r recipe) (any, error) {
			raw := make([]byte, r.Bytes)
			for index := range raw {
				raw[index] = byte(index)
			}
			return raw, nil
		},
		// TODO: "object", a type of your own whose String method answers as the page says. What Go
		// does not have stays unsupported: lone surrogates and sets.
	}
}

func cook(r recipe) (any, error) { return recipes[r.Gen](r) }

// unsupported is the first operation or recipe that this adapter does not know.
func unsupported(w words) string {
	w = bytes.TrimSpace(w)
	var members map[string]words
	var items []words
	if json.Unmarshal(w, &items) == nil {
		for _, item := range items {
			if unknown := unsupported(item); unknown != "" {
				return unknown
			}
		}
	}
	if json.Unmarshal(w, &members) != nil {
		return ""
	}
	var mark struct {
		Op   *string `json:"op"`
		Gen  *string `json:"gen"`
		Wrap bool    `json:"wrap"`
	}
	if json.Unmarshal(w, &mark) == nil {
		if mark.Op != nil && *mark.Op == "parallel" && mark.Wrap {
			return "parallel with wrap" // TODO: remove this when the SDK's context is passed on
		}
		if mark.Op != nil && operations[*mark.Op] == nil {
			return "op " + *mark.Op
		}
		if mark.Gen != nil && recipes[*mark.Gen] == nil {
			return "gen " + *mark.Gen
		}
	}
	for _, member := range members {
		if unknown := unsupported(member); unknown != "" {
			return unknown
		}
	}
	return ""
}

// The script.

// script runs one script. TODO: carry the SDK's context in it.
type script struct {
	checkpoint func(name string) error
}

// saw is what the user's code saw.
type saw = []any

type operation func(s *script, o op, seen *saw) error

var operations map[string]operation

func init() {
	// TODO: "flow", "step", "span", "tag", "log", "result", "fail", and with their features
	// "call", "tasks", "fork", "hijack" and "generator".
	operations = map[string]operation{
		"catch":      (*script).catch,
		"raise":      (*script).raise,
		"repeat":     (*script).repeat,
		"checkpoint": (*script).reach,
		"parallel":   (*script).parallel,
	}
}

func (s *script) block(block words, seen *saw) error {
	var ops []op
	if len(block) == 0 {
		return nil
	}
	if err := json.Unmarshal(block, &ops); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	for _, o := range ops {
		if err := operations[o.Op](s, o, seen); err != nil {
			return err
		}
	}
	return nil
}

// branch is what a block saw; nothing but errBroken leaves it.
func (s *script) branch(block words) (saw, error) {
	seen := saw{}
	err := s.block(block, &seen)
	if errors.Is(err, errBroken) {
		return nil, err
	}
	if err != nil {
		seen = append(seen, reportOf(err))
	}
	return seen, nil
}

func (s *script) catch(o op, seen *saw) error {
	err := s.block(o.Do, seen)
	switch {
	case errors.Is(err, errBroken):
		return err
	case err != nil:
		*seen = append(*seen, reportOf(err))
	default:
		*seen = append(*seen, nil)
	}
	return nil
}

// raise returns an error, which is Go's way. TODO: let what the language has no error for, such
// as the kinds interrupt and exit, panic, or answer unsupported.
func (s *script) raise(o op, _ *saw) error {
	switch o.Kind {
	case "", "error":
		text, err := makeValue(o.Message)
		if err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		return &raised{report{o.Type, o.Message}, fmt.Sprint(text)}
	case "exit":
		code := words("null")
		if o.Code != nil {
			code = words(fmt.Sprint(*o.Code))
		}
		return &raised{report{o.Kind, code}, "exit"}
	}
	return &raised{report{o.Kind, words("null")}, o.Kind}
}

func (s *script) repeat(o op, seen *saw) error {
	for range o.Times {
		if err := s.block(o.Do, seen); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) reach(o op, _ *saw) error {
	var name string
	if err := json.Unmarshal(o.Name, &name); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return s.checkpoint(name)
}

func (s *script) parallel(o op, seen *saw) error {
	var blocks []words
	if err := json.Unmarshal(o.Do, &blocks); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	branches := make([]saw, len(blocks))
	broken := make([]error, len(blocks))
	start := make(chan struct{})
	var all sync.WaitGroup
	for index, block := range blocks {
		all.Add(1)
		go func() {
			defer all.Done()
			<-start
			// TODO: with "wrap" the goroutine carries the current span.
			branches[index], broken[index] = s.branch(block)
		}()
	}
	close(start)
	all.Wait()
	*seen = append(*seen, branches)
	return errors.Join(broken...)
}

// TODO: the SDK's calls have the same form. A flow, for instance:
//
//	func (s *script) flow(o op, seen *saw) error {
//		value, err := makeValue(o.Returns)
//		…
//		got, err := sdk.RunFlow(name, input, func() (any, error) {
//			return value, s.block(o.Do, seen)
//		})
//		if err != nil {
//			return err
//		}
//		*seen = append(*seen, echo(got, value, o.Returns))
//		return nil
//	}
//
// where echo gives o.Returns if got is the very value that was given, and otherwise
// map[string]string{"other": fmt.Sprint(got)}. The SDK's clean failure is
// &raised{report{"Failed", o.Reason}, …} around the SDK's own error.

// The dialogue.

// dialogue is stdin and stdout, taken away from the SDK. What it prints lands in a file.
type dialogue struct {
	in      *bufio.Reader
	out     *os.File
	printed *os.File
	turn    sync.Mutex
}

func newDialogue() (*dialogue, error) {
	in, err := syscall.Dup(0)
	if err != nil {
		return nil, err
	}
	out, err := syscall.Dup(1)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(in)
	syscall.CloseOnExec(out)
	printed, err := os.CreateTemp("", "adapter-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(printed.Name()); err != nil {
		return nil, err
	}
	for _, standard := range []int{1, 2} {
		// Linux; elsewhere it is syscall.Dup2(int(printed.Fd()), standard).
		if err := syscall.Dup3(int(printed.Fd()), standard, 0); err != nil {
			return nil, err
		}
	}
	reader := bufio.NewReader(os.NewFile(uintptr(in), "dialogue"))
	return &dialogue{in: reader, out: os.NewFile(uintptr(out), "dialogue"), printed: printed}, nil
}

type command struct {
	Cmd      string  `json:"cmd"`
	Contract int     `json:"contract"`
	ID       string  `json:"id"`
	Socket   *string `json:"socket"`
	Parent   *string `json:"parent"`
	Script   words   `json:"script"`
}

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

func (d *dialogue) say(answer any) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return err
	}
	_, err := d.out.Write(line.Bytes())
	return err
}

func (d *dialogue) checkpoint(id, name string) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	if err := d.say(map[string]string{"id": id, "at": name}); err != nil {
		return err
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
	text := make([]byte, min(end, 4096))
	if _, err := d.printed.ReadAt(text, 0); err != nil {
		return "", err
	}
	if err := d.printed.Truncate(0); err != nil {
		return "", err
	}
	_, err = d.printed.Seek(0, io.SeekStart)
	return strings.ToValidUTF8(string(text), "\uFFFD"), err
}

func (d *dialogue) run(c command) (map[string]any, error) {
	if unknown := unsupported(c.Script); unknown != "" {
		return map[string]any{"id": c.ID, "unsupported": unknown}, nil
	}
	for name, value := range map[string]*string{socketName: c.Socket, parentName: c.Parent} {
		if value == nil {
			os.Unsetenv(name)
		} else if err := os.Setenv(name, *value); err != nil {
			return nil, err
		}
	}
	// TODO: with the feature "reuse", get an SDK here that is as after a start.
	s := script{checkpoint: func(name string) error { return d.checkpoint(c.ID, name) }}
	seen := saw{}
	answer := map[string]any{"id": c.ID, "outcome": "returned"}
	err := s.block(c.Script, &seen)
	switch {
	case errors.Is(err, errBroken):
		return map[string]any{"id": c.ID, "errored": err.Error()}, nil
	case err != nil:
		seen := reportOf(err)
		answer["outcome"], answer["type"], answer["message"] = "raised", seen.Type, seen.Message
	default:
		answer["value"] = seen
	}
	printed, err := d.takePrinted()
	if printed != "" {
		answer["printed"] = printed
	}
	return answer, err
}

func (d *dialogue) serve() error {
	for {
		heard, err := d.hear()
		if err != nil {
			return err
		}
		var answer map[string]any
		switch heard.Cmd {
		case "stop":
			return nil
		case "start":
			answer = map[string]any{
				"ok": heard.Contract == contract, "sdk": "go", "version": sdkVersion,
				"protocol": 1, "features": features,
			}
		default:
			if answer, err = d.run(heard); err != nil {
				return err
			}
		}
		if err := d.say(answer); err != nil {
			return err
		}
	}
}

func main() {
	complaints, err := syscall.Dup(2)
	if err != nil {
		os.Exit(1)
	}
	d, err := newDialogue()
	if err == nil {
		err = d.serve()
	}
	if err != nil {
		fmt.Fprintln(os.NewFile(uintptr(complaints), "stderr"), err)
		os.Exit(1)
	}
}
