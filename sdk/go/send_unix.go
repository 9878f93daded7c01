//go:build darwin || (linux && !amd64 && !arm64)

package herotracing

import "syscall"

// sendNow sends what the socket takes now, or tells whether it may be tried again.
func sendNow(descriptor int, line []byte) (count int, again bool, err error) {
	count, err = syscall.SendmsgN(descriptor, line, nil, nil, sendFlags)
	return count, isFull(err), err
}

// identify tells what a descriptor serves.
func identify(descriptor int) (identity, error) {
	var status syscall.Stat_t
	if err := syscall.Fstat(descriptor, &status); err != nil {
		return identity{}, err
	}
	return identity{uint64(status.Dev), status.Ino}, nil
}
