package systemctl_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCorpusAgainstOracle lets both systemctl --root= do every verb on the units of testdata/corpus.txt, which are
// shaped like those of real packages, as units of the system and of all users.
func TestCorpusAgainstOracle(t *testing.T) {
	for name, of := range map[string]scope{"system": ofSystem, "global": ofAll} {
		t.Run(name, func(t *testing.T) { testCorpus(newPairOf(t, of)) })
	}
}

func testCorpus(p *pair) {
	text, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		p.Fatal(err)
	}
	for _, part := range strings.Split("\n"+string(text), "\n-- ")[1:] {
		path, body, _ := strings.Cut(part, " --\n")
		if target, link := strings.CutPrefix(strings.TrimSpace(body), "-> "); link {
			body = "-> " + target
		} else {
			body += "\n"
		}
		if !p.write(path, body) {
			p.Fatalf("%s can't be written", path)
		}
	}
	p.everyVerb(p.units())
}

// TestPackagesAgainstOracle does the same with the units of the Debian packages in testdata/packages.txt, which are
// downloaded, once, and unpacked, never installed; and with the units of users of those in user-packages.txt.
func TestPackagesAgainstOracle(t *testing.T) {
	t.Run("system", func(t *testing.T) {
		p := newPair(t)
		p.packages("packages.txt", 60, "/lib/systemd", "/usr/lib/systemd", "/etc/systemd")
		p.everyUnit(150)
	})
	t.Run("global", func(t *testing.T) {
		p := newPairOf(t, ofAll)
		p.packages("user-packages.txt", 20, "/usr/lib/systemd/user", "/usr/lib/systemd/user-preset", "/etc/systemd/user")
		p.everyUnit(40)
	})
}

// packages copies directories of the packages in a list, of which there must be some.
func (p *pair) packages(list string, least int, dirs ...string) {
	unpacked := p.TempDir()
	for _, archive := range download(p.T, list, least) {
		if out, err := exec.CommandContext(p.Context(), "dpkg-deb", "-x", archive, unpacked).CombinedOutput(); err != nil {
			p.Fatalf("%s: %v, %s", archive, err, out)
		}
	}
	for _, dir := range dirs {
		p.copyTree(unpacked, dir)
	}
}

// everyUnit does every verb on all units, of which there must be some.
func (p *pair) everyUnit(least int) {
	units := p.units()
	if len(units) < least {
		p.Fatalf("the packages have %d units only", len(units))
	}
	p.everyVerb(units)
}

// download has apt-get(8) fetch the packages that are not there yet, into a folder of the user's cache.
func download(t *testing.T, file string, least int) (archives []string) {
	t.Helper()
	list, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(list))
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	cache = filepath.Join(cache, "steward", "unit-files")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Skipf("there is no cache for packages: %v", err)
	}
	find := func(name string) string {
		found, _ := filepath.Glob(filepath.Join(cache, name+"_*.deb")) // the pattern is good
		if len(found) == 0 {
			return ""
		}
		return found[0]
	}
	missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return find(name) != "" })
	if len(missing) > 0 {
		cmd := exec.CommandContext(t.Context(), "apt-get", append([]string{"download"}, missing...)...)
		cmd.Dir = cache
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Skipf("apt-get can't download the packages: %v, %s", err, out)
		}
	}
	for _, name := range names {
		if archive := find(name); archive != "" {
			archives = append(archives, archive)
		}
	}
	if len(archives) < least {
		t.Skipf("only %d packages could be downloaded", len(archives))
	}
	return archives
}

// copyTree copies a directory of another root into both.
func (p *pair) copyTree(from, dir string) {
	err := filepath.WalkDir(from+dir, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && d.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, from)
		if target, err := os.Readlink(path); err == nil {
			p.write(name, "-> "+target)
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		if kind := filepath.Ext(name); kind == "" || strings.Contains(name, "system-generators") {
			return nil // a program
		}
		text, err := os.ReadFile(path)
		p.write(name, string(text))
		return err
	})
	if err != nil {
		p.Fatal(err)
	}
}

// units are the names of all unit files of packages.
func (p *pair) units() (names []string) {
	entries, err := os.ReadDir(p.ours + p.of.place("/usr/lib/systemd/system"))
	if err != nil {
		p.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() && strings.Contains(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// everyVerb does all that systemctl does to unit files, to some units at a time, and to all.
func (p *pair) everyVerb(units []string) {
	p.write("/usr/lib/systemd/system-preset/50-test.preset", "enable *.socket\nenable *.timer\n"+
		"enable getty@.service tty1\ndisable a*\n")
	p.run("list-unit-files")
	p.run("is-enabled", units[0])
	for some := range slices.Chunk(units, 24) {
		p.log = p.log[:0]
		plain := slices.DeleteFunc(slices.Clone(some), func(name string) bool { return strings.Contains(name, "@") })
		for _, command := range []string{"is-enabled", "enable", "is-enabled", "reenable", "preset", "disable",
			"add-wants multi-user.target", "add-requires multi-user.target", "list-unit-files --no-legend", "disable --quiet",
			"mask --runtime", "is-enabled", "enable", "unmask --runtime", "preset --preset-mode=enable-only --runtime",
			"disable --runtime", "mask", "revert"} {
			words := strings.Fields(command)
			names := some
			if words[0] == "reenable" {
				names = plain
			}
			if len(names) > 0 {
				p.run(append(words, names...)...)
			}
		}
		p.link(some[0])
	}
	p.log = p.log[:0]
	for _, command := range []string{"preset-all", "list-unit-files", "preset-all --preset-mode=disable-only",
		"set-default multi-user.target", "get-default", "set-default multi-user.target", "preset-all --runtime"} {
		p.run(strings.Fields(command)...)
	}
}

// link enables a unit file by its path outside of the search path, and takes it back.
func (p *pair) link(name string) {
	if strings.Contains(name, "@") {
		return
	}
	local := "local-" + name
	text, err := os.ReadFile(p.ours + p.of.place("/usr/lib/systemd/system/"+name))
	if err != nil {
		return // an alias
	}
	p.write("/opt/"+local, string(text))
	p.run("link", "/opt/"+local)
	p.run("is-enabled", local)
	p.run("disable", local)
}
