package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// operation is one of a script, with the members that the operations have.
type operation struct {
	Op        string          `json:"op"`
	Do        json.RawMessage `json:"do"`
	Kind      string          `json:"kind"`
	Type      string          `json:"type"`
	Message   json.RawMessage `json:"message"`
	Reason    json.RawMessage `json:"reason"`
	Code      *int            `json:"code"`
	Name      json.RawMessage `json:"name"`
	Times     int             `json:"times"`
	Wrap      bool            `json:"wrap"`
	Decorator bool            `json:"decorator"`
	Returns   json.RawMessage `json:"returns"`
	Input     json.RawMessage `json:"input"`
	Tags      json.RawMessage `json:"tags"`
	Key       json.RawMessage `json:"key"`
	Value     json.RawMessage `json:"value"`
	Level     string          `json:"level"`
	Fields    json.RawMessage `json:"fields"`
	Class     string          `json:"class"`
	Method    string          `json:"method"`
	Args      json.RawMessage `json:"args"`
	Kwargs    json.RawMessage `json:"kwargs"`
	Raises    *operation      `json:"raises"`
	Spans     []heldSpan      `json:"spans"`
	Close     []closing       `json:"close"`

	// What do holds: one block, or one for each branch.
	block    []operation
	branches [][]operation
}

// heldSpan is a span that a generator holds open.
type heldSpan struct {
	Kind string          `json:"kind"`
	Name json.RawMessage `json:"name"`
}

// closing closes a generator, and says what comes then.
type closing struct {
	Which int             `json:"which"`
	Do    json.RawMessage `json:"do"`
	block []operation
}

// unknownError names an operation or recipe that the adapter does not know.
type unknownError struct{ what string }

func (u *unknownError) Error() string { return u.what }

// readScript reads a whole script, and finds what the adapter does not know before any of it
// runs.
func readScript(script json.RawMessage) ([]operation, error) {
	if err := findUnknown(script); err != nil {
		return nil, err
	}
	return readBlock(script)
}

func readBlock(block json.RawMessage) ([]operation, error) {
	if len(block) == 0 {
		return nil, nil
	}
	var ops []operation
	if err := json.Unmarshal(block, &ops); err != nil {
		return nil, err
	}
	for index := range ops {
		if err := ops[index].read(); err != nil {
			return nil, err
		}
	}
	return ops, nil
}

// read reads the blocks within an operation.
func (o *operation) read() (err error) {
	for index := range o.Close {
		if o.Close[index].block, err = readBlock(o.Close[index].Do); err != nil {
			return err
		}
	}
	if o.Op != "parallel" {
		o.block, err = readBlock(o.Do)
		return err
	}
	var blocks []json.RawMessage
	if err := json.Unmarshal(o.Do, &blocks); err != nil {
		return err
	}
	o.branches = make([][]operation, len(blocks))
	for index, block := range blocks {
		if o.branches[index], err = readBlock(block); err != nil {
			return err
		}
	}
	return nil
}

// findUnknown looks for what the adapter does not know anywhere in a JSON text.
func findUnknown(text json.RawMessage) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var whole any
	if err := decoder.Decode(&whole); err != nil {
		return err
	}
	return findUnknownIn(whole)
}

func findUnknownIn(value any) error {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			if err := findUnknownIn(item); err != nil {
				return err
			}
		}
	case map[string]any:
		if op, ok := value["op"].(string); ok && operations[op] == nil {
			return &unknownError{"op " + op}
		}
		if gen, ok := value["gen"].(string); ok && recipes[gen] == nil {
			return &unknownError{"gen " + gen}
		}
		if value["async"] == true {
			return &unknownError{fmt.Sprintf("%v with async", value["op"])}
		}
		for _, item := range value {
			if err := findUnknownIn(item); err != nil {
				return err
			}
		}
	}
	return nil
}
