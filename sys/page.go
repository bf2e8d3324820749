package sys

import (
	"sync/atomic"
	"unsafe"
)

// FaultIn maps in the one page that p[off] is on, as a store would, and changes nothing. A load would do too, but for a
// file the kernel then maps sixteen pages around, which all count as the process's memory. p begins at a page.
func FaultIn(p []byte, off uint64) {
	atomic.AddUint64((*uint64)(unsafe.Pointer(&p[off&^7])), 0)
}
