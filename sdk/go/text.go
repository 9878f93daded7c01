package herotracing

import (
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// cutMark stands in the middle of an error that was cut.
	cutMark     = "\n...\n"
	replacement = "\uFFFD"
	hexDigits   = "0123456789abcdef"
	idDigits    = 16
	// surrogateBytes is how many bytes a surrogate takes where UTF-8 is stretched to hold it.
	surrogateBytes = 3
)

// clean returns the text as UTF-8. Go texts may hold any bytes: two halves of a surrogate pair,
// each written as a code point, become the code point that they make; a surrogate without its
// other half, and each byte that belongs to no code point, becomes U+FFFD.
func clean(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	whole := make([]byte, 0, len(text)+len(text)/8)
	for len(text) > 0 {
		char, size := utf8.DecodeRuneInString(text)
		if char == utf8.RuneError && size == 1 {
			char, size = surrogates(text)
		}
		whole = utf8.AppendRune(whole, char)
		text = text[size:]
	}
	return string(whole)
}

// surrogates reads what stands where no UTF-8 does.
func surrogates(text string) (char rune, size int) {
	unit, ok := surrogate(text)
	if !ok {
		return utf8.RuneError, 1
	}
	if other, ok := surrogate(text[surrogateBytes:]); ok {
		if pair := utf16.DecodeRune(unit, other); pair != utf8.RuneError {
			return pair, 2 * surrogateBytes
		}
	}
	return utf8.RuneError, surrogateBytes
}

func surrogate(text string) (unit rune, ok bool) {
	if len(text) < surrogateBytes || text[0] != 0xED || text[1]&0xE0 != 0xA0 || text[2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | rune(text[1]&0x3F)<<6 | rune(text[2]&0x3F), true
}

// measure returns the bytes of clean text, as far as they are measured.
func measure(text string) int { return min(len(text), measuredBytes) }

// cut returns the longest prefix within the limit that ends on a code point (value.cut).
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// cutMiddle returns the head and the tail of an error (value.error).
func cutMiddle(text string, limit, headLimit int) string {
	head := cut(text, headLimit)
	from := len(text) - (limit - len(head) - len(cutMark))
	for from < len(text) && !utf8.RuneStart(text[from]) {
		from++
	}
	return head + cutMark + text[from:]
}

// appendQuoted appends clean text as a JSON string, with no more escapes than there must be.
func appendQuoted(line []byte, text string) []byte {
	line = append(line, '"')
	from := 0
	for at := 0; at < len(text); at++ {
		char := text[at]
		if char >= ' ' && char != '"' && char != '\\' {
			continue
		}
		line = appendEscaped(append(line, text[from:at]...), char)
		from = at + 1
	}
	return append(append(line, text[from:]...), '"')
}

func appendEscaped(line []byte, char byte) []byte {
	switch char {
	case '"', '\\':
		return append(line, '\\', char)
	case '\b':
		return append(line, '\\', 'b')
	case '\f':
		return append(line, '\\', 'f')
	case '\n':
		return append(line, '\\', 'n')
	case '\r':
		return append(line, '\\', 'r')
	case '\t':
		return append(line, '\\', 't')
	}
	return append(line, '\\', 'u', '0', '0', hexDigits[char>>4], hexDigits[char&0xF])
}

// spanID is 64 bits in hex.
type spanID [idDigits]byte

func newSpanID(bits uint64) (id spanID) {
	for at := idDigits - 1; at >= 0; at-- {
		id[at] = hexDigits[bits&0xF]
		bits >>= 4
	}
	return id
}

// isID tells whether a text is an id: 16 lower-case hex digits, not all zero.
func isID(text string) bool {
	someDigit := false
	for _, char := range []byte(text) {
		if (char < '0' || char > '9') && (char < 'a' || char > 'f') {
			return false
		}
		someDigit = someDigit || char != '0'
	}
	return someDigit && len(text) == idDigits
}
