package sysusers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/sysusers"
)

// plain is an Expand that has no specifiers.
func plain(text string) (string, error) { return text, nil }

// planned reads lines and plans what they ask for.
func planned(text string, existing sysusers.Files) (sysusers.Plan, string) {
	var said strings.Builder
	say := func(text string) { said.WriteString(text + "\n") }
	r := sysusers.Reader{Say: say, Expand: plain}
	r.File("x", []byte(text))
	r.Config.Complete()
	p := sysusers.Planner{Say: say, Owner: func(string) (uid, gid uint32, ok bool) { return 0, 0, false }}
	return p.Plan(r.Config, existing), said.String()
}

// TestUntouchedLines shows that lines which are no entries stay, where the original would lose them.
func TestUntouchedLines(t *testing.T) {
	old := sysusers.Files{
		Passwd: "# people\n\nroot:x:0:0::/root:/bin/sh\nbroken\n+nis\n+::::::\n-x\n",
		Group:  "root:x:00:\n# more\nusers:x:100:b,a\n+:::\nlate:x:7:", Shadow: "root:!:1", Gshadow: "# none\nusers:!::b\n",
	}
	plan, said := planned("u n -\nm n users\nm n late\n", old)
	texts := sysusers.Texts{Plan: plan, Days: 7}
	got, err := texts.New(old)
	if err != nil {
		t.Fatal(err, said)
	}
	want := sysusers.Files{
		Passwd: "# people\n\nroot:x:0:0::/root:/bin/sh\nbroken\nn:x:999:999::/:/usr/sbin/nologin\n+nis\n+::::::\n-x\n",
		Group:  "root:x:00:\n# more\nusers:x:100:a,b,n\nn:x:999:\n+:::\nlate:x:7:", Shadow: "root:!:1\nn:!*:7::::::\n",
		Gshadow: "# none\nusers:!::b,n\nn:!*::\n",
	}
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestSecretsThatBreakFiles are refused before anything is written.
func TestSecretsThatBreakFiles(t *testing.T) {
	for _, s := range []sysusers.Secrets{{Password: "a:b", Set: true}, {Password: "a\nroot::0:0:::", Set: true},
		{Shell: "/bin/sh\nx"}} {
		plan, _ := planned("u a -\n", sysusers.Files{})
		texts := sysusers.Texts{Plan: plan, Secrets: func(string) sysusers.Secrets { return s }}
		if got, err := texts.New(sysusers.Files{}); err == nil {
			t.Errorf("%+v: written as %+v", s, got)
		}
	}
}

// TestHostileRoot applies a plan to roots whose links lead out of them.
func TestHostileRoot(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "passwd")
	if err := os.WriteFile(secret, []byte("out:x:1:1:::\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, links := range []map[string]string{
		{"etc": outside},
		{"etc": "../../../../.." + outside},
		{"etc/passwd": secret, "etc/group": secret, "etc/shadow": "/etc/shadow", "etc/.pwd.lock": secret},
		{"etc/passwd-": secret, "etc/group-": secret},
		{"etc/passwd": "passwd"},
	} {
		dir := t.TempDir()
		for name, target := range links {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		apply(t, dir)
		text, err := os.ReadFile(secret)
		entries, dirErr := os.ReadDir(outside)
		if err != nil || dirErr != nil || string(text) != "out:x:1:1:::\n" || len(entries) != 1 {
			t.Errorf("%v: outside is %q, %v, %v, %v", links, text, entries, err, dirErr)
		}
	}
}

// apply makes a user below a directory; an error is as good as success.
func apply(t *testing.T, dir string) {
	t.Helper()
	root, err := rootfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	unlock, err := sysusers.Lock(root)
	if err != nil {
		return
	}
	defer unlock()
	before, err := sysusers.Read(root)
	if err != nil {
		return
	}
	plan, _ := planned("u n -\nm n g\n", before)
	texts := sysusers.Texts{Plan: plan}
	after, err := texts.New(before)
	if err == nil {
		err = sysusers.Apply(root, before, after)
	}
	t.Logf("%s: %v", dir, err)
}

// TestLockIsTaken shows that another process which holds the lock is waited for.
func TestLockIsTaken(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/etc", 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := rootfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	unlock, err := sysusers.Lock(root)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	// An open file description's lock conflicts with this process's own one, as another process's would.
	other, err := os.OpenFile(dir+"/etc/.pwd.lock", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	whole := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(other.Fd(), unix.F_OFD_SETLK, &whole); err == nil {
		t.Error("the lock file is not locked")
	}
}

func TestHashPassword(t *testing.T) {
	for password, want := range map[string]string{ // what "openssl passwd -6" says
		"x": "nk7Qohr7tOmwY2mX639VRP.Lyvj3uhcgpatqHuLC" +
			"867qfSHKq1LDuKa/h7Es9Nv0aL08pbF.cnQlRqhaoKT/D.",
		"Hello world!": "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817" +
			"G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
		strings.Repeat("a", 100): "JScHikn0ipeafNsMFqiv6ssVGy/bli03a6zot98E" +
			"eDT9Eis0IVo.NzTwTN4F896wEgL50y3nqQ9Os/B3lkI2.0",
		strings.Repeat("a", 64): "xNfEGWEsbTgq/Y30XyIRNcZdD2drPqzAwh6fXDj7" +
			"D6WVE0OazIpLhya3Bird/wrtzcCJhM8Es.wueUOoZXbEi/",
	} {
		if got := sysusers.HashPassword(password, "saltstring"); got != "$6$saltstring$"+want {
			t.Errorf("%q: %s, want %s", password, got, want)
		}
	}
}

func FuzzReader(f *testing.F) {
	lines, err := os.ReadFile("../applet/sysusers/testdata/lines")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(lines, "a:x:5:5::/:/bin/sh\n", "b:x:6:a\n+:::\n")
	f.Add([]byte("u a 0\nm a b\n"), "+\n", "b")
	f.Add([]byte("u a 3\n"), "a:x:::5\x015/:/bin/sh\n", "b:x:6:k\n+:::\n")
	path := func(file string) string { return file }
	f.Fuzz(func(t *testing.T, config []byte, passwd, group string) {
		old := sysusers.Files{Passwd: passwd, Group: group}
		plan, _ := planned(string(config), old)
		texts := sysusers.Texts{Plan: plan, Path: path}
		after, err := texts.New(old)
		if err != nil {
			return
		}
		for _, u := range plan.Users {
			if strings.Count(after.Passwd, "\n"+u.Name+":x:")+strings.Count(after.Shadow, "\n"+u.Name+":") == 0 &&
				!strings.HasPrefix(after.Passwd, u.Name+":x:") {
				t.Errorf("user %s is not in %q", u.Name, after.Passwd)
			}
		}
		again, _ := planned(string(config), after)
		texts = sysusers.Texts{Plan: again, Path: path}
		if twice, err := texts.New(after); err == nil && twice.Passwd != after.Passwd && len(again.Users) == 0 {
			t.Errorf("%q becomes %q the second time", after.Passwd, twice.Passwd)
		}
	})
}
