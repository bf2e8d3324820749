// Package vm boots an init in an emulated machine: a kernel of Debian's with its own devices, control group
// controllers, clock and disk, and an end that switches the power off.
//
// It exists for what package machine can't show, whose kernel is the caller's. It must not know which init it boots. It
// needs qemu-system-x86, debootstrap, e2fsprogs and apt-get, and is no part of a usual run: an emulated boot takes a
// minute.
package vm

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Packages are what the machine's system has besides Debian's minimal one.
const Packages = "systemd,systemd-sysv,dbus,udev,kmod,login,passwd,iproute2,procps,e2fsprogs,util-linux,cron," +
	"libpam-systemd"

// kernelPackage depends on the newest kernel for virtual machines.
const kernelPackage = "linux-image-cloud-amd64"

// modules are those that the kernel needs to find its disk, in the order in which they need each other.
var modules = []string{"virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci",
	"virtio_blk"}

// Kit is a folder with what machines are made of. It is made once, and may be kept.
type Kit struct{ Dir string }

// Make fetches what is missing.
func (k Kit) Make(ctx context.Context) error {
	if err := os.MkdirAll(k.path("kernel"), 0o755); err != nil {
		return err
	}
	if _, err := k.kernel(); err != nil {
		if err := k.fetchKernel(ctx); err != nil {
			return fmt.Errorf("kernel: %w", err)
		}
	}
	if _, err := os.Stat(k.path("root")); err == nil {
		return nil
	}
	half := k.path("half")
	if err := os.RemoveAll(half); err != nil {
		return err
	}
	if err := k.run(ctx, "debootstrap", "--variant=minbase", "--include="+Packages, "bookworm", half); err != nil {
		return err
	}
	if err := k.run(ctx, "cp", "-r", k.path("kernel/lib/modules"), filepath.Join(half, "usr/lib/modules")); err != nil {
		return err
	}
	if err := k.run(ctx, "chroot", half, "depmod", k.release()); err != nil {
		return err
	}
	return os.Rename(half, k.path("root"))
}

// fetchKernel unpacks the kernel that the package depends on, without installing it.
func (k Kit) fetchKernel(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "apt-cache", "depends", kernelPackage).Output()
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: "); ok {
			if err := k.run(ctx, "apt-get", "download", name); err != nil {
				return err
			}
			debs, err := filepath.Glob(k.path(name + "_*.deb"))
			if err != nil || len(debs) == 0 {
				return fmt.Errorf("%s was not downloaded", name)
			}
			return k.run(ctx, "dpkg-deb", "-x", debs[0], k.path("kernel"))
		}
	}
	return fmt.Errorf("%s depends on nothing", kernelPackage)
}

func (k Kit) path(name string) string { return filepath.Join(k.Dir, name) }

// kernel is the file that qemu starts.
func (k Kit) kernel() (string, error) {
	found, err := filepath.Glob(k.path("kernel/boot/vmlinuz-*"))
	if err == nil && len(found) == 0 {
		err = os.ErrNotExist
	}
	if err != nil {
		return "", err
	}
	return found[0], nil
}

// release is the kernel's version, as its modules are below.
func (k Kit) release() string {
	path, _ := k.kernel() // Make has seen to it
	return strings.TrimPrefix(filepath.Base(path), "vmlinuz-")
}

func (k Kit) run(ctx context.Context, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = k.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, last(string(out)))
	}
	return nil
}

// last is the end of a long text.
func last(text string) string {
	const most = 2000
	return text[max(0, len(text)-most):]
}

// Config describes a machine.
type Config struct {
	Init   string            // the first process, a path inside
	Words  string            // added to the kernel's command line
	Files  map[string]string // laid over the root: path to content; executable if it begins with #!
	Copies map[string]string // laid over it, too: path inside to path outside
	Links  map[string]string // path to target
	Accel  string            // as qemu has it: tcg or kvm
}

// Result is what a machine has left behind.
type Result struct {
	Console string // what it printed, the kernel and all
	Said    string // what it wrote to /dev/ttyS1
	Disk    string // what e2fsck says of its disk
	Clean   bool   // and that the disk was unmounted
}

// Boot runs a machine until it ends, with its disk and files in an empty folder of the caller's.
func (k Kit) Boot(ctx context.Context, dir string, c Config) (Result, error) {
	var r Result
	disk, err := k.disk(ctx, dir, c)
	if err != nil {
		return r, fmt.Errorf("disk: %w", err)
	}
	initrd := filepath.Join(dir, "initrd")
	if err := k.initrd(initrd); err != nil {
		return r, fmt.Errorf("initrd: %w", err)
	}
	kernel, err := k.kernel()
	if err != nil {
		return r, err
	}
	console, said := filepath.Join(dir, "console"), filepath.Join(dir, "said")
	// A busy machine's emulated timer may come too late for the kernel, which then panics: no_timer_check.
	cmd := exec.CommandContext(ctx, "qemu-system-x86_64", "-accel", c.Accel, "-m", "1024", "-smp", "2", "-no-reboot",
		"-display", "none", "-nic", "none", "-kernel", kernel, "-initrd", initrd,
		"-append", "console=ttyS0 panic=-1 no_timer_check "+initWord+c.Init+" "+c.Words,
		"-drive", "file="+disk+",if=virtio,format=raw", "-serial", "file:"+console, "-serial", "file:"+said)
	out, runErr := cmd.CombinedOutput()
	for path, into := range map[string]*string{console: &r.Console, said: &r.Said} {
		text, err := os.ReadFile(path)
		if err != nil {
			return r, fmt.Errorf("%w: %s", err, out)
		}
		*into = strings.ReplaceAll(string(text), "\r", "")
	}
	if runErr != nil {
		return r, fmt.Errorf("qemu: %w: %s", runErr, out)
	}
	check, err := exec.CommandContext(ctx, "e2fsck", "-fn", disk).CombinedOutput()
	r.Disk = string(check)
	if err != nil {
		return r, nil // that is told by Clean
	}
	header, err := exec.CommandContext(ctx, "dumpe2fs", "-h", disk).Output()
	r.Clean = err == nil && !strings.Contains(string(header), "needs_recovery")
	return r, nil
}

// disk makes a file system of the kit's root and what is laid over it.
func (k Kit) disk(ctx context.Context, dir string, c Config) (string, error) {
	root, disk := filepath.Join(dir, "root"), filepath.Join(dir, "disk")
	if err := k.run(ctx, "cp", "-a", k.path("root"), root); err != nil {
		return "", err
	}
	for path, text := range c.Files {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(text, "#!") {
			mode = 0o755
		}
		if err := lay(root, path, []byte(text), mode); err != nil {
			return "", err
		}
	}
	for path, source := range c.Copies {
		data, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		if err := lay(root, path, data, 0o755); err != nil {
			return "", err
		}
	}
	for path, target := range c.Links {
		place := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
			return "", err
		}
		if err := os.Symlink(target, place); err != nil {
			return "", err
		}
	}
	if err := k.run(ctx, "truncate", "-s", "1G", disk); err != nil {
		return "", err
	}
	if err := k.run(ctx, "mkfs.ext4", "-q", "-d", root, disk); err != nil {
		return "", err
	}
	return disk, os.RemoveAll(root)
}

func lay(root, path string, data []byte, mode os.FileMode) error {
	place := filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(place); err != nil {
		return err
	}
	return os.WriteFile(place, data, mode)
}
