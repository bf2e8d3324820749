// Command bench measures steward beside the real systemd, run by run in turn, each run in a machine of its own.
//
// It exists because only a ratio of figures that were taken side by side says anything on a machine that others load
// too. It asserts nothing: goals stand beside the figures. It must not know how either manager works inside, only
// what systemd promises: unit files, the private socket, systemctl, /proc.
//
// It needs root, cgroup2, gcc for the payload of the machines, and systemd as the reference.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/steward-init/steward/machine"
)

// options are what the command line says.
type options struct {
	bench      []string
	runs       int
	large      int
	sizes      []int
	shapes     []string
	candidate  string
	oracle     string
	peers      string
	lines      string
	generators bool
	short      bool
}

// benchmarks are the parts of the program, in the order in which they run.
var benchmarks = []struct {
	name, about string
	run         func(*lab) error
}{
	{"small", "in a small machine: jobs, crashes, clients, memory and wakeups at idle", (*lab).small},
	{"boot", "boot of generated units; with simple services also memory, queries and daemon-reload", (*lab).boot},
	{"offline", "commands that need no manager, in a root with a thousand units", (*lab).offline},
	{"peers", "other supervisors beside both, where they are installed", (*lab).peers},
}

func main() {
	machine.Init()
	if len(os.Args) > 1 && os.Args[1] == insideVerb {
		if err := inside(os.Args[2:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the program. A part that fails on one side is told, and its figures are left out; run fails in the end.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	l, err := open(ctx, o, stderr)
	if err != nil {
		return err
	}
	defer l.close()
	lines := io.Discard
	if o.lines != "" {
		f, err := os.OpenFile(o.lines, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // every line was written by itself
		lines = f
	}
	fmt.Fprintln(stdout, l.heading())
	for _, b := range benchmarks {
		if !slices.Contains(o.bench, b.name) {
			continue
		}
		if err := b.run(l); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		fmt.Fprintf(stdout, "## %s: %s\n\n%s\n", b.name, b.about, l.figures.table(l.sides[0].name, l.sides[1].name))
		if err := l.figures.writeLines(lines); err != nil {
			return err
		}
		l.figures = figures{}
	}
	if l.failed > 0 {
		return fmt.Errorf("%d failures, told above: their figures are missing", l.failed)
	}
	return nil
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{shapes: []string{"oneshot", "simple", "notify"}, sizes: []int{10, 100, 1000}}
	for _, b := range benchmarks {
		o.bench = append(o.bench, b.name)
	}
	parts := o.bench
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Func("bench", "parts to run (default all: "+strings.Join(parts, ",")+")", names(&o.bench, parts))
	flags.Func("shapes", "kinds of units to boot (default oneshot,simple,notify)", names(&o.shapes, o.shapes))
	flags.Func("sizes", "numbers of units to boot (default 10,100,1000; 5000 takes systemd minutes)", sizes(&o.sizes))
	flags.IntVar(&o.runs, "runs", 5, "interleaved runs of each")
	flags.IntVar(&o.large, "large", 1, "runs of sizes from 5000")
	flags.StringVar(&o.candidate, "candidate", "", `steward's binary (default: build it); "systemd" is systemd itself`)
	flags.StringVar(&o.oracle, "oracle", "/lib/systemd/systemd", "the reference")
	flags.StringVar(&o.peers, "peers", "/", "root folder under which other supervisors are installed")
	flags.StringVar(&o.lines, "json", "", "file to append figures to, one JSON object each")
	flags.BoolVar(&o.generators, "generators", false, "run the machine's generators, which are not the manager's own work")
	flags.BoolVar(&o.short, "short", false, "one run of 10 units and a few of all else: shows only that everything works")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.short {
		o.runs, o.large, o.sizes = 1, 1, []int{10}
	}
	if o.runs < 1 || o.large < 1 || flags.NArg() > 0 {
		return o, errors.New("want flags only, and at least 1 run")
	}
	return o, nil
}

// names reads a list with commas between, of some of those that are known.
func names(to *[]string, known []string) func(string) error {
	return func(text string) error {
		*to = strings.Split(text, ",")
		for _, name := range *to {
			if !slices.Contains(known, name) {
				return fmt.Errorf("%q: want some of %s", name, strings.Join(known, ","))
			}
		}
		return nil
	}
}

// sizes reads a list of numbers with commas between.
func sizes(to *[]int) func(string) error {
	return func(text string) error {
		*to = nil
		for word := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(word)
			if err != nil || n < 1 || n > 99999 {
				return fmt.Errorf("%q: want numbers from 1 to 99999", word)
			}
			*to = append(*to, n)
		}
		return nil
	}
}
