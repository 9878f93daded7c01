package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"

	herotracing "hero-tracing-go"
)

// recipe is an object with the member gen: a value that the script does not spell out.
type recipe struct {
	Gen       string              `json:"gen"`
	Char      string              `json:"char"`
	Bytes     int                 `json:"bytes"`
	Unit      int                 `json:"unit"`
	Parts     []json.RawMessage   `json:"parts"`
	Value     json.RawMessage     `json:"value"`
	Digits    string              `json:"digits"`
	Exponent  int64               `json:"exponent"`
	Of        string              `json:"of"`
	Levels    int                 `json:"levels"`
	Count     int                 `json:"count"`
	Pairs     [][]json.RawMessage `json:"pairs"`
	Items     []json.RawMessage   `json:"items"`
	Describes string              `json:"describes"`
}

// makeValue makes the value that a script describes. Arrays are []any, objects keep the order of
// their members.
func makeValue(words json.RawMessage) any {
	words = bytes.TrimSpace(words)
	if len(words) == 0 {
		return nil
	}
	switch words[0] {
	case '[':
		var items []json.RawMessage
		decode(words, &items)
		return makeItems(items)
	case '{':
		var mark struct {
			Gen *string `json:"gen"`
		}
		if json.Unmarshal(words, &mark) == nil && mark.Gen != nil {
			var found recipe
			decode(words, &found)
			return recipes[found.Gen](found)
		}
		return makeObject(words)
	case '"', 't', 'f', 'n':
		var value any
		decode(words, &value)
		return value
	}
	return makeNumber(string(words))
}

// decode reads what readScript has read before.
func decode(words json.RawMessage, into any) {
	if err := json.Unmarshal(words, into); err != nil {
		panic(fmt.Errorf("%w: %w", errBroken, err))
	}
}

func makeItems(items []json.RawMessage) []any {
	made := make([]any, len(items))
	for index, item := range items {
		made[index] = makeValue(item)
	}
	return made
}

func makeNumber(digits string) any {
	if strings.ContainsAny(digits, ".eE") {
		var number float64
		decode(json.RawMessage(digits), &number)
		return number
	}
	whole, _ := new(big.Int).SetString(digits, 10)
	if whole.IsInt64() {
		return int(whole.Int64())
	}
	return whole
}

func makeObject(words json.RawMessage) []herotracing.Attr {
	members := []herotracing.Attr{}
	decoder := json.NewDecoder(bytes.NewReader(words))
	_, err := decoder.Token()
	for err == nil && decoder.More() {
		var key json.Token
		var value json.RawMessage
		if key, err = decoder.Token(); err == nil {
			err = decoder.Decode(&value)
		}
		name, _ := key.(string)
		members = append(members, herotracing.Attr{Key: name, Value: makeValue(value)})
	}
	if err != nil {
		panic(fmt.Errorf("%w: %w", errBroken, err))
	}
	return members
}

func makeText(words json.RawMessage) string {
	text, _ := makeValue(words).(string)
	return text
}

// makeMembers makes tags, fields or named arguments.
func makeMembers(words json.RawMessage) []herotracing.Attr {
	switch made := makeValue(words).(type) {
	case []herotracing.Attr:
		return made
	case herotracing.Pairs:
		members := make([]herotracing.Attr, len(made))
		for index, pair := range made {
			members[index] = herotracing.Attr{Key: fmt.Sprint(pair[0]), Value: pair[1]}
		}
		return members
	}
	return nil
}

var recipes map[string]func(recipe) any

func init() {
	recipes = map[string]func(recipe) any{
		"text":         func(r recipe) any { return strings.Repeat(r.Char, r.Bytes/len(r.Char)) },
		"join":         join,
		"surrogate":    func(r recipe) any { return surrogate(r.Unit) },
		"number":       notFinite,
		"integer":      func(r recipe) any { return makeNumber(r.Digits) },
		"power-of-ten": powerOfTen,
		"deep":         deep,
		"cyclic":       cyclic,
		"members":      manyMembers,
		"map":          pairs,
		"bytes":        rawBytes,
		"set":          set,
		"object":       func(r recipe) any { return object(r.Describes) },
	}
}

func join(r recipe) any {
	var text strings.Builder
	for _, part := range r.Parts {
		text.WriteString(makeText(part))
	}
	return text.String()
}

// surrogate is half a pair as a Go text can hold it: a code point in three bytes, as file names
// from elsewhere have it.
func surrogate(unit int) string {
	return string([]byte{0xED, 0x80 | byte(unit>>6&0x3F), 0x80 | byte(unit&0x3F)})
}

func notFinite(r recipe) any {
	switch string(r.Value) {
	case `"NaN"`:
		return math.NaN()
	case `"Infinity"`:
		return math.Inf(1)
	}
	return math.Inf(-1)
}

func powerOfTen(r recipe) any {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(r.Exponent), nil)
}

func deep(r recipe) any {
	var value any = []any{}
	if r.Of == "object" {
		value = map[string]any{}
	}
	for range r.Levels - 1 {
		if r.Of == "object" {
			value = map[string]any{"in": value}
		} else {
			value = []any{value}
		}
	}
	return value
}

func cyclic(r recipe) any {
	if r.Of == "object" {
		members := map[string]any{}
		members["self"] = members
		return members
	}
	items := make([]any, 1)
	items[0] = items
	return items
}

func manyMembers(r recipe) any {
	members := make([]herotracing.Attr, r.Count)
	for index := range members {
		members[index] = herotracing.Attr{Key: fmt.Sprintf("k%d", index), Value: makeValue(r.Value)}
	}
	return members
}

func pairs(r recipe) any {
	made := make(herotracing.Pairs, len(r.Pairs))
	for index, pair := range r.Pairs {
		made[index] = [2]any{makeValue(pair[0]), makeValue(pair[1])}
	}
	return made
}

func rawBytes(r recipe) any {
	raw := make([]byte, r.Bytes)
	for index := range raw {
		raw[index] = byte(index)
	}
	return raw
}

// set makes what Go programs have for a set: a map to nothing.
func set(r recipe) any {
	made := map[any]struct{}{}
	for _, item := range r.Items {
		made[makeValue(item)] = struct{}{}
	}
	return made
}

// thing is an object of the user's own, which may describe itself badly.
type thing struct{ describes string }

func (t thing) String() string {
	switch t.describes {
	case "raises":
		panic("this object has no description")
	case "long":
		return strings.Repeat("x", 1_000_000)
	}
	return "<thing>"
}

// noText is an object whose text is none.
type noText struct{}

func (noText) MarshalText() ([]byte, error) { return []byte{0xFF, 0x00, 0xC3}, nil }

func object(describes string) any {
	if describes == "not-text" {
		return noText{}
	}
	return thing{describes}
}

// isSame tells whether what came back is the very value that was given.
func isSame(got, given any) bool {
	one, other := reflect.ValueOf(got), reflect.ValueOf(given)
	if one.Kind() != other.Kind() || one.IsValid() && one.Type() != other.Type() {
		return false
	}
	switch one.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer:
		return one.UnsafePointer() == other.UnsafePointer() &&
			(one.Kind() != reflect.Slice || one.Len() == other.Len())
	case reflect.Float64:
		return math.Float64bits(one.Float()) == math.Float64bits(other.Float())
	}
	return got == given
}
