package herotracing

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

type color int

func (c color) String() string { return [...]string{"red", "green"}[c] } // panics on others

type celsius float64

type point struct {
	X, Y   int
	hidden int
}

type order struct {
	ID      string            `json:"id"`
	Count   int               `json:"count,omitempty"`
	Secret  string            `json:"-"`
	Labels  map[string]string `json:"labels,omitempty"`
	When    time.Time         `json:"when,omitzero"`
	point                     // its exported fields are the order's
	Next    *order            `json:"next,omitempty"`
	private int
}

type marshaler struct{ text string }

func (m marshaler) MarshalJSON() ([]byte, error) {
	if m.text == "" {
		return nil, errors.New("no text")
	}
	return []byte(m.text), nil
}

type byPointer struct{ Name string }

func (b *byPointer) String() string { return "pointer to " + b.Name }

type holder struct{ Inner byPointer }

type closed struct{ inside int }

type cache struct {
	sync.Mutex
	Known map[string]int
}

type mute2 struct{}

func (mute2) Error() string { panic("no words") }

// whole is a captured value as it stands on a line that nothing cuts.
func whole(value any) string {
	var own writer
	found := own.capture(value, 2)
	if found.form == textForm {
		return string(appendQuoted(nil, found.text))
	}
	return strings.Clone(found.text)
}

func TestValues(t *testing.T) {
	check := func(value any, expected string) {
		t.Helper()
		if found := whole(value); found != expected {
			t.Errorf("%T %v: found %s, expected %s", value, value, found, expected)
		}
		// Within an array it reads the same.
		if found := whole([]any{value}); found != "["+expected+"]" {
			t.Errorf("[%T]: found %s, expected [%s]", value, found, expected)
		}
	}
	seven := 7
	pointer := &seven
	var noOrder *order
	var noMap map[string]any
	var noError error

	check(nil, "null")
	check(true, "true")
	check("text\n", `"text\n"`)
	check(noOrder, "null")
	check(noMap, "null")
	check(noError, "null")
	check([]any(nil), "null")
	check(&pointer, "7")
	check(color(1), `"green"`)
	check(color(9), `"<herotracing.color that cannot describe itself>"`)
	check(celsius(-1.5), "-1.5")
	check(int8(-8), "-8")
	check(uintptr(8), "8")
	check(3+4i, `"(3+4i)"`)
	check('x', "120")

	check([]any{}, "[]")
	check([]int{1, 2}, "[1,2]")
	check([2]string{"a", "b"}, `["a","b"]`)
	check(map[string]any{"b": 1, "a": []any{nil}}, `{"a":[null],"b":1}`)
	check(map[int]bool{2: true, 10: false}, `{"10":false,"2":true}`)
	check(map[any]any{nil: 1, true: 2, "t": 3, [2]any{1, "x"}: 4}, `{"[1,\"x\"]":4,"null":1,"t":3,"true":2}`)
	check([]Attr{{"z", 1}, {"a", 2}, {"z", 3}}, `{"z":1,"a":2}`)
	check(Pairs{{1, "a"}, {"1", "b"}, {nil, "c"}}, `{"1":"a","null":"c"}`)
	check(map[string]struct{}{"b": {}, "a": {}}, `"{a, b}"`)
	check(struct{}{}, "{}")

	check([]byte("text"), `"text"`)
	check([]byte{0, 255}, `"\"\\x00\\xff\""`)
	check([3]byte{'a', 'b', 'c'}, `"abc"`)
	check(json.RawMessage(`{"b":[1,{}],"a":1e400}`), `{"b":[1,{}],"a":"1e400"}`)
	check(json.Number("1.50"), "1.5")
	check(time.Date(2024, 3, 1, 2, 3, 4, 5000, time.UTC), `"2024-03-01T02:03:04.000005Z"`)
	check(1500*time.Millisecond, `"1.5s"`)
	check(netip.MustParseAddr("10.0.0.1"), `"10.0.0.1"`)
	check(&url.URL{Scheme: "https", Host: "example.org"}, `"https://example.org"`)
	check(os.ErrNotExist, `"file does not exist"`)
	check(fmt.Errorf("load: %w", os.ErrNotExist), `"load: file does not exist"`)
	check(mute2{}, `"<herotracing.mute2 that cannot describe itself>"`)
	check(marshaler{`{"b":1,"a":"\ud800","b":2}`}, `{"b":1,"a":"`+"\uFFFD"+`"}`)
	check(marshaler{""}, `"<herotracing.marshaler that cannot describe itself>"`)
	check(marshaler{"{]"}, `"<herotracing.marshaler that cannot describe itself>"`)
	check(marshaler{"1 2"}, `"<herotracing.marshaler that cannot describe itself>"`)
	check(marshaler{strings.Repeat("[", 1_000_000)}, `"<herotracing.marshaler that cannot describe itself>"`)
	check(&holder{byPointer{"x"}}, `{"Inner":"pointer to x"}`)
	check(holder{byPointer{"x"}}, `{"Inner":{"Name":"x"}}`)
	check(&cache{}, `"<herotracing.cache>"`)
	check(http.DefaultClient, `"<http.Client>"`)
	check(closed{1}, `"<herotracing.closed>"`)
	check(func() {}, `"<func()>"`)
	check(make(chan int), `"<chan int>"`)
}

func TestStructs(t *testing.T) {
	check := func(value any, expected string) {
		t.Helper()
		if found := whole(value); found != expected {
			t.Errorf("found %s, expected %s", found, expected)
		}
	}
	check(order{ID: "a", Secret: "s", point: point{1, 2, 3}, private: 4}, `{"id":"a","X":1,"Y":2}`)
	check(&order{ID: "a", Count: 2, Labels: map[string]string{"k": "v"}, Next: &order{ID: "b"}},
		`{"id":"a","count":2,"labels":{"k":"v"},"X":0,"Y":0,"next":{"id":"b","X":0,"Y":0}}`)
	check([]order{{ID: "a", When: time.Unix(0, 0).UTC()}},
		`[{"id":"a","when":"1970-01-01T00:00:00Z","X":0,"Y":0}]`)
}

func TestNumbers(t *testing.T) {
	check := func(value any, expected string) {
		t.Helper()
		if found := whole(value); found != expected {
			t.Errorf("%T %v: found %s, expected %s", value, value, found, expected)
		}
	}
	power := func(exponent int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(exponent), nil) }
	check(int64(integerMax), "9007199254740991")
	check(int64(-integerMax), "-9007199254740991")
	check(int64(integerMax+1), `"9007199254740992"`)
	check(int64(-integerMax-1), `"-9007199254740992"`)
	check(uint64(math.MaxUint64), `"18446744073709551615"`)
	check(uint64(integerMax), "9007199254740991")
	check(big.NewInt(12), "12")
	check(power(20), `"100000000000000000000"`)
	check(power(4299), `"1`+strings.Repeat("0", 4299)+`"`)
	check(power(100_000), `"<whole number of 332193 bits>"`)
	check((*big.Int)(nil), "null")
	check(math.NaN(), `"NaN"`)
	check(math.Inf(1), `"Infinity"`)
	check(float32(math.Inf(-1)), `"-Infinity"`)
	check(float32(0.1), "0.1")
	check(5.0, "5")
	check(1e20, "100000000000000000000")
	check(1e21, "1e+21")
	check(1.5e-7, "1.5e-7")
	check(1e-10, "1e-10")
	check(5e-324, "5e-324")
	check(math.Copysign(0, -1), "-0")
}

func TestCycles(t *testing.T) {
	check := func(value any, expected string) {
		t.Helper()
		if found := whole(value); found != expected {
			t.Errorf("%T: found %s, expected %s", value, found, expected)
		}
	}
	items := make([]any, 1)
	items[0] = items
	check(items, `["[...]"]`)

	members := map[string]any{}
	members["self"] = members
	check(members, `{"self":"{...}"}`)

	pairs := make(Pairs, 1)
	pairs[0] = [2]any{"self", pairs}
	check(pairs, `{"self":"{...}"}`)

	ring := &order{ID: "a"}
	ring.Next = ring
	check(ring, `{"id":"a","X":0,"Y":0,"next":"{...}"}`)

	type loop *loop
	var pointer loop
	pointer = &pointer
	check(pointer, `"{...}"`)

	var anything any
	anything = &anything
	check(anything, `"{...}"`)

	twice := []any{1}
	check([]any{twice, twice}, "[[1],[1]]") // beside itself is not within itself
}

func TestDepth(t *testing.T) {
	nested := func(levels int) any {
		var value any = []any{}
		for range levels - 1 {
			value = []any{value}
		}
		return value
	}
	check := func(levels int, expected string) {
		t.Helper()
		if found := whole(nested(levels)); found != expected {
			t.Errorf("%d levels: found %s, expected %s", levels, found, expected)
		}
	}
	const room = depth - 1
	check(room, strings.Repeat("[", room)+strings.Repeat("]", room))
	check(room+1, strings.Repeat("[", room)+`"[...]"`+strings.Repeat("]", room))
	check(100_000, strings.Repeat("[", room)+`"[...]"`+strings.Repeat("]", room))

	var chain any = 1 // pointers are not levels, but there is an end to them
	for range 100_000 {
		next := chain
		chain = &next
	}
	check(1, "[]")
	if found := whole(chain); found != `"{...}"` {
		t.Errorf("found %s", found)
	}
}

func TestSizes(t *testing.T) {
	check := func(value any, expected int) {
		t.Helper()
		var own writer
		if found := own.capture(value, 2); found.size != expected {
			t.Errorf("found %d, expected %d", found.size, expected)
		}
	}
	check("é", 2)
	check("\xFF", 3)
	check([]any{"\n"}, len(`["\n"]`))
	check(strings.Repeat("x", measuredBytes-1), measuredBytes-1)
	check(strings.Repeat("x", 10*measuredBytes), measuredBytes)
	check(make([]any, measuredBytes), measuredBytes)
	check(make([]int, 100_000_000), measuredBytes) // and does not look at all of them
}

func TestLevelsAreInOrder(t *testing.T) {
	found := []string{LevelDebug.String(), LevelInfo.String(), LevelWarn.String(), LevelError.String()}
	if !reflect.DeepEqual(found, []string{"debug", "info", "warn", "error"}) || Level(9).String() != "info" {
		t.Errorf("found %v", found)
	}
	if kinds[flowKind]+kinds[stepKind]+kinds[spanKind]+kinds[rpcKind] != "flowstepspanrpc" {
		t.Errorf("found %v", kinds)
	}
	if statuses[okStatus]+statuses[failedStatus]+statuses[cancelledStatus] != "okfailedcancelled" {
		t.Errorf("found %v", statuses)
	}
}
