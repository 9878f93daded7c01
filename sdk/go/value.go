package herotracing

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"unsafe"
)

// Attr is a tag, a log field, a named argument, or a member of an object: a []Attr is an object
// whose members keep their order.
type Attr struct {
	Key   string
	Value any
}

// Tag makes a tag of a span.
func Tag(key string, value any) Attr { return Attr{key, value} }

// Field makes a field of a log line.
func Field(key string, value any) Attr { return Attr{key, value} }

// Pairs is an object whose members keep their order and whose keys may be of any kind. Of keys
// that read alike the first stays.
type Pairs [][2]any

// writer writes compact JSON text, and stops where nobody measures on.
type writer struct {
	out    []byte
	start  int // where the value begins
	within []place
}

func (w *writer) reset() {
	clear(w.within)
	w.out, w.within = w.out[:0], w.within[:0]
}

// capture takes a value; depth is where it will lie. The text is good until the next reset.
func (w *writer) capture(value any, depth int) captured {
	if value, ok := value.(string); ok {
		return captureText(value)
	}
	w.start = len(w.out)
	if out, form, ok := appendScalar(w.out, value); ok {
		w.out = out
		return w.taken(form)
	}
	plain := resolve(value)
	if plain.form == textForm {
		return captureText(plain.text)
	}
	w.put(plain, depth)
	return w.taken(plain.form)
}

func (w *writer) taken(form form) captured {
	text := view(w.out[w.start:])
	return captured{text, measure(text), form}
}

// view is the text of bytes that nobody changes any more.
func view(bytes []byte) string { return unsafe.String(unsafe.SliceData(bytes), len(bytes)) }

func (w *writer) isFull() bool { return len(w.out)-w.start >= measuredBytes }

// value writes a value that lies within another.
func (w *writer) value(value any, depth int) {
	if value, ok := value.(string); ok {
		w.text(value)
		return
	}
	from := len(w.out)
	if out, form, ok := appendScalar(w.out, value); ok {
		w.out = out
		if form == textForm {
			w.out = append(slices.Insert(w.out, from, '"'), '"')
		}
		return
	}
	w.put(resolve(value), depth)
}

func (w *writer) text(value string) { w.out = appendQuoted(w.out, captureText(value).text) }

func (w *writer) put(value plain, depth int) {
	switch value.form {
	case literalForm:
		w.out = append(w.out, value.text...)
	case textForm:
		w.text(value.text)
	case containerForm:
		w.container(value, depth)
	}
}

func (w *writer) container(value plain, depthHere int) {
	known := len(w.within)
	defer func() { w.within = w.within[:known] }()
	inside := value.inside
	isCycle := false
	for _, place := range value.places {
		isCycle = isCycle || slices.Contains(w.within, place)
		w.within = append(w.within, place)
	}
	if isCycle || depthHere > depth {
		w.out = append(w.out, ellipsis(inside)...)
		return
	}
	switch inside := inside.(type) {
	case []any:
		w.array(len(inside), func(index int) any { return inside[index] }, depthHere)
	case []Attr:
		w.object(len(inside), func(index int) (any, any) { return inside[index].Key, inside[index].Value }, depthHere)
	case Pairs:
		w.object(len(inside), func(index int) (any, any) { return inside[index][0], inside[index][1] }, depthHere)
	case map[string]any:
		w.stringMap(inside, depthHere)
	case reflect.Value:
		w.reflected(inside, depthHere)
	}
}

// ellipsis stands for what would lie too deep or within itself (value.deep).
func ellipsis(inside any) string {
	switch inside := inside.(type) {
	case []any:
		return `"[...]"`
	case reflect.Value:
		if kind := inside.Kind(); kind == reflect.Slice || kind == reflect.Array {
			return `"[...]"`
		}
	}
	return `"{...}"`
}

func (w *writer) array(length int, item func(index int) any, depth int) {
	w.out = append(w.out, '[')
	for index := 0; index < length && !w.isFull(); index++ {
		if index > 0 {
			w.out = append(w.out, ',')
		}
		w.value(item(index), depth+1)
	}
	w.out = append(w.out, ']')
}

func (w *writer) object(length int, member func(index int) (key, value any), depth int) {
	var seen keys
	w.out = append(w.out, '{')
	for index := 0; index < length && !w.isFull(); index++ {
		key, value := member(index)
		name := keyText(key)
		if seen.add(name) {
			w.member(name, value, depth)
		}
	}
	w.out = append(w.out, '}')
}

func (w *writer) stringMap(members map[string]any, depth int) {
	keys := make([]string, 0, min(len(members), measuredBytes))
	for key := range members {
		if keys = append(keys, key); len(keys) == measuredBytes {
			break
		}
	}
	slices.Sort(keys)
	w.object(len(keys), func(index int) (any, any) { return keys[index], members[keys[index]] }, depth)
}

func (w *writer) member(name string, value any, depth int) {
	if w.out[len(w.out)-1] != '{' {
		w.out = append(w.out, ',')
	}
	w.out = append(appendQuoted(w.out, name), ':')
	w.value(value, depth+1)
}

// keys are those of one object so far.
type keys struct {
	few  []string
	many map[string]struct{}
}

const fewKeys = 16

// add tells whether a key is new.
func (k *keys) add(key string) bool {
	if k.many == nil && len(k.few) < fewKeys {
		isNew := !slices.Contains(k.few, key)
		k.few = append(k.few, key)
		return isNew
	}
	if k.many == nil {
		k.many = make(map[string]struct{})
		for _, known := range k.few {
			k.many[known] = struct{}{}
		}
	}
	_, isKnown := k.many[key]
	k.many[key] = struct{}{}
	return !isKnown
}

// keyText is a key as it is sent (value.keys).
func keyText(key any) string {
	if key, ok := key.(string); ok {
		return captureText(key).text
	}
	var own writer
	return own.capture(key, 2).text
}

// appendScalar appends the text of a number, a truth value or nothing, without quotes.
func appendScalar(out []byte, value any) ([]byte, form, bool) {
	switch value := value.(type) {
	case nil:
		return append(out, "null"...), literalForm, true
	case bool:
		return strconv.AppendBool(out, value), literalForm, true
	case int:
		return appendInt(out, int64(value))
	case int64:
		return appendInt(out, value)
	case int32:
		return appendInt(out, int64(value))
	case uint8:
		return appendInt(out, int64(value))
	case uint32:
		return appendInt(out, int64(value))
	case uint64:
		return appendUint(out, value)
	case uint:
		return appendUint(out, uint64(value))
	case float64:
		return appendFloat(out, value, 64)
	case float32:
		return appendFloat(out, float64(value), 32)
	}
	return out, literalForm, false
}

func appendInt(out []byte, value int64) ([]byte, form, bool) {
	form := literalForm
	if value > integerMax || value < -integerMax {
		form = textForm
	}
	return strconv.AppendInt(out, value, 10), form, true
}

func appendUint(out []byte, value uint64) ([]byte, form, bool) {
	form := literalForm
	if value > integerMax {
		form = textForm
	}
	return strconv.AppendUint(out, value, 10), form, true
}

// appendFloat writes a number as JavaScript does, from which JSON has its numbers.
func appendFloat(out []byte, value float64, bits int) ([]byte, form, bool) {
	switch {
	case math.IsNaN(value):
		return append(out, "NaN"...), textForm, true
	case math.IsInf(value, 1):
		return append(out, "Infinity"...), textForm, true
	case math.IsInf(value, -1):
		return append(out, "-Infinity"...), textForm, true
	}
	const fixedFrom, fixedTo = 1e-6, 1e21
	if size := math.Abs(value); size == 0 || size >= fixedFrom && size < fixedTo {
		return strconv.AppendFloat(out, value, 'f', -1, bits), literalForm, true
	}
	out = strconv.AppendFloat(out, value, 'e', -1, bits)
	if at := len(out) - 2; out[at] == '0' && out[at-1] == '-' { // e-07
		out = append(out[:at], out[at+1])
	}
	return out, literalForm, true
}
