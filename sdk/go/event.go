package herotracing

import (
	"strconv"
	"sync"
	"unicode/utf8"
)

// form is how a captured value stands on a line.
type form uint8

const (
	// literalForm is a number, true, false or null, which no limit cuts.
	literalForm form = iota
	// textForm is a string, held without quotes and escapes.
	textForm
	// containerForm is the JSON text of an array or object.
	containerForm
)

// captured is a value as it was when it was given.
type captured struct {
	text string
	size int
	form form
}

// role is which limit a field has.
type role uint8

const (
	ofName role = iota
	ofValue
	ofError
	ofMembers
)

type field struct {
	name  string
	role  role
	value captured
}

type member struct {
	key   captured
	value captured
}

// announced is an entry of the field truncated.
type announced struct {
	path string
	size int
}

// limits are those that an event is built with (value.line).
type limits struct {
	value, name, err, errHead int
}

// mostHalvings leave so little of every value that any event fits into a line.
const mostHalvings = 8

func halved(times int) limits {
	value := valueBytes >> times
	return limits{value, min(nameBytes, value), errorBytes >> times, errorHeadBytes >> times}
}

// event is one line on its way: its fields as they were given, and the line that they make. Its
// memory is used again.
type event struct {
	writer  writer
	fields  []field
	members []member
	total   int // how many members were given
	line    []byte
	head    int // how much of the line is the same under any limits
	cuts    []announced
}

var events = sync.Pool{New: func() any { return new(event) }}

// mostKept bounds the memory that an event keeps for the next.
const mostKept = 2 * lineBytes

func newEvent(kind string, id spanID) *event {
	e := events.Get().(*event)
	e.head = 0
	line := append(append(e.line[:0], `{"type":"`...), kind...)
	line = append(append(line, `","span_id":"`...), id[:]...)
	e.line = append(line, '"')
	return e
}

func (e *event) release() {
	if cap(e.line)+cap(e.writer.out) > mostKept {
		return
	}
	clear(e.fields)
	clear(e.members)
	clear(e.cuts)
	e.fields, e.members, e.total, e.cuts = e.fields[:0], e.members[:0], 0, e.cuts[:0]
	e.writer.reset()
	events.Put(e)
}

// word adds a field that no limit cuts; such fields come first.
func (e *event) word(name, word string) {
	e.line = append(append(append(e.key(name), '"'), word...), '"')
}

func (e *event) name(name, value string) {
	if value != "" && isShort(value) {
		e.line = appendQuoted(e.key(name), value)
		return
	}
	e.fields = append(e.fields, field{name, ofName, captureName(value)})
}

// key begins a field.
func (e *event) key(name string) []byte {
	return append(append(append(e.line, ',', '"'), name...), `":`...)
}

func (e *event) text(name, value string) {
	e.fields = append(e.fields, field{name, ofValue, captureText(value)})
}

// value takes a value now, since the caller may change it later.
func (e *event) value(name string, value any) {
	e.captured(name, e.writer.capture(value, 2))
}

func (e *event) captured(name string, value captured) {
	e.fields = append(e.fields, field{name, ofValue, value})
}

func (e *event) error(value captured) {
	e.fields = append(e.fields, field{"error", ofError, value})
}

func (e *event) attributes(name string, given []Attr) {
	if len(given) == 0 || e.short(name, given) {
		return
	}
	e.total = len(given)
	for _, attr := range given[:min(len(given), members)] {
		e.members = append(e.members, member{captureName(attr.Key), e.writer.capture(attr.Value, 3)})
	}
	e.fields = append(e.fields, field{name: name, role: ofMembers})
}

// Most events hold a few short scalars, which are written at once. No limit cuts them: only an
// event of many members needs so many halvings.
const (
	shortBytes   = valueBytes >> 6
	shortMembers = 8
)

func isShort(text string) bool { return len(text) <= shortBytes && utf8.ValidString(text) }

// short adds members that are few and short, or nothing.
func (e *event) short(name string, given []Attr) bool {
	if len(given) > shortMembers {
		return false
	}
	line := append(e.key(name), '{')
	for index := range given {
		attr := &given[index]
		if attr.Key == "" || !isShort(attr.Key) || isAmong(attr.Key, given[:index]) {
			return false
		}
		line = append(appendQuoted(line, attr.Key), ':')
		if value, isText := attr.Value.(string); isText {
			if !isShort(value) {
				return false
			}
			line = append(appendQuoted(line, value), ',')
			continue
		}
		out, form, ok := appendScalar(line, attr.Value)
		if !ok || form == textForm {
			return false
		}
		line = append(out, ',')
	}
	line[len(line)-1] = '}'
	e.line = line
	return true
}

func isAmong(key string, given []Attr) bool {
	for index := range given {
		if given[index].Key == key {
			return true
		}
	}
	return false
}

// build makes the line under these limits, without what is known only when it is sent.
func (e *event) build(by limits) {
	if len(e.fields) == 0 && e.head == 0 {
		return // nothing that a limit cuts: it fits
	}
	if e.head == 0 {
		e.head = len(e.line)
	}
	e.line, e.cuts = e.line[:e.head], e.cuts[:0]
	for index := range e.fields {
		e.add(&e.fields[index], by)
	}
	if len(e.cuts) == 0 {
		return
	}
	e.line = append(e.line, `,"truncated":{`...)
	for index, cut := range e.cuts {
		if index > 0 {
			e.line = append(e.line, ',')
		}
		e.line = append(appendQuoted(e.line, cut.path), ':')
		e.line = strconv.AppendInt(e.line, int64(cut.size), 10)
	}
	e.line = append(e.line, '}')
}

func (e *event) add(f *field, by limits) {
	e.line = e.key(f.name)
	switch f.role {
	case ofName:
		if f.value.size > by.name {
			e.announce(f.name, f.value.size)
		}
		e.line = appendQuoted(e.line, cut(f.value.text, by.name))
	case ofValue:
		e.addValue(f.name, &f.value, by, 0)
	case ofError:
		whole := f.value.text
		if f.value.size > by.err {
			e.announce(f.name, f.value.size)
			whole = cutMiddle(whole, by.err, by.errHead)
		}
		e.line = appendQuoted(e.line, whole)
	case ofMembers:
		e.addMembers(f.name, by)
	}
}

// addValue adds a value, cut if it must be; keySize is the size of its key if that was cut.
func (e *event) addValue(path string, value *captured, by limits, keySize int) {
	if value.form != literalForm && value.size > by.value {
		e.announce(path, max(value.size, keySize))
		e.line = appendQuoted(e.line, cut(value.text, by.value))
		return
	}
	if keySize > 0 {
		e.announce(path, keySize)
	}
	if value.form == textForm {
		e.line = appendQuoted(e.line, value.text)
	} else {
		e.line = append(e.line, value.text...)
	}
}

func (e *event) addMembers(field string, by limits) {
	e.line = append(e.line, '{')
	kept := 0
	for index := range e.members {
		one := &e.members[index]
		key := cut(one.key.text, by.name)
		if e.isKnown(key, index, by) {
			continue
		}
		if kept > 0 {
			e.line = append(e.line, ',')
		}
		kept++
		e.line = append(appendQuoted(e.line, key), ':')
		keySize := 0
		if one.key.size > by.name {
			keySize = one.key.size
		}
		path := ""
		if keySize > 0 || one.value.form != literalForm && one.value.size > by.value {
			path = field + "." + key
		}
		e.addValue(path, &one.value, by, keySize)
	}
	e.line = append(e.line, '}')
	if kept < e.total {
		e.announce(field, e.total)
	}
}

// isKnown tells whether an earlier member is sent under the same key.
func (e *event) isKnown(key string, before int, by limits) bool {
	for index := range e.members[:before] {
		if cut(e.members[index].key.text, by.name) == key {
			return true
		}
	}
	return false
}

func (e *event) announce(path string, size int) {
	e.cuts = append(e.cuts, announced{path, size})
}

func captureText(value string) captured {
	if len(value) > measuredBytes {
		return captured{clean(cut(value, measuredBytes)), measuredBytes, textForm}
	}
	value = clean(value)
	return captured{value, measure(value), textForm}
}

func captureName(value string) captured {
	if value == "" {
		value = "unnamed"
	}
	return captureText(value)
}

// captureError keeps both ends of an error, however long it is.
func captureError(value string) captured {
	size := len(value)
	if size > 2*measuredBytes {
		value = value[:measuredBytes] + value[size-measuredBytes:]
	}
	value = clean(value)
	return captured{value, measure(value), textForm}
}
