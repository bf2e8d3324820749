package image

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/syntax/architecture"
	"github.com/steward-init/steward/syntax/disk"
	"github.com/steward-init/steward/sys"
)

// native are this machine's architecture and the one whose programs it runs too.
func native() (string, string) {
	return architecture.Native(), architecture.Secondary(architecture.Native())
}

// encrypted refuses what only a key opens.
func encrypted(c disk.Content) error {
	return fmt.Errorf("Encrypted file system discovered (%s), which this version does not decrypt: open it with "+
		"cryptsetup, mount it, and use --root= with the directory.", c.Type)
}

// mount mounts a partition in its place; the first one is the root.
func (i *Image) mount(p disk.Place) error {
	what := i.path
	if p.Number != 0 {
		what += ", partition " + strconv.Itoa(p.Number)
	}
	device, fd, err := i.deviceOf(p)
	if err != nil {
		return i.noLoop(err)
	}
	defer fd.Close() // from then on the mount keeps it
	content := disk.Probe(fd)
	switch content.Use {
	case disk.Encrypted:
		return fmt.Errorf("%s: %w", what, encrypted(content))
	case disk.Unknown, disk.Other:
		return fmt.Errorf("%s: File system type not supported or not known.", what)
	}
	readOnly := p.ReadOnly || i.readOnly || content.ReadOnly()
	if i.options.Check && !readOnly {
		if err := check(content.Type, device); err != nil {
			return fmt.Errorf("%s: File system check on image failed: %w", what, err)
		}
	}
	var options map[string]string
	if readOnly {
		options = unfinished[content.Type]
	}
	mount, err := sys.DetachedMount(content.Type, device, readOnly, options)
	if errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("Failed to mount %s: this kernel does not know the file system %s.", what, content.Type)
	}
	if err != nil {
		return fmt.Errorf("Failed to mount %s: %w%s", what, err, privilege(err))
	}
	defer sys.Close(mount) // once it is attached it stays without
	dir, err := i.attach(p, mount)
	if err != nil {
		return fmt.Errorf("Failed to mount %s on %s: %s", what, p.Where, text(err))
	}
	i.mounts = append(i.mounts, mounted{dir, what})
	if p.Grow && i.options.Check && !readOnly {
		_ = sys.Grow(content.Type, int(dir.Fd()), int(fd.Fd())) // best effort: it works as it is
	}
	return nil
}

// unfinished are the options that keep a file system from completing, on a disk that must not be written, what it was
// about to write when it was last mounted.
var unfinished = map[string]map[string]string{
	"ext3": {"norecovery": ""}, "ext4": {"norecovery": ""}, "xfs": {"norecovery": ""},
	"btrfs": {"rescue": "nologreplay"},
}

// attach puts a mount in its place, in the thread's namespace only, and opens its root directory. The image's root
// itself goes over ours, which nobody sees: whoever has a root stays in it, and all others look by descriptors.
func (i *Image) attach(p disk.Place, mount int) (*os.File, error) {
	if len(i.mounts) == 0 {
		return i.attachAt(mount, p.Where, unix.AT_FDCWD)
	}
	where := p.Where
	if where == disk.ESP && i.espOnBoot() {
		where = "/boot"
	}
	if err := i.root.MkdirAll(where, 0o755); err != nil {
		return nil, err
	}
	dir, err := i.root.Open(where, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return i.attachAt(mount, "", int(dir.Fd()))
}

func (i *Image) attachAt(mount int, where string, dir int) (*os.File, error) {
	if err := i.thread.do(func() error { return sys.AttachMount(mount, dir, where) }); err != nil {
		return nil, err
	}
	fd, err := sys.OpenAt(mount, ".", unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), where), nil
}

// espOnBoot says whether the EFI System Partition belongs on /boot: there is no /efi, and an empty /boot on which
// nothing is mounted. systemd-nspawn(1), "--image=".
func (i *Image) espOnBoot() bool {
	if _, err := i.root.Stat(disk.ESP); !errors.Is(err, os.ErrNotExist) {
		return false
	}
	entries, err := i.root.ReadDir("/boot")
	root, rootErr := i.root.Stat("/")
	boot, bootErr := i.root.Stat("/boot")
	return errors.Join(err, rootErr, bootErr) == nil && len(entries) == 0 && root.Dev == boot.Dev
}

// deviceOf is a block device that shows a partition, and a descriptor that keeps it. The kernel's own devices for the
// partitions of a loop device come and go with who looks for them first, and need somebody to make their nodes; so each
// partition of a file gets a loop device of its own, which shows no more than that.
func (i *Image) deviceOf(p disk.Place) (string, *os.File, error) {
	if i.device {
		name, err := i.partition(p)
		if err != nil || name != "" {
			fd, openErr := os.OpenFile(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			return name, fd, errors.Join(err, openErr)
		}
	}
	l := sys.Loop{File: int(i.file.Fd()), Offset: p.Start, Size: p.Size, ReadOnly: p.ReadOnly || i.readOnly}
	path, fd, err := l.Attach()
	if err != nil {
		return "", nil, err
	}
	return path, os.NewFile(uintptr(fd), path), nil
}

// partition is the kernel's own device for a partition of a block device, or the device itself where there are none: so
// the kernel sees if it is mounted elsewhere. It is "" for one that the kernel does not know of.
func (i *Image) partition(p disk.Place) (string, error) {
	if p.Number == 0 {
		return i.path, nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(i.file.Fd()), &st); err != nil {
		return "", err
	}
	dir := fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
	starts, err := filepath.Glob(dir + "/*/start")
	if err != nil {
		return "", err
	}
	const unit = 512 // bytes, in sysfs
	for _, file := range starts {
		start, err := number(file)
		size, sizeErr := number(filepath.Join(filepath.Dir(file), "size"))
		if err == nil && sizeErr == nil && start*unit == p.Start && size*unit == p.Size {
			return "/dev/" + filepath.Base(filepath.Dir(file)), nil
		}
	}
	return "", nil
}

func number(file string) (int64, error) {
	const limit = 64
	b, err := sys.ReadFile(file, limit)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(b)), 10, 54)
}
