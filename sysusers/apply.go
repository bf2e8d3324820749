package sysusers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/rootfs"
)

// maxFile bounds an account file.
const maxFile = 256 << 20

// account is one of the files.
type account struct {
	path string
	mode uint32 // of a new one
	text func(f *Files) *string
}

// accounts are the files in the order that they are written in: a group is there before a user that is in it.
var accounts = []account{
	{"/etc/group", 0o644, func(f *Files) *string { return &f.Group }},
	{"/etc/gshadow", 0, func(f *Files) *string { return &f.Gshadow }},
	{"/etc/passwd", 0o644, func(f *Files) *string { return &f.Passwd }},
	{"/etc/shadow", 0, func(f *Files) *string { return &f.Shadow }},
}

// lockFile is what everybody locks who changes the files, lckpwdf(3).
const lockFile = "/etc/.pwd.lock"

// Lock locks the account files of a root against others who change them, and waits for those to end.
func Lock(root *rootfs.Root) (unlock func(), err error) {
	file, err := root.Open(lockFile, unix.O_WRONLY|unix.O_CREAT|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	whole := unix.Flock_t{Type: unix.F_WRLCK}
	for {
		err = unix.FcntlFlock(file.Fd(), unix.F_SETLKW, &whole)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		_ = file.Close() // best effort: nothing was written
		return nil, &fs.PathError{Op: "lock", Path: lockFile, Err: err}
	}
	return func() { _ = file.Close() }, nil // best effort: closing unlocks
}

// Read reads the account files of a root; those that are missing are empty.
func Read(root *rootfs.Root) (Files, error) {
	var f Files
	for _, a := range accounts {
		data, err := root.ReadFile(a.path, maxFile)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		*a.text(&f) = string(data)
	}
	return f, nil
}

// Changed names the files that differ, in the order that they are written in.
func Changed(before, after Files) (paths []string) {
	for _, a := range accounts {
		if *a.text(&before) != *a.text(&after) {
			paths = append(paths, a.path)
		}
	}
	return paths
}

// Apply writes those files that differ. All new ones are on disk before the first takes its place, and what was there
// before is kept beside it, with a dash behind its name.
func Apply(root *rootfs.Root, before, after Files) error {
	var written []*replacement
	defer func() {
		for _, r := range written {
			r.drop()
		}
	}()
	for _, a := range accounts {
		if *a.text(&before) == *a.text(&after) {
			continue
		}
		r, err := prepare(root, a, *a.text(&after))
		if err != nil {
			return fmt.Errorf("%s: %w", a.path, err)
		}
		written = append(written, r)
	}
	for _, r := range written {
		if err := r.backUp(); err != nil {
			return fmt.Errorf("%s-: %w", r.base, err)
		}
	}
	for _, r := range written {
		if err := r.rename(r.temp, r.base); err != nil {
			return fmt.Errorf("%s: %w", r.base, err)
		}
		r.temp = ""
	}
	return nil
}

// replacement is a new file beside the one whose place it is to take.
type replacement struct {
	dir        *os.File
	base, temp string
	old        *os.File // nil where there is none
	status     unix.Stat_t
}

// prepare writes a new file with the owner and the mode of the old one.
func prepare(root *rootfs.Root, a account, text string) (*replacement, error) {
	dir, base, err := root.Parent(a.path)
	if err != nil {
		return nil, err
	}
	r := &replacement{dir: dir, base: base}
	r.status = unix.Stat_t{Mode: a.mode, Uid: uint32(os.Geteuid()), Gid: uint32(os.Getegid())}
	if old, err := root.Open(a.path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0); err == nil {
		r.old = old
		if err := unix.Fstat(int(old.Fd()), &r.status); err != nil {
			r.drop()
			return nil, err
		}
	}
	if r.temp, err = r.write(text, nil); err != nil {
		r.drop()
		return nil, err
	}
	return r, nil
}

// drop ends it; a new file that has not taken its place is removed.
func (r *replacement) drop() {
	if r.temp != "" {
		_ = unix.Unlinkat(int(r.dir.Fd()), r.temp, 0) // best effort: a later run does not mind it
	}
	if r.old != nil {
		_ = r.old.Close() // best effort: it was only read
	}
	_ = r.dir.Close() // best effort: it was only looked at
}

func (r *replacement) rename(from, to string) error {
	return unix.Renameat(int(r.dir.Fd()), from, int(r.dir.Fd()), to)
}

// write makes a file of a name that nobody else uses, with the owner and mode of the old one, and its times if given.
func (r *replacement) write(text string, times []unix.Timespec) (name string, err error) {
	name = "." + r.base + "." + rand.Text()[:16]
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(int(r.dir.Fd()), name, flags, 0o600)
	if err != nil {
		return "", err
	}
	file := os.NewFile(uintptr(fd), name)
	_, err = file.WriteString(text)
	err = errors.Join(err, unix.Fchown(fd, int(r.status.Uid), int(r.status.Gid)))
	err = errors.Join(err, unix.Fchmod(fd, r.status.Mode&0o7777))
	if times != nil {
		err = errors.Join(err, unix.UtimesNanoAt(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", fd), times, 0))
	}
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		_ = unix.Unlinkat(int(r.dir.Fd()), name, 0) // best effort: the error to tell is the one above
		return "", err
	}
	return name, nil
}

// backUp copies the old file, if there is one.
func (r *replacement) backUp() error {
	if r.old == nil {
		return nil
	}
	data := make([]byte, r.status.Size)
	n, err := r.old.ReadAt(data, 0)
	if err != nil && n < len(data) {
		return err
	}
	name, err := r.write(string(data[:n]), []unix.Timespec{r.status.Atim, r.status.Mtim})
	if err != nil {
		return err
	}
	return r.rename(name, r.base+"-")
}
