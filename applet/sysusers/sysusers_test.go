package sysusers_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/applet/sysusers"
)

// tree is a root: files by their names, and symlinks with "-> " before what they say. A file that says "500:600"
// belongs to them.
type tree map[string]string

func (tr tree) build(t *testing.T, root string) {
	t.Helper()
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(root+"/etc", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range tr {
		err := os.MkdirAll(filepath.Dir(root+name), 0o755)
		if target, link := strings.CutPrefix(text, "-> "); err == nil && link {
			err = os.Symlink(target, root+name)
		} else if err == nil {
			err = os.WriteFile(root+name, []byte(text), 0o640)
			var uid, gid int
			if n, _ := fmt.Sscanf(text, "%d:%d", &uid, &gid); n == 2 && err == nil {
				err = os.Chown(root+name, uid, gid)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// look is what stands in /etc of a root now.
func look(t *testing.T, root string) string {
	t.Helper()
	entries, err := os.ReadDir(root + "/etc")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "--- %s %v\n", e.Name(), info.Mode())
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(root + "/etc/" + e.Name())
			if err != nil && os.Getuid() == 0 {
				t.Fatal(err)
			}
			b.Write(text)
		}
	}
	return b.String()
}

// compare runs both commands on the same root, one after the other.
func compare(t *testing.T, pair beside.Pair, root string, tr tree, c beside.Case) {
	t.Helper()
	c.Args = append([]string{"--root=" + root}, c.Args...)
	c.Env = append(c.Env, "SOURCE_DATE_EPOCH=1000000000")
	tr.build(t, root)
	want := pair.Theirs(t, c)
	want.Out += look(t, root)
	tr.build(t, root)
	got := pair.Ours(c)
	got.Out += look(t, root)
	if got != want {
		t.Errorf("in %.2000q", tr)
	}
	beside.Differ(t, "systemd-sysusers", c, got, want)
}

// newPair skips where the files can't be written as they would be.
func newPair(t *testing.T) (beside.Pair, string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: the files belong to it")
	}
	return beside.New(t, "systemd-sysusers", sysusers.Run), t.TempDir() + "/r"
}

// TestLines compares one line after the other: what is right and wrong with it.
func TestLines(t *testing.T) {
	pair, root := newPair(t)
	lines, err := os.ReadFile("testdata/lines")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(lines)) {
		line = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\0`, "\x00", `\xff`, "\xff").Replace(line)
		compare(t, pair, root, tree{"/usr/lib/sysusers.d/a.conf": line, "/etc/machine-id": "", "/srv/x": ""}, beside.Case{})
	}
}

// TestMachineID has a line that needs the identifier of a machine, which may be missing or wrong.
func TestMachineID(t *testing.T) {
	pair, root := newPair(t)
	for _, id := range []string{"none", "", "uninitialized\n", "zz\n", "0123456789abcdef0123456789abcdef\n"} {
		tr := tree{"/usr/lib/sysusers.d/a.conf": "u foo%m - -\nu ok - \"machine %m\"\n"}
		if id != "none" {
			tr["/etc/machine-id"] = id
		}
		compare(t, pair, root, tr, beside.Case{})
	}
}

// TestDebian applies what Debian's packages on this machine declare.
func TestDebian(t *testing.T) {
	pair, root := newPair(t)
	files, err := filepath.Glob("/usr/lib/sysusers.d/*.conf")
	if err != nil || len(files) == 0 {
		t.Skip("no sysusers.d files are installed")
	}
	tr := tree{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tr[file] = string(text)
	}
	compare(t, pair, root, tr, beside.Case{})
	for _, name := range []string{"passwd", "group", "shadow", "gshadow"} {
		text, err := os.ReadFile("/etc/" + name)
		if err != nil {
			t.Fatal(err)
		}
		tr["/etc/"+name] = string(text)
	}
	compare(t, pair, root, tr, beside.Case{})
	compare(t, pair, root, tr, beside.Case{Args: []string{"--cat-config"}})
	compare(t, pair, root, tr, beside.Case{Args: []string{"--dry-run"}})
}

// generator makes configurations and account files out of few names and numbers, so that they meet.
type generator struct{ *rand.Rand }

func (g generator) pick(from ...string) string { return from[g.IntN(len(from))] }
func (g generator) name() string               { return g.pick("a", "b", "c", "d", "e", "root") }
func (g generator) id() string                 { return g.pick("0", "5", "6", "7", "999", "998", "997", "100", "1000") }

func (g generator) line() string {
	switch g.IntN(8) {
	case 0:
		return "m " + g.name() + " " + g.name() + "\n"
	case 1:
		return "r - " + g.pick("5-7", "100-102", "998-999", "6", "0-7", "995-1000") + "\n"
	case 2, 3:
		return "g " + g.name() + " " + g.pick("-", g.id(), "/srv/x", "/srv/y") + "\n"
	case 4:
		return g.pick("", "# comment\n", "u a - - / /x y\n", "u \n", "x y\n", "g a - x\n")
	}
	id := g.pick("-", "-", g.id(), g.id(), g.id()+":"+g.id(), g.id()+":"+g.name(), "-:"+g.name(), "-:"+g.id(),
		"/srv/x", "/srv/y")
	return "u " + g.name() + " " + id + g.pick("", " -", ` "a b"`, " x /home/x", " - /h /bin/sh") + "\n"
}

// accounts makes the four files, each with its own entries.
func (g generator) accounts(tr tree) {
	var passwd, group, shadow, gshadow string
	for i, name := range g.Perm(6) {
		n := []string{"a", "b", "c", "d", "e", "z"}[name]
		switch g.IntN(4) {
		case 0:
			passwd += n + ":x:" + g.id() + ":" + g.id() + "::/:/bin/sh\n"
			shadow += n + ":!:1:" + g.pick("", "2") + ":::::\n"
		case 1:
			members := g.pick("", "a", "z,b", "c,a")
			group += n + ":x:" + g.id() + ":" + members + "\n"
			gshadow += n + ":!::" + g.pick(members, "") + "\n"
		case 2:
			shadow += g.pick("", n+":y:7:::::8:\n")
		}
		if i == 4 && g.IntN(3) == 0 {
			passwd, group = passwd+"+::::::\n", group+"+:::\n"
		}
	}
	for name, text := range map[string]string{"passwd": passwd, "group": group, "shadow": shadow, "gshadow": gshadow} {
		if text != "" || g.IntN(2) == 0 {
			tr["/etc/"+name] = text
		}
	}
}

// TestGenerated compares what becomes of generated configurations and account files.
func TestGenerated(t *testing.T) {
	pair, root := newPair(t)
	g := generator{rand.New(rand.NewPCG(1, 2))}
	for range 100 {
		tr := tree{"/srv/x": g.pick("", "500:600", "998:5", "5:998", "997:1000")}
		g.accounts(tr)
		for range 1 + g.IntN(3) {
			text := ""
			for range g.IntN(7) {
				text += g.line()
			}
			dir := g.pick("/etc", "/run", "/usr/lib", "/usr/local/lib") + "/sysusers.d/"
			tr[dir+g.pick("a.conf", "b.conf", "c.conf", "d.conf", "e", ".f.conf")] = text
		}
		if g.IntN(4) == 0 {
			tr["/etc/sysusers.d/"+g.pick("a.conf", "c.conf")] = "-> /dev/null"
		}
		var c beside.Case
		switch g.IntN(6) {
		case 0:
			c.Args = append(c.Args, "--dry-run")
		case 1:
			c.Args = append(c.Args, "--cat-config")
		case 2:
			c.Args = append(c.Args, "--inline", strings.TrimSpace(g.line()), strings.TrimSpace(g.line()))
		case 3:
			c.Args = append(c.Args, g.pick("a.conf", "b.conf", "-", "x.conf"))
			c.In = g.line() + g.line()
		}
		if g.IntN(5) == 0 && len(c.Args) > 1 {
			c.Args = append(c.Args, "--replace="+g.pick("/usr/lib", "/etc", "/run")+"/sysusers.d/"+g.pick("a.conf", "bb.conf"))
		}
		compare(t, pair, root, tr, c)
	}
}

// TestCredentials compares what credentials change, but for passwords in plain text, whose hashes have random salt.
func TestCredentials(t *testing.T) {
	pair, root := newPair(t)
	for _, credentials := range []tree{
		{"/passwd.hashed-password.a": "hash", "/passwd.plaintext-password.a": "plain"},
		{"/passwd.hashed-password.root": "", "/passwd.shell.root": "/bin/zsh"},
		{"/passwd.shell.a": "/bin/zsh", "/passwd.shell.b": "rel"},
		{"/sysusers.extra": "u extra 88\nu a - x\n zz\nm extra b\n"},
		{"/passwd.hashed-password.b": "exists"},
	} {
		dir := t.TempDir()
		credentials.build(t, dir)
		tr := tree{"/usr/lib/sysusers.d/a.conf": "u root 0\nu a - - /x /bin/x\nu b -\n",
			"/etc/passwd": "b:x:7:7::/:/bin/sh\n",
			"/etc/shadow": "a:old:1::::::\n"}
		c := beside.Case{Env: []string{"CREDENTIALS_DIRECTORY=" + dir}}
		compare(t, pair, root, tr, c)
		c.Args = []string{"--inline", "g x"}
		compare(t, pair, root, tr, c)
	}
}

// TestLongLines shows that neither a line without end nor many members take much time.
func TestLongLines(t *testing.T) {
	pair, root := newPair(t)
	long := strings.Repeat("x", 1<<20)
	compare(t, pair, root, tree{"/usr/lib/sysusers.d/a.conf": "u a\nu " + long + "\nu b\n"}, beside.Case{})
	var members strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&members, "m u%d g\nm u%d g%d\n", i, i, i%7)
	}
	compare(t, pair, root, tree{"/etc/sysusers.d/m.conf": members.String()}, beside.Case{})
}
