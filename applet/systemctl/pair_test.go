package systemctl_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/systemctl"
	"github.com/steward-init/steward/applet/ui"
)

// pair is two equal roots, one for the oracle's systemctl --root= and one for ours.
type pair struct {
	*testing.T
	oracle       string
	theirs, ours string
	log          []string
	of           scope
}

// scope is whose unit files a pair has. Tests name all as those of the system.
type scope uint8

const (
	ofSystem scope = iota // --root=
	ofAll                 // --root= --global: those that all users share
	ofUser                // --user, of a user whose home the root is
)

// place is where a path of the system's units is in a root.
func (s scope) place(path string) string {
	switch s {
	case ofAll:
		return strings.NewReplacer("/systemd/system", "/systemd/user", "/run/systemd/generator",
			"/run/systemd/user-generator").Replace(path)
	case ofUser:
		for _, dir := range [][2]string{{"/usr/lib/systemd/system", "/.local/share/systemd/user"},
			{"/etc/systemd/system", "/.config/systemd/user"}, {"/run/systemd/system", "/run/systemd/user"}} {
			if rest, ok := strings.CutPrefix(path, dir[0]); ok {
				return dir[1] + rest
			}
		}
	}
	return path
}

// options are what a scope asks for, and the environment.
func (s scope) options(root string) (args, env []string) {
	env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", "SYSTEMD_PAGER=", "SYSTEMD_LOG_LEVEL=info"}
	switch s {
	case ofAll:
		return []string{"--root=" + root, "--global"}, env
	case ofUser:
		return []string{"--user"}, append(env, "HOME="+root, "XDG_RUNTIME_DIR="+root+"/run", "SYSTEMD_OFFLINE=1")
	}
	return []string{"--root=" + root}, env
}

// newPair makes two empty roots, or skips the test where there is no oracle.
func newPair(t *testing.T) *pair { return newPairOf(t, ofSystem) }

func newPairOf(t *testing.T, of scope) *pair {
	t.Helper()
	oracle, err := exec.LookPath("systemctl")
	if err != nil {
		t.Skip("there is no systemctl to compare with")
	}
	p := &pair{T: t, oracle: oracle, theirs: t.TempDir(), ours: t.TempDir(), of: of}
	p.write("/usr/lib/systemd/system/multi-user.target", "[Unit]\n")
	p.write("/lib", "-> usr/lib")
	return p
}

// write makes a file in both roots; a text "-> x" is a symlink, a path that ends in "/" a directory. It says whether
// there was room for it.
func (p *pair) write(path, text string) bool {
	path = p.of.place(path)
	for _, root := range []string{p.theirs, p.ours} {
		err := os.MkdirAll(filepath.Dir(root+path), 0o755)
		target, link := strings.CutPrefix(text, "-> ")
		if target = p.of.place(target); link && p.of == ofUser && strings.HasPrefix(target, "/") && target != "/dev/null" {
			target = root + target
		}
		switch {
		case err != nil || strings.HasSuffix(path, "/"):
		case link:
			err = os.Symlink(target, root+path)
		default:
			_ = os.Remove(root + path) // best effort: it may be a symlink
			err = os.WriteFile(root+path, []byte(text), 0o644)
		}
		if err != nil {
			return false
		}
	}
	return true
}

// run lets both do a command and compares what they print, their status, and the symlinks and files that they leave. It
// returns false when they differ.
func (p *pair) run(args ...string) bool {
	p.Helper()
	p.log = append(p.log, strings.Join(args, " "))
	options, env := p.of.options(p.theirs)
	cmd := exec.CommandContext(p.Context(), p.oracle, append(options, p.words(p.theirs, args)...)...)
	cmd.Env = env
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	theirStatus := 0
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			p.Fatal(err)
		}
		theirStatus = exit.ExitCode()
	}
	var ourOut, ourErr bytes.Buffer
	options, env = p.of.options(p.ours)
	status := systemctl.Run(p.Context(), ui.IO{Out: &ourOut, Err: &ourErr, Lookup: lookup(env)},
		slices.Concat([]string{"systemctl"}, options, p.words(p.ours, args)))
	same := true
	differ := func(what, want, got string) {
		p.Helper()
		same = false
		p.Errorf("%s: %s: theirs and ours:\n%s", strings.Join(p.log, "; "), what, difference(want, got))
	}
	if status != theirStatus {
		differ("status", fmt.Sprintf("%d\n%s", theirStatus, stderr.Bytes()), fmt.Sprintf("%d\n%s", status, ourErr.Bytes()))
	}
	if a, b := plainText(out.String(), p.theirs), plainText(ourOut.String(), p.ours); a != b {
		differ("output", a, b)
	}
	if a, b := plainText(stderr.String(), p.theirs), plainText(ourErr.String(), p.ours); a != b {
		differ("messages", a, b)
	}
	if a, b := listing(p.T, p.theirs), listing(p.T, p.ours); a != b {
		differ("tree", a, b)
	}
	return same
}

// words are a command's with paths as the side needs them: a user's are not below another root.
func (p *pair) words(root string, args []string) (words []string) {
	for _, word := range args {
		if p.of == ofUser && strings.HasPrefix(word, "/") {
			word = root + word
		}
		words = append(words, word)
	}
	return words
}

// lookup finds variables in an environment.
func lookup(env []string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, entry := range env {
			if value, ok := strings.CutPrefix(entry, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
}

// plainText is what was printed, with the root's name taken out and the lines sorted: their order is that in which the
// file system lists a directory.
func plainText(text, root string) string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(text, root, "ROOT")) {
		if i := strings.Index(line, ": "); i > 0 && strings.HasPrefix(line, "ROOT/") && strings.Contains(line[:i], ":") {
			continue // about the [Install] section's lines; docs/compat.md
		}
		lines = append(lines, line)
		if strings.HasPrefix(line, "The unit files have no installation config") {
			break // docs/compat.md
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// listing is all files and symlinks where unit files are configured.
func listing(t *testing.T, root string) string {
	var out strings.Builder
	for _, top := range []string{"/etc", "/run", "/.config"} {
		err := filepath.WalkDir(root+top, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && d.IsDir() && !strings.HasSuffix(path, ".wants") {
				return nil
			}
			if err != nil {
				return err
			}
			target, _ := os.Readlink(path) // "" for other files
			fmt.Fprintf(&out, "%s -> %s\n", strings.TrimPrefix(path, root), strings.TrimPrefix(target, root))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// difference is the lines that only one of two texts has.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	var out strings.Builder
	only := func(mark string, of, other []string) {
		for _, line := range of {
			if !slices.Contains(other, line) {
				fmt.Fprintf(&out, "  %s %s\n", mark, line)
			}
		}
	}
	only("theirs", x, y)
	only("ours  ", y, x)
	if out.Len() == 0 {
		fmt.Fprintf(&out, "  theirs %q\n  ours   %q\n", a, b)
	}
	return out.String()
}
