// Package restart is the door through which this module's own tests and tools make the SDK as it
// is at the start of a process: nothing connected, nothing open.
package restart

// SDK makes the SDK as it is before the first span. The package herotracing sets it.
var SDK func()
