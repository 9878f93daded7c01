//go:build linux || darwin

package herotracing

import (
	"syscall"
	"testing"
)

func TestServes(t *testing.T) {
	ours, err := openSocket()
	if err != nil {
		t.Fatal(err)
	}
	known, err := identify(ours)
	if err != nil {
		t.Fatal(err)
	}
	check := func(descriptor int, what identity, expected bool) {
		t.Helper()
		if serves(descriptor, what) != expected {
			t.Errorf("serves(%d, %v) is not %v", descriptor, what, expected)
		}
	}
	byInode := identity{device: known.device, inode: known.inode} // where there are no marks
	check(ours, known, true)
	check(ours, byInode, true)

	copied, err := syscall.Dup(ours)
	if err != nil {
		t.Fatal(err)
	}
	check(copied, known, true) // the same socket under another number
	closeDescriptor(copied)

	closeDescriptor(ours)
	check(ours, known, false)
	other, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closeDescriptor(other)
	check(other, known, false) // most likely under the same number
	check(other, byInode, false)
}
