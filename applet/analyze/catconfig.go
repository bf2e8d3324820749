package analyze

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/rootfs"
)

// configRoots are where configuration is, the directory of the highest precedence first.
var configRoots = []string{"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"}

// maxConfig bounds what is read of one file.
const maxConfig = 64 << 20

// catConfig prints configuration files with their drop-ins, or all files of directories such as tmpfiles.d.
func (s *session) catConfig(args []string) (int, error) {
	s.page()
	root, err := rootfs.Open(s.opt.root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 1, fmt.Errorf("Failed to open %s: %s", s.opt.root, errnoText(err))
	}
	if root != nil {
		defer root.Close()
	}
	c := config{session: s, root: root}
	for i, arg := range args {
		if i > 0 {
			s.printf("%s\n\n", s.Paint(lineBetween, strings.Repeat(" ", s.lineWidth())))
		}
		name, err := configName(arg)
		if err != nil {
			return 1, err
		}
		if err := c.print(name); err != nil {
			return 1, err
		}
	}
	return 0, nil
}

// lineBetween is the look of the line between two configurations.
const lineBetween ui.Style = "\x1b[0;4m"

// lineWidth is how long the line between two configurations is; without colours there is none.
func (s *session) lineWidth() int {
	if !s.Color() {
		return 0
	}
	return s.Width()
}

// configName is the part of a path below the place where it would be.
func configName(arg string) (string, error) {
	if !path.IsAbs(arg) {
		return arg, nil
	}
	for _, dir := range configRoots {
		if rest, ok := strings.CutPrefix(arg, dir+"/"); ok {
			return strings.TrimLeft(rest, "/"), nil
		}
	}
	return "", fmt.Errorf("Path %s does not start with any known prefix.", arg)
}

// config prints configuration below a root, which is nil where there is nothing.
type config struct {
	*session
	root *rootfs.Root
}

// collections are the directories whose files have another suffix than ".conf", and which have no main file.
var collections = []struct{ name, suffix string }{
	{"systemd/system-preset", ".preset"}, {"systemd/user-preset", ".preset"}, {"udev/hwdb.d", ".hwdb"},
	{"udev/rules.d", ".rules"}, {"kernel/install.d", ".install"}, {"systemd/ntp-units.d", ".list"},
}

// print prints one configuration.
func (c config) print(name string) error {
	clean := strings.TrimRight(name, "/")
	suffix, collection := ".conf", strings.HasSuffix(clean, ".d")
	for _, row := range collections {
		if clean == row.name {
			suffix, collection = row.suffix, true
		}
	}
	if clean == "environment.d" { // its main file is /etc/environment
		clean, name, collection = "environment", "environment", false
	}
	dir, first := clean, true
	if !collection {
		dir += ".d"
		main := c.mainFile(name)
		if main == "" {
			c.printf("%s\n", c.Paint(ui.Magenta, "# Main configuration file "+name+" not found"))
		} else if err := c.file(main, true); err != nil {
			return err
		}
		first = main == ""
	}
	for _, file := range c.dropIns(dir, suffix) {
		if err := c.file(file, first); err != nil {
			return err
		}
		first = false
	}
	return nil
}

// mainFile is the first place where the file is, "" if there is none.
func (c config) mainFile(name string) string {
	if c.root == nil {
		return ""
	}
	for _, dir := range configRoots {
		if file, err := c.root.Open(dir+"/"+name, unix.O_PATH, 0); err == nil {
			_ = file.Close() // best effort: nothing was done with it
			return dir + "/" + name
		}
	}
	return ""
}

// dropIns are the files of a directory wherever it is, sorted by name; of those with one name the first.
func (c config) dropIns(dir, suffix string) []string {
	if c.root == nil {
		return nil
	}
	places := map[string]string{}
	for _, above := range configRoots {
		entries, err := c.root.ReadDir(above + "/" + dir)
		if err != nil {
			continue // what can't be read can't configure anything
		}
		for _, e := range entries {
			if _, taken := places[e.Name()]; taken || !strings.HasSuffix(e.Name(), suffix) {
				continue
			}
			places[e.Name()] = above + "/" + dir + "/" + e.Name()
		}
	}
	names := make([]string, 0, len(places))
	for name := range places {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = places[name]
	}
	return names
}

// file prints a file under its path; an empty line parts it from what is before.
func (c config) file(name string, first bool) error {
	shown := c.shownRoot() + name
	data, err := c.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return c.failed(shown, err)
	}
	if !first {
		c.printf("\n")
	}
	c.printf("%s\n", c.Paint(ui.Blue, "# "+c.link(shown)))
	if err != nil {
		c.complain(fmt.Errorf("Failed to read \"%s\": %s", shown, errnoText(err)))
		return c.failed(shown, err)
	}
	text := string(data)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	c.printf("%s", text)
	return nil
}

// failed tells of a file that can't be printed, which ends the command.
func (c config) failed(shown string, err error) error {
	c.warn(fmt.Sprintf("Failed to cat %s: %s", shown, errnoText(err)))
	return errSilent
}

// read is what is in a file; a link to /dev/null is empty, in every root.
func (c config) read(name string) ([]byte, error) {
	if target, err := c.root.Readlink(name); err == nil && target == os.DevNull {
		return nil, nil
	}
	data, err := c.root.ReadFile(name, maxConfig)
	if errors.Is(err, syscall.EINVAL) {
		if stat, statErr := c.root.Lstat(name); statErr == nil && rootfs.Kind(&stat).IsDir() {
			return nil, syscall.EISDIR
		}
	}
	return data, err
}

// link is a path that a terminal can open, where links are wanted.
func (s *session) link(name string) string { return s.FileLink(name, name) }

// inRoot is a path as it is seen from here.
func (s *session) inRoot(name string) string { return strings.TrimSuffix(s.opt.root, "/") + name }
