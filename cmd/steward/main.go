// Command steward is every command of the project in one binary; applet/all lists them.
//
// It exists to pick one. It must not know anything else.
package main

import (
	"context"
	"os"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/all"
	"github.com/steward-init/steward/applet/ui"
)

func main() {
	os.Exit(applet.Main(context.Background(), ui.Std(), all.Table(), os.Args, os.Getpid() == 1))
}
