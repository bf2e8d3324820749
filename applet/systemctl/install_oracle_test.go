package systemctl_test

import (
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var seeds = flag.Int("seeds", 60, "how many random trees of unit files are compared")

// TestInstallAgainstOracle makes random trees of unit files, and lets both systemctl --root= do random commands there.
func TestInstallAgainstOracle(t *testing.T) {
	for seed := range uint64(*seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			of := []scope{ofSystem, ofSystem, ofAll, ofUser}[seed%4]
			// The policy for users is not in their homes.
			g := generator{newPairOf(t, of), rand.New(rand.NewPCG(seed, 3)), seed%3 > 0 && of != ofUser}
			g.tree()
			for range 12 {
				if !g.run(g.command()...) {
					t.Fatalf("seed %d\n%s", seed, g.unitFiles())
				}
			}
		})
	}
}

// generator makes trees and commands.
type generator struct {
	*pair
	*rand.Rand
	presets bool // there are preset files, and commands about them
}

var unitNames = []string{"a.service", "b.service", "c.service", "d.target", "t@.service", "u@.service",
	"e.socket", "m.service", "x-y.timer", "g.path"}

func (g generator) pick(of ...string) string { return of[g.IntN(len(of))] }

// tree makes unit files.
func (g generator) tree() {
	dirs := []string{"/usr/lib/systemd/system/", "/usr/lib/systemd/system/", "/usr/lib/systemd/system/",
		"/etc/systemd/system/", "/run/systemd/system/"}
	for _, name := range unitNames {
		if g.IntN(7) == 0 {
			continue
		}
		text := g.unit(name)
		g.write(g.pick(dirs...)+name, text)
		g.extra(name, text)
	}
	var rules string
	for range g.IntN(5) {
		rules += g.pick("enable", "disable") + " " +
			g.pick("a.service", "?.service", "t@.service", "t@.service p q", "*.socket", "t@i.service", "*") + "\n"
	}
	if rules != "" && g.presets {
		g.write("/usr/lib/systemd/system-preset/50-x.preset", rules)
	}
}

// unit is a unit file with some [Install] section.
func (g generator) unit(name string) string {
	text := "[Unit]\nDescription=" + name + "\n"
	if g.IntN(5) == 0 {
		return text
	}
	text += "[Install]\n"
	for range g.IntN(4) {
		text += g.pick("WantedBy=multi-user.target\n", "WantedBy=d.target b.service\n", "RequiredBy=%p.target\n",
			"Alias=alias1.service\n", "Also=a.service\n", "Also=e.socket nowhere.service\n", "DefaultInstance=i\n",
			"Alias=alias2@.service\n", "WantedBy=w@.service\n", "WantedBy=\n", "Also=m.service\n",
			"RequiredBy=multi-user.target\n", "WantedBy=nowhere.target\n", "Alias=d.target.wants/%n\n", "Alias=foo/%n\n",
			"Alias=d.target.requires/t@i.service\n", "WantedBy=%z.target\n")
	}
	return text
}

// extra is what else there may be of a unit.
func (g generator) extra(name, text string) {
	const config, runtime = "/etc/systemd/system/", "/run/systemd/system/"
	switch g.IntN(20) {
	case 0:
		g.write(config+name, "-> /dev/null")
	case 1:
		g.write(runtime+name, "-> /dev/null")
	case 2:
		g.write(config+"multi-user.target.wants/"+name, "-> /usr/lib/systemd/system/"+name)
	case 3:
		if strings.HasSuffix(name, ".service") && !strings.Contains(name, "@") {
			g.write("/usr/lib/systemd/system/alias1.service", "-> "+name)
		}
	case 4:
		if name[1] != '@' { // what theirs says of the instances of linked templates follows no rule
			g.write("/opt/"+name, text)
			g.write(config+name, "-> /opt/"+name)
		}
	case 5:
		g.write(config+name+".d/x.conf", "[Unit]\n")
	case 6:
		g.write(runtime+"multi-user.target.wants/"+name, "-> /usr/lib/systemd/system/"+name)
	case 7:
		g.write(config+"local-"+name, "-> "+name)
	case 8, 9:
		// Theirs lets a preset and an Also= enable what it says can't be.
		text, _, _ = strings.Cut(text, "[Install]")
		if _, err := os.Stat(g.ours + config + name); err != nil && !g.presets {
			g.write("/run/systemd/"+g.pick("generator/", "transient/")+name, text)
		}
	case 10:
		g.write("/etc/systemd/system.control/"+name+".d/50-x.conf", "[Unit]\n")
	case 11:
		g.write(runtime+name+".d/x.conf", "[Unit]\n")
	case 12:
		g.write(config+name, text)
	case 13:
		g.write("/opt/"+name, text)
	case 14:
		g.write("/usr/lib/systemd/system/multi-user.target.wants/"+name, "-> ../"+name)
	}
}

// command is some command.
func (g generator) command() []string {
	name := func() string {
		if g.IntN(6) == 0 {
			return g.pick("none.service", "t@j.service", "u@k.service", "alias1.service", "local-a.service",
				"local-b.service", "default.target", "alias2@.service")
		}
		return g.pick(unitNames...)
	}
	names := []string{name()}
	for g.IntN(3) == 0 {
		names = append(names, name())
	}
	verb := g.pick("enable", "enable", "disable", "disable", "reenable", "preset", "preset-all", "mask", "unmask", "link",
		"revert", "add-wants", "add-requires", "set-default", "get-default", "is-enabled", "is-enabled",
		"list-unit-files")
	if !g.presets && strings.HasPrefix(verb, "preset") {
		verb = "enable"
	}
	args := []string{verb}
	switch verb {
	case "preset-all", "get-default":
	case "reenable": // of an instance, theirs enables the template; of a link in a home, what remains without it
		args = append(args, slices.DeleteFunc(names, func(n string) bool {
			return strings.Contains(n, "@") || g.of == ofUser && g.isLink(n)
		})...)
	case "revert": // where there is a --root=, theirs does not count what a generator made
		args = append(args, slices.DeleteFunc(names, func(n string) bool {
			_, err := os.Lstat(g.ours + "/run/systemd/generator/" + n)
			return err == nil && g.of != ofUser
		})...)
	case "list-unit-files":
		args = append(args, "--no-legend")
	case "link":
		args = append(args, "/opt/"+name())
	case "set-default":
		args = append(args, g.pick("multi-user.target", "d.target", "none.target", "a.service"))
	case "add-wants", "add-requires":
		args = append(append(args, g.pick("multi-user.target", "d.target", "none.target", "b.service")), names...)
	default:
		args = append(args, names...)
	}
	for _, option := range []string{"--force", "--runtime", "--quiet", "--preset-mode=enable-only",
		"--preset-mode=disable-only"} {
		if g.IntN(8) == 0 {
			args = append(args, option)
		}
	}
	return args
}

// isLink says whether the administrator has made a name by a symlink.
func (g generator) isLink(name string) bool {
	return slices.ContainsFunc([]string{"/etc/systemd/system/", "/run/systemd/system/"}, func(dir string) bool {
		_, err := os.Readlink(g.ours + g.of.place(dir+name))
		return err == nil
	})
}

// unitFiles is all that there is, for the message.
func (g generator) unitFiles() string {
	var out strings.Builder
	err := filepath.WalkDir(g.ours, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fmt.Fprintf(&out, "-- %s", strings.TrimPrefix(path, g.ours))
		if target, err := os.Readlink(path); err == nil {
			fmt.Fprintf(&out, " -> %s\n", target)
			return nil
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&out, "\n%s", text)
		return err
	})
	if err != nil {
		g.Fatal(err)
	}
	return out.String()
}
