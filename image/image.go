// Package image opens a disk image, or a block device, as the root of another system: it finds the partitions, and
// mounts their file systems where nobody else sees it.
//
// It exists for --image=, by which commands work on an image as they do on a directory. All that it hands out is a
// directory's descriptor, so that no path of this machine ever leads into the image, and no mount is left behind,
// however the process ends. It must not know what is done with the files.
package image

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/syntax/disk"
	"github.com/steward-init/steward/sys"
)

// Options say what an image is opened for.
type Options struct {
	ReadOnly bool // nothing is written, not even what a file system left unfinished
	Check    bool // have fsck(8) look at the file systems first, and let those grow that are marked for it
	AnyFiles bool // there need not be an operating system in it
	// Say tells the user something meanwhile. It may be nil.
	Say func(string)
}

// Image is an open image.
type Image struct {
	path     string
	options  Options
	file     *os.File // locked, so that nobody else who locks images writes to it
	device   bool     // it is a block device
	readOnly bool
	mounts   []mounted
	thread   *thread
	root     *rootfs.Root
}

// mounted is a file system of the image, attached below its root.
type mounted struct {
	dir  *os.File
	what string // for messages
}

// Open opens an image. Errors are complete messages for the user, of one line or two.
func Open(path string, o Options) (*Image, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("Failed to parse path \"%s\" and make it absolute: %w", path, err)
	}
	i := &Image{path: absolute, options: o, readOnly: o.ReadOnly}
	if err := i.open(); err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return i, nil
}

// Prefix goes before paths inside the image where they are shown.
func (i *Image) Prefix() string { return i.path + ":" }

// Root is the image's root directory. It is closed with the image.
func (i *Image) Root() *rootfs.Root { return i.root }

// Directory is a path of the root directory that works in this process and its children, as long as the image is open.
// It is for the kernel only: who reads the link in it finds the text "/", which is this machine's root.
func (i *Image) Directory() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), i.mounts[0].dir.Fd())
}

func (i *Image) open() error {
	if err := i.openFile(); err != nil {
		return err
	}
	if err := i.unverified(); err != nil {
		return err
	}
	places, err := i.places()
	if err != nil {
		return err
	}
	if i.thread, err = newThread(); err != nil {
		return fmt.Errorf("Failed to detach mount namespace: %s%s", text(err), privilege(err))
	}
	for n, p := range places {
		if err := i.mount(p); err != nil {
			return err
		}
		if n == 0 {
			if i.root, err = rootfs.At(i.mounts[0].dir); err != nil {
				return fmt.Errorf("Failed to mount image: %w", err)
			}
		}
		complete := n+1 == len(places) || places[n+1].Where != "/usr"
		if n <= 1 && complete && !i.options.AnyFiles && !i.isSystem() {
			return fmt.Errorf("Failed to mount image: there is no os-release file in %s, so it holds no operating system.",
				i.path)
		}
	}
	return nil
}

// isSystem says whether the image tells what system it holds, os-release(5).
func (i *Image) isSystem() bool {
	for _, name := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if st, err := i.root.Stat(name); err == nil && rootfs.Kind(&st).IsRegular() {
			return true
		}
	}
	return false
}

// openFile opens the image, for writing if it may be written, and takes its lock.
func (i *Image) openFile() error {
	const flags = unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_NONBLOCK
	err := error(unix.EROFS)
	if !i.readOnly {
		i.file, err = os.OpenFile(i.path, os.O_RDWR|flags, 0)
	}
	if errors.Is(err, unix.EROFS) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		i.readOnly = true
		i.file, err = os.OpenFile(i.path, os.O_RDONLY|flags, 0)
	}
	if errors.Is(err, unix.EISDIR) {
		return fmt.Errorf("%s is a directory: use --root= with it.", i.path)
	}
	if err != nil {
		return i.failed(err)
	}
	info, err := i.file.Stat()
	if err != nil {
		return i.failed(err)
	}
	switch i.device = info.Mode().Type() == os.ModeDevice; {
	case info.IsDir():
		return fmt.Errorf("%s is a directory: use --root= with it.", i.path)
	case !i.device && !info.Mode().IsRegular():
		return fmt.Errorf("%s is neither a file nor a block device.", i.path)
	}
	if i.device && !i.readOnly { // such a one can be opened for writing all the same
		locked, err := unix.IoctlGetInt(int(i.file.Fd()), unix.BLKROGET)
		i.readOnly = locked != 0 && err == nil
	}
	return i.lock()
}

// lock keeps others away who lock images: two mounts of one file system destroy it. A loop device shares the lock.
func (i *Image) lock() error {
	how := unix.LOCK_EX
	if i.readOnly {
		how = unix.LOCK_SH
	}
	err := unix.Flock(int(i.file.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		if i.options.Say != nil {
			i.options.Say(i.path + " is in use, waiting.")
		}
		for err = unix.EINTR; errors.Is(err, unix.EINTR); {
			err = unix.Flock(int(i.file.Fd()), how)
		}
	}
	if err != nil {
		return fmt.Errorf("Failed to lock %s: %s", i.path, text(err))
	}
	return nil
}

// failed is the message where the image can't be opened, or not made a block device.
func (i *Image) failed(err error) error {
	return fmt.Errorf("Failed to set up loopback device for %s: %s%s", i.path, text(err), privilege(err))
}

// noLoop is the same where the image is there, with what to do instead.
func (i *Image) noLoop(err error) error {
	if _, missing := os.Stat(sys.LoopControl); missing != nil {
		return fmt.Errorf("Failed to set up loopback device for %s: %s%s", i.path, text(missing),
			instead("There are no loop devices here"))
	}
	return i.failed(err)
}

// privilege is what to do about an error that root would not have had, "" for others.
func privilege(err error) string {
	if !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
		return ""
	}
	if os.Geteuid() != 0 {
		return instead("Only root may mount an image")
	}
	return instead("Mounting is not allowed here")
}

func instead(why string) string {
	return "\n" + why + ": unpack it, or have it mounted, and use --root= with the directory."
}

// text is an error's text as the C library has it, which begins with a capital letter.
func text(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		err = errno
	}
	t := err.Error()
	return strings.ToUpper(t[:1]) + t[1:]
}

// places are the partitions to mount, the root first.
func (i *Image) places() ([]disk.Place, error) {
	size, err := i.file.Seek(0, unix.SEEK_END)
	if err != nil {
		return nil, fmt.Errorf("Failed to dissect image '%s': %s", i.path, text(err))
	}
	content := disk.Probe(i.file)
	switch content.Use {
	case disk.FileSystem:
		return []disk.Place{{Where: "/"}}, nil
	case disk.Encrypted:
		return nil, fmt.Errorf("%s: %w", i.path, encrypted(content))
	}
	table, err := disk.ReadTable(i.file, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", i.path, err)
	}
	places, err := table.Layout(native())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", i.path, err)
	}
	return places, nil
}

// Close writes what was changed to the image, and lets go of it. It tells of what could not be written.
func (i *Image) Close() error {
	var wrong error
	for _, m := range i.mounts {
		if err := sys.SyncFileSystem(int(m.dir.Fd())); err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("Failed to write %s: %s", m.what, text(err)))
		}
	}
	if i.thread != nil {
		i.thread.end(i.mounts)
	}
	if i.root != nil {
		_ = i.root.Close() // best effort: all is written
	}
	for _, m := range i.mounts {
		_ = m.dir.Close() // best effort: all is written
	}
	if i.file == nil {
		return wrong
	}
	if len(i.mounts) > 0 && !i.readOnly { // a file system writes to its disk once more when it is unmounted
		if err := i.file.Sync(); err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("Failed to write %s: %s", i.path, text(err)))
		}
	}
	return errors.Join(wrong, i.file.Close())
}
