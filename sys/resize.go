package sys

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests of file systems that are to grow: <linux/ext4.h>, <linux/btrfs.h>, <xfs/xfs_fs.h>.
const (
	ext4Resize  = 0x40086610
	btrfsResize = 0x50009403
	xfsGeometry = 0x80705864
	xfsGrow     = 0x4010586e
)

// Grow makes a mounted file system as large as its disk. dir is any directory in it.
func Grow(kind string, dir, disk int) error {
	size, err := unix.Seek(disk, 0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("size of the disk: %w", err)
	}
	switch kind {
	case "ext4":
		var st unix.Statfs_t
		if err := unix.Fstatfs(dir, &st); err != nil {
			return fmt.Errorf("statfs: %w", err)
		}
		blocks := uint64(size) / uint64(st.Bsize)
		err = ioctl(dir, ext4Resize, unsafe.Pointer(&blocks))
	case "btrfs":
		err = btrfsVolume(dir, btrfsResize, strconv.FormatInt(size, 10))
	case "xfs":
		err = growXFS(dir, uint64(size))
	default:
		err = unix.ENOTSUP
	}
	if err != nil {
		return fmt.Errorf("grow %s: %w", kind, err)
	}
	return nil
}

// growXFS asks for the block size, and how much of all may be inodes, which the request repeats.
func growXFS(dir int, size uint64) error {
	var geometry [112]byte // struct xfs_fsop_geom_v1
	if err := ioctl(dir, xfsGeometry, unsafe.Pointer(&geometry)); err != nil {
		return err
	}
	block := binary.NativeEndian.Uint32(geometry[0:])
	if block == 0 {
		return unix.EINVAL
	}
	grow := struct {
		blocks  uint64
		percent uint32
		_       uint32
	}{size / uint64(block), binary.NativeEndian.Uint32(geometry[28:]), 0}
	if old := binary.NativeEndian.Uint64(geometry[40:]); grow.blocks <= old {
		return nil
	}
	return ioctl(dir, xfsGrow, unsafe.Pointer(&grow))
}

// ioctl is ioctl(2) with a pointer to what goes in and out.
func ioctl(fd int, request uintptr, argument unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(argument))
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
			continue
		}
		return errno
	}
}
