// Package e2e proves what was asked for with real processes and real clients: a user manager in a runtime folder of
// its own, run by the caller and, for root, by nobody without any right to control groups, and system managers in
// throw-away machines. docs/requirements.md says which test stands for which row.
//
// It exists because a promise is kept when a process keeps it, not when code for it exists. It must not know the inside
// of the manager: it sees files, sockets, D-Bus and the process table.
package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/all"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/machine"
)

// bin is a folder that everybody may enter, with this program under the names of those it plays: steward, its
// commands, and peer.
var bin string

// TestMain is all programs of the tests in one: by its name it is steward, one of its commands, or a peer.
func TestMain(m *testing.M) {
	machine.Init()
	switch name := filepath.Base(os.Args[0]); {
	case name == "peer":
		os.Exit(peer(os.Args[1:]))
	case !strings.HasSuffix(name, ".test"):
		os.Exit(applet.Main(context.Background(), ui.Std(), all.Table(), os.Args, os.Getpid() == 1))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if bin, err = programs(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	return m.Run()
}

// programs makes the folder of programs.
func programs() (string, error) {
	dir, err := os.MkdirTemp("", "steward-e2e-bin-")
	if err != nil {
		return "", err
	}
	self, err := os.Executable()
	if err != nil {
		return dir, err
	}
	data, err := os.ReadFile(self)
	if err != nil {
		return dir, err
	}
	if err := os.WriteFile(filepath.Join(dir, "steward"), data, 0o755); err != nil {
		return dir, err
	}
	for _, name := range []string{"peer", "systemd-notify", "systemd-escape"} {
		if err := os.Symlink("steward", filepath.Join(dir, name)); err != nil {
			return dir, err
		}
	}
	return dir, os.Chmod(dir, 0o755)
}
