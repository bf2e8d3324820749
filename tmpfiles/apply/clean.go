package apply

import (
	"errors"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/sys"
	"github.com/steward-init/steward/tmpfiles"
)

// maxCleanDepth is how deep --clean goes.
const maxCleanDepth = 256

// clean does an item's part of --clean.
func (a *Applier) clean(i *tmpfiles.Item) error {
	switch i.Kind {
	case tmpfiles.Directory, tmpfiles.EmptiedDirectory, tmpfiles.Subvolume, tmpfiles.SubvolumeInherit,
		tmpfiles.SubvolumeQuota, tmpfiles.Copy, tmpfiles.Ignore:
		return a.age(i, i.Path)
	case tmpfiles.ExistingDir, tmpfiles.IgnoreDirectory:
		return a.matches(i, func(p string) error { return a.age(i, p) })
	}
	return nil
}

// cleaner cleans one tree up.
type cleaner struct {
	*Applier
	by     tmpfiles.Age
	cutoff int64 // nanoseconds since 1970; what is as new as that stays
	device uint64
	first  error
}

// age cleans up what is in a directory.
func (a *Applier) age(i *tmpfiles.Item, p string) error {
	if !i.Age.Set || i.Age.Span == span.Infinity || uint64(i.Age.Span) > a.Now {
		return nil
	}
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW
	f, err := a.Root.Open(p, flags|unix.O_NOATIME, 0)
	if errors.Is(err, unix.EPERM) {
		f, err = a.Root.Open(p, flags, 0)
	}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ELOOP):
		a.debug("Directory \"%s\": %s", a.show(p), Text(err))
		return nil
	case err != nil:
		return a.fail(err, "Failed to open directory %s: %s", a.show(p))
	}
	defer f.Close()
	var st unix.Statx_t
	if err := statx(int(f.Fd()), "", &st); err != nil {
		return a.fail(err, "statx(%s) failed: %s", a.show(p))
	}
	cutoff := int64(a.Now - uint64(i.Age.Span))
	a.debug("Cleanup threshold for \"%s\" is %s", a.show(p), time.UnixMicro(cutoff).UTC())
	c := &cleaner{Applier: a, by: i.Age, cutoff: cutoff * 1000, device: unix.Mkdev(st.Dev_major, st.Dev_minor)}
	mountPoint := st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
	c.directory(f, &st, strings.TrimSuffix(p, "/"),
		level{mountPoint: mountPoint, keep: i.Age.KeepFirstLevel, depth: maxCleanDepth})
	return c.first
}

// level is what differs between the directories of a tree.
type level struct {
	mountPoint bool
	keep       bool // what is immediately inside stays
	stays      bool // the file or directory itself stays
	depth      int  // how much deeper it goes
}

// statx describes a file by all its times; a symlink is described itself. An empty name is the directory.
func statx(dir int, name string, st *unix.Statx_t) error {
	flags := unix.AT_SYMLINK_NOFOLLOW | unix.AT_NO_AUTOMOUNT
	if name == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	return unix.Statx(dir, name, flags, unix.STATX_BASIC_STATS|unix.STATX_BTIME, st)
}

// directory cleans up what is in a directory. As removing changes the directory's own times, they are put back.
func (c *cleaner) directory(f *os.File, st *unix.Statx_t, p string, l level) {
	names, err := namesIn(f)
	if err != nil {
		c.warn(err, "Failed to read directory \"%s\", ignoring: %s", c.show(p))
	}
	changed := false
	for _, name := range names {
		changed = c.entry(int(f.Fd()), name, p+"/"+name, l) || changed
	}
	if !changed {
		return
	}
	times := []unix.Timespec{timespec(st.Atime), timespec(st.Mtime)}
	n := &node{file: f}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, n.proc(), times, 0); err != nil {
		c.log(tmpfiles.Warning, "Failed to revert timestamps of '%s', ignoring: %s", c.show(p), Text(err))
	}
}

func timespec(t unix.StatxTimestamp) unix.Timespec {
	return unix.Timespec{Sec: t.Sec, Nsec: int64(t.Nsec)}
}

// warn tells of a failure, which the whole then has.
func (c *cleaner) warn(err error, format string, args ...any) {
	c.log(tmpfiles.Warning, format, append(args, Text(err))...)
	keep(&c.first, err)
}

// entry cleans up one file, and says whether it was removed.
func (c *cleaner) entry(dir int, name, p string, l level) (removed bool) {
	var st unix.Statx_t
	err := statx(dir, name, &st)
	switch {
	case errors.Is(err, unix.ENOENT):
		return false
	case errors.Is(err, unix.EACCES):
		c.debug("statx(%s) failed: %s", c.show(p), Text(err))
		return false
	case err != nil:
		c.warn(err, "statx(%s) failed: %s", c.show(p))
		return false
	case st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0:
		c.debug("Ignoring \"%s\": different mount points.", c.show(p))
		return false
	case st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT == 0 && unix.Mkdev(st.Dev_major, st.Dev_minor) != c.device:
		// Before Linux 5.8. Subvolumes have a device number of their own, and are cleaned up as well.
		c.debug("Ignoring \"%s\": different filesystem.", c.show(p))
		return false
	}
	skip, only := c.excluded(p)
	if skip {
		return false
	}
	l.stays = only
	if uint32(st.Mode)&unix.S_IFMT == unix.S_IFDIR {
		return c.subdirectory(dir, name, p, &st, l)
	}
	return c.file(dir, name, p, &st, l)
}

// excluded says whether a path has a line of its own, which is to be passed over with all that is in it; and whether
// that holds for the path only.
func (c *cleaner) excluded(p string) (all, only bool) {
	if c.Plan.Plain(p) {
		c.debug("Ignoring \"%s\": a separate entry exists.", c.show(p))
		return true, false
	}
	for _, e := range c.Plan.Patterns() {
		if !matchPath(e.Path, p) {
			continue
		}
		if e.Items[0].Kind != tmpfiles.IgnoreDirectory {
			c.debug("Ignoring \"%s\": a separate glob exists.", c.show(p))
			return true, false
		}
		only = true
	}
	return false, only
}

func (c *cleaner) subdirectory(dir int, name, p string, st *unix.Statx_t, l level) (removed bool) {
	if l.mountPoint && name == "lost+found" && st.Uid == 0 {
		c.debug("Ignoring directory \"%s\".", c.show(p))
		return false
	}
	if l.depth <= 0 {
		c.log(tmpfiles.Warning, "Reached max depth on \"%s\".", c.show(p))
	} else if !c.descend(dir, name, p, st, l) {
		return false
	}
	if l.keep || l.stays {
		c.debug("Keeping directory \"%s\".", c.show(p))
		return false
	}
	if !c.old(p, st, c.by.Dirs, "Directory") {
		return false
	}
	c.debug("Removing directory \"%s\".", c.show(p))
	err := unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
	if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTEMPTY) {
		c.warn(err, "Failed to remove directory \"%s\", ignoring: %s", c.show(p))
	}
	return false
}

// descend cleans up what is in a directory, unless somebody has a lock on it: then it stays, and so does everything.
func (c *cleaner) descend(dir int, name, p string, st *unix.Statx_t, l level) bool {
	fd, err := openDir(dir, name)
	if err != nil {
		if !errors.Is(err, unix.ENOENT) {
			c.warn(err, "Opening directory \"%s\" failed, ignoring: %s", c.show(p))
		}
		return false
	}
	f := os.NewFile(uintptr(fd), p)
	defer f.Close()
	if err := unix.Flock(fd, unix.LOCK_SH|unix.LOCK_NB); err != nil {
		c.debug("Couldn't acquire shared BSD lock on directory \"%s\", skipping: %s", c.show(p), Text(err))
		return false
	}
	c.directory(f, st, p, level{depth: l.depth - 1})
	return true
}

func (c *cleaner) file(dir int, name, p string, st *unix.Statx_t, l level) (removed bool) {
	kind := uint32(st.Mode) & unix.S_IFMT
	quota := name == ".journal" || name == "aquota.user" || name == "aquota.group"
	switch {
	case st.Mode&unix.S_ISVTX != 0:
		c.debug("Skipping \"%s\": sticky bit set.", c.show(p))
	case l.mountPoint && kind == unix.S_IFREG && st.Uid == 0 && quota:
		c.debug("Skipping \"%s\".", c.show(p))
	case kind == unix.S_IFSOCK && c.socketInUse(p):
		c.debug("Skipping \"%s\": live socket.", c.show(p))
	case kind == unix.S_IFCHR || kind == unix.S_IFBLK:
		c.debug("Skipping \"%s\": a device.", c.show(p))
	case l.keep || l.stays:
		c.debug("Keeping \"%s\".", c.show(p))
	case c.old(p, st, c.by.Files, "File"):
		c.debug("Removing \"%s\".", c.show(p))
		err := unix.Unlinkat(dir, name, 0)
		if err != nil && !errors.Is(err, unix.ENOENT) {
			c.warn(err, "Failed to remove \"%s\", ignoring: %s", c.show(p))
		}
		return true // that it was tried counts, as for the original
	}
	return false
}

// old says whether all those times that count are before the cutoff. An age of zero is always reached.
func (c *cleaner) old(p string, st *unix.Statx_t, by tmpfiles.Timestamp, what string) bool {
	if c.by.Span == 0 {
		return true
	}
	for _, t := range [...]struct {
		bit  tmpfiles.Timestamp
		mask uint32
		at   unix.StatxTimestamp
		name string
	}{
		{tmpfiles.ModifyTime, unix.STATX_MTIME, st.Mtime, "modify"},
		{tmpfiles.AccessTime, unix.STATX_ATIME, st.Atime, "access"},
		{tmpfiles.ChangeTime, unix.STATX_CTIME, st.Ctime, "change"},
		{tmpfiles.BirthTime, unix.STATX_BTIME, st.Btime, "birth"},
	} {
		if by&t.bit != 0 && st.Mask&t.mask != 0 && t.at.Sec*1e9+int64(t.at.Nsec) >= c.cutoff {
			c.debug("%s \"%s\": %s time is too new.", what, c.show(p), t.name)
			return false
		}
	}
	return true
}

// socketInUse says whether a process has a socket bound to a path.
func (a *Applier) socketInUse(p string) bool {
	if a.sockets == nil {
		const limit = 64 << 20
		a.sockets = map[string]bool{}
		text, err := sys.ReadFile("/proc/net/unix", limit)
		if err != nil {
			a.log(tmpfiles.Warning, "Failed to open /proc/net/unix, ignoring: %s", Text(err))
		}
		for line := range strings.Lines(string(text)) {
			// Seven columns, then the path, which is not there if the socket has no name.
			if at := strings.IndexByte(line, '/'); at >= 0 {
				a.sockets[strings.TrimRight(line[at:], "\n")] = true
			}
		}
	}
	return a.sockets[a.show(p)]
}
