package sys

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests of btrfs, <linux/btrfs.h>.
const (
	btrfsCreate      = 0x5000940e
	btrfsDestroy     = 0x5000940f
	btrfsSearch      = 0xd0009411
	btrfsLookUp      = 0xd0009412
	btrfsGroupAssign = 0x40189429
	btrfsGroupCreate = 0x4010942a
)

// btrfsVolume is a request about a name in a directory.
func btrfsVolume(dir int, request uintptr, name string) error {
	var args struct { // struct btrfs_ioctl_vol_args
		fd   int64
		name [4088]byte
	}
	if len(name) >= len(args.name) {
		return unix.ENAMETOOLONG
	}
	copy(args.name[:], name)
	return ioctl(dir, request, unsafe.Pointer(&args))
}

// MakeSubvolume makes a subvolume in a directory that is open for reading. Its mode is 0777 less the umask.
func MakeSubvolume(dir int, name string) error {
	if err := btrfsVolume(dir, btrfsCreate, name); err != nil {
		return fmt.Errorf("make subvolume %s: %w", name, err)
	}
	return nil
}

// RemoveSubvolume removes a subvolume without subvolumes in it, from a directory that is open for reading.
func RemoveSubvolume(dir int, name string) error {
	if err := btrfsVolume(dir, btrfsDestroy, name); err != nil {
		return fmt.Errorf("remove subvolume %s: %w", name, err)
	}
	return nil
}

// IsSubvolume says whether a directory is the root of a subvolume of btrfs. Those have all the same inode number.
func IsSubvolume(dir int) (bool, error) {
	const firstInode = 256
	var st unix.Stat_t
	var fs unix.Statfs_t
	if err := unix.Fstat(dir, &st); err != nil {
		return false, fmt.Errorf("stat: %w", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || st.Ino != firstInode {
		return false, nil
	}
	if err := unix.Fstatfs(dir, &fs); err != nil {
		return false, fmt.Errorf("statfs: %w", err)
	}
	return fs.Type == unix.BTRFS_SUPER_MAGIC, nil
}

// SubvolumeID is the number of the subvolume that a file is in. The file must be open for reading.
func SubvolumeID(fd int) (uint64, error) {
	const firstFree = 256
	var args struct { // struct btrfs_ioctl_ino_lookup_args
		tree, object uint64
		name         [4080]byte
	}
	args.object = firstFree
	if err := ioctl(fd, btrfsLookUp, unsafe.Pointer(&args)); err != nil {
		return 0, fmt.Errorf("subvolume: %w", err)
	}
	return args.tree, nil
}

// CreateGroup makes a quota group.
func CreateGroup(fd int, group uint64) error { return changeGroup(fd, 1, group) }

// RemoveGroup removes a quota group that has none below it.
func RemoveGroup(fd int, group uint64) error { return changeGroup(fd, 0, group) }

func changeGroup(fd int, create, group uint64) error {
	args := struct{ create, id uint64 }{create, group}
	if err := ioctl(fd, btrfsGroupCreate, unsafe.Pointer(&args)); err != nil {
		return fmt.Errorf("quota group %d: %w", group, err)
	}
	return nil
}

// AssignGroup puts a quota group below another one.
func AssignGroup(fd int, group, above uint64) error { return relateGroups(fd, 1, group, above) }

// ReleaseGroup takes a quota group out of another one.
func ReleaseGroup(fd int, group, above uint64) error { return relateGroups(fd, 0, group, above) }

func relateGroups(fd int, assign, group, above uint64) error {
	args := struct{ assign, from, to uint64 }{assign, group, above}
	if err := ioctl(fd, btrfsGroupAssign, unsafe.Pointer(&args)); err != nil {
		return fmt.Errorf("quota groups %d and %d: %w", group, above, err)
	}
	return nil
}

// GroupsAbove are the quota groups that one is immediately below. There are none where quotas are off.
func GroupsAbove(fd int, group uint64) ([]uint64, error) {
	const quotaTree, relation, size = 8, 246, 3992
	var args struct { // struct btrfs_ioctl_search_args
		tree, minObject, maxObject, minOffset, maxOffset, minTransaction, maxTransaction uint64
		minType, maxType, items, _                                                       uint32
		_                                                                                [4]uint64
		buf                                                                              [size]byte
	}
	const all = ^uint64(0)
	var above []uint64
	offset := uint64(0)
	for {
		args.tree, args.minObject, args.maxObject = quotaTree, group, group
		args.minOffset, args.maxOffset, args.maxTransaction = offset, all, all
		args.minType, args.maxType, args.items = relation, relation, 256
		if err := ioctl(fd, btrfsSearch, unsafe.Pointer(&args)); err != nil {
			return nil, fmt.Errorf("quota groups: %w", err)
		}
		found := relations(args.buf[:], int(args.items))
		for _, id := range found {
			if id > group { // a relation is stored in both directions; higher levels have higher numbers
				above = append(above, id)
			}
		}
		if len(found) == 0 || found[len(found)-1] == all {
			return above, nil
		}
		offset = found[len(found)-1] + 1
	}
}

// relations reads the offsets of the keys in the answer to a search: each item has a header of five fields before it.
func relations(b []byte, items int) (offsets []uint64) {
	const header = 32
	for range items {
		if len(b) < header {
			return offsets
		}
		length := uint64(binary.NativeEndian.Uint32(b[28:]))
		offsets = append(offsets, binary.NativeEndian.Uint64(b[16:]))
		if length > uint64(len(b)-header) {
			return offsets
		}
		b = b[header+length:]
	}
	return offsets
}
