package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/machine"
)

// side is one of those that are compared.
type side struct {
	name      string
	init      []string
	env       []string
	binds     map[string]string
	systemctl []string // its own client; nil for what boots no target that tells "done"
}

// systemctl is the client that drives both sides.
const systemctl = "/usr/bin/systemctl"

// arguments are those of both managers, systemd(1).
var arguments = []string{"--system", "--show-status=no"}

// candidatePath is where steward stands inside.
const candidatePath = "/usr/lib/steward/steward"

// lab is where a call of the program works.
type lab struct {
	options
	ctx      context.Context
	dir      string // of scratch files, removed in the end
	payload  string
	word     string // the smallest program in Go
	self     string
	sides    []side // the reference, then the candidate
	figures  figures
	failed   int // failures of a side, which did not end the call
	progress io.Writer
	machines int
}

//go:embed payload/payload.c
var payloadSource []byte

//go:embed payload/word/main.go
var wordSource []byte

// open builds what the machines need.
func open(ctx context.Context, o options, progress io.Writer) (*lab, error) {
	if os.Getuid() != 0 {
		return nil, errors.New("machines need root")
	}
	dir, err := os.MkdirTemp("", "steward-bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{options: o, ctx: ctx, dir: dir, payload: filepath.Join(dir, "payload"),
		word: filepath.Join(dir, "word"), progress: progress}
	if err := l.build(); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *lab) close() { _ = os.RemoveAll(l.dir) } // best effort: it is a temporary folder

func (l *lab) build() error {
	source := filepath.Join(l.dir, "payload.c")
	if err := os.WriteFile(source, payloadSource, 0o644); err != nil {
		return err
	}
	if err := command(l.ctx, "gcc", "-static", "-O2", "-Wall", "-o", l.payload, source); err != nil {
		return fmt.Errorf("payload of the machines, which needs gcc and a static libc: %w", err)
	}
	source = filepath.Join(l.dir, "word.go")
	if err := os.WriteFile(source, wordSource, 0o644); err != nil {
		return err
	}
	if err := goBuild(l.ctx, l.word, source); err != nil {
		return err
	}
	var err error
	if l.self, err = os.Executable(); err != nil {
		return err
	}
	if _, err := os.Stat(l.oracle); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	l.sides = []side{{name: "systemd", init: append([]string{l.oracle}, arguments...), systemctl: []string{systemctl}}}
	if l.candidate == "systemd" {
		again := l.sides[0]
		again.name = "systemd-again"
		l.sides = append(l.sides, again)
		return nil
	}
	if l.candidate == "" {
		l.candidate = filepath.Join(l.dir, "steward")
		if err := goBuild(l.ctx, l.candidate, "github.com/steward-init/steward/cmd/steward"); err != nil {
			return err
		}
	}
	l.sides = append(l.sides, side{
		name: "steward", init: append([]string{candidatePath}, arguments...),
		systemctl: []string{candidatePath, "systemctl"}, binds: map[string]string{l.candidate: candidatePath},
	})
	return nil
}

// goBuild builds a command of a package or a file, and copies it as an installation does: the linker leaves its output
// in memory in small pieces, from which a program begins later.
func goBuild(ctx context.Context, to, what string) error {
	linked := to + ".linked"
	if err := command(ctx, "go", "build", "-trimpath", "-o", linked, what); err != nil {
		return err
	}
	defer os.Remove(linked)
	return command(ctx, "cp", linked, to)
}

// command runs a command of the building.
func command(ctx context.Context, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out)
	}
	return nil
}

// heading says where and when the figures were taken.
func (l *lab) heading() string {
	var name unix.Utsname
	_ = unix.Uname(&name) // best effort: it only stands above the figures
	return fmt.Sprintf("# %s beside %s\n\n%s, Linux %s, %d runs (%d+ units: %d), load %.1f; medians (least–greatest).\n",
		l.sides[1].name, l.sides[0].name, time.Now().UTC().Format("2006-01-02 15:04 MST"),
		unix.ByteSliceToString(name.Release[:]), l.runs, large, l.large, load())
}

// each calls measure for every run and side in turn, each time with a machine that has booted these units; and limit
// for every run.
func (l *lab) each(what string, units unitFiles, runs int, measure func(*subject) error, limit func() error) error {
	dir, err := os.MkdirTemp(l.dir, "units-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // best effort: as the folder around it
	if err := units.write(dir); err != nil {
		return err
	}
	for run := range runs {
		for _, s := range l.sides {
			if err := l.ctx.Err(); err != nil {
				return err
			}
			fmt.Fprintf(l.progress, "%s %s run %d of %d: %s\n", time.Now().Format(time.TimeOnly), what, run+1, runs, s.name)
			err := l.with(s, dir, len(units.links), measure)
			if err != nil {
				l.fail(fmt.Errorf("%s: %s: %w", what, s.name, err))
			}
		}
		if err := limit(); err != nil {
			l.fail(fmt.Errorf("%s: %s: %w", what, kernel, err))
		}
	}
	return nil
}

// fail tells of a failure of a side, and counts it: the other figures are still good.
func (l *lab) fail(err error) {
	fmt.Fprintf(l.progress, "FAILED %v\n", err)
	l.failed++
}

// patience bounds the boot of n units; systemd needs 100 s for 5000.
func patience(n int) time.Duration { return 30*time.Second + time.Duration(n)*60*time.Millisecond }

// with boots a side, waits until it tells "done", and calls measure.
func (l *lab) with(s side, units string, n int, measure func(*subject) error) (err error) {
	b, err := l.start(s, units)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			console := b.machine.Console()
			err = fmt.Errorf("%w; end of the console:\n%s", err, console[max(0, len(console)-1500):])
		}
		err = errors.Join(err, b.stop())
	}()
	if b.executed, err = b.wait("exec", 10*time.Second); err != nil {
		return err
	}
	if b.side.systemctl != nil {
		if b.done, err = b.wait("done", patience(n)); err != nil {
			return err
		}
	}
	return measure(b)
}

// start boots a machine with a folder of units, "" for none.
func (l *lab) start(s side, units string) (*subject, error) {
	l.machines++
	dir := filepath.Join(l.dir, "machine-"+strconv.Itoa(l.machines))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	socket, err := listen(filepath.Join(dir, "told"))
	if err != nil {
		return nil, err
	}
	b := &subject{lab: l, side: s, dir: dir, socket: socket}
	binds := map[string]string{l.payload: payloadPath, l.word: wordPath, l.self: selfPath,
		filepath.Join(dir, "told"): socketPath}
	maps.Copy(binds, s.binds)
	if units != "" {
		binds[units] = "/etc/systemd/system"
	}
	if err := l.withoutGenerators(binds); err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	config := machine.Config{
		Init: append([]string{payloadPath, "exec", socketPath}, s.init...), Binds: binds, Env: s.env,
	}
	scratch := filepath.Join(dir, "scratch")
	if err := os.Mkdir(scratch, 0o755); err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	if b.machine, err = machine.Boot(scratch, config); err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	return b, nil
}

// withoutGenerators lays empty folders over those of the generators, unless they were asked for.
func (l *lab) withoutGenerators(binds map[string]string) error {
	if l.generators {
		return nil
	}
	for _, dir := range []string{"/lib/systemd/system-generators", "/usr/local/lib/systemd/system-generators"} {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		empty := filepath.Join(l.dir, "empty", strconv.Itoa(len(binds)))
		if err := os.MkdirAll(empty, 0o755); err != nil {
			return err
		}
		binds[empty] = dir
	}
	return nil
}
