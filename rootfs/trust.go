package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"

	"golang.org/x/sys/unix"
)

// UnsafeError says that a path leads from something of an unprivileged user to something of another user. The former
// could have put any symlink there. It is unix.ENOLINK.
type UnsafeError struct {
	Path               string // that was to be opened
	From, To           string // a step of it
	FromOwner, ToOwner uint32
}

func (e *UnsafeError) Error() string {
	return fmt.Sprintf("open %s: unsafe transition %s (of user %d) to %s (of user %d)",
		e.Path, e.From, e.FromOwner, e.To, e.ToOwner)
}

// Unwrap is ENOLINK, as which systemd's tools know it.
func (e *UnsafeError) Unwrap() error { return unix.ENOLINK }

// trust judges the steps of a walker.
type trust struct {
	path  string
	owner uint32 // of where the walker is
}

// step judges the one to a file whose status is known.
func (t *trust) step(w *walker, part string, st *unix.Stat_t) error {
	if t == nil {
		return nil
	}
	from := t.owner
	t.owner = st.Uid
	if from == 0 || from == st.Uid {
		return nil
	}
	here := path.Join("/", path.Join(w.names...))
	return &UnsafeError{Path: t.path, From: here, To: path.Join(here, part), FromOwner: from, ToOwner: st.Uid}
}

// OpenTrusted opens a file only to refer to it (O_PATH), and goes no step from something of an unprivileged user to
// something of another one: that is an *UnsafeError. follow says whether to follow a symlink at the end.
func (r *Root) OpenTrusted(name string, follow bool) (*os.File, error) {
	fd, err := r.openTrusted(name, follow)
	var unsafe *UnsafeError
	switch {
	case errors.As(err, &unsafe):
		return nil, unsafe
	case err != nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

func (r *Root) openTrusted(name string, follow bool) (int, error) {
	defer runtime.KeepAlive(r)
	w := walker{root: int(r.dir.Fd())}
	defer w.close()
	var st unix.Stat_t
	if err := unix.Fstat(w.root, &st); err != nil {
		return -1, err
	}
	w.trust = &trust{path: name, owner: st.Uid}
	if err := w.follow(name, follow); err != nil {
		return -1, err
	}
	last := "."
	if len(w.left) > 0 {
		last = w.left[0]
	}
	fd, err := openat(w.here(), last, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil || last == "." {
		return fd, err
	}
	// It may have been exchanged since it was looked at.
	if err = unix.Fstat(fd, &st); err == nil && st.Uid != w.trust.owner {
		err = unix.ESTALE
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
