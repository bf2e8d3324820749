package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// kcmpFile is KCMP_FILE of kcmp(2).
const kcmpFile = 0

// IsSameFile reports that two descriptors are of one open file: what one of them does, such as to seek, the other sees.
// Where the kernel does not tell, two of one socket, pipe or the like are taken for the same, and two of a file or
// device that has a name, which can be opened twice, for different.
func IsSameFile(a, b int) bool {
	if a == b {
		return true
	}
	self := uintptr(os.Getpid())
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, self, self, kcmpFile, uintptr(a), uintptr(b), 0)
	if errno == 0 {
		return order == 0
	}
	return isSameInode(a, b)
}

// isSameInode is IsSameFile without kcmp(2).
func isSameInode(a, b int) bool {
	var one, other unix.Stat_t
	if unix.Fstat(a, &one) != nil || unix.Fstat(b, &other) != nil || one.Dev != other.Dev || one.Ino != other.Ino {
		return false
	}
	flagsA, errA := unix.FcntlInt(uintptr(a), unix.F_GETFL, 0)
	flagsB, errB := unix.FcntlInt(uintptr(b), unix.F_GETFL, 0)
	if errA != nil || errB != nil || flagsA != flagsB { // the two ends of a pipe differ in these
		return false
	}
	kind := one.Mode & unix.S_IFMT
	return kind == unix.S_IFSOCK || kind == unix.S_IFIFO
}
