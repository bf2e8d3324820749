package sys

import (
	"time"
	_ "unsafe" // for go:linkname
)

// Monotonic reads CLOCK_MONOTONIC, clock_gettime(2), without a system call where the kernel can. It is the clock of
// package time, which keeps the value to itself.
func Monotonic() time.Duration { return time.Duration(nanotime()) }

//go:linkname nanotime runtime.nanotime
func nanotime() int64
