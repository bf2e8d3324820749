package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/machine"
)

// subject is a machine that is measured.
type subject struct {
	lab      *lab
	side     side
	dir      string
	machine  *machine.Machine
	socket   *ear
	executed word // when the init was executed
	done     word // when the units were up
}

// word is what a payload told.
type word struct {
	word string
	at   time.Duration // CLOCK_MONOTONIC, or how long something took
	cpu  time.Duration // of the process that told
	pid  int           // as we see it
}

// ear is the socket that payloads tell things at.
type ear struct {
	conn  *net.UnixConn
	words chan word
}

// listen opens an ear.
func listen(path string) (*ear, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PASSCRED, 1) })
	if err := errors.Join(err, failed, os.Chmod(path, 0o666)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	e := &ear{conn: conn, words: make(chan word, 1024)} // when it is full, those who tell wait
	go e.hear()
	return e, nil
}

// Close ends the ear, also where it waits for somebody to take a word.
func (e *ear) Close() error {
	err := e.conn.Close()
	for range e.words { // until hear has ended
	}
	return err
}

func (e *ear) hear() {
	defer close(e.words)
	text, control := make([]byte, 256), make([]byte, 256)
	for {
		n, c, _, _, err := e.conn.ReadMsgUnix(text, control)
		if err != nil {
			return // closed
		}
		if w, ok := parseWord(string(text[:n]), control[:c]); ok {
			e.words <- w
		}
	}
}

func parseWord(text string, control []byte) (word, bool) {
	fields := strings.Fields(text)
	if len(fields) != 3 {
		return word{}, false
	}
	at, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return word{}, false
	}
	cpu, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return word{}, false
	}
	w := word{word: fields[0], at: time.Duration(at), cpu: time.Duration(cpu)}
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil || len(messages) == 0 {
		return w, err == nil
	}
	if credentials, err := unix.ParseUnixCredentials(&messages[0]); err == nil {
		w.pid = int(credentials.Pid)
	}
	return w, true
}

// wait waits until a payload tells this, and drops what else is told meanwhile.
func (s *subject) wait(what string, limit time.Duration) (word, error) {
	ctx, cancel := context.WithTimeout(s.lab.ctx, limit)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		state, err := s.machine.Wait(ctx)
		if err == nil {
			err = fmt.Errorf("init ended: %v", state)
		}
		ended <- err
	}()
	for {
		select {
		case w, ok := <-s.socket.words:
			if !ok || w.word == what {
				return w, nil
			}
		case err := <-ended:
			return word{}, fmt.Errorf("wait for %q: %w", what, err)
		}
	}
}

// stop ends the machine.
func (s *subject) stop() error {
	return errors.Join(s.machine.Stop(), s.socket.Close(), os.RemoveAll(s.dir))
}

// add notes a value for this side.
func (s *subject) add(f figure, value float64) { s.lab.figures.add(s.side.name, f, value) }

// rest lets the machine be quiet.
func (s *subject) rest(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-s.lab.ctx.Done():
		return s.lab.ctx.Err()
	}
}

// inside runs this program in the machine, where its verb has the arguments, and returns the durations it prints.
func (s *subject) inside(verb string, args ...string) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(s.lab.ctx, 10*time.Minute)
	defer cancel()
	out, said, status := s.machine.Exec(ctx, append([]string{selfPath, insideVerb, verb}, args...)...)
	if status != 0 {
		return nil, fmt.Errorf("%s %s: status %d: %s", verb, strings.Join(args, " "), status, strings.TrimSpace(said))
	}
	var took []time.Duration
	err := json.Unmarshal([]byte(out), &took)
	return took, err
}

// run runs a command inside as often as times says, and says how long each took.
func (s *subject) run(times int, argv ...string) ([]time.Duration, error) {
	return s.inside("run", append([]string{strconv.Itoa(times)}, argv...)...)
}

// milliseconds and microseconds are how durations stand in figures.
func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }
func microseconds(d time.Duration) float64 { return float64(d) / 1e3 }

// middle is the median of durations.
func middle(took []time.Duration) time.Duration {
	values := make([]float64, len(took))
	for i, t := range took {
		values[i] = float64(t)
	}
	return time.Duration(median(values))
}

// monotonic is CLOCK_MONOTONIC, which is the same in all machines.
func monotonic() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // it fails only for a bad clock or pointer
	return time.Duration(t.Nano())
}
