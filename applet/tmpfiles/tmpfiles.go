// Package tmpfiles is the command systemd-tmpfiles(8).
//
// It exists to find the configuration and what its lines depend on, and to turn the outcome into an exit status. It
// must not know what lines mean, nor touch what they are about; packages tmpfiles and tmpfiles/apply do.
package tmpfiles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/image"
	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/tmpfiles"
	"github.com/steward-init/steward/tmpfiles/apply"
)

// The exit statuses of systemd-tmpfiles(8), from sysexits.h.
const (
	exitFailure    = 1
	exitData       = 65
	exitCantCreate = 73
)

// options are those of systemd-tmpfiles(8).
var options = []ui.Option{
	{Long: "help", Short: "h"},
	{Long: "user"},
	{Long: "version"},
	{Long: "cat-config"},
	{Long: "create"},
	{Long: "clean"},
	{Long: "remove"},
	{Long: "boot"},
	{Long: "prefix", Arg: ui.NeedsArg},
	{Long: "exclude-prefix", Arg: ui.NeedsArg},
	{Short: "E"},
	{Long: "root", Arg: ui.NeedsArg},
	{Long: "image", Arg: ui.NeedsArg},
	{Long: "replace", Arg: ui.NeedsArg},
	{Long: "no-pager"},
}

const help = `systemd-tmpfiles [OPTIONS...] [CONFIGURATION FILE...]

Make, clean up and remove files and directories as tmpfiles.d(5) files say.

  -h --help                 Show this help
     --version              Show the version
     --user                 Use the user's configuration
     --cat-config           Show the configuration
     --create               Make files and directories, and adjust them
     --clean                Remove what is older than its age
     --remove               Remove what is marked to be removed
     --boot                 Also do what is only safe at boot
     --prefix=PATH          Only lines about paths below this one
     --exclude-prefix=PATH  No lines about paths below this one
  -E                        No lines about /dev, /proc, /run and /sys
     --root=PATH            Work in another root
     --image=PATH           Work on the system in this disk image, implies -E
     --replace=PATH         Take the arguments for what this file says
     --no-pager             No pager for --cat-config
`

// command is a command line, understood.
type command struct {
	ops              apply.Operation
	user, cat, boot  bool
	include, exclude []string
	root, image      string
	hasRoot, noPager bool
	replace          string
	words            []string
	help, version    bool
	io               ui.IO
	level            tmpfiles.Level
	dirs             []string
	rootfs           *rootfs.Root
	reader           *tmpfiles.Reader
}

// Run is the command.
func Run(ctx context.Context, u ui.IO, args []string) int {
	c := &command{io: u, level: logLevel(u)}
	err := c.parse(args)
	switch {
	case c.help:
		_, _ = io.WriteString(u.Out, help) // best effort: the reader may have gone
		return 0
	case c.version:
		fmt.Fprintln(u.Out, ui.Version)
		return 0
	case err != nil:
		return u.Fail("%v", err)
	}
	return c.run(ctx)
}

// parse reads the command line, and refuses what does not go together in the words of the original.
func (c *command) parse(args []string) error {
	given, words, optionErr := ui.Options(args[0], args[1:], options)
	for _, g := range given {
		if err := c.option(g); err != nil || c.help || c.version {
			return err
		}
	}
	if c.words = words; optionErr != nil {
		return optionErr
	}
	message := ""
	switch {
	case c.ops == 0 && !c.cat:
		message = "You need to specify at least one of --clean, --create or --remove."
	case c.replace != "" && c.cat:
		message = "Option --replace= is not supported with --cat-config"
	case c.replace != "" && len(words) == 0:
		message = "When --replace= is given, some configuration items must be specified"
	case c.hasRoot && c.user:
		message = "Combination of --user and --root= is not supported."
	case c.image != "" && c.hasRoot:
		message = "Please specify either --root= or --image=, the combination of both is not supported."
	default:
		return nil
	}
	return errors.New(message)
}

func (c *command) option(g ui.Given) error {
	switch g.Name {
	case "help":
		c.help = true
	case "version":
		c.version = true
	case "user":
		c.user = true
	case "cat-config":
		c.cat = true
	case "create":
		c.ops |= apply.Create
	case "clean":
		c.ops |= apply.Clean
	case "remove":
		c.ops |= apply.Remove
	case "boot":
		c.boot = true
	case "prefix":
		c.include = append(c.include, tmpfiles.Simplify(g.Value))
	case "exclude-prefix":
		c.exclude = append(c.exclude, tmpfiles.Simplify(g.Value))
	case "E":
		c.excludeRuntime()
	case "root":
		return c.setRoot(g.Value)
	case "image":
		if c.image = g.Value; c.image != "" {
			c.excludeRuntime()
		}
	case "no-pager":
		c.noPager = true
	case "replace":
		c.replace = g.Value
		if !filepath.IsAbs(g.Value) {
			return errors.New("The argument to --replace= must be an absolute path.")
		}
		if !strings.HasSuffix(g.Value, ".conf") {
			return errors.New("The argument to --replace= must have the extension '.conf'.")
		}
	}
	return nil
}

// excludeRuntime passes over what is made anew at each boot.
func (c *command) excludeRuntime() { c.exclude = append(c.exclude, "/dev", "/proc", "/run", "/sys") }

// setRoot makes the root's path absolute. An empty one is the host's, as is "/".
func (c *command) setRoot(path string) error {
	c.root, c.hasRoot = "", path != ""
	if path == "" {
		return nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("Failed to parse path \"%s\" and make it absolute: %w", path, err)
	}
	if abs != "/" {
		c.root = abs
	}
	return nil
}

// openRoot opens the root, and makes it if something may have to be created in it.
func (c *command) openRoot() (*rootfs.Root, error) {
	r, err := rootfs.Open(c.root)
	if errors.Is(err, fs.ErrNotExist) && c.ops&apply.Create != 0 {
		if err := os.MkdirAll(c.root, 0o755); err != nil {
			return nil, err
		}
		return rootfs.Open(c.root)
	}
	return r, err
}

func (c *command) run(ctx context.Context) int {
	if c.image != "" {
		return c.runInImage(ctx)
	}
	r, err := c.openRoot()
	if err != nil {
		return c.io.Fail("Failed to open root directory '%s': %s", c.root, apply.Text(err))
	}
	defer r.Close()
	return c.runIn(ctx, r)
}

// runInImage works on the system in an image.
func (c *command) runInImage(ctx context.Context) int {
	opened, err := image.Open(c.image, image.Options{Check: true, Say: func(text string) {
		c.log(tmpfiles.Message{Level: tmpfiles.Notice, Text: text})
	}})
	if err != nil {
		return c.io.Fail("%v", err)
	}
	c.root = opened.Prefix()
	status := c.runIn(ctx, opened.Root())
	if err := opened.Close(); err != nil {
		return c.io.Fail("%v", err)
	}
	return status
}

// runIn does what the configuration in a root says to the files there.
func (c *command) runIn(ctx context.Context, r *rootfs.Root) int {
	c.dirs, c.rootfs = c.configDirs(), r
	if c.cat {
		return c.catConfig(ctx)
	}
	// Modes of what is created are those of the lines, less this.
	const umask = 0o022
	old := unix.Umask(umask)
	defer unix.Umask(old)

	c.reader = &tmpfiles.Reader{World: c.world(), Log: c.log}
	if !c.read() || c.reader.Failed {
		return exitFailure
	}
	a := &apply.Applier{Root: r, Show: c.root, Plan: &c.reader.Plan, Log: c.log, Now: uint64(time.Now().UnixMicro()),
		Subvolumes: c.subvolumes(), UserName: c.userName, GroupName: c.groupName}
	err := a.Run(c.ops)
	switch {
	case errors.Is(err, unix.ENOMEM), errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
		return exitFailure
	case c.reader.Invalid:
		return exitData
	case err != nil:
		return exitCantCreate
	}
	return 0
}
