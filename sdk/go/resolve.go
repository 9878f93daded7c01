package herotracing

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// plain is a value in JSON's terms: a literal, a text, or an array or object with what is inside
// and the places on the way to it.
type plain struct {
	form   form
	text   string
	inside any
	places []place
}

// place is an array or object that lies around what is being written, or a pointer to one.
type place struct {
	kind   reflect.Type
	at     unsafe.Pointer
	length int
}

const (
	// mostPointers bounds those that lead to one value.
	mostPointers = 100
	// printedBits are those of a whole number of 4,300 digits: to print more takes long.
	printedBits = 14_284
)

var null = plain{form: literalForm, text: "null"}

// resolve tells what a value is in JSON's terms. A value that describes itself may fail to.
func resolve(value any) (found plain) {
	defer func() {
		if recover() != nil {
			found = mute(value)
		}
	}()
	if found, ok := resolveScalar(value); ok {
		return found
	}
	at := reflect.ValueOf(value)
	var places []place
	for len(places) < mostPointers {
		if isNil(at) {
			return null
		}
		if found, ok := describe(at.Interface()); ok {
			return found
		}
		if at.Kind() != reflect.Pointer {
			break
		}
		here := place{at.Type(), at.UnsafePointer(), 1}
		if slices.Contains(places, here) {
			break
		}
		places = append(places, here)
		if at = at.Elem(); at.Kind() == reflect.Interface {
			at = at.Elem()
		}
	}
	return resolveKind(at, places)
}

func mute(value any) plain {
	return asText("<" + reflect.TypeOf(value).String() + " that cannot describe itself>")
}

func asText(value string) plain { return plain{form: textForm, text: value} }

func isNil(at reflect.Value) bool {
	switch at.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return at.IsNil()
	}
	return false
}

func resolveScalar(value any) (plain, bool) {
	if value, ok := value.(string); ok {
		return asText(value), true
	}
	out, form, ok := appendScalar(nil, value)
	return plain{form: form, text: string(out)}, ok
}

// describe asks a value for what it says of itself.
func describe(value any) (plain, bool) {
	switch value := value.(type) {
	case []any, map[string]any, []Attr, Pairs:
		return plain{}, false
	case *big.Int:
		if value.BitLen() > printedBits {
			return asText(fmt.Sprintf("<whole number of %d bits>", value.BitLen())), true
		}
		return number(value.String()), true
	case json.Number:
		return number(value.String()), true
	case error:
		return asText(value.Error()), true
	case json.Marshaler:
		data, err := value.MarshalJSON()
		inside, ok := readJSON(data)
		if err != nil || !ok {
			return mute(value), true
		}
		return resolve(inside), true
	case encoding.TextMarshaler:
		data, err := value.MarshalText()
		if err != nil {
			return mute(value), true
		}
		return asText(string(data)), true
	case fmt.Stringer:
		return asText(value.String()), true
	}
	return plain{}, false
}

// number tells how a number is sent that stands in decimal.
func number(digits string) plain {
	if whole, err := strconv.ParseInt(digits, 10, 64); err == nil {
		_, form, _ := appendInt(nil, whole)
		return plain{form: form, text: digits}
	}
	if strings.ContainsAny(digits, ".eE") {
		if value, err := strconv.ParseFloat(digits, 64); err == nil {
			found, _ := resolveScalar(value)
			return found
		}
	}
	return asText(digits)
}

// resolveKind tells what a value is by its kind.
func resolveKind(at reflect.Value, places []place) plain {
	switch kind := at.Kind(); kind {
	case reflect.Bool:
		return scalarOf(at.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return scalarOf(at.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return scalarOf(at.Uint())
	case reflect.Float32:
		return scalarOf(float32(at.Float()))
	case reflect.Float64:
		return scalarOf(at.Float())
	case reflect.Complex64, reflect.Complex128:
		return asText(strconv.FormatComplex(at.Complex(), 'g', -1, 128))
	case reflect.String:
		return asText(at.String())
	case reflect.Slice, reflect.Array:
		if at.Type().Elem().Kind() == reflect.Uint8 {
			return asText(describeBytes(at))
		}
		if kind == reflect.Slice && at.Len() > 0 {
			places = append(places, place{at.Type(), at.UnsafePointer(), at.Len()})
		}
	case reflect.Map:
		if elem := at.Type().Elem(); elem.Kind() == reflect.Struct && elem.NumField() == 0 {
			return asText(describeSet(at))
		}
		places = append(places, place{at.Type(), at.UnsafePointer(), 1})
	case reflect.Struct:
		if at.NumField() > 0 && len(fieldsOf(at.Type())) == 0 || isAlive(at.Type()) {
			return asText("<" + at.Type().String() + ">")
		}
	case reflect.Pointer: // one that leads to itself
		return plain{form: containerForm, inside: at, places: append(places, places...)}
	default:
		return asText("<" + at.Type().String() + ">")
	}
	return plain{form: containerForm, inside: insideOf(at), places: places}
}

func scalarOf(value any) plain {
	found, _ := resolveScalar(value)
	return found
}

// insideOf saves the usual arrays and objects the way through reflection.
func insideOf(at reflect.Value) any {
	switch value := at.Interface().(type) {
	case []any, map[string]any, []Attr, Pairs:
		return value
	}
	return at
}

// describeBytes gives bytes as the text that they are, else as a Go program would write them.
func describeBytes(at reflect.Value) string {
	data := make([]byte, min(at.Len(), measuredBytes))
	reflect.Copy(reflect.ValueOf(data), at)
	isControl := func(char rune) bool { return char < ' ' && !strings.ContainsRune("\t\n\r", char) }
	if utf8.Valid(data) && !strings.ContainsFunc(view(data), isControl) {
		return view(data)
	}
	return strconv.Quote(view(data[:min(len(data), valueBytes)]))
}

// describeSet gives a set, which in Go is a map to nothing, as mathematicians write it.
func describeSet(at reflect.Value) string {
	var items []string
	for size, iter := 0, at.MapRange(); size < measuredBytes && iter.Next(); {
		item := keyText(iter.Key().Interface())
		items = append(items, item)
		size += len(item)
	}
	slices.Sort(items)
	return "{" + strings.Join(items, ", ") + "}"
}
