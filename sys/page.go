package sys

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// FaultIn maps in the one page that p[off] is on, as a store would, and changes nothing. A load would do too, but for a
// file the kernel then maps sixteen pages around, which all count as the process's memory. p begins at a page.
func FaultIn(p []byte, off uint64) {
	atomic.AddUint64((*uint64)(unsafe.Pointer(&p[off&^7])), 0)
}

// ReleaseCode drops the pages of this program's own image that are mapped from its file and were never written; the
// kernel maps them again from its cache when they are needed.
func ReleaseCode() error {
	maps, err := ReadFile("/proc/self/maps", maxMountInfo)
	if err != nil {
		return err
	}
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[5] != exe || strings.Contains(fields[1], "w") {
			continue
		}
		low, high, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(low, 16, 64)
		end, err2 := strconv.ParseUint(high, 16, 64)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		_, _, errno := syscall.Syscall(unix.SYS_MADVISE, uintptr(start), uintptr(end-start), unix.MADV_DONTNEED)
		if errno != 0 {
			return errno
		}
	}
	return nil
}
