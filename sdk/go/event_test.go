package herotracing

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

var one = newSpanID(1)

// built is what fields make of a line under the usual limits.
func built(fields ...Attr) string {
	e := newEvent("span_log", one)
	defer e.release()
	e.attributes("fields", fields)
	e.build(halved(0))
	return strings.TrimPrefix(string(e.line), `{"type":"span_log","span_id":"0000000000000001"`)
}

func TestMembers(t *testing.T) {
	check := func(expected string, fields ...Attr) {
		t.Helper()
		if found := built(fields...); found != expected {
			t.Errorf("found %s, expected %s", found, expected)
		}
	}
	long := strings.Repeat("k", nameBytes)
	check("")
	check(`,"fields":{"a":1,"b":"x"}`, Attr{"a", 1}, Attr{"b", "x"})
	check(`,"fields":{"a":1},"truncated":{"fields":2}`, Attr{"a", 1}, Attr{"a", 2})
	check(`,"fields":{"unnamed":1},"truncated":{"fields":2}`, Attr{"", 1}, Attr{"unnamed", 2})
	check(`,"fields":{"`+long+`":1},"truncated":{"fields.`+long+`":257}`, Attr{long + "k", 1})
	check(`,"fields":{"`+long+`":1},"truncated":{"fields.`+long+`":257,"fields":2}`,
		Attr{long + "a", 1}, Attr{long + "b", 2})
	check(`,"fields":{"a":"`+strings.Repeat("x", valueBytes)+`"},"truncated":{"fields.a":4097}`,
		Attr{"a", strings.Repeat("x", valueBytes+1)})
	check(`,"fields":{"`+long+`":"`+strings.Repeat("x", valueBytes)+`"},"truncated":{"fields.`+long+`":4097}`,
		Attr{long + "k", strings.Repeat("x", valueBytes+1)})
}

func TestTooManyMembers(t *testing.T) {
	fields := make([]Attr, members+1)
	for index := range fields {
		fields[index] = Attr{fmt.Sprint("k", index), nil}
	}
	found := built(fields...)
	if !strings.Contains(found, `"k63":null}`) || !strings.HasSuffix(found, `,"truncated":{"fields":65}`) {
		t.Errorf("found %s", found)
	}
}

func TestStructuresAreCutAsText(t *testing.T) {
	items := make([]string, 1000)
	for index := range items {
		items[index] = "\n€"
	}
	all := `["` + strings.Repeat(`\n€","`, 999) + `\n€"]`
	expected := `,"fields":{"a":` + string(appendQuoted(nil, cut(all, valueBytes))) +
		`},"truncated":{"fields.a":` + fmt.Sprint(len(all)) + `}`
	if found := built(Attr{"a", items}); found != expected {
		t.Errorf("found %.100s… of %d bytes, expected %d", found, len(found), len(expected))
	}
}

// TestLinesAreHalvedUntilTheyFit looks at the limits that a line of a log was built with.
func TestLinesAreHalvedUntilTheyFit(t *testing.T) {
	p := &producer{clock: newClock()}
	size := func(count, bytes int) (line, value int) {
		e := newEvent("span_log", one)
		defer e.release()
		e.text("message", "m")
		fields := make([]Attr, count)
		for index := range fields {
			fields[index] = Attr{fmt.Sprint("k", index), strings.Repeat("\x01", bytes)}
		}
		e.attributes("fields", fields)
		e.build(halved(0))
		p.fit(e, 1_700_000_000_000_000, 0)
		at := strings.Index(string(e.line), `"k0":"`) + len(`"k0":"`)
		return len(e.line), strings.Count(string(e.line[at:at+strings.IndexByte(string(e.line[at:]), '"')]), `\u0001`)
	}
	for _, row := range []struct{ count, bytes, expected int }{
		{1, valueBytes, valueBytes},
		{2, valueBytes, valueBytes / 2},
		{members, valueBytes, valueBytes >> 6},
		{members, 90, valueBytes >> 6},
		{members, 80, 80},
		{members, 50, 50},
	} {
		line, value := size(row.count, row.bytes)
		if value != row.expected || line > lineBytes {
			t.Errorf("%d of %d bytes: found %d in a line of %d, expected %d", row.count, row.bytes, value, line, row.expected)
		}
	}
}

func TestErrorsKeepBothEnds(t *testing.T) {
	check := func(given string, size int) {
		t.Helper()
		e := newEvent("span_end", one)
		defer e.release()
		e.error(captureError(given))
		e.build(halved(0))
		found := string(e.line)
		if !strings.Contains(found, `"error":"head`) || !strings.Contains(found, `tail"`) {
			t.Errorf("found %.60s…", found)
		}
		if isCut := strings.Contains(found, fmt.Sprintf(`"truncated":{"error":%d}`, size)); isCut != (size > errorBytes) {
			t.Errorf("%d bytes: found …%s", len(given), found[len(found)-60:])
		}
	}
	check("head"+strings.Repeat("x", errorBytes-8)+"tail", errorBytes)
	check("head"+strings.Repeat("x", errorBytes-7)+"tail", errorBytes+1)
	check("head"+strings.Repeat("é", 10*measuredBytes)+"tail", measuredBytes)
}

// anyText makes texts of any bytes, most of them around a limit.
func anyText(random *rand.Rand) string {
	lengths := []int{0, 1, shortBytes, nameBytes, valueBytes, errorBytes, measuredBytes}
	piece := []string{"x", "é", "€", "😀", "\x00", "\"", "\xFF", "\xED\xA0\x80"}[random.IntN(8)]
	length := max(0, lengths[random.IntN(len(lengths))]+random.IntN(9)-4)
	return strings.Repeat(piece, length/len(piece)) + "yyy"[:random.IntN(4)]
}

func anyValue(random *rand.Rand, room int) any {
	switch choice := random.IntN(9); {
	case choice < 4 || room == 0:
		return anyText(random)
	case choice == 4:
		return random.NormFloat64() * 1e18
	case choice == 5:
		return random.Uint64()
	case choice == 6:
		return map[string]any{anyText(random): anyValue(random, room-1), anyText(random): nil}
	case choice == 7:
		return []any{anyValue(random, room-1), anyValue(random, room-1)}
	}
	return Pairs{{anyValue(random, room-1), 1}, {true, anyValue(random, room-1)}}
}

// TestAnyEventIsALine sends whatever there is in every field, and looks at the bytes.
func TestAnyEventIsALine(t *testing.T) {
	p := &producer{clock: newClock()}
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		tags := make([]Attr, random.IntN(3)*random.IntN(members))
		for index := range tags {
			tags[index] = Attr{anyText(random), anyValue(random, 3)}
		}
		e := newEvent("span_start", one)
		e.name("name", anyText(random))
		e.error(captureError(anyText(random)))
		e.attributes("tags", tags)
		e.value("params", anyValue(random, 5))
		e.build(halved(0))
		p.fit(e, 1_700_000_000_000_000, seed)
		var read struct {
			Name   string
			Error  string
			Tags   map[string]any
			Params any
		}
		if err := json.Unmarshal(e.line, &read); err != nil || len(e.line) > lineBytes || !utf8.Valid(e.line) {
			t.Errorf("seed %d: %d bytes, %v: %.200q", seed, len(e.line), err, e.line)
		}
		if len(read.Name) > nameBytes || read.Name == "" || len(read.Error) > errorBytes || len(read.Tags) > members {
			t.Errorf("seed %d: beyond a limit: %.200q", seed, e.line)
		}
		for key, value := range read.Tags {
			if text, isText := value.(string); len(key) > nameBytes || isText && len(text) > valueBytes {
				t.Errorf("seed %d: beyond a limit: %.200q", seed, e.line)
			}
		}
		e.release()
	}
}
