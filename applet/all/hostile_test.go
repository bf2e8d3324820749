package all

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What a command may take. Most need some milliseconds and 20 MiB; this is for a machine that does much else.
const (
	patience = 30 * time.Second
	memory   = 256 << 10 // KiB
)

// secret stands in every file outside of the root: nothing shows or copies it.
const secret = "what only the outside has"

// rooted is every command that works below a root, with @ for "--root=…" and NAME for a unit.
const rooted = `
systemctl @ list-unit-files
systemctl @ preset-all
systemctl @ get-default
systemctl @ set-default a.target
systemctl @ is-enabled NAME
systemctl @ cat NAME
systemctl @ enable NAME
systemctl @ enable --force --runtime NAME
systemctl @ disable --now NAME
systemctl @ reenable NAME
systemctl @ preset NAME
systemctl @ preset-all --preset-mode=disable-only --runtime
systemctl @ add-requires a.target NAME
systemctl @ --global enable NAME
systemctl @ --global mask --runtime NAME
systemctl @ --global preset-all
systemctl @ --global revert NAME
systemctl @ mask NAME
systemctl @ unmask NAME
systemctl @ link --force /opt/a.service
systemctl @ add-wants a.target NAME
systemctl @ edit --stdin NAME
systemctl @ edit --stdin --full --force NAME
systemctl @ revert NAME
plan @ enable NAME
plan @ start NAME
plan @ preset-all
plan @ revert NAME
systemd-analyze @ verify NAME
systemd-analyze @ unit-files
systemd-analyze @ unit-paths
systemd-analyze @ cat-config systemd/system.conf
systemd-analyze @ cat-config tmpfiles.d/a.conf
systemd-analyze @ security --offline=yes --no-pager NAME
systemd-analyze @ condition --unit=a.service
systemd-sysusers @
systemd-sysusers @ --dry-run
systemd-sysusers @ --cat-config
systemd-tmpfiles @ --cat-config
systemd-tmpfiles @ --create --boot
systemd-tmpfiles @ --clean
systemd-tmpfiles @ --remove --create --boot
systemd-machine-id-setup @
systemd-machine-id-setup @ --print
systemd-machine-id-setup @ --commit
systemd-sysv-install @ enable a
systemd-sysv-install @ disable a
systemd-sysv-install @ is-enabled a
`

// hostileNames are units of contents; each is good or bad in a way of its own.
func hostileNames() []string {
	return []string{"a.service", "fifo.service", "folder.service", "loop.service", "circle.service",
		"out.service", "up.service", "huge.service", "bytes.service", "in.service", "line\nbreak.service", "\xff\xfe.service",
		strings.Repeat("x", 250) + ".service"}
}

// TestHostileRoot does everything in roots in which every place that is read or written is of the wrong kind. Each
// command ends, and what is outside of the root stays as it is, whatever it says.
func TestHostileRoot(t *testing.T) {
	for level, places := range hostilePlaces() {
		for kind, put := range kinds() {
			t.Run(level+" "+kind, func(t *testing.T) {
				t.Parallel()
				tryAll(t, "a.service", func(root, outside string) {
					for _, place := range places {
						must(t, errors.Join(os.RemoveAll(root+place), os.MkdirAll(filepath.Dir(root+place), 0o755),
							put(root+place, outside+"/"+filepath.Base(place), outside)))
					}
				})
			})
		}
	}
	for _, name := range hostileNames() {
		t.Run(fmt.Sprintf("contents %.20q", name), func(t *testing.T) {
			t.Parallel()
			tryAll(t, name, func(root, outside string) { fill(t, root, outside, name) })
		})
	}
}

// hostilePlaces are what is spoiled in a root at the same time.
func hostilePlaces() map[string][]string {
	return map[string][]string{
		"top":  {"/etc", "/usr", "/run", "/var", "/opt"},
		"base": {"/etc/systemd", "/usr/lib", "/run/systemd", "/var/lib", "/etc/init.d"},
		"place": {"/etc/systemd/system", "/usr/lib/systemd/system", "/run/systemd/system", "/etc/tmpfiles.d",
			"/usr/lib/tmpfiles.d", "/etc/sysusers.d", "/usr/lib/sysusers.d", "/etc/systemd/system-preset",
			"/usr/lib/systemd/system-preset", "/etc/systemd/system.conf.d", "/etc/rc3.d"},
		"file": {"/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/machine-id", "/run/machine-id",
			"/etc/.pwd.lock", "/etc/os-release", "/usr/lib/os-release", "/etc/systemd/system.conf", "/etc/hostname",
			"/etc/systemd/system/default.target", "/etc/systemd/system/a.service", "/etc/systemd/system/a.service.d",
			"/etc/systemd/system/a.target.wants", "/etc/tmpfiles.d/a.conf", "/etc/sysusers.d/a.conf", "/opt/a.service",
			"/usr/lib/systemd/system-preset/a.preset", "/etc/init.d/a", "/var/lib/systemd"},
	}
}

// kinds are the ways to put something of the wrong kind in a place, of which there is another one outside.
func kinds() map[string]func(path, twin, outside string) error {
	return map[string]func(path, twin, outside string) error{
		"link":   func(path, twin, _ string) error { return os.Symlink(twin, path) },
		"folder": func(path, _, outside string) error { return os.Symlink(outside, path) },
		"dots": func(path, twin, _ string) error {
			return os.Symlink(strings.Repeat("../", 30)+strings.TrimPrefix(twin, "/"), path)
		},
		"new":  func(path, _, outside string) error { return os.Symlink(outside+"/new/file", path) },
		"loop": func(path, _, _ string) error { return os.Symlink(filepath.Base(path), path) },
		"file": func(path, _, _ string) error { return os.WriteFile(path, []byte("x\n"), 0o644) },
		"fifo": func(path, _, _ string) error { return unix.Mkfifo(path, 0o644) },
		"dir":  func(path, _, _ string) error { return os.MkdirAll(path+"/a/b", 0o755) },
	}
}

// fill puts what is hostile in itself into places that are as they should be.
func fill(t *testing.T, root, outside, unit string) {
	t.Helper()
	huge := []byte("[Install]\nAlias=x")
	if unit == "huge.service" { // writing it each time takes long
		huge = bytes.Repeat([]byte("x"), 1<<20)
	}
	for _, dir := range []string{"/etc/systemd/system/", "/etc/tmpfiles.d/", "/etc/sysusers.d/",
		"/etc/systemd/system-preset/", "/etc/systemd/system.conf.d/", "/etc/systemd/system/a.service.d/",
		"/etc/systemd/system/a.target.wants/", "/etc/init.d/"} {
		suffix := map[string]string{"tmpfiles.d": ".conf", "sysusers.d": ".conf", "system-preset": ".preset",
			"system.conf.d": ".conf", "a.service.d": ".conf", "init.d": ""}
		end, ok := suffix[filepath.Base(dir)]
		if !ok {
			end = ".service"
		}
		at := func(name string) string { return root + dir + name + end }
		must(t, errors.Join(os.MkdirAll(root+dir, 0o755),
			unix.Mkfifo(at("fifo"), 0o644), os.Mkdir(at("folder"), 0o755), os.Symlink("loop"+end, at("loop")),
			os.Symlink("circle2"+end, at("circle")), os.Symlink("circle"+end, at("circle2")),
			os.Symlink(outside+"/secret", at("out")),
			os.Symlink("../../../../../../../../../.."+outside+"/secret", at("up")),
			os.WriteFile(at("huge"), huge, 0o644),
			os.WriteFile(at("bytes"), []byte("\x00\xff[\xfe\n=\n\x1b[31m\n[Install]\n"+
				"Alias=\xff.service ../../x.service\n"), 0o644),
			os.WriteFile(at("in"), []byte("[Install]\nAlias=../../../../b.service\n"+
				"WantedBy="+outside+"/x.target ../b.target\n"), 0o644),
			os.WriteFile(at("line\nbreak"), []byte("[Install]\nWantedBy=a.target\n"), 0o644),
			os.WriteFile(at("\xff\xfe"), []byte("[Install]\nWantedBy=a.target\n"), 0o644)))
	}
	must(t, os.WriteFile(root+"/etc/tmpfiles.d/leave.conf", []byte(strings.ReplaceAll(
		"f+ @/secret 0777 - - - x\nw+ /../../../../../../..@/secret - - - - x\nR /..@\nL+ @/new - - - - /\n"+
			"z /etc/systemd/system/out.service 0777 - - -\nZ / 0777 - - -\nC /copy - - - - @\nD! @ 0700 - - 0\nr! @/*\n",
		"@", outside)), 0o644))
}

// tryAll makes a root, lets spoil do what it wants to it, and runs every command in it, on a unit. Every few commands
// it does so anew, because they mend some of it.
func tryAll(t *testing.T, unit string, spoil func(root, outside string)) {
	commands := strings.Split(strings.TrimSpace(rooted), "\n")
	if unit != hostileNames()[0] { // what is asked about no unit was asked with the first one
		commands = slices.DeleteFunc(commands, func(line string) bool { return !strings.Contains(line, "NAME") })
	}
	for lines := range slices.Chunk(commands, 12) {
		root, outside := t.TempDir(), t.TempDir()
		t.Cleanup(func() { open(root) })
		furnish(t, root)
		furnish(t, outside)
		for _, name := range []string{"secret", "passwd", "group", "shadow", "machine-id", "a.service", "default.target"} {
			must(t, os.WriteFile(outside+"/"+name, []byte("[Install]\nWantedBy=a.target\n# "+secret+"\n"), 0o600))
		}
		spoil(root, outside)
		before := record(t, outside)
		for _, line := range lines {
			words := strings.Fields(strings.ReplaceAll(line, "@", "--root="+root))
			for i, word := range words {
				if word == "NAME" {
					words[i] = unit
				}
			}
			run(t, words)
			if after := record(t, outside); after != before {
				t.Fatalf("%s changed what is outside:\n%s\nit was\n%s", line, after, before)
			}
		}
		copies, err := exec.Command("grep", "-rlsF", secret, root).Output()
		if len(copies) > 0 || err == nil {
			t.Errorf("copied from outside by one of %q: %s", lines, copies)
		}
	}
}

// open gives the caller back what a command has closed, so that the folder can be removed by others than root too.
func open(root string) {
	_ = filepath.WalkDir(root, func(path string, e fs.DirEntry, _ error) error {
		if e != nil && e.IsDir() {
			_ = os.Chmod(path, 0o700) // best effort: the removal tells
		}
		return nil
	})
}

// furnish makes what a root has.
func furnish(t *testing.T, root string) {
	t.Helper()
	for path, text := range map[string]string{
		"/usr/lib/systemd/system/a.service":       "[Install]\nWantedBy=a.target\nAlias=b.service\n",
		"/usr/lib/systemd/system/a.target":        "[Unit]\nDescription=a\n[Install]\nAlias=default.target\n",
		"/usr/lib/systemd/system-preset/a.preset": "enable *\n",
		"/usr/lib/tmpfiles.d/a.conf": "d /var/lib/a\nf /run/a - - - - a\n" +
			"D /var/lib/b\nC /var/c - - - - /usr\nL /opt/a.service - - - - x\nz /etc/passwd 0600\n",
		"/usr/lib/sysusers.d/a.conf": "u a - -\nm a b\n", "/etc/systemd/system.conf": "[Manager]\n",
		"/etc/passwd": "root:x:0:0::/:/bin/sh\n", "/etc/group": "root:x:0:\n", "/opt/a.service": "[Unit]\n",
		"/etc/init.d/a": "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: a\n# Default-Start: 3\n### END INIT INFO\n",
	} {
		must(t, errors.Join(os.MkdirAll(filepath.Dir(root+path), 0o755), os.WriteFile(root+path, []byte(text), 0o644)))
	}
}

// run is one command. It must end by itself, soon, and with little memory.
func run(t *testing.T, words []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", words...)
	var out bytes.Buffer
	cmd.Args[0], cmd.Stdin, cmd.Stdout, cmd.Stderr = "steward", strings.NewReader("[Unit]\n"), &out, &out
	cmd.Env = []string{"STEWARD_LAUNCH=no", "PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "TMPDIR=" + t.TempDir()}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		t.Errorf("%q does not end", words)
	case err != nil && !errors.As(err, &exit):
		t.Errorf("%q: %v", words, err)
	case strings.Contains(out.String(), secret):
		t.Errorf("%q shows what is outside: %.3000s", words, out.String())
	case strings.Contains(out.String(), "goroutine ") || cmd.ProcessState.ExitCode() < 0:
		t.Errorf("%q: %v: %.3000s", words, err, out.String())
	}
	if used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > memory {
		t.Errorf("%q took %d MiB", words, used>>10)
	}
}

// record is all that is in a directory and could be changed.
func record(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		var st unix.Stat_t
		err = errors.Join(err, unix.Lstat(path, &st))
		var text []byte
		if err == nil && d.Type().IsRegular() {
			text, err = os.ReadFile(path)
		}
		target, _ := os.Readlink(path) // "" for what is no symlink
		fmt.Fprintf(&out, "%s %o %d:%d %d %d.%d %s %q\n", path, st.Mode, st.Uid, st.Gid, st.Nlink, st.Mtim.Sec, st.Mtim.Nsec,
			target, text)
		return err
	}))
	return out.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
