package herotracing_test

import (
	"os/exec"
	"testing"
)

// TestExamples runs the examples with a collector, and compares what they print.
func TestExamples(t *testing.T) {
	sink(t)
	for name, expected := range map[string]string{
		"nightly":   "3 rows for 2024-03-01, 31.50 in all\n",
		"fanout":    "[a.txt copy of a.txt] <nil>\ne.txt is empty\n",
		"subflow":   "kayak: palindrome\ncanoe: plain\n",
		"webclient": "/stock 7 bolts <nil>\n/prices  the server says 404 Not Found\n",
	} {
		text, err := exec.Command("go", "run", "./examples/"+name).CombinedOutput()
		if err != nil || string(text) != expected {
			t.Errorf("%s: found %s %v, expected %s", name, text, err, expected)
		}
	}
}
