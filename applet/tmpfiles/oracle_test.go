package tmpfiles

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
)

var update = flag.Bool("update", false, "record what the real systemd-tmpfiles does")

const recordedFile = "testdata/recorded.txt"

// oracle is the real thing. It must only ever be run on a root of its own.
const oracle = "/usr/bin/systemd-tmpfiles"

// testCase is a configuration, and the options to run it with. Lines that begin with "$ " change the root before.
type testCase struct{ options, text string }

// long is when everything in a case's root was last changed.
const long = 1000000000

// setup makes what the root of every case has.
func setup(t *testing.T, root string) {
	t.Helper()
	at := func(name string) string { return filepath.Join(root, name) }
	err := errors.Join()
	for _, name := range []string{"dir", "ndir", "src", "src/sub", "od", "od/sub", "etc"} {
		err = errors.Join(err, os.Mkdir(at(name), 0o755))
	}
	for name, text := range map[string]string{"file": "hi\n", "ndir/in": "in\n", "src/s": "s\n", "srcf": "srcf\n",
		"od/f": "u\n", "hard": "h\n", "etc/passwd": "root:x:0:0::/root:/bin/sh\nalice:x:4711:4700::/:/bin/sh\n",
		"etc/group": "root:x:0:\nusers:x:4700:\n"} {
		err = errors.Join(err, os.WriteFile(at(name), []byte(text), 0o644))
	}
	for name, target := range map[string]string{"lfile": "file", "ldir": "dir", "ldang": "nope", "src/l": "s",
		"od/l": "/file"} {
		err = errors.Join(err, os.Symlink(target, at(name)))
	}
	err = errors.Join(err, unix.Mkfifo(at("fifo"), 0o644), unix.Mknod(at("dev"), unix.S_IFCHR|0o644, 0x103),
		os.Link(at("hard"), at("hard2")), os.Link(at("src/s"), at("src/s2")), os.Chmod(at("src"), 0o700),
		os.Chmod(at("srcf"), 0o604), os.Chown(at("od"), 4712, -1), os.Chown(at("od/f"), 4712, -1))
	err = errors.Join(err, filepath.WalkDir(root, func(p string, _ fs.DirEntry, err error) error {
		then := []unix.Timespec{{Sec: long}, {Sec: long}}
		return errors.Join(err, unix.UtimesNanoAt(unix.AT_FDCWD, p, then, unix.AT_SYMLINK_NOFOLLOW))
	}))
	if err != nil {
		t.Fatal(err)
	}
}

// written reads the cases that were written by hand.
func written(t *testing.T) (list []testCase) {
	data, err := os.ReadFile("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	for paragraph := range strings.SplitSeq(string(data), "\n\n") {
		var c testCase
		for line := range strings.Lines(paragraph) {
			switch {
			case strings.HasPrefix(line, "## "):
			case c.options == "":
				c.options = strings.TrimSpace(line)
			default:
				c.text += strings.TrimSuffix(line, "\n") + "\n"
			}
		}
		switch {
		case c.options == "":
		case strings.HasPrefix(c.options, "each "): // every line is a case
			for line := range strings.Lines(c.text) {
				list = append(list, testCase{strings.TrimPrefix(c.options, "each "), line})
			}
		default:
			list = append(list, c)
		}
	}
	return list
}

// generated are all types, with their modifiers, on everything that can be there already.
func generated() (list []testCase) {
	add := func(options, kind, places, age string) {
		var text strings.Builder
		for there := range strings.FieldsSeq(places) {
			rest := "0710 alice users " + age
			switch kind[0] {
			case 'f', 'w':
				rest = "0600 alice users - X"
			case 'L':
				rest = "- - - - tgt"
			case 'C':
				rest = "- - - " + age + " /src"
			case 'c', 'b':
				rest = "0600 - - - 1:3"
			}
			fmt.Fprintf(&text, "%s /%s %s\n", kind, there, rest)
		}
		list = append(list, testCase{options, text.String()})
	}
	const kinds = "f f+ f= f+= F w w+ d d= D e v q Q p p+ p= L L+ L= L+= c c+ c= b b+ C C+ C= z Z m"
	for kind := range strings.FieldsSeq(kinds) {
		add("--create", kind, "new file dir ndir lfile ldir ldang fifo dev", "-")
		add("--create", kind, "new/deep file/x ldir/x lfile/x ldang/x od/x od/sub/x", "-")
	}
	for _, kind := range "fwdDevqQpLcbCxXrRzZ" {
		places := "new file dir ndir lfile ldir fifo src od"
		add("--remove", string(kind), places, "-")
		add("--clean", string(kind), places, "am:1d")
		add("--clean", string(kind), places+" src/sub od/sub", "0")
	}
	return list
}

// name is what a case is known by.
func (c testCase) name() string { return c.options + "\n" + c.text }

// run makes a root, runs a tool on it, and prints what it said and what changed.
func (c testCase) run(t *testing.T, tool func(env, args []string) (status int, out, err string)) string {
	t.Helper()
	top := c.place(t)
	root := filepath.Join(top, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	old := unix.Umask(0o022)
	setup(t, root)
	unix.Umask(old)
	script := ""
	var config []string
	for line := range strings.Lines(c.text) {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			script += command
		} else {
			config = append(config, line)
		}
	}
	if script != "" {
		cmd := exec.Command("/bin/sh", "-euc", "umask 022\n"+script)
		cmd.Dir = root
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TOP=" + top}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", c.name(), err, out)
		}
	}
	conf := filepath.Join(top, "conf")
	if err := os.WriteFile(conf, []byte(strings.Join(config, "")), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"systemd-tmpfiles", "--root=" + root}
	for option := range strings.FieldsSeq(c.options) {
		args = append(args, strings.ReplaceAll(option, "TOP", top))
	}
	if !strings.Contains(c.options, "TOP") && !strings.Contains(c.options, "--noconf") {
		args = append(args, conf)
	}
	args = slices.DeleteFunc(args, func(a string) bool { return a == "--noconf" })
	before := listTree(t, root)
	status, stdout, stderr := tool([]string{"CREDENTIALS_DIRECTORY=" + top + "/root/creds", "HOME=/root"}, args)
	after := listTree(t, root)

	clean := strings.NewReplacer(root, "", top, "TOP")
	var b strings.Builder
	fmt.Fprintf(&b, "status %d\n%s", status, clean.Replace(stdout))
	lines := slices.Collect(strings.Lines(clean.Replace(stderr)))
	if strings.ContainsAny(c.text, "*?[{") || strings.ContainsAny(c.text[:min(1, len(c.text))], "ZTHA") {
		slices.Sort(lines) // the original's order is that of the directory
	}
	b.WriteString(strings.Join(lines, ""))
	for _, l := range before {
		if !slices.Contains(after, l) {
			b.WriteString("- " + l + "\n")
		}
	}
	for _, l := range after {
		if !slices.Contains(before, l) {
			b.WriteString("+ " + l + "\n")
		}
	}
	return strings.ReplaceAll(b.String(), thisMachine(t), "%b%H%v%l")
}

// thisMachine is what the specifiers %b%H%v%l stand for here; in what is recorded they stand for themselves.
func thisMachine(t *testing.T) string {
	t.Helper()
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		t.Fatal(err)
	}
	host := unix.ByteSliceToString(uts.Nodename[:])
	short, _, _ := strings.Cut(host, ".")
	return strings.ReplaceAll(strings.TrimSpace(string(boot)), "-", "") + host +
		unix.ByteSliceToString(uts.Release[:]) + short
}

// memory is where hundreds of small trees are made in no time.
const memory = "/dev/shm"

// place makes a directory to work in. File attributes need a file system on a disk.
func (c testCase) place(t *testing.T) string {
	t.Helper()
	if strings.ContainsAny(c.text[:min(1, len(c.text))], "hH") {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "tmpfiles")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// listTree describes all files in a directory.
func listTree(t *testing.T, root string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(p, &st); err != nil {
			return err
		}
		name := "/" + strings.TrimPrefix(strings.TrimPrefix(p, root), "/")
		line := fmt.Sprintf("%s %06o %d:%d", name, st.Mode, st.Uid, st.Gid)
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" links %d %q", st.Nlink, data)
		case unix.S_IFLNK:
			target, _ := os.Readlink(p)
			line += " -> " + target
		case unix.S_IFCHR, unix.S_IFBLK:
			line += fmt.Sprintf(" %d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
		}
		if st.Mtim.Sec == long {
			line += " old"
		}
		list = append(list, line+extended(p, &st))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// extended describes what else a file has.
func extended(p string, st *unix.Stat_t) (text string) {
	buf := make([]byte, 4096)
	n, _ := unix.Llistxattr(p, buf)
	names := strings.FieldsFunc(string(buf[:max(n, 0)]), func(r rune) bool { return r == 0 })
	slices.Sort(names)
	for _, name := range names {
		value := make([]byte, 4096)
		n, _ := unix.Lgetxattr(p, name, value)
		text += fmt.Sprintf(" %s=%q", name, value[:max(n, 0)])
	}
	if kind := st.Mode & unix.S_IFMT; kind == unix.S_IFREG || kind == unix.S_IFDIR {
		if f, err := os.Open(p); err == nil {
			defer f.Close()
			const extents = 0x80000
			if flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS); err == nil && flags&^extents != 0 {
				text += fmt.Sprintf(" flags %#x", flags&^extents)
			}
		}
	}
	return text
}

// ours runs this package's command.
func ours(env, args []string) (int, string, string) {
	var out, err bytes.Buffer
	lookup := func(name string) (string, bool) {
		for _, e := range env {
			if value, ok := strings.CutPrefix(e, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
	u := ui.IO{In: strings.NewReader("f /stdin\n"), Out: &out, Err: &err, Lookup: lookup}
	status := Run(context.Background(), u, args)
	return status, out.String(), err.String()
}

// theirs runs the oracle, on a root that is not the machine's.
func theirs(env, args []string) (int, string, string) {
	root, ok := strings.CutPrefix(args[1], "--root=")
	if !ok || !strings.HasPrefix(root, os.TempDir()+"/") && !strings.HasPrefix(root, memory+"/") {
		panic("the oracle may not touch " + fmt.Sprint(args))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, oracle, args[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = strings.NewReader("f /stdin\n"), &out, &errs, env
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return -1, "", err.Error()
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// needs says what a case needs that the file system in a directory does not have, "" if nothing.
func (c testCase) needs(t *testing.T) string {
	kind := strings.ToLower(c.text[:min(1, len(c.text))])
	if kind != "t" && kind != "a" && kind != "h" {
		return ""
	}
	dir := c.place(t)
	acl := []byte("\x02\x00\x00\x00\x01\x00\x07\x00\xff\xff\xff\xff\x04\x00\x05\x00\xff\xff\xff\xff" +
		"\x20\x00\x05\x00\xff\xff\xff\xff")
	var st unix.Statfs_t
	switch {
	case kind == "t" && unix.Setxattr(dir, "user.probe", []byte("x"), 0) != nil:
		return "a file system with extended attributes of users"
	case kind == "a" && unix.Setxattr(dir, "system.posix_acl_access", acl, 0) != nil:
		return "a file system with access control lists"
	case kind == "h" && (unix.Statfs(dir, &st) != nil || st.Type != unix.EXT4_SUPER_MAGIC):
		return "an ext4 file system"
	}
	return ""
}

func TestAsTheOracle(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give files away")
	}
	all := append(written(t), generated()...)
	recorded := map[string]string{}
	if *update {
		record(t, all)
	}
	data, err := os.ReadFile(recordedFile)
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(string(data), "\n====\n") {
		name, outcome, _ := strings.Cut(block, "----\n")
		recorded[name] = outcome
	}
	for _, c := range all {
		want, ok := recorded[c.name()]
		if !ok {
			t.Errorf("%snot recorded; run with -update", c.name())
			continue
		}
		if needed := c.needs(t); needed != "" {
			t.Run("skipped", func(t *testing.T) { t.Skipf("needs %s: %s", needed, c.name()) })
			continue
		}
		if got := c.run(t, ours); got != want {
			t.Errorf("%sgot:\n%swant:\n%s", c.name(), got, want)
		}
	}
}

// record writes down what the oracle does.
func record(t *testing.T, all []testCase) {
	var blocks []string
	for _, c := range all {
		blocks = append(blocks, c.name()+"----\n"+c.run(t, theirs))
	}
	if err := os.WriteFile(recordedFile, []byte(strings.Join(blocks, "\n====\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}
