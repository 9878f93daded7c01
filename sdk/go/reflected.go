package herotracing

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// reflected writes an array or object of a type that is not one of the usual.
func (w *writer) reflected(at reflect.Value, depth int) {
	switch at.Kind() {
	case reflect.Slice, reflect.Array:
		w.array(at.Len(), func(index int) any { return valueOf(at.Index(index)) }, depth)
	case reflect.Map:
		w.anyMap(at, depth)
	case reflect.Struct:
		fields := present(at)
		w.object(len(fields), func(index int) (any, any) {
			return fields[index].name, valueOf(fields[index].value)
		}, depth)
	}
}

// valueOf passes structs by address, so that methods of their pointers are found.
func valueOf(at reflect.Value) any {
	if at.Kind() == reflect.Struct && at.CanAddr() {
		return at.Addr().Interface()
	}
	return at.Interface()
}

// anyMap writes a map with its keys in order: Go has none.
func (w *writer) anyMap(at reflect.Value, depth int) {
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, min(at.Len(), measuredBytes))
	for iter := at.MapRange(); len(entries) < measuredBytes && iter.Next(); {
		entries = append(entries, entry{mapKey(iter.Key()), iter.Value()})
	}
	slices.SortFunc(entries, func(one, other entry) int { return strings.Compare(one.key, other.key) })
	w.object(len(entries), func(index int) (any, any) {
		return entries[index].key, valueOf(entries[index].value)
	}, depth)
}

func mapKey(at reflect.Value) string {
	if at.Kind() == reflect.String {
		return captureText(at.String()).text
	}
	return keyText(at.Interface())
}

// structField is a field of a struct that is sent, by its name in JSON.
type structField struct {
	name      string
	index     []int
	omitEmpty bool
	omitZero  bool
}

var structFields sync.Map // reflect.Type to []structField

// fieldsOf are the exported fields of a struct, those of embedded structs among them, under the
// names that encoding/json gives them.
func fieldsOf(kind reflect.Type) []structField {
	if known, ok := structFields.Load(kind); ok {
		return known.([]structField)
	}
	var found []structField
	var closed [][]int // embedded structs whose fields stay within
	for _, one := range reflect.VisibleFields(kind) {
		if slices.ContainsFunc(closed, func(index []int) bool { return begins(one.Index, index) }) {
			continue
		}
		tag := one.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if one.Anonymous && name == "" && isStruct(one.Type) {
			continue // its fields come by themselves
		}
		if one.Anonymous {
			closed = append(closed, one.Index)
		}
		if tag == "-" || !one.IsExported() {
			continue
		}
		if name == "" {
			name = one.Name
		}
		words := strings.Split(options, ",")
		found = append(found, structField{
			name, one.Index, slices.Contains(words, "omitempty"), slices.Contains(words, "omitzero"),
		})
	}
	structFields.Store(kind, found)
	return found
}

func begins(index, with []int) bool {
	return len(index) > len(with) && slices.Equal(index[:len(with)], with)
}

func isStruct(kind reflect.Type) bool {
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	return kind.Kind() == reflect.Struct
}

// isAlive tells a struct that holds a lock, a channel or a function: that is no data but something
// at work, which others may change at any moment.
func isAlive(kind reflect.Type) bool {
	for index := range kind.NumField() {
		field := kind.Field(index).Type
		switch field.Kind() {
		case reflect.Chan, reflect.Func, reflect.UnsafePointer:
			return true
		}
		if path := field.PkgPath(); path == "sync" || path == "sync/atomic" {
			return true
		}
	}
	return false
}

type presentField struct {
	name  string
	value reflect.Value
}

// present are the fields of a struct that are there and not to be left out.
func present(at reflect.Value) []presentField {
	var found []presentField
	for _, one := range fieldsOf(at.Type()) {
		value, err := at.FieldByIndexErr(one.index)
		if err != nil || one.omitZero && value.IsZero() || one.omitEmpty && isEmpty(value) {
			continue
		}
		found = append(found, presentField{one.name, value})
	}
	return found
}

func isEmpty(at reflect.Value) bool {
	switch at.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return at.Len() == 0
	case reflect.Struct:
		return false
	}
	return at.IsZero()
}

// mostNested bounds what a value may give as its own JSON.
const mostNested = 4 * depth

// readJSON reads a whole JSON text, with objects in their order and numbers as they stand.
func readJSON(data []byte) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	value, ok := readValue(decoder, mostNested)
	return value, ok && !decoder.More()
}

func readValue(decoder *json.Decoder, room int) (any, bool) {
	token, err := decoder.Token()
	if err != nil || room == 0 {
		return nil, false
	}
	switch token {
	case json.Delim('['):
		items := []any{}
		for decoder.More() {
			item, ok := readValue(decoder, room-1)
			if !ok {
				return nil, false
			}
			items = append(items, item)
		}
		_, err = decoder.Token()
		return items, err == nil
	case json.Delim('{'):
		members := []Attr{}
		for decoder.More() {
			key, _ := decoder.Token()
			value, ok := readValue(decoder, room-1)
			if !ok {
				return nil, false
			}
			name, _ := key.(string)
			members = append(members, Attr{name, value})
		}
		_, err = decoder.Token()
		return members, err == nil
	}
	return token, true
}
