//go:build !linux && !darwin

package herotracing

import "errors"

// Elsewhere the SDK is off.

func openSocket() (int, error) { return 0, errors.ErrUnsupported }

func connectSocket(int, string) (bool, error) { return false, errors.ErrUnsupported }

func sendNow(int, []byte) (int, bool, error) { return 0, false, errors.ErrUnsupported }

func identify(int) (identity, error) { return identity{}, errors.ErrUnsupported }

func serves(int, identity) bool { return false }

func closeDescriptor(int) {}
