package version_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/steward-init/steward/syntax/version"
)

var pairs = flag.Int("version.pairs", 150, "pairs of versions to ask the oracle about")

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1.0", "1.0", 0}, {"1.0", "1.1", -1}, {"1.10", "1.9", 1}, {"6.18.44-fc", "6.18", 1}, {"1.0~rc1", "1.0", -1},
		{"1.0", "1.0a", -1}, {"1.a", "1.1", -1}, {"007", "7", 0}, {"", "1", -1}, {"", "", 0}, {"~", "", -1},
		{"1^1", "1.1", -1},
		{"1-1", "1^1", -1}, {"1^", "1", 1}, {"A", "a", -1}, {"1_1", "11", -1}, {"1_1", "1.1", 1}, {"a+b", "a b", 0},
	} {
		if got := version.Compare(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := version.Compare(c.b, c.a); got != -c.want {
			t.Errorf("%q to %q: %d, want %d", c.b, c.a, got, -c.want)
		}
	}
}

func TestOperators(t *testing.T) {
	for text, holds := range map[string][3]bool{ // for orders -1, 0, 1
		"lt": {true, false, false}, "<": {true, false, false}, "le": {true, true, false}, "<=": {true, true, false},
		"eq": {false, true, false}, "=": {false, true, false}, "==": {false, true, false}, "ne": {true, false, true},
		"!=": {true, false, true}, "<>": {true, false, true}, "ge": {false, true, true}, ">=": {false, true, true},
		"gt": {false, false, true}, ">": {false, false, true},
	} {
		op, rest := version.CutOperator(text + "x")
		if op == "" || rest != "x" {
			t.Errorf("%s: %q, %q", text, op, rest)
		}
		for i, want := range holds {
			if got := op.Holds(i - 1); got != want {
				t.Errorf("%s of %d: %v", text, i-1, got)
			}
		}
	}
	if op, rest := version.CutSign("lt"); op != "" || rest != "lt" {
		t.Errorf("lt is the sign %q, %q", op, rest)
	}
}

// TestOracle compares generated pairs with the oracle, one process for each: more with -version.pairs.
func TestOracle(t *testing.T) {
	oracle, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("the oracle's systemd-analyze is not installed")
	}
	pieces := []string{"1", "2", "10", "01", "0", "a", "b", "rc", "Z", "~", "-", "^", ".", "_", "+", " ", "#", "00"}
	rnd := rand.New(rand.NewPCG(7, 1))
	word := func() (s string) {
		for range rnd.IntN(6) {
			s += pieces[rnd.IntN(len(pieces))]
		}
		return s
	}
	for range *pairs {
		a, b := word(), word()
		if rnd.IntN(2) == 0 {
			common := word()
			a, b = common+a, common+b
		}
		cmd := exec.Command(oracle, "compare-versions", "--", a, b)
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		want, ok := map[int]int{0: 0, 11: 1, 12: -1}[cmd.ProcessState.ExitCode()]
		if got := version.Compare(a, b); !ok || got != want {
			t.Errorf("%q to %q: %d, want %d (status %d)", a, b, got, want, cmd.ProcessState.ExitCode())
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("1.0~rc1", "1.0^2-3")
	f.Fuzz(func(t *testing.T, a, b string) {
		if version.Compare(a, b) != -version.Compare(b, a) || version.Compare(a, a) != 0 {
			t.Errorf("%q and %q have no order", a, b)
		}
	})
}
