// Package conform plays the scenarios against the real systemd and against steward, each as PID 1 of a throw-away
// machine whose only units are the scenario's, and compares what happens: state changes, commands, jobs, refusals and
// properties. What systemd did is recorded in testdata, so that the simulator is held against it everywhere.
//
// It exists because a specification that we wrote ourselves proves nothing. It must not know the inside of either
// manager: it sees D-Bus, what their programs are told, and what both tell on the console at --log-level=debug.
package conform_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/all"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/machine"
)

var (
	update  = flag.Bool("update", false, "record what the real systemd does")
	playAll = flag.Bool("conform.all", false, "play all scenarios, not only a few of each topic")
	verbose = flag.Bool("conform.console", false, "print the consoles of scenarios that differ")
)

// TestMain is all programs of the tests in one: by its name it is steward, or a program of a scenario.
func TestMain(m *testing.M) {
	machine.Init()
	switch name := filepath.Base(os.Args[0]); {
	case name == "steward":
		os.Exit(applet.Main(context.Background(), ui.Std(), all.Table(), os.Args, os.Getpid() == 1))
	case !strings.HasSuffix(name, ".test"):
		os.Exit(act())
	}
	flag.Parse()
	os.Exit(m.Run())
}
