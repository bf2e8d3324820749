package vm

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// initWord stands before the path of the init on the kernel's command line.
const initWord = "init="

// Init must be the first thing that TestMain, or main, of a program using this package does: the first process of a
// machine is the same program until the root is mounted. In any other process it does nothing.
func Init() {
	if os.Getpid() != 1 || len(os.Args) != 1 || os.Args[0] != "/init" {
		return
	}
	fmt.Fprintln(os.Stderr, inside())
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF) // best effort: what follows is a panic of the kernel
}

// inside mounts the root and executes the init. It returns only the reason why it can't.
func inside() error {
	for i := range modules {
		fd, err := unix.Open(module(i), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := unix.FinitModule(fd, "", 0); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("%s: %w", modules[i], err)
		}
	}
	const root = "/root"
	err := errors.Join(os.MkdirAll("/dev", 0o755), os.MkdirAll("/proc", 0o755), os.MkdirAll(root, 0o755),
		unix.Mount("dev", "/dev", "devtmpfs", 0, ""), unix.Mount("proc", "/proc", "proc", 0, ""))
	if err != nil {
		return err
	}
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	words := strings.Fields(string(line))
	at := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, initWord) })
	if at < 0 {
		return errors.New("the command line names no init")
	}
	init := strings.TrimPrefix(words[at], initWord)
	for n := 0; ; n++ { // the disk is found beside us; each try of a clock tick's length
		if err = unix.Mount("/dev/vda", root, "ext4", 0, ""); err == nil || n > 3000 {
			break
		}
		_ = unix.Nanosleep(&unix.Timespec{Nsec: 1e7}, nil) // best effort: only to wait
	}
	err = errors.Join(err, unix.Unmount("/proc", 0), unix.Mount("/dev", root+"/dev", "", unix.MS_MOVE, ""),
		unix.Chdir(root), unix.Mount(".", "/", "", unix.MS_MOVE, ""), unix.Chroot("."), unix.Chdir("/"))
	if err != nil {
		return err
	}
	// The kernel hands words without a dot that it does not know to the init.
	argv := []string{init}
	for _, w := range words[at+1:] {
		if !strings.Contains(w, ".") {
			argv = append(argv, w)
		}
	}
	return unix.Exec(init, argv, []string{"HOME=/", "TERM=linux"})
}

func module(i int) string { return fmt.Sprintf("/modules/%d", i) }

// initrd packs this program and the modules.
func (k Kit) initrd(path string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	files := map[string]string{"init": self}
	for i, name := range modules {
		found := ""
		err := filepath.WalkDir(k.path("kernel/lib/modules"), func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.Name() == name+".ko" {
				found = path
			}
			return err
		})
		if err != nil {
			return err
		}
		if found == "" {
			return fmt.Errorf("the kernel has no module %s", name)
		}
		files[strings.TrimPrefix(module(i), "/")] = found
	}
	return pack(path, "", files)
}

// pack writes an archive of a tree, "" for none, and of single files: place inside to place outside.
func pack(path, tree string, files map[string]string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	if tree != "" {
		err = filepath.WalkDir(tree, func(path string, _ os.DirEntry, err error) error {
			name, relErr := filepath.Rel(tree, path)
			if err = errors.Join(err, relErr); err != nil || name == "." {
				return err
			}
			return packFile(out, name, path)
		})
	}
	made := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for i := range name {
			if dir := name[:i]; name[i] == '/' && !made[dir] {
				entry(out, dir, unix.S_IFDIR|0o755, nil)
				made[dir] = true
			}
		}
		err = errors.Join(err, packFile(out, name, files[name]))
	}
	entry(out, "TRAILER!!!", 0, nil)
	return errors.Join(err, out.Close())
}

func packFile(w io.Writer, name, path string) error {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return err
	}
	var data []byte
	var err error
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		data, err = os.ReadFile(path)
	case unix.S_IFLNK:
		var target string
		target, err = os.Readlink(path)
		data = []byte(target)
	}
	if err == nil {
		entry(w, name, st.Mode, data)
	}
	return err
}

// entry writes one file of a "newc" archive, as the kernel's documentation of initramfs has it. An error shows when the
// archive is closed, or when the machine does not boot.
func entry(w io.Writer, name string, mode uint32, data []byte) {
	pad := func(n int) string { return strings.Repeat("\x00", (4-n%4)%4) }
	head := fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 0, mode, 0, 0, 1, 0, len(data),
		0, 0, 0, 0, len(name)+1, 0) + name + "\x00"
	_, _ = io.WriteString(w, head+pad(len(head))) // see above
	_, _ = w.Write(data)                          // see above
	_, _ = io.WriteString(w, pad(len(data)))      // see above
}
