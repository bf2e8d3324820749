package watch

import (
	"errors"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// Tree tells whether directories can have changed since they were looked at: load.Watcher. The kernel notes a change
// before the system call that made it returns, so to ask is enough, whatever else the asker has heard by then; it costs
// one system call. Whenever there is a doubt the answer is that they can.
//
// One goroutine at a time may use it. A nil Tree always says that everything can have changed.
type Tree struct {
	inotify int // -1 where there is none, and nothing is known
	mounts  int // the mount table: what is mounted over a directory makes no event of files
	byPath  map[string]*node
	byID    map[int]*node
	covered bool // all that was asked for was watched before it was looked at last
	buffer  [4 << 10]byte
}

// node is a watched directory.
type node struct {
	content bool            // every entry counts
	names   map[string]bool // of entries that count in any case, and lead to what is watched besides
}

// maxNodes bounds the directories; more than these are not watched at all.
const maxNodes = 4096

// NewTree makes a tree that covers nothing. It is nil where the kernel has no way to tell, or no room left for it.
func NewTree() *Tree {
	mounts, err := unix.Open("/proc/self/mountinfo", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	t := &Tree{inotify: -1, mounts: mounts}
	if t.reset(); t.inotify < 0 {
		t.Close()
		return nil
	}
	return t
}

// Close gives the tree's descriptors back. It must not be used afterwards.
func (t *Tree) Close() {
	for _, fd := range []*int{&t.inotify, &t.mounts} {
		if *fd >= 0 {
			sys.Close(*fd)
			*fd = -1
		}
	}
	t.covered = false
}

// Unchanged says that nothing of what is covered has changed since it said last that something can have. After false,
// look, and Cover what was looked at.
func (t *Tree) Unchanged() bool {
	if t == nil || !t.covered {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(t.inotify), Events: unix.POLLIN}, {Fd: int32(t.mounts), Events: unix.POLLPRI}}
	n, err := unix.Poll(fds, 0)
	if err == nil && n == 0 {
		return true
	}
	if err != nil || fds[1].Revents != 0 {
		t.reset()
		return false
	}
	return !t.read()
}

// read takes the events and says whether one counts.
func (t *Tree) read() (changed bool) {
	for {
		n, err := unix.Read(t.inotify, t.buffer[:])
		if errors.Is(err, unix.EAGAIN) {
			return changed
		}
		if err != nil {
			t.reset()
			return true
		}
		for e := range sys.FileEvents(t.buffer[:n]) {
			counts, moves := t.judge(e)
			if moves {
				t.reset()
				return true
			}
			changed = changed || counts
		}
	}
}

// judge says whether an event counts, and whether what is watched may be elsewhere by now.
func (t *Tree) judge(e sys.FileEvent) (counts, moves bool) {
	at := t.byID[e.Watch]
	const gone = unix.IN_Q_OVERFLOW | unix.IN_IGNORED | unix.IN_UNMOUNT | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF
	switch {
	case at == nil || e.Mask&gone != 0 || at.names[e.Name]:
		return true, true
	case !at.content || e.Mask&unix.IN_ATTRIB != 0 && e.Name != "":
		return false, false
	}
	return true, e.Mask&unix.IN_ISDIR != 0
}

// reset forgets everything.
func (t *Tree) reset() {
	if t.inotify >= 0 {
		sys.Close(t.inotify)
	}
	t.byPath, t.byID, t.covered = map[string]*node{}, map[int]*node{}, false
	var err error
	if t.inotify, err = sys.NewInotify(); err != nil {
		t.inotify = -1
	}
}

// Cover says what was just looked at, in full: dirs for their entries, and entries for what they are or that they are
// not there, by resolved paths. What was not watched by then can have changed in between, so that Unchanged will say no
// once more.
func (t *Tree) Cover(dirs, entries []string) {
	if t == nil || t.inotify < 0 {
		return
	}
	if len(t.byPath)+len(dirs)+len(entries) > maxNodes {
		if t.reset(); len(dirs)+len(entries) > maxNodes {
			return
		}
	}
	t.covered = true
	for _, path := range dirs {
		t.watch(path, "")
	}
	for _, path := range entries {
		if path != "/" {
			t.watch(filepath.Dir(path), filepath.Base(path))
		}
	}
}

const treeMask = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_ATTRIB |
	unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR

// watch watches a directory for an entry, or with "" for all. For one that is not there it is the nearest above it.
func (t *Tree) watch(dir, name string) {
	for {
		at := t.byPath[dir]
		if at == nil {
			id, err := sys.AddWatch(t.inotify, dir, treeMask)
			if (errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR)) && dir != "/" {
				dir, name = filepath.Dir(dir), filepath.Base(dir)
				continue
			}
			if err != nil || !tells(dir) {
				t.covered = false
				return
			}
			if at = t.byID[id]; at == nil { // else it has another path
				at = &node{}
				t.byID[id] = at
			}
			t.byPath[dir], t.covered = at, false
		}
		if name == "" && !at.content || name != "" && !at.names[name] {
			t.covered = false
		}
		if name == "" {
			at.content = true
		} else {
			if at.names == nil {
				at.names = map[string]bool{}
			}
			at.names[name] = true
		}
		return
	}
}

// tells says whether the file system that a directory is on is changed by this machine alone: of what others change, on
// a server or outside of a virtual machine, there is no event.
func tells(dir string) bool {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return false
	}
	switch int64(s.Type) {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.TMPFS_MAGIC,
		unix.RAMFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC, unix.SQUASHFS_MAGIC, unix.EROFS_SUPER_MAGIC_V1, unix.PROC_SUPER_MAGIC:
		return true
	}
	return false
}
