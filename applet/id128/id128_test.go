package id128_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/applet/id128"
)

const sample = "3d1219c7c4c5404aaa1f6d2a48adfda4"

// TestOracle compares generated command lines with the real command.
func TestOracle(t *testing.T) {
	pair := beside.New(t, "systemd-id128", id128.Run)
	for _, line := range []string{
		"", "show", "show -u", "show -p", "show --app-specific=" + sample, "machine-id", "boot-id", "machine-id -p",
		"nonsense",
		"boot-id -a " + sample, "machine-id -u --app-spec=" + sample, "invocation-id", "show ESP", "show esp nothing -p",
	} {
		pair.Compare(t, beside.Case{Args: strings.Fields(line)})
	}
	for _, line := range []string{"show", "show esp swap -p", "machine-id", "machine-id -p", "boot-id -u"} {
		pair.Compare(t, beside.Case{Args: strings.Fields(line), Env: []string{"SYSTEMD_URLIFY=0", "SYSTEMD_COLORS=1"}})
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	words := []string{"machine-id", "boot-id", "invocation-id", "show", "show",
		"-p", "-u", "-a", sample, "--pretty", "--uu",
		"esp", "root", "usr-arm64-verity", "root-secondary", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "", "x", "--app", "--",
		"0657fd6da4ab43c484e50933c84b4f4f", strings.ToUpper(sample), "-q", "--uuid=1", "-pu",
		"\xff\n", "a\n\n\rb\n", sample + "0",
		"-a00000000000000000000000000000000"}
	ids := []string{sample, "", "x", strings.ToUpper(sample), "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4", sample[1:],
		"00000000000000000000000000000000"}
	for range 400 {
		var c beside.Case
		for range rnd.IntN(5) {
			c.Args = append(c.Args, words[rnd.IntN(len(words))])
		}
		if rnd.IntN(2) == 0 {
			c.Env = append(c.Env, "INVOCATION_ID="+ids[rnd.IntN(len(ids))])
		}
		pair.Compare(t, c)
	}
}

// TestNew has nothing to compare with: each is another.
func TestNew(t *testing.T) {
	pair := beside.New(t, "systemd-id128", id128.Run)
	for _, style := range []string{"-p", "-u", "-P", "-a" + sample} {
		c := beside.Case{Args: []string{style, "new"}}
		a, b := pair.Ours(c), pair.Ours(c)
		if a.Status != 0 || a.Out == b.Out {
			t.Errorf("%s: %+v, then %+v", style, a, b)
		}
		if style == "-P" {
			c.Args = c.Args[1:]
		}
		if want := pair.Theirs(t, c); len(want.Out) != len(a.Out) || a.Out[14:15] != want.Out[14:15] && style == "-u" {
			t.Errorf("%s: %q is not like %q", style, a.Out, want.Out)
		}
	}
}
