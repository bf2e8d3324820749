// Package machineid reads and sets up the identifier of a machine, machine-id(5).
//
// It exists because the manager at its start, systemd-machine-id-setup(1) and systemd-id128(1) must agree about it. It
// must not know what the identifier is used for.
package machineid

import (
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/syntax/id128"
)

// Path is where a machine's identifier stands.
const Path = "/etc/machine-id"

// maxFile bounds what is read of it; a valid one has 33 bytes.
const maxFile = 4096

// uninitialized is what the file of a machine says that has not been booted yet. machine-id(5), FIRST BOOT SEMANTICS.
const uninitialized = "uninitialized"

// Read is the identifier of this machine. Its errors are those of sd_id128_get_machine(3): ENOMEDIUM where the file is
// empty or all zeros, ENOPKG where it says "uninitialized", EINVAL where it is malformed, else that of reading it.
func Read() (id128.ID, error) {
	root, err := rootfs.Open("/")
	if err != nil {
		return id128.ID{}, err
	}
	defer root.Close()
	return ReadIn(root)
}

// ReadIn is Read for the machine whose files are below a root.
func ReadIn(root *rootfs.Root) (id128.ID, error) {
	file, err := root.Open(Path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return id128.ID{}, err
	}
	defer file.Close()
	return readFrom(file)
}

// readFrom reads an open file. A pipe could let us wait for ever: EINVAL.
func readFrom(file *os.File) (id128.ID, error) {
	if err := isRegular(file); err != nil {
		return id128.ID{}, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return id128.ID{}, err
	}
	return parse(string(data))
}

// isRegular is EINVAL for anything but a regular file.
func isRegular(file *os.File) error {
	st, err := file.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = unix.EINVAL
	}
	return err
}

// parse reads what such a file holds.
func parse(text string) (id128.ID, error) {
	if text == "" {
		return id128.ID{}, unix.ENOMEDIUM
	}
	text = strings.TrimSuffix(text, "\n")
	if text == uninitialized {
		return id128.ID{}, unix.ENOPKG
	}
	id, err := id128.ParsePlain(text)
	if err != nil {
		return id128.ID{}, unix.EINVAL
	}
	if id.IsZero() {
		return id128.ID{}, unix.ENOMEDIUM
	}
	return id, nil
}
