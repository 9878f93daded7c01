//go:build linux || darwin

package herotracing

import "syscall"

// connectSocket connects, or tells whether it may be tried again.
func connectSocket(descriptor int, path string) (again bool, err error) {
	err = syscall.Connect(descriptor, &syscall.SockaddrUnix{Name: path})
	return err == syscall.EAGAIN || err == syscall.EINTR, err
}

// identifyFile tells what a descriptor serves by device and inode.
func identifyFile(descriptor int) (identity, error) {
	var status syscall.Stat_t
	if err := syscall.Fstat(descriptor, &status); err != nil {
		return identity{}, err
	}
	return identity{device: uint64(status.Dev), inode: status.Ino}, nil
}

func closeDescriptor(descriptor int) { _ = syscall.Close(descriptor) }

// askForBuffer asks for a large buffer; a smaller one serves as well.
func askForBuffer(descriptor int) {
	_ = syscall.SetsockoptInt(descriptor, syscall.SOL_SOCKET, syscall.SO_SNDBUF, sendBufferBytes)
}

// isFull tells whether an error says that the socket takes nothing now.
func isFull(err error) bool {
	return err == syscall.EAGAIN || err == syscall.EINTR || err == syscall.ENOBUFS
}
