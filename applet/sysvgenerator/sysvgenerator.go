// Package sysvgenerator is the generator systemd-sysv-generator(8).
//
// It exists so that a machine without systemd's own generator starts its init scripts too. It must not know what a
// script's header means; package sysv does.
package sysvgenerator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/sysv"
)

// maxScript bounds a script that is read; maxScripts how many.
const (
	maxScript  = 1 << 20
	maxScripts = 10_000
)

// generator is one run.
type generator struct {
	ui.IO
	scripts, levels []string // directories of init scripts, and those that hold rcN.d
	catalog         *load.Catalog
	to              string
}

// Run is the generator: its arguments are three directories, of which the last, the late one, is written to.
func Run(_ context.Context, u ui.IO, args []string) int {
	if len(args) != 2 && len(args) != 4 {
		return u.Fail("This program takes zero or three arguments.")
	}
	g := generator{IO: u, to: args[len(args)-1]}
	g.scripts = g.dirs("SYSTEMD_SYSVINIT_PATH", "/etc/init.d")
	g.levels = g.dirs("SYSTEMD_SYSVRCND_PATH", "/etc")
	g.catalog = load.Scan(files.Root(""), load.Paths(load.System, u.Getenv), nil)
	if err := g.run(); err != nil {
		return u.Fail("%v", err)
	}
	return 0
}

// dirs is a list of directories, which an environment variable may replace.
func (g *generator) dirs(variable, standard string) []string {
	if list := g.Getenv(variable); list != "" {
		return strings.Split(list, ":")
	}
	return []string{standard}
}

// run reads all scripts, and writes their units. What can't be read or written is told, and the others go on.
func (g *generator) run() error {
	scripts, err := g.read()
	if err != nil {
		return err
	}
	sysv.Order(scripts, g.links())
	taken := map[string]bool{}
	for _, s := range scripts {
		taken[s.Unit] = true
	}
	var wrong []error
	for _, s := range scripts {
		wrong = append(wrong, g.write(s, taken))
	}
	return errors.Join(wrong...)
}

// debug tells what only those want to know who ask for it: a machine with old scripts loads them at each reload.
func (g *generator) debug(format string, args ...any) {
	if level := g.Getenv("SYSTEMD_LOG_LEVEL"); level == "debug" || level == "7" {
		fmt.Fprintf(g.Err, format, args...)
	}
}

// read finds the scripts that no unit stands for.
func (g *generator) read() (scripts []*sysv.Script, err error) {
	seen := map[string]bool{}
	for _, dir := range g.scripts {
		list, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("Failed to enumerate %s: %w", dir, err)
		}
		for _, e := range list[:min(len(list), maxScripts)] {
			path := filepath.Join(dir, e.Name())
			info, err := os.Stat(path)
			unit, bad := sysv.UnitName(e.Name())
			if err != nil && bad == nil {
				fmt.Fprintf(g.Err, "stat() failed on %s, ignoring: %s\n", path, ui.Because(err))
			}
			if err != nil || bad != nil || seen[unit] || ui.Leftover(e.Name()) || !info.Mode().IsRegular() ||
				info.Mode()&0o100 == 0 || info.Size() > maxScript || g.native(unit) {
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				fmt.Fprintf(g.Err, "Failed to read %s: %v\n", path, err)
				continue
			}
			seen[unit] = true
			g.debug("SysV service '%s' lacks a native systemd unit file. Automatically generating a unit file for "+
				"compatibility. Please update package to include a native systemd unit file, in order to make it more "+
				"safe and robust.\n", path)
			scripts = append(scripts, sysv.Parse(path, unit, string(data)))
		}
	}
	return scripts, nil
}

// native says whether a unit file of the name is there already; what an earlier generator run made does not count.
func (g *generator) native(unit string) bool {
	f, ok := g.catalog.Lookup(unit)
	return ok && !strings.HasPrefix(f.Path, g.to+"/") && !strings.HasPrefix(f.Path, "/run/systemd/generator")
}

// links are the links of all runlevels.
func (g *generator) links() (links []sysv.Link) {
	for _, top := range g.levels {
		for level := '1'; level <= '5'; level++ {
			list, err := os.ReadDir(filepath.Join(top, "rc"+string(level)+".d"))
			if err != nil {
				continue // few machines have them
			}
			for _, e := range list {
				links = append(links, sysv.Link{Level: string(level), Name: e.Name()})
			}
		}
	}
	return links
}

// write writes a script's unit, the links of its runlevels, and its other names that are not another script's.
func (g *generator) write(s *sysv.Script, taken map[string]bool) error {
	path := filepath.Join(g.to, s.Unit)
	if err := create(path, s.File()); err != nil {
		return fmt.Errorf("Failed to create unit file %s: %w", path, err)
	}
	for _, alias := range s.Aliases {
		if !taken[alias] && !g.native(alias) {
			taken[alias] = true
			if err := os.Symlink(s.Unit, filepath.Join(g.to, alias)); err != nil && !errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("Failed to create symlink %s: %w", alias, err)
			}
		}
	}
	slices.Sort(s.WantedBy)
	for _, target := range s.WantedBy {
		dir := filepath.Join(g.to, target+".wants")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("Failed to create %s: %w", dir, err)
		}
		if err := os.Symlink("../"+s.Unit, filepath.Join(dir, s.Unit)); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("Failed to create symlink in %s: %w", dir, err)
		}
	}
	return nil
}

// create makes a file instead of whatever is there: no symlink is written through. It is one of many, so that it has
// no use for what package os prepares for each.
func create(path, text string) error {
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_CLOEXEC
	fd, err := unix.Open(path, flags, 0o644)
	if errors.Is(err, unix.EEXIST) {
		_ = os.Remove(path) // best effort: the next attempt tells
		fd, err = unix.Open(path, flags, 0o644)
	}
	if err != nil {
		return err
	}
	for err == nil && text != "" {
		n := 0
		n, err = unix.Write(fd, []byte(text))
		text = text[max(n, 0):]
	}
	return errors.Join(err, unix.Close(fd))
}
