package process

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/words"
)

// maxEnvironmentFile bounds an EnvironmentFile=, which is read whole.
const maxEnvironmentFile = 4 << 20

// block is an environment under construction. A later assignment of a name replaces an earlier one in place.
type block struct {
	entries []string
	index   map[string]int
}

func newBlock(capacity int) *block {
	return &block{entries: make([]string, 0, capacity), index: make(map[string]int, capacity)}
}

func (b *block) add(entries ...string) {
	for _, entry := range entries {
		name, _, ok := strings.Cut(entry, "=")
		if !ok {
			continue
		}
		if i, have := b.index[name]; have {
			b.entries[i] = entry
			continue
		}
		b.index[name] = len(b.entries)
		b.entries = append(b.entries, entry)
	}
}

func (b *block) set(name, value string) { b.add(name + "=" + value) }

// remove applies UnsetEnvironment=: a name, or an assignment that must match whole.
func (b *block) remove(patterns []string) {
	b.entries = slices.DeleteFunc(b.entries, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(patterns, name) || slices.Contains(patterns, entry)
	})
}

func (b *block) lookup(name string) (string, bool) {
	for _, entry := range slices.Backward(b.entries) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// environment composes a command's environment. The order of precedence is that of systemd.exec(5), "ENVIRONMENT
// VARIABLES IN SPAWNED PROCESSES": the manager's block, what the manager adds, PassEnvironment=, Environment=,
// EnvironmentFile=; UnsetEnvironment= has the last word.
func (l *Launcher) environment(s *port.Spawn, exec *model.Exec, id *identity) (*block, error) {
	b := newBlock(len(s.Manager) + len(exec.Environment) + 16)
	b.add(s.Manager...)
	if s.Notify {
		b.set("NOTIFY_SOCKET", l.NotifySocket)
	}
	if s.MainPID > 0 {
		b.set("MAINPID", strconv.Itoa(s.MainPID))
	}
	if l.User {
		b.set("MANAGERPID", strconv.Itoa(l.self))
	}
	if s.Unit.Service != nil && s.Unit.Service.PIDFile != "" {
		b.set("PIDFILE", s.Unit.Service.PIDFile)
	}
	b.add(s.Env...)
	if id.named {
		b.add("LOGNAME="+id.name, "USER="+id.name)
		if id.home != "" {
			b.set("HOME", id.home)
		}
		if id.shell != "" {
			b.set("SHELL", id.shell)
		}
	}
	b.set("INVOCATION_ID", hex.EncodeToString(s.Invocation[:]))
	if exec.Stdin.Input == model.InputTTY || exec.Stdout.Output == model.OutputTTY || exec.TTYPath != "" {
		b.set("TERM", l.term(exec.TTYPath))
	}
	for _, dir := range exec.Directories {
		if len(dir.Paths) > 0 {
			b.set(directoryVariables[dir.Kind], l.directoryList(dir.Kind, dir.Paths))
		}
	}
	for _, name := range exec.PassEnvironment {
		if value, ok := os.LookupEnv(name); ok {
			b.set(name, value)
		}
	}
	b.add(exec.Environment...)
	for _, file := range exec.EnvironmentFiles {
		found, err := b.load(file)
		if err != nil {
			return nil, err
		}
		if l.Warn != nil && len(found) > 0 {
			l.Warn(s, found)
		}
	}
	return b, nil
}

// load adds what a file says, and returns what is wrong with its lines: those have no effect. A file that is no text is
// one that can't be read.
func (b *block) load(file model.EnvFile) (found []unitfile.Diagnostic, err error) {
	paths := []string{file.Path}
	if strings.ContainsAny(file.Path, "*?[") {
		matches, err := filepath.Glob(file.Path)
		if err != nil || len(matches) == 0 {
			matches = nil
		}
		if len(matches) == 0 && !file.Optional {
			return nil, fmt.Errorf("environment file %s: no file matches", file.Path)
		}
		paths = matches
	}
	for _, path := range paths {
		entries, wrong, err := readEnvironment(path)
		if err != nil {
			if file.Optional {
				continue
			}
			return nil, fmt.Errorf("environment file: %w", err)
		}
		b.add(entries...)
		found = append(found, wrong...)
	}
	return found, nil
}

func readEnvironment(path string) (entries []string, found []unitfile.Diagnostic, err error) {
	data, err := readBounded(path, maxEnvironmentFile)
	if err != nil {
		return nil, nil, err
	}
	entries, found = words.ParseEnvFile(path, data)
	for i := range found {
		if found[i].Severity == unitfile.Error {
			return nil, nil, fmt.Errorf("%s: %s", found[i].Pos, strings.TrimSuffix(found[i].Message, ", ignoring it"))
		}
	}
	return entries, found, nil
}

// readBounded reads a regular file without ever blocking on a FIFO or a device, whatever its size was said to be.
func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d bytes", limit)}
	}
	return data, err
}

func (l *Launcher) term(tty string) string {
	if tty == "/dev/console" || tty == "" {
		if term := os.Getenv("TERM"); term != "" {
			return term
		}
	}
	if strings.HasPrefix(tty, "/dev/tty") && len(tty) > len("/dev/tty") && tty[8] >= '0' && tty[8] <= '9' {
		return "linux"
	}
	return "vt220"
}
