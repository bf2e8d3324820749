// Package sandbox is the applet that the manager starts itself as, where a child needs the Go runtime before it
// executes its program.
//
// It exists so that there is no second binary. It must not know anything; package sandbox does.
package sandbox

import (
	"context"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/sandbox"
)

// Run walks the steps of the Spec that the manager passed on. It returns only if one fails.
func Run(_ context.Context, _ ui.IO, args []string) int {
	return sandbox.Main(args)
}
