package install_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
)

// TestAgainstSystemctl makes random trees of unit files, lets both systemctl --root and us enable and disable at
// random, and compares the states of all units and the symlinks that are there.
func TestAgainstSystemctl(t *testing.T) {
	systemctl, err := exec.LookPath("systemctl")
	if err != nil {
		t.Skip("there is no systemctl to compare with")
	}
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { compare(t, systemctl, rand.New(rand.NewPCG(seed, 1))) })
	}
}

var names = []string{"a.service", "b.service", "c.service", "d.target", "t@.service", "u@.service", "t@i.service",
	"e.socket", "m.service", "x-y.timer"}

// compare runs both on copies of one tree.
func compare(t *testing.T, systemctl string, r *rand.Rand) {
	theirs, ours := t.TempDir(), t.TempDir()
	for path, text := range tree(r) {
		for _, root := range []string{theirs, ours} {
			write(t, root+path, text)
		}
	}
	for step := range 6 {
		states(t, systemctl, theirs, ours, r)
		verb, name := []string{"enable", "disable", "mask", "unmask"}[r.IntN(4)], names[r.IntN(len(names))]
		args := []string{"--root=" + theirs, verb, name}
		force := r.IntN(4) == 0
		if force {
			args = append(args, "--force")
		}
		out, failed := exec.Command(systemctl, args...).CombinedOutput()
		err := edit(ours, verb, name, install.Options{Force: force})
		// Compat: whether a destination that is no template makes theirs fail depends on what else there is to do.
		if (err != nil) != (failed != nil) && !bytes.Contains(out, []byte("is a non-template unit")) {
			t.Errorf("step %d: %s %s: ours %v, theirs %v %s", step, verb, name, err, failed, out)
		}
		if a, b := links(t, ours), links(t, theirs); a != b {
			t.Fatalf("step %d: %s %s: ours\n%s\ntheirs\n%s\n%s", step, verb, name, a, b, out)
		}
	}
}

func view(root string) *install.View {
	m := load.SystemMachine()
	return install.New(files.Root(root), load.Paths(load.System, nil), &m, nil)
}

func edit(root, verb, name string, o install.Options) error {
	v := view(root)
	do := v.Enable
	switch verb {
	case "disable":
		do = v.Disable
	case "mask":
		do = v.Mask
	case "unmask":
		do = v.Unmask
	}
	plan, err := do([]string{name}, o)
	if err != nil {
		return err
	}
	tree, err := files.Open(root)
	if err != nil {
		return err
	}
	defer tree.Close()
	_, err = install.Apply(plan, tree)
	if f := plan.Failure(); f != nil {
		return f
	}
	return err
}

// states compares is-enabled of every name, and list-unit-files.
func states(t *testing.T, systemctl, theirs, ours string, r *rand.Rand) {
	v := view(ours)
	asked := append(slices.Clone(names), "t@j.service", "alias1.service", "alias2@.service")
	for range 3 {
		name := asked[r.IntN(len(asked))]
		var stderr bytes.Buffer
		cmd := exec.Command(systemctl, "--root="+theirs, "is-enabled", name)
		cmd.Stderr = &stderr
		out, _ := cmd.Output() // its status repeats what it prints
		state, err := v.State(name)
		if got, want := string(state), strings.TrimSpace(string(out)); got != want {
			t.Fatalf("is-enabled %s: ours %q (%v), theirs %q (%s)\n%s", name, got, err, want, stderr.Bytes(), dump(t, ours))
		}
	}
	out, err := exec.Command(systemctl, "--root="+theirs, "list-unit-files", "--no-legend", "--no-pager").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		want = append(want, f[0]+" "+f[1])
	}
	for _, l := range v.List(nil, nil) {
		got = append(got, filepath.Base(l.Path)+" "+string(l.State))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("list-unit-files: ours %s\ntheirs %s\n%s", less(got, want), less(want, got), dump(t, ours))
	}
}

// less is what a has and b has not.
func less(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// tree makes unit files at random; a text "-> x" is a symlink.
func tree(r *rand.Rand) map[string]string {
	dirs := []string{"/usr/lib/systemd/system/", "/usr/lib/systemd/system/", "/etc/systemd/system/",
		"/run/systemd/system/"}
	files := map[string]string{"/usr/lib/systemd/system/multi-user.target": "[Unit]\n", "/lib": "-> usr/lib"}
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for _, name := range names {
		if r.IntN(6) == 0 {
			continue
		}
		text := "[Unit]\nDescription=" + name + "\n"
		if r.IntN(4) > 0 {
			text += "[Install]\n"
			for range r.IntN(3) {
				text += pick("WantedBy=multi-user.target\n", "WantedBy=d.target b.service\n", "RequiredBy=%p.target\n",
					"Alias=alias1.service\n", "Also=a.service\n", "Also=e.socket nowhere.service\n", "DefaultInstance=i\n",
					"Alias=alias2@.service\n", "WantedBy=w@.service\n", "Alias=alias3.timer\n", "WantedBy=\n")
			}
		}
		files[pick(dirs...)+name] = text
		switch r.IntN(12) {
		case 0:
			files["/etc/systemd/system/"+name] = "-> /dev/null"
		case 1:
			files["/run/systemd/system/"+name] = ""
		case 2:
			files["/etc/systemd/system/multi-user.target.wants/"+name] = "-> /usr/lib/systemd/system/" + name
		case 3:
			files["/usr/lib/systemd/system/alias1.service"] = "-> " + name
		case 4:
			if name[1] != '@' { // what theirs says of the instances of linked templates follows no rule
				files["/opt/"+name] = text
				files["/etc/systemd/system/"+name] = "-> /opt/" + name
			}
		case 5:
			files["/etc/systemd/system/"+name+".d/x.conf"] = "[Install]\nWantedBy=dropin.target\n"
		case 6:
			files["/run/systemd/system/multi-user.target.wants/"+name] = "-> /usr/lib/systemd/system/" + name
		}
	}
	return files
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if target, ok := strings.CutPrefix(text, "-> "); ok {
		if err := os.Symlink(target, path); err != nil {
			if entry, _ := os.Lstat(path); entry == nil || entry.Mode().IsRegular() {
				t.Skipf("the tree wants two things at %s", path)
			}
		}
	} else if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// links prints the symlinks below /etc and /run.
func links(t *testing.T, root string) string { return walk(t, root, fs.ModeSymlink) }

func dump(t *testing.T, root string) string { return walk(t, root, 0) }

func walk(t *testing.T, root string, only fs.FileMode) string {
	var out []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || only != 0 && d.Type() != only {
			return err
		}
		line := strings.TrimPrefix(path, root)
		if d.Type() == fs.ModeSymlink {
			target, _ := os.Readlink(path) // read just now
			line += " -> " + target
		} else if data, err := os.ReadFile(path); err == nil {
			line += fmt.Sprintf(" %q", data)
		}
		out = append(out, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}
