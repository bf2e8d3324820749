package machineid

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/virtualization"
	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/syntax/id128"
	"github.com/steward-init/steward/sys"
)

// Origin is where an identifier comes from, in the words of systemd-machine-id-setup(1).
type Origin string

// The origins. Existing is none: the file has it already.
const (
	Existing  Origin = ""
	DBus      Origin = "D-Bus machine ID"
	KVM       Origin = "KVM UUID"
	Container Origin = "container UUID"
	Random    Origin = "random generator"
	Told      Origin = "command line"
)

// Result is what Setup did. A transient identifier lasts until the machine ends, as /etc can't be written.
type Result struct {
	ID        id128.ID
	Origin    Origin
	Transient bool
}

// ErrNoPlace says that the file is missing and can't be made: a transient identifier needs something to be mounted on.
// machine-id(5), "INITIALIZATION".
var ErrNoPlace = errors.New("is missing and can't be made: an image that is not written to needs an empty one")

// transient is where an identifier is that can't be written to Path.
const transient = "/run/machine-id"

// readable is the mode of the files: nobody is to write them by chance.
const readable = 0o444

// Options say what is known of a root whose identifier is set up.
type Options struct {
	// Here says that the root is this machine's, so that what its hypervisor or container manager gave it counts.
	Here bool
	// FirstBoot leaves the file "uninitialized" until Commit, so that a first boot that is broken off is done again.
	FirstBoot bool
	// ID is the identifier that the machine was told to have, if it isn't zero.
	ID id128.ID
}

// IsFirstBoot says whether a root has not been booted yet. machine-id(5), FIRST BOOT SEMANTICS.
func IsFirstBoot(root *rootfs.Root) bool {
	_, err := ReadIn(root)
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOPKG)
}

// Setup makes sure that a root has an identifier.
func Setup(root *rootfs.Root, o Options) (Result, error) {
	if err := root.MkdirAll("/etc", 0o755); err != nil && !errors.Is(err, unix.EROFS) {
		return Result{}, err
	}
	file, err := root.Open(Path, unix.O_RDWR|unix.O_CREAT|unix.O_NONBLOCK|unix.O_NOCTTY, readable)
	writable := err == nil
	if errors.Is(err, unix.EROFS) || errors.Is(err, fs.ErrPermission) {
		missing := err
		if file, err = root.Open(Path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0); errors.Is(err, fs.ErrNotExist) {
			return Result{}, errors.Join(ErrNoPlace, missing)
		}
	}
	if err != nil {
		return Result{}, err
	}
	defer file.Close()
	if err := isRegular(file); err != nil {
		return Result{}, err
	}
	r := Result{ID: o.ID, Origin: Told}
	if o.ID.IsZero() {
		if id, err := readFrom(file); err == nil {
			return Result{ID: id}, nil
		}
		r.ID, r.Origin = choose(root, o.Here)
	}
	switch {
	case writable && o.FirstBoot:
		_ = writeText(file, uninitialized) // best effort: it is mounted over all the same
	case writable && write(file, r.ID) == nil:
		return r, nil
	}
	r.Transient = true
	return r, mount(root, r.ID)
}

// choose finds the identifier that a root should have.
func choose(root *rootfs.Root, here bool) (id128.ID, Origin) {
	if id, ok := plainIn(root, "/var/lib/dbus/machine-id"); ok {
		return id, DBus
	}
	if here {
		source := virtualization.Here()
		if source.Container() != virtualization.None {
			if id, err := id128.Parse(containerUUID(source)); err == nil && !id.IsZero() {
				return id, Container
			}
		} else if id, ok := hypervisorUUID(source); ok {
			return id, KVM
		}
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return id128.Version4(random), Random
}

// plainIn reads an identifier from a file of a root.
func plainIn(root *rootfs.Root, name string) (id128.ID, bool) {
	data, err := root.ReadFile(name, maxFile)
	if err != nil {
		return id128.ID{}, false
	}
	id, err := id128.ParsePlain(strings.TrimSuffix(string(data), "\n"))
	return id, err == nil && !id.IsZero()
}

// containerUUID is what a container's manager gave, https://systemd.io/CONTAINER_INTERFACE.
func containerUUID(source virtualization.Source) string {
	const variable = "container_uuid"
	if source.FirstProcess {
		value, _ := source.Getenv(variable)
		return value
	}
	value, _, _ := sys.Environ(1, variable) // best effort: only root may read it
	return value
}

// hypervisorUUID is the identifier that a hypervisor gave to its machine.
func hypervisorUUID(source virtualization.Source) (id128.ID, bool) {
	files := []string{"/sys/class/dmi/id/product_uuid", "/proc/device-tree/vm,uuid"}
	switch source.Machine() {
	case "kvm", "amazon":
	case "xen":
		files = []string{"/sys/hypervisor/uuid"}
	default:
		return id128.ID{}, false
	}
	for _, file := range files {
		text, _ := source.Read(file)
		if id, err := id128.Parse(strings.Trim(text, "\x00\n ")); err == nil && !id.IsZero() {
			return id, true
		}
	}
	return id128.ID{}, false
}

func write(file *os.File, id id128.ID) error { return writeText(file, id.String()) }

func writeText(file *os.File, text string) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	if _, err := file.WriteAt([]byte(text+"\n"), 0); err != nil {
		return err
	}
	return file.Sync()
}

// mount puts a transient file over the one that can't be written.
func mount(root *rootfs.Root, id id128.ID) error {
	if err := root.WriteFile(transient, []byte(id.String()+"\n"), readable); err != nil {
		return err
	}
	source, err := root.Open(transient, unix.O_PATH, 0)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := root.Open(Path, unix.O_PATH, 0)
	if err != nil {
		return err
	}
	defer target.Close()
	if err := unix.Mount(descriptor(source), descriptor(target), "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount on %s: %w", Path, err)
	}
	mounted, err := root.Open(Path, unix.O_PATH, 0)
	if err != nil {
		return err
	}
	defer mounted.Close()
	err = unix.Mount("", descriptor(mounted), "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
	if err != nil {
		return fmt.Errorf("mount on %s: %w", Path, err)
	}
	return nil
}

// descriptor names an open file, for system calls that want a path.
func descriptor(file *os.File) string { return "/proc/self/fd/" + strconv.Itoa(int(file.Fd())) }
