// Package notify is the command systemd-notify(1).
//
// It exists so that daemons written in shell can tell their manager how they are. It must not know what a message
// means; sd_notify(3) and the manager do.
package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/sdk"
)

// options are those of systemd-notify(1).
var options = []ui.Option{
	{Long: "help", Short: "h"},
	{Long: "version"},
	{Long: "ready"},
	{Long: "pid", Arg: ui.MayArg},
	{Long: "uid", Arg: ui.NeedsArg},
	{Long: "status", Arg: ui.NeedsArg},
	{Long: "booted"},
	{Long: "no-block"},
}

const help = `systemd-notify [OPTIONS...] [VARIABLE=VALUE...]

Tell the service manager how a service is.

  -h --help            Show this help
     --version         Show the version
     --ready           The service has started
     --pid[=PID]       The main process of the service: a number, auto, self or parent
     --uid=USER        Send as this user
     --status=TEXT     What the service is doing
     --booted          Say by the status whether the machine was booted with systemd
     --no-block        Don't wait until the manager has read it
`

// barrierTimeout is how long the manager may take to read the message.
const barrierTimeout = 5 * time.Second

// command is a command line, understood.
type command struct {
	lines         []string // assignments, in order
	source        int      // the process that is to appear as sender
	uid, gid      int      // -1 is unchanged
	booted, async bool
	print         string // instead of anything else
}

// failure is an error with the number that the manager is told of it (ERRNO=).
type failure struct {
	text  string
	errno syscall.Errno
}

func (f failure) Error() string { return f.text }

// Run is the command.
func Run(_ context.Context, u ui.IO, args []string) int {
	c, err := parse(u, args)
	switch {
	case err == nil && c.print != "":
		_, _ = io.WriteString(u.Out, c.print) // best effort: the reader may have gone
		return 0
	case err == nil && c.booted:
		if sdk.Booted() {
			return 0
		}
		return 1
	case err == nil:
		socket, set := u.Lookup("NOTIFY_SOCKET")
		err = c.send(socket, set)
	}
	if err == nil {
		return 0
	}
	told := failure{errno: syscall.EINVAL}
	if !errors.As(err, &told) {
		_ = errors.As(err, &told.errno) // else it stays EINVAL
	}
	_, _ = sdk.Notify(fmt.Sprintf("ERRNO=%d", told.errno), false) // best effort: the manager may be what failed
	if err.Error() == "" {
		_, _ = io.WriteString(u.Out, help) // best effort: the reader may have gone
		return 1
	}
	return u.Fail("%v", err)
}

// parse reads the command line.
func parse(u ui.IO, args []string) (command, error) {
	c := command{source: sender(u), uid: -1, gid: -1}
	given, words, optionErr := ui.Options(args[0], args[1:], options)
	set := map[string]string{}
	for _, g := range given {
		var err error
		switch g.Name {
		case "help":
			c.print = help
			return c, nil
		case "version":
			c.print = ui.Version + "\n"
			return c, nil
		case "ready":
			set["READY"] = "1"
		case "status":
			set["STATUS"] = g.Value
		case "pid":
			c.source, err = pid(u, g.Value)
			set["MAINPID"] = strconv.Itoa(c.source)
		case "uid":
			c.uid, c.gid, err = account(g.Value)
		case "booted":
			c.booted = true
		case "no-block":
			c.async = true
		}
		if err != nil {
			return c, err
		}
	}
	if optionErr != nil {
		return c, optionErr
	}
	for _, name := range []string{"READY", "STATUS", "MAINPID"} {
		if value, ok := set[name]; ok {
			c.lines = append(c.lines, name+"="+value)
		}
	}
	c.lines = merge(c.lines, words)
	if len(c.lines) == 0 && !c.booted {
		return c, failure{"", syscall.EINVAL}
	}
	return c, nil
}

// merge adds words to lines; one that assigns what an earlier one assigned takes its place.
func merge(lines, words []string) []string {
	for _, word := range words {
		name, _, assigns := strings.Cut(word, "=")
		at := len(lines)
		for i, line := range lines {
			if line == word || assigns && strings.HasPrefix(line, name+"=") {
				at = i
			}
		}
		if at == len(lines) {
			lines = append(lines, word)
		} else {
			lines[at] = word
		}
	}
	return lines
}

// sender is the process that started this one, if it is not the manager: a script's shell, which lives on.
func sender(u ui.IO) int {
	manager, err := strconv.Atoi(u.Getenv("MANAGERPID"))
	if err != nil {
		manager = 1
	}
	if parent := os.Getppid(); parent != manager {
		return parent
	}
	return os.Getpid()
}

// pid understands the argument of --pid.
func pid(u ui.IO, text string) (int, error) {
	switch text {
	case "", "auto":
		return sender(u), nil
	case "self":
		return os.Getpid(), nil
	case "parent":
		return os.Getppid(), nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	switch {
	case err == nil && n > 0:
		return int(n), nil
	case err == nil || errors.Is(err, strconv.ErrRange):
		return 0, failure{fmt.Sprintf("Failed to parse PID %s.", text), syscall.ERANGE}
	}
	return 0, failure{fmt.Sprintf("Failed to parse PID %s.", text), syscall.EINVAL}
}

// account understands the argument of --uid: a name, or a number, which need not be in the user database.
func account(text string) (uid, gid int, err error) {
	found, err := user.Lookup(text)
	if err != nil {
		n, numberErr := strconv.ParseUint(text, 10, 32)
		if numberErr != nil {
			return -1, -1, failure{fmt.Sprintf("Can't resolve user %s: Invalid argument", text), syscall.EINVAL}
		}
		if found, err = user.LookupId(text); err != nil {
			return int(n), -1, nil
		}
	}
	if uid, err = strconv.Atoi(found.Uid); err == nil {
		gid, err = strconv.Atoi(found.Gid)
	}
	return uid, gid, err
}
