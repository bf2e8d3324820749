// Package sysvinstall is the program systemd-sysv-install, by which systemctl enables and disables init scripts.
// systemctl(1), enable.
//
// It exists for machines whose distribution has no such program. Where update-rc.d or chkconfig is there, that does the
// work, because it keeps records of its own; else the links of runlevels are made here. It must not know a manager.
package sysvinstall

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/sysv"
)

const usage = "Usage: systemd-sysv-install [--root=path] enable|disable|is-enabled <sysv script name>"

// command is a command line, understood.
type command struct {
	ui.IO
	ctx              context.Context
	verb, name, root string
}

// Run is the program.
func Run(ctx context.Context, u ui.IO, args []string) int {
	c := command{IO: u, ctx: ctx}
	given, words, err := ui.Options(args[0], args[1:], []ui.Option{{Long: "root", Short: "r", Arg: ui.NeedsArg}})
	for _, g := range given {
		c.root = strings.TrimRight(g.Value, "/")
	}
	if err != nil || len(words) != 2 || strings.Contains(words[1], "/") || strings.HasPrefix(words[1], ".") {
		return u.Fail("%s", usage)
	}
	c.verb, c.name = words[0], words[1]
	switch c.verb {
	case "enable", "disable":
		err = c.change()
	case "is-enabled":
		on, wrong := c.enabled()
		if err = wrong; !on && wrong == nil {
			return 1
		}
	default:
		return u.Fail("%s", usage)
	}
	if err != nil {
		return u.Fail("Failed to %s %s: %v", c.verb, c.name, err)
	}
	return 0
}

// distributions are the programs of distributions, and their command lines for a script.
var distributions = []struct {
	path            string
	enable, disable [][]string
}{
	{"/usr/sbin/update-rc.d", [][]string{{"NAME", "defaults"}, {"NAME", "enable"}},
		[][]string{{"NAME", "defaults"}, {"NAME", "disable"}}},
	{"/sbin/chkconfig", [][]string{{"--no-redirect", "NAME", "on"}}, [][]string{{"--no-redirect", "NAME", "off"}}},
}

// change enables or disables the script.
func (c *command) change() error {
	root, err := rootfs.Open(c.root)
	if err != nil {
		return err
	}
	defer root.Close()
	script, err := root.ReadFile("/etc/init.d/"+c.name, maxScript)
	if err != nil {
		return err
	}
	for _, d := range distributions {
		if st, err := root.Stat(d.path); err != nil || st.Mode&0o111 == 0 {
			continue
		}
		lines := d.enable
		if c.verb == "disable" {
			lines = d.disable
		}
		for _, line := range lines {
			if err := c.execute(d.path, line); err != nil {
				return err
			}
		}
		return nil
	}
	return c.relink(root, sysv.Levels(string(script)))
}

// execute runs a program of the distribution, which shall not come back to us, in the root.
func (c *command) execute(program string, line []string) error {
	var words []string
	for _, w := range line {
		words = append(words, strings.ReplaceAll(w, "NAME", c.name))
	}
	if c.root != "" {
		program, words = "chroot", append([]string{c.root, program}, words...)
	}
	cmd := exec.CommandContext(c.ctx, program, words...)
	cmd.Stdout, cmd.Stderr = c.Out, c.Err
	cmd.Env = append(cmd.Environ(), "_SKIP_SYSTEMD_NATIVE=1")
	return cmd.Run()
}

// maxScript bounds a script.
const maxScript = 1 << 20

// runlevels are the directories of links.
const runlevels = "0123456S"

// enabled says whether a runlevel that boots starts the script.
func (c *command) enabled() (bool, error) {
	root, err := rootfs.Open(c.root)
	if err != nil {
		return false, err
	}
	defer root.Close()
	for _, level := range "2345S" {
		names, err := c.links(root, level)
		if err != nil {
			return false, err
		}
		for _, name := range names {
			if name[0] == 'S' {
				return true, nil
			}
		}
	}
	return false, nil
}

// links are the names of the script's links in a runlevel.
func (c *command) links(root *rootfs.Root, level rune) (names []string, err error) {
	list, err := root.ReadDir("/etc/rc" + string(level) + ".d")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range list {
		if n := e.Name(); len(n) > 3 && (n[0] == 'S' || n[0] == 'K') && n[3:] == c.name {
			names = append(names, n)
		}
	}
	return names, err
}

// relink makes the links of all runlevels anew: S where the script is to be started, K elsewhere.
func (c *command) relink(root *rootfs.Root, h sysv.Runlevels) error {
	for _, level := range runlevels {
		dir := "/etc/rc" + string(level) + ".d/"
		old, err := c.links(root, level)
		if err != nil {
			return err
		}
		for _, name := range old {
			if err := root.Remove(dir + name); err != nil {
				return err
			}
		}
		link := ""
		switch starts := strings.ContainsRune(h.Start, level); {
		case starts && c.verb == "enable":
			link = fmt.Sprintf("S%02d%s", h.StartAt, c.name)
		case starts || strings.ContainsRune(h.Stop, level):
			link = fmt.Sprintf("K%02d%s", h.StopAt, c.name)
		default:
			continue
		}
		if err := errors.Join(root.MkdirAll(dir, 0o755), root.Symlink("../init.d/"+c.name, dir+link)); err != nil {
			return err
		}
	}
	return nil
}
