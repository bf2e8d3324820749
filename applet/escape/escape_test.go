package escape_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/escape"
	"github.com/steward-init/steward/applet/ui"
)

// run is our side of a command line.
func run(args ...string) (stdout, stderr string, status int) {
	var out, err bytes.Buffer
	status = escape.Run(context.Background(), ui.IO{Out: &out, Err: &err}, append([]string{"systemd-escape"}, args...))
	return out.String(), err.String(), status
}

func TestManualPage(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"Hallöchen, Meister", `Hall\xc3\xb6chen\x2c\x20Meister`},
		{"-u|Hall\\xc3\\xb6chen\\x2c\\x20Meister", "Hallöchen, Meister"},
		{"-p|--suffix=mount|/tmp//waldi/foobar/", "tmp-waldi-foobar.mount"},
		{"--template=systemd-nspawn@.service|My Container 1|containerb|container/III", "systemd-nspawn@My\\x20Container" +
			"\\x201.service systemd-nspawn@containerb.service systemd-nspawn@container-III.service"},
		{"-u|--instance|systemd-nspawn@My\\x20Container\\x201.service", "My Container 1"},
		{"-u|--template=systemd-nspawn@.service|systemd-nspawn@My\\x20Container\\x201.service", "My Container 1"},
	} {
		if out, stderr, status := run(strings.Split(c.args, "|")...); out != c.want+"\n" || status != 0 || stderr != "" {
			t.Errorf("%s: %q, %q, status %d; want %q", c.args, out, stderr, status, c.want)
		}
	}
}

// TestOracle compares generated command lines with the real command: output, messages and status.
func TestOracle(t *testing.T) {
	oracle, err := exec.LookPath("systemd-escape")
	if err != nil {
		t.Skip("the oracle's systemd-escape is not installed")
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(from []string) string { return from[rnd.IntN(len(from))] }
	flags := []string{
		"-u", "-p", "-m", "--instance", "--suffix=mount", "--suffix=service", "--template=a@.service", "--unesc", "--pat",
		"--template=b-c@.mount", "--suffix=x", "--template=x", "--suffix", "--nothing", "-q", "-up", "--", "--mangle=1",
	}
	pieces := []string{
		"a", "b", "/", "//", ".", "..", "-", "@", ".service", ".mount", " ", "ö", `\x2d`, `\x`, `\`, `\x2`, `\x41`, `\x00`,
		"a@",
		"%", ":", "_", "é", "a@b.service", "b-c@d-e.mount", "*", "[", "~", strings.Repeat("x", 130), "\n", "\xff",
		"dev", "-a",
	}
	for range 600 {
		var args []string
		for range rnd.IntN(3) {
			args = append(args, pick(flags))
		}
		for range 1 + rnd.IntN(2) {
			word := ""
			for range rnd.IntN(5) {
				word += pick(pieces)
			}
			for range max(0, rnd.IntN(12)-8) {
				word += string([]byte{byte(1 + rnd.IntN(255))})
			}
			args = append(args, word)
		}
		var want, wantErr bytes.Buffer
		cmd := exec.Command(oracle, args...)
		cmd.Stdout, cmd.Stderr = &want, &wantErr
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		out, stderr, status := run(args...)
		named := strings.ReplaceAll(wantErr.String(), oracle+": ", "systemd-escape: ")
		if out != want.String() || status != cmd.ProcessState.ExitCode() || stderr != named {
			t.Errorf("%q:\n got %q, %q, status %d\nwant %q, %q, status %d", args, out, stderr, status, want.String(),
				named, cmd.ProcessState.ExitCode())
		}
	}
}
