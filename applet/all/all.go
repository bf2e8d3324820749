// Package all holds the one list of every command in the binary.
//
// It exists so that cmd/steward is one line and a test can run every command. It must not know what the commands do.
package all

import (
	"context"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/analyze"
	"github.com/steward-init/steward/applet/complete"
	"github.com/steward-init/steward/applet/delta"
	"github.com/steward-init/steward/applet/detectvirt"
	"github.com/steward-init/steward/applet/escape"
	"github.com/steward-init/steward/applet/id128"
	"github.com/steward-init/steward/applet/machineidsetup"
	"github.com/steward-init/steward/applet/manager"
	"github.com/steward-init/steward/applet/manual"
	"github.com/steward-init/steward/applet/notify"
	"github.com/steward-init/steward/applet/path"
	"github.com/steward-init/steward/applet/plan"
	"github.com/steward-init/steward/applet/remover"
	"github.com/steward-init/steward/applet/sandbox"
	"github.com/steward-init/steward/applet/systemctl"
	"github.com/steward-init/steward/applet/sysusers"
	"github.com/steward-init/steward/applet/sysvgenerator"
	"github.com/steward-init/steward/applet/sysvinstall"
	"github.com/steward-init/steward/applet/tmpfiles"
	"github.com/steward-init/steward/applet/ui"
)

// Table lists the commands in the order that "steward help" prints them.
func Table() []applet.Applet {
	return []applet.Applet{
		manager.Applet,
		{Names: "systemctl halt poweroff reboot shutdown telinit runlevel",
			Summary: "control units and the manager", Run: systemctl.Run,
			Describe: systemctl.Describe},
		{Names: "plan", Summary: "show what a command would do, and why", Run: plan.Run,
			Describe: plan.Describe},
		{Names: "systemd-analyze analyze", Summary: "explain the start, unit files and their settings", Run: analyze.Run,
			Describe: analyze.Describe},
		{Names: "systemd-escape escape", Summary: "turn any text or path into part of a unit name", Run: escape.Run,
			Describe: escape.Describe},
		{Names: "systemd-delta delta", Summary: "find overridden configuration files", Run: delta.Run,
			Describe: delta.Describe},
		{Names: "systemd-detect-virt detect-virt",
			Summary: "say what virtual machine or container this is", Run: detectvirt.Run,
			Describe: detectvirt.Describe},
		{Names: "systemd-id128 id128", Summary: "make and show 128-bit identifiers", Run: id128.Run,
			Describe: id128.Describe},
		{Names: "systemd-sysusers sysusers", Summary: "make the system users that packages declare", Run: sysusers.Run,
			Describe: sysusers.Describe},
		{Names: "systemd-machine-id-setup machine-id-setup", Summary: "give a machine its identifier",
			Run:      machineidsetup.Run,
			Describe: machineidsetup.Describe},
		{Names: "systemd-path path", Summary: "show where things of the system and the user belong", Run: path.Run,
			Describe: path.Describe},
		{Names: "systemd-notify notify", Summary: "tell the service manager how a service is", Run: notify.Run,
			Describe: notify.Describe},
		{Names: "systemd-tmpfiles tmpfiles", Summary: "make, clean up and remove files as tmpfiles.d says",
			Run:      tmpfiles.Run,
			Describe: tmpfiles.Describe},
		{Names: "systemd-sysv-generator", Summary: "make services of init scripts", Run: sysvgenerator.Run},
		{Names: "systemd-sysv-install", Summary: "enable and disable init scripts", Run: sysvinstall.Run},
		{Names: "completion", Summary: "print the completion of a shell", Describe: complete.Describe,
			Run: func(_ context.Context, u ui.IO, args []string) int { return complete.Script(u, Table(), args) }},
		{Names: "complete", Summary: "what completions ask: the words that a command line can go on with",
			Run: func(ctx context.Context, u ui.IO, args []string) int { return complete.Run(ctx, u, Table(), args) }},
		{Names: "man", Summary: "print a manual page", Describe: manual.Describe,
			Run: func(_ context.Context, u ui.IO, args []string) int { return manual.Run(u, Table(), args) }},
		{Names: "steward-sandbox", Summary: "the manager's own: prepare a process and execute it", Run: sandbox.Run},
		{Names: "steward-remover", Summary: "the manager's own: remove directories of a unit", Run: remover.Run},
	}
}
