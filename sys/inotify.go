package sys

import (
	"encoding/binary"
	"fmt"
	"iter"
	"strings"

	"golang.org/x/sys/unix"
)

// NewInotify makes an inotify descriptor, not blocking and closed on exec.
func NewInotify() (int, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return -1, fmt.Errorf("inotify_init: %w", err)
	}
	return fd, nil
}

// AddWatch watches a path for the events of mask (IN_…) and gives the watch's number.
func AddWatch(inotify int, path string, mask uint32) (int, error) {
	wd, err := unix.InotifyAddWatch(inotify, path, mask)
	if err != nil {
		return -1, fmt.Errorf("watch %s: %w", path, err)
	}
	return wd, nil
}

// RemoveWatch ends a watch. An IN_IGNORED follows.
func RemoveWatch(inotify, watch int) error {
	_, err := unix.InotifyRmWatch(inotify, uint32(watch))
	return err
}

// FileEvent is one event of inotify(7). Watch is -1 if events were lost (IN_Q_OVERFLOW).
type FileEvent struct {
	Watch  int
	Mask   uint32
	Cookie uint32
	Name   string // of a directory's entry, or ""
}

// FileEvents splits what was read from an inotify descriptor.
func FileEvents(b []byte) iter.Seq[FileEvent] {
	return func(yield func(FileEvent) bool) {
		for len(b) >= unix.SizeofInotifyEvent {
			size := int(binary.NativeEndian.Uint32(b[12:]))
			if size > len(b)-unix.SizeofInotifyEvent {
				return
			}
			e := FileEvent{
				Watch:  int(int32(binary.NativeEndian.Uint32(b))),
				Mask:   binary.NativeEndian.Uint32(b[4:]),
				Cookie: binary.NativeEndian.Uint32(b[8:]),
			}
			b = b[unix.SizeofInotifyEvent:]
			e.Name = strings.TrimRight(string(b[:size]), "\x00")
			b = b[size:]
			if !yield(e) {
				return
			}
		}
	}
}
