package sys

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// FaultIn maps in the one page that p[off] is on, as a store would, and changes nothing. A load would do too, but for a
// file the kernel then maps sixteen pages around, which all count as the process's memory. p begins at a page.
func FaultIn(p []byte, off uint64) {
	atomic.AddUint64((*uint64)(unsafe.Pointer(&p[off&^7])), 0)
}

// region is a range of addresses.
type region struct{ start, length uintptr }

// code returns where pages of this program's own image are mapped from its file and can't be written.
func code() ([]region, error) {
	maps, err := ReadFile("/proc/self/maps", maxMountInfo)
	if err != nil {
		return nil, err
	}
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	var all []region
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[5] != exe || strings.Contains(fields[1], "w") {
			continue
		}
		low, high, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(low, 16, 64)
		end, err2 := strconv.ParseUint(high, 16, 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		all = append(all, region{uintptr(start), uintptr(end - start)})
	}
	return all, nil
}

// call is a system call with its arguments, known to the assembly by offsets.
type call struct {
	nr, a1, a2, a3 uintptr
	_              [3]uintptr // none of the calls has more arguments
}

// Rest waits until fd is readable or a signal comes. When nothing has come for some milliseconds it drops the
// pages of this program's own code meanwhile, which the kernel maps again from its cache when they are needed.
//
// It does not return in between: to run the scheduler of package runtime would map in most of what was dropped. The
// first milliseconds are there for that scheduler's other threads to notice that this one waits, and to sleep.
func Rest(fd, milliseconds int) error {
	regions, err := code()
	if err != nil {
		return err
	}
	r := rest{fds: unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}, calm: unix.NsecToTimespec(int64(milliseconds) * 1e6)}
	poll := func(limit *unix.Timespec) call {
		return call{nr: unix.SYS_PPOLL, a1: uintptr(unsafe.Pointer(&r.fds)), a2: 1, a3: uintptr(unsafe.Pointer(limit))}
	}
	r.calls = append(r.calls, poll(&r.calm))
	for _, g := range regions {
		r.calls = append(r.calls, call{nr: unix.SYS_MADVISE, a1: g.start, a2: g.length, a3: unix.MADV_DONTNEED})
	}
	r.calls = append(r.calls, poll(nil))
	return r.run()
}

// rest is what Rest hands to the kernel, on the heap, where it stays.
type rest struct {
	fds   unix.PollFd
	calm  unix.Timespec
	calls []call
}
