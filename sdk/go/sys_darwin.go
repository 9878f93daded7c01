package herotracing

import "syscall"

const sendFlags = 0 // SO_NOSIGPIPE and O_NONBLOCK say the rest

func openSocket() (int, error) {
	syscall.ForkLock.RLock()
	descriptor, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(descriptor)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return descriptor, err
	}
	askForBuffer(descriptor)
	if err = syscall.SetNonblock(descriptor, true); err == nil {
		err = syscall.SetsockoptInt(descriptor, syscall.SOL_SOCKET, syscall.SO_NOSIGPIPE, 1)
	}
	if err != nil {
		closeDescriptor(descriptor)
	}
	return descriptor, err
}
