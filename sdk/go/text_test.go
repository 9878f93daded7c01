package herotracing

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	const high, low = "\xED\xA0\xBD", "\xED\xB8\x80" // the halves of 😀
	for given, expected := range map[string]string{
		"":                  "",
		"plain é€😀":         "plain é€😀",
		"\xFF":              "\uFFFD",
		"a\xC3":             "a\uFFFD",
		"\xE2\x82(":         "\uFFFD\uFFFD(",
		high:                "\uFFFD",
		low + "b":           "\uFFFDb",
		high + low:          "😀",
		low + high:          "\uFFFD\uFFFD",
		high + high + low:   "\uFFFD😀",
		"\xED\x9F\xBF":      "\uD7FF", // the code point before the surrogates
		"\xED\xA0":          "\uFFFD\uFFFD",
		"\xF4\x90\x80\x80!": strings.Repeat("\uFFFD", 4) + "!",
	} {
		if found := clean(given); found != expected {
			t.Errorf("clean(%q) = %q, expected %q", given, found, expected)
		}
	}
}

func TestCut(t *testing.T) {
	check := func(text string, limit int, expected string) {
		t.Helper()
		if found := cut(text, limit); found != expected {
			t.Errorf("cut(%q, %d) = %q, expected %q", text, limit, found, expected)
		}
	}
	check("abc", 3, "abc")
	check("abcd", 3, "abc")
	check("aé", 2, "a")
	check("aé", 3, "aé")
	check("😀😀", 7, "😀")
	check("😀", 3, "")
	check("x", 0, "")
}

func TestCutMiddle(t *testing.T) {
	check := func(text string, limit, head int, expected string) {
		t.Helper()
		found := cutMiddle(text, limit, head)
		if found != expected || len(found) > limit {
			t.Errorf("cutMiddle(%q, %d, %d) = %q, expected %q", text, limit, head, found, expected)
		}
	}
	check("0123456789abcdef", 12, 4, "0123\n...\ndef")
	check("0é23456789abcdé", 12, 2, "0\n...\n89abcdé"[:6]+"9abcdé"[1:])
	check("0123456789abc€f", 12, 4, "0123\n...\nf")
}

func TestAppendQuoted(t *testing.T) {
	for given, expected := range map[string]string{
		"":                   `""`,
		"plain é \u2028 / <": "\"plain é \u2028 / <\"",
		"\"\\":               `"\"\\"`,
		"\b\f\n\r\t":         `"\b\f\n\r\t"`,
		"\x00\x1f\x7f":       `"\u0000\u001f` + "\x7f\"",
		"a\nb":               `"a\nb"`,
	} {
		if found := string(appendQuoted(nil, given)); found != expected {
			t.Errorf("appendQuoted(%q) = %s, expected %s", given, found, expected)
		}
	}
}

func TestIDs(t *testing.T) {
	for given, expected := range map[string]bool{
		"00000000deadbeef":  true,
		"0000000000000000":  false,
		"00000000DEADBEEF":  false,
		"deadbeef":          false,
		"00000000deadbeef0": false,
		"00000000deadbee ":  false,
		"":                  false,
	} {
		if isID(given) != expected {
			t.Errorf("isID(%q) is not %v", given, expected)
		}
	}
	if found := newSpanID(0xDEADBEEF); string(found[:]) != "00000000deadbeef" {
		t.Errorf("found %s", found)
	}
}

func TestAppendTime(t *testing.T) {
	for given, expected := range map[int64]string{
		1_700_000_000_123_456: "1700000000123.456",
		1_700_000_000_000_007: "1700000000000.007",
		0:                     "0.000",
	} {
		if found := string(appendTime(nil, given)); found != expected {
			t.Errorf("appendTime(%d) = %s, expected %s", given, found, expected)
		}
	}
}
