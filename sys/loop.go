package sys

import (
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// LoopControl is the device that hands out loop devices, loop(4).
const LoopControl = "/dev/loop-control"

// Loop is the part of a file that a block device is to show. Size 0 is all that follows Offset.
type Loop struct {
	File         int
	Offset, Size int64
	ReadOnly     bool
}

// Attach makes a loop device of it, Linux 5.8, and returns its path and a descriptor. The kernel takes the device down
// when neither a descriptor nor a mount has it any more.
func (l Loop) Attach() (path string, fd int, err error) {
	control, err := Open(LoopControl, unix.O_RDWR, 0)
	if err != nil {
		return "", -1, err
	}
	defer Close(control)
	const tries = 64 // others look for free devices too
	for range tries {
		n, err := unix.IoctlRetInt(control, unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return "", -1, fmt.Errorf("%s: %w", LoopControl, err)
		}
		path = "/dev/loop" + strconv.Itoa(n)
		fd, err = l.attachTo(path)
		if err == nil {
			return path, fd, nil
		}
		taken := errors.Is(err, unix.EBUSY) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENODEV)
		if !taken {
			return "", -1, err
		}
	}
	return "", -1, fmt.Errorf("%s: %w", path, unix.EBUSY)
}

func (l Loop) attachTo(path string) (int, error) {
	mode := unix.O_RDWR
	c := unix.LoopConfig{Fd: uint32(l.File),
		Info: unix.LoopInfo64{Offset: uint64(l.Offset), Sizelimit: uint64(l.Size), Flags: unix.LO_FLAGS_AUTOCLEAR}}
	if l.ReadOnly {
		mode = unix.O_RDONLY
		c.Info.Flags |= unix.LO_FLAGS_READ_ONLY
	}
	fd, err := Open(path, mode, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.IoctlLoopConfigure(fd, &c); err != nil {
		Close(fd)
		return -1, fmt.Errorf("%s: %w", path, err)
	}
	return fd, nil
}
