package tmpfiles

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// hostileRoot makes a root whose symlinks lead out of it, and something outside worth keeping.
func hostileRoot(t *testing.T) (root, outside string) {
	t.Helper()
	top := testCase{}.place(t)
	root, outside = filepath.Join(top, "root"), filepath.Join(top, "outside")
	for _, dir := range []string{root, outside, outside + "/dir", root + "/real"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"file", "dir/file"} {
		if err := os.WriteFile(filepath.Join(outside, name), []byte("keep"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"abs": outside, "dots": "../outside", "more": "../../../../../../../../../.." + outside, "file": outside + "/file",
		"dotfile": "../outside/file", "loop": "loop", "real/up": "../..", "chain": "abs", "dangling": outside + "/new",
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	then := []unix.Timespec{{Sec: long}, {Sec: long}}
	for _, name := range []string{"file", "dir/file", "dir", ""} {
		if err := unix.UtimesNanoAt(unix.AT_FDCWD, filepath.Join(outside, name), then, 0); err != nil {
			t.Fatal(err)
		}
	}
	return root, outside
}

func TestNothingOutsideTheRootIsTouched(t *testing.T) {
	places := []string{"/abs/%s", "/dots/%s", "/more/%s", "/chain/dir/%s", "/real/up/outside/%s", "/../outside/%s",
		"/../../%s", "/real/../../outside/%s", "/file", "/dotfile", "/loop/%s", "/dangling", "/dangling/%s", "/abs", "/dots",
		"/abs/*", "/dots/d*/*", "/real/up/*", "/*/%s", "/*/*", "/", "/..", "/real/.."}
	kinds := "f f+ f= w w+ d d= D e v p p+ p= L L+ L= c+ c= C C= x X r R z Z t T h H a A+"
	for kind := range strings.FieldsSeq(kinds) {
		root, outside := hostileRoot(t)
		before := listTree(t, outside)
		var conf strings.Builder
		for _, place := range places {
			if strings.Contains(place, "%s") {
				fmt.Fprintln(&conf, hostileLine(kind, fmt.Sprintf(place, "file")))
				place = fmt.Sprintf(place, "new")
			}
			fmt.Fprintln(&conf, hostileLine(kind, place))
		}
		file := filepath.Join(filepath.Dir(root), "conf")
		if err := os.WriteFile(file, []byte(conf.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, op := range []string{"--create", "--clean", "--remove"} {
			ours(nil, []string{"systemd-tmpfiles", "--root=" + root, op, file})
			if after := listTree(t, outside); !slices.Equal(before, after) {
				t.Fatalf("%s %s: outside is now\n%s", op, kind, strings.Join(after, "\n"))
			}
			if _, err := os.Lstat(root); err != nil {
				t.Fatalf("%s %s: the root is gone", op, kind)
			}
		}
		if list, _ := os.ReadDir(filepath.Dir(root)); len(list) != 3 {
			t.Fatalf("%s: beside the root are %v", kind, list)
		}
	}
}

// hostileLine is a line of a kind about a path.
func hostileLine(kind, path string) string {
	rest := "0777 1 1 0"
	switch kind[0] {
	case 'f', 'w':
		rest = "0777 1 1 - X"
	case 'L':
		rest = "- 1 1 - x"
	case 'c':
		rest = "0777 1 1 - 1:3"
	case 'C':
		rest = "0777 1 1 0 /real"
	case 't', 'T':
		rest = "- - - - user.x=y"
	case 'h', 'H':
		rest = "- - - - +d"
	case 'a', 'A':
		rest = "- - - - u:1:rwx,d:u:1:rwx"
	}
	return kind + " " + path + " " + rest
}

// What a copy would copy from may not be outside either.
func TestNothingOutsideTheRootIsCopied(t *testing.T) {
	root, _ := hostileRoot(t)
	conf := filepath.Join(filepath.Dir(root), "conf")
	text := "C /a - - - - /abs/file\nC /b - - - - /dots\nC /c - - - - /../outside/dir\nC /d - - - - /file\n"
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := ours(nil, []string{"systemd-tmpfiles", "--root=" + root, "--create", conf})
	for _, line := range listTree(t, root) {
		if strings.Contains(line, "keep") {
			t.Errorf("copied from outside: %s", line)
		}
	}
	t.Logf("status %d\n%s", status, stderr)
}

// The root itself stays, as nothing else would be left either.
func TestTheRootIsNotRemoved(t *testing.T) {
	root, _ := hostileRoot(t)
	conf := filepath.Join(filepath.Dir(root), "conf")
	for _, line := range []string{"R /", "R /real/..", "D /", "r /", "R /."} {
		if err := os.WriteFile(conf, []byte(line+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		before := listTree(t, root)
		ours(nil, []string{"systemd-tmpfiles", "--root=" + root, "--remove", conf})
		if after := listTree(t, root); !slices.Equal(before, after) {
			t.Errorf("%s: %v", line, after)
		}
	}
}

// A directory that is copied into itself is copied once.
func TestCopyIntoItself(t *testing.T) {
	root, _ := hostileRoot(t)
	conf := filepath.Join(filepath.Dir(root), "conf")
	if err := os.WriteFile(conf, []byte("C /real/copy - - - - /real\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := ours(nil, []string{"systemd-tmpfiles", "--root=" + root, "--create", conf}); status != 0 {
		t.Errorf("status %d: %s", status, stderr)
	}
	if _, err := os.Lstat(root + "/real/copy/up"); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(root + "/real/copy/copy"); err == nil {
		t.Error("the copy is in the copy")
	}
}

// A tree that is too deep is an error, not a crash.
func TestDeepTree(t *testing.T) {
	root, _ := hostileRoot(t)
	conf := filepath.Join(filepath.Dir(root), "conf")
	fd, err := unix.Open(root+"/real", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	for range 1000 {
		if err != nil {
			t.Fatal(err)
		}
		if err = unix.Mkdirat(fd, "d", 0o755); err == nil {
			below, openErr := unix.Openat(fd, "d", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			unix.Close(fd)
			fd, err = below, openErr
		}
	}
	unix.Close(fd)
	text := "Z /real 0700\nC /copy - - - - /real\nT /real - - - - user.x=y\nA /real - - - - u::rwx\n"
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, op := range []string{"--create", "--clean"} {
		status, _, stderr := ours(nil, []string{"systemd-tmpfiles", "--root=" + root, op, conf})
		if op == "--create" && status != exitCantCreate {
			t.Errorf("%s: status %d: %s", op, status, stderr)
		}
	}
}

// Debian's own configuration, and that of every package on this machine, does the same as the oracle.
func TestInstalledAsTheOracle(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give files away")
	}
	if _, err := os.Stat(oracle); err != nil {
		t.Skip("needs the real systemd-tmpfiles")
	}
	files, err := filepath.Glob("/usr/lib/tmpfiles.d/*.conf")
	if err != nil || len(files) == 0 {
		t.Skip("needs packages with tmpfiles.d files")
	}
	for _, options := range []string{"--create", "--create --boot", "--create --remove --boot", "--create -E", "--clean"} {
		var outcome [2][]string
		for n, tool := range []func(env, args []string) (int, string, string){theirs, ours} {
			root := filepath.Join(testCase{}.place(t), "root")
			for _, dir := range []string{"etc", "usr/lib/tmpfiles.d", "var/lib/systemd/coredump", "tmp/systemd-private-1",
				"run/log/journal", "var/log/journal/0123456789abcdef0123456789abcdef"} {
				if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for _, f := range append(files, "/etc/passwd", "/etc/group") {
				data, err := os.ReadFile(f)
				if err == nil {
					err = os.WriteFile(filepath.Join(root, f), data, 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			id := []byte("0123456789abcdef0123456789abcdef\n")
			if err := os.WriteFile(filepath.Join(root, "etc/machine-id"), id, 0o444); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"systemd-tmpfiles", "--root=" + root}, strings.Fields(options)...)
			status, stdout, stderr := tool([]string{"HOME=/root"}, args)
			outcome[n] = append(listTree(t, root), fmt.Sprintf("status %d", status), strings.ReplaceAll(stdout, root, ""),
				strings.ReplaceAll(stderr, root, ""))
		}
		for _, line := range outcome[0] {
			if !slices.Contains(outcome[1], line) {
				t.Errorf("%s: only the oracle has %s", options, line)
			}
		}
		for _, line := range outcome[1] {
			if !slices.Contains(outcome[0], line) {
				t.Errorf("%s: only we have %s", options, line)
			}
		}
	}
}

// TestMachineID has lines that need the identifier of a machine, which may be missing or wrong.
func TestMachineID(t *testing.T) {
	if _, err := os.Stat(oracle); err != nil || os.Geteuid() != 0 {
		t.Skip("needs the real systemd-tmpfiles, and root")
	}
	const lines = "d /var/%m\nf /ok - - - - %m\n"
	for _, id := range []string{"none", "", "uninitialized\n", "zz\n", "0123456789abcdef0123456789abcdef\n"} {
		var outcome [2]string
		for n, tool := range []func(env, args []string) (int, string, string){theirs, ours} {
			root := testCase{}.place(t)
			err := os.MkdirAll(filepath.Join(root, "etc"), 0o755)
			if id != "none" && err == nil {
				err = os.WriteFile(filepath.Join(root, "etc/machine-id"), []byte(id), 0o444)
			}
			conf := filepath.Join(root, "a.conf")
			if err = errors.Join(err, os.WriteFile(conf, []byte(lines), 0o644)); err != nil {
				t.Fatal(err)
			}
			status, stdout, stderr := tool(nil, []string{"systemd-tmpfiles", "--root=" + root, "--create", conf})
			text := fmt.Sprintln(status, stdout, stderr, listTree(t, root))
			outcome[n] = strings.ReplaceAll(text, root, "")
		}
		if outcome[0] != outcome[1] {
			t.Errorf("%q: theirs\n%s, ours\n%s", id, outcome[0], outcome[1])
		}
	}
}

func TestOptions(t *testing.T) {
	root := "--root=" + testCase{}.place(t)
	for _, c := range []struct {
		args, want string
		status     int
	}{
		{"", "You need to specify at least one of --clean, --create or --remove.\n", 1},
		{"--create --replace=foo", "The argument to --replace= must be an absolute path.\n", 1},
		{"--create --replace=/foo", "The argument to --replace= must have the extension '.conf'.\n", 1},
		{"--create --replace=/foo.conf", "When --replace= is given, some configuration items must be specified\n", 1},
		{"--cat-config --replace=/foo.conf", "Option --replace= is not supported with --cat-config\n", 1},
		{"--create --user ROOT", "Combination of --user and --root= is not supported.\n", 1},
		{"--create --image=/x ROOT", "Please specify either --root= or --image=, the combination of both is not " +
			"supported.\n", 1},
		{"--foo", "systemd-tmpfiles: unrecognized option '--foo'\n", 1},
		{"--prefix", "systemd-tmpfiles: option '--prefix' requires an argument\n", 1},
		{"--create ROOT", "", 0},
		{"--create ROOT /nowhere/a.conf", "Failed to open '/nowhere/a.conf': No such file or directory\n", 1},
	} {
		args := append([]string{"systemd-tmpfiles"}, strings.Fields(strings.ReplaceAll(c.args, "ROOT", root))...)
		if status, _, stderr := ours(nil, args); status != c.status || stderr != c.want {
			t.Errorf("%s: status %d, %q", c.args, status, stderr)
		}
	}
}
