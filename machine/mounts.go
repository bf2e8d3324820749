package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// notifySocket is where the machine finds the socket of its NOTIFY_SOCKET, the place that containers use for it.
const notifySocket = "/run/host/notify"

// mount is unix.Mount with an error that says what failed.
func mount(source, target, kind string, flags uintptr, data string) error {
	if err := unix.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return nil
}

// old is where the caller's root is while the machine is set up.
const old = "/.old"

// enterRoot lays an overlay, whose upper layer is a tmpfs, over the lower root, and makes it the root.
func (p plan) enterRoot() error {
	top, root := filepath.Join(p.Dir, "top"), filepath.Join(p.Dir, "root")
	if err := makeFolders(top, root); err != nil {
		return err
	}
	if err := mount("tmpfs", top, "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	upper, scratch := filepath.Join(top, "up"), filepath.Join(top, "scratch")
	if err := makeFolders(upper, scratch); err != nil {
		return err
	}
	lower := p.Root
	if lower == "" {
		lower = "/"
	}
	layers := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", lower, upper, scratch)
	if err := mount("overlay", root, "overlay", 0, layers); err != nil {
		return err
	}
	if err := makeFolders(root + old); err != nil {
		return err
	}
	if err := unix.PivotRoot(root, root+old); err != nil {
		return fmt.Errorf("pivot: %w", err)
	}
	return os.Chdir("/")
}

// leaveOld lets go of the caller's root, and shares mounts with what the init will start, as a container manager does.
func leaveOld() error {
	if err := unix.Unmount(old, unix.MNT_DETACH); err != nil {
		return err
	}
	if err := os.Remove(old); err != nil {
		return err
	}
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}

func makeFolders(paths ...string) error {
	for _, p := range paths {
		if err := os.MkdirAll(p, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// mountKernel mounts /proc and /sys. What they can change of the whole kernel is read-only; /proc/sys/net is not, as it
// is the machine's own.
func (p plan) mountKernel() error {
	if err := makeFolders("/proc", "/sys", "/dev", "/run", "/tmp"); err != nil {
		return err
	}
	if err := mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	net := filepath.Join(old, p.Dir, "top", "net")
	if err := makeFolders(net); err != nil {
		return err
	}
	if err := mount("/proc/sys/net", net, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	for _, name := range []string{"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus"} {
		if !exists(name) {
			continue // not every kernel has each
		}
		if err := readOnly(name); err != nil {
			return err
		}
	}
	if !p.HostNetwork {
		if err := mount(net, "/proc/sys/net", "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	flags := uintptr(unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC)
	if err := mount("sysfs", "/sys", "sysfs", flags, ""); err != nil {
		return err
	}
	switch p.Cgroup {
	case CgroupOwn:
		return mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, "")
	case CgroupReadOnly:
		if err := mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, ""); err != nil {
			return err
		}
		return readOnly("/sys/fs/cgroup") // this mount alone: the file system is the caller's too
	}
	return nil
}

// readOnly makes a path a mount that can not be written to.
func readOnly(path string) error {
	if err := mount(path, path, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	return mount("", path, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
}

// mountDevices makes a /dev with the harmless devices, terminals of its own and the console, then /run and /tmp.
func (p plan) mountDevices() error {
	if err := mount("tmpfs", "/dev", "tmpfs", unix.MS_NOSUID, "mode=755"); err != nil {
		return err
	}
	nodes := map[string]string{p.Console: "/dev/console"}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty", "fuse"} {
		nodes["/dev/"+name] = "/dev/" + name
	}
	for outside, inside := range nodes {
		if !exists(old + outside) {
			continue // fuse is not everywhere
		}
		if err := bind(outside, inside); err != nil {
			return err
		}
	}
	if err := makeFolders("/dev/pts", "/dev/shm", "/dev/mqueue"); err != nil {
		return err
	}
	if err := mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=620,gid=5"); err != nil {
		return err
	}
	for link, target := range map[string]string{
		"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2",
	} {
		if err := os.Symlink(target, "/dev/"+link); err != nil {
			return err
		}
	}
	for path, mode := range map[string]string{"/dev/shm": "mode=1777", "/run": "mode=755", "/tmp": "mode=1777"} {
		if err := mount("tmpfs", path, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, mode); err != nil {
			return err
		}
	}
	return bind(filepath.Join(p.Dir, "notify"), notifySocket)
}

// bind mounts a file or folder of the caller's, with all below it, at a place that is made for it.
func bind(outside, inside string) error {
	outside = old + outside
	info, err := os.Stat(outside)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = makeFolders(inside)
	} else if err = makeFolders(filepath.Dir(inside)); err == nil && !exists(inside) {
		err = os.WriteFile(inside, nil, 0o644)
	}
	if err != nil {
		return err
	}
	return mount(outside, inside, "", unix.MS_BIND|unix.MS_REC, "")
}

// lay puts the caller's files, links and binds in place.
func (p plan) lay() error {
	for outside, inside := range p.Binds {
		if err := bind(outside, inside); err != nil {
			return err
		}
	}
	for name, content := range p.Files {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(content, "#!") {
			mode = 0o755
		}
		if err := replace(name); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(content), mode); err != nil {
			return err
		}
	}
	for name, target := range p.Links {
		if err := replace(name); err != nil {
			return err
		}
		if err := os.Symlink(target, name); err != nil {
			return err
		}
	}
	return nil
}

// replace makes room for a file: its folder, and not the link or file that was there.
func replace(name string) error {
	if err := makeFolders(filepath.Dir(name)); err != nil {
		return err
	}
	if !exists(name) {
		return nil
	}
	return os.Remove(name)
}

// loopback brings up the only interface of a new network.
func (p plan) loopback() error {
	if p.HostNetwork {
		return nil
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }() // best effort: nothing was written
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}
