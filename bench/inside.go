package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// insideVerb is the first argument of this program where it runs in a machine.
const insideVerb = "inside"

// insiders are the verbs there, with the number of arguments that each needs. Durations are what they return.
var insiders = map[string]struct {
	needs int
	run   func(args []string) ([]time.Duration, error)
}{
	"run":    {2, runs},
	"jobs":   {4, jobs},
	"asks":   {2, asks},
	"reload": {1, reload},
	"touch":  {1, touch},
}

// inside runs a verb and prints a JSON array of nanoseconds.
func inside(args []string, stdout io.Writer) error {
	if len(args) == 0 {
		return errors.New("no verb")
	}
	verb := insiders[args[0]]
	if verb.run == nil || len(args)-1 < verb.needs {
		return fmt.Errorf("%s: no such verb, or too few arguments", args[0])
	}
	took, err := verb.run(args[1:])
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(took)
}

// runs times a command: how often, the command. It may end with any status, as that of systemctl is-active means
// something, but not without a word.
func runs(args []string) ([]time.Duration, error) {
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for range times {
		cmd := exec.Command(args[1], args[2:]...)
		cmd.Env = append(os.Environ(), "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0", "LC_ALL=C.UTF-8")
		var output counter
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = &output, &said
		begun := time.Now()
		err := cmd.Run()
		took = append(took, time.Since(begun))
		if cmd.ProcessState == nil || output == 0 {
			return nil, fmt.Errorf("%s printed nothing: %w: %s", strings.Join(args[1:], " "), err, said.String())
		}
	}
	return took, nil
}

// jobs times jobs: how often, the quiet before each, the unit, whether to stop the unit after each.
func jobs(args []string) ([]time.Duration, error) {
	stop, err := strconv.ParseBool(args[3])
	if err != nil {
		return nil, err
	}
	return again(args, func(c *client, times int, quiet time.Duration) ([]time.Duration, error) {
		return c.jobs(context.Background(), args[2], times, quiet, stop)
	})
}

// asks times the least that a client can ask for: how often, the quiet before each.
func asks(args []string) ([]time.Duration, error) {
	return again(args, func(c *client, times int, quiet time.Duration) (took []time.Duration, err error) {
		for range times {
			<-time.After(quiet)
			begun := monotonic()
			if err := c.version(context.Background()); err != nil {
				return nil, err
			}
			took = append(took, monotonic()-begun)
		}
		return took, nil
	})
}

// again does something over a connection as often as the first argument says, with the quiet of the second before each.
func again(
	args []string, do func(c *client, times int, quiet time.Duration) ([]time.Duration, error),
) ([]time.Duration, error) {
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	quiet, err := time.ParseDuration(args[1])
	if err != nil {
		return nil, err
	}
	c, err := dial(context.Background())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return do(c, times, quiet)
}

// reload times a daemon-reload: at most how long.
func reload(args []string) ([]time.Duration, error) {
	limit, err := time.ParseDuration(args[0])
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.reload(ctx)
}

// touch makes the unit files of a folder newer than they were. The folder is all machines': its content stays as it is.
func touch(args []string) ([]time.Duration, error) {
	files, err := filepath.Glob(filepath.Join(args[0], "*.service"))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, name := range files {
		if err := os.Chtimes(name, now, now); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// counter counts bytes and drops them.
type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
