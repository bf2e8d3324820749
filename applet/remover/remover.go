// Package remover is the applet that the manager starts itself as, to remove directories of units beside its loop.
//
// It exists so that there is no second binary. It must not know anything; package host/process does.
package remover

import (
	"context"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/process"
)

// Run removes what its arguments say.
func Run(_ context.Context, u ui.IO, args []string) int {
	return process.Remover(args[1:], u.Err)
}
