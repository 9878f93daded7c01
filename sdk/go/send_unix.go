//go:build darwin || (linux && !amd64 && !arm64)

package herotracing

import "syscall"

// sendNow sends what the socket takes now, or tells whether it may be tried again.
func sendNow(descriptor int, line []byte) (count int, again bool, err error) {
	count, err = syscall.SendmsgN(descriptor, line, nil, nil, sendFlags)
	return count, isFull(err), err
}

// identify tells what a descriptor serves.
func identify(descriptor int) (identity, error) { return identifyFile(descriptor) }

// serves tells whether a descriptor still serves that.
func serves(descriptor int, what identity) bool {
	found, err := identifyFile(descriptor)
	return err == nil && found == what
}
