// Package output takes what units write, and what the manager says of them, into journal files.
//
// It exists so that no line loses its unit: every invocation writes to a socket of its own, so who wrote is known
// without asking a process that may be gone. One goroutine reads all streams and owns the file; the loop hands it
// messages through a bounded queue. It must not know what a state is.
package output

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/clock"
	"github.com/steward-init/steward/journal/file"
	"github.com/steward-init/steward/journal/ingest"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/sys"
)

// The bounds: messages of the manager that wait to be written, and what is read of a stream at a time.
const (
	maxQueue  = 8192
	chunkSize = 64 << 10
)

// Config says where entries go. Writer nil writes none, only Echo sees them.
type Config struct {
	Writer  *file.Writer
	Host    ingest.Host
	Manager ingest.Process
	BootID  file.ID
	// Console and Kernel are where streams are forwarded to, "" for /dev/console and /dev/kmsg.
	Console, Kernel string
	// Echo is called for every line from the output's goroutine: a console, or the foreground display. May be nil.
	Echo func(Line)
	// MaxLevel drops manager messages above it (LogLevel=), 7 keeps all.
	MaxLevel uint8
	// Identify adds the unit of a process to what is known of it, from the output's goroutine. May be nil.
	Identify func(pid int, p *ingest.Process)
}

// Line is what Echo sees. Text is valid until Echo returns.
type Line struct {
	Unit       string // whose it is or whom it is about, "" for none
	Manager    bool   // the manager says it
	Remark     bool   // it is a mere remark on a line of a unit's file: CONFIG_FILE= is among its fields
	Identifier string
	PID        int
	Level      uint8
	Text       []byte
	// Job is the type of the job that a message of the manager is about, Result how it ended, "" for its beginning.
	Job, Result string
}

// Output is the running collector.
type Output struct {
	config   Config
	poll     *sys.Poll
	wake     int
	composer *ingest.Composer
	buffer   []byte
	control  []byte
	done     chan struct{}
	syslog   int // what is forwarded goes out here, -1 until there is something

	connected int // connections that programs hold; the goroutine's own

	mu      sync.Mutex
	streams map[int32]*Stream
	served  map[int32]Protocol
	stopped []int32 // of those, what is to be closed
	queue   []message
	dropped int
	held    bool // messages wait for Resume
	kicked  bool // the goroutine was woken, and has not looked yet
	closing bool
	release bool
}

type message struct {
	at  port.Time
	log port.Log
}

// Stream is one invocation's output.
type Stream struct {
	fd      int
	unit    string
	source  ingest.Source
	split   ingest.Stream
	mu      sync.Mutex
	main    ingest.Process // of the command itself, known when it is started
	last    int            // the PID that source describes
	maxLvl  int8
	forward Forward
	header  []byte // of a connection whose header is not complete; nil for all others
	served  bool   // it is a connection that a program made
}

// Open starts the collector.
func Open(c Config) (*Output, error) {
	poll, err := sys.NewPoll(64)
	if err != nil {
		return nil, err
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("log collector: %w", err)
	}
	c.Console, c.Kernel = cmp.Or(c.Console, "/dev/console"), cmp.Or(c.Kernel, "/dev/kmsg")
	o := &Output{config: c, poll: poll, wake: wake, composer: ingest.NewComposer(c.Host, c.Manager),
		buffer: make([]byte, chunkSize), control: sys.ControlBuffer(), done: make(chan struct{}),
		streams: map[int32]*Stream{}, served: map[int32]Protocol{}, syslog: -1}
	if err := poll.Add(wake, sys.Readable, int32(wake)); err != nil {
		return nil, err
	}
	go o.run()
	return o, nil
}

// Settings are a unit's options that matter to its stream.
type Settings struct {
	Unit     string
	Source   ingest.Source // all but what only the process can tell
	Level    uint8         // SyslogLevel=
	Prefix   bool          // SyslogLevelPrefix=
	MaxLevel int8          // LogLevelMax=, -1 for none
	Forward  Forward
}

// Stream opens a stream and returns the descriptor to write to, which the caller closes after the spawn.
func (o *Output) Stream(s Settings) (*Stream, int, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, -1, fmt.Errorf("log stream: %w", err)
	}
	read, write := sys.Raise(fds[0]), fds[1]
	err = errors.Join(sys.PassCredentials(read), unix.Shutdown(read, unix.SHUT_WR), unix.SetNonblock(read, true))
	if err == nil {
		stream := &Stream{fd: read, unit: s.Unit, source: s.Source, maxLvl: s.MaxLevel, forward: s.Forward,
			split: ingest.Stream{Level: s.Level, Prefix: s.Prefix}}
		o.mu.Lock()
		o.streams[int32(read)] = stream
		o.mu.Unlock()
		if err = o.poll.Add(read, sys.Readable, int32(read)); err == nil {
			return stream, write, nil
		}
		o.forget(stream)
	}
	sys.Close(read)
	sys.Close(write)
	return nil, -1, fmt.Errorf("log stream: %w", err)
}

// Began tells what the command is, so that lines of a process that is gone when they are read still say who it was.
func (s *Stream) Began(p ingest.Process) {
	s.mu.Lock()
	s.main = p
	s.mu.Unlock()
}

// SetMaxLevel changes which messages of the manager are kept.
func (o *Output) SetMaxLevel(level uint8) {
	o.mu.Lock()
	o.config.MaxLevel = level
	o.mu.Unlock()
}

// Log writes a message of the manager. It never waits; beyond the bound messages are counted and dropped.
func (o *Output) Log(l *port.Log) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l.Level > o.config.MaxLevel || o.closing { // nobody reads the queue any more
		return
	}
	if len(o.queue) >= maxQueue {
		o.dropped++
		return
	}
	o.queue = append(o.queue, message{clock.Now(), *l})
	if len(o.queue) == 1 && !o.held || len(o.queue) == maxHeld {
		o.kick()
	}
}

// maxHeld is how many messages Hold keeps from being written.
const maxHeld = 256

// Hold says that whoever logs is at work, and should not be disturbed by what writes. Resume follows soon.
func (o *Output) Hold() {
	o.mu.Lock()
	o.held = true
	o.mu.Unlock()
}

// Resume has everything written that was logged since Hold.
func (o *Output) Resume() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held && len(o.queue) > 0 && !o.closing && !o.kicked {
		o.kicked = true
		o.kick()
	}
	o.held = false
}

// kick wakes the goroutine. The lock is held and closing is false, or was until now: later the descriptor may be
// another's.
func (o *Output) kick() {
	one := [8]byte{1}
	_, _ = unix.Write(o.wake, one[:]) // best effort: a full counter wakes as well
}

// Release gives memory back that the collector can do without until there is more to collect.
func (o *Output) Release() {
	o.mu.Lock()
	o.release = true
	o.mu.Unlock()
	o.kick()
}

// Close reads what is left, closes the file and ends the goroutine.
func (o *Output) Close() {
	o.mu.Lock()
	if !o.closing {
		o.closing = true
		o.kick()
	}
	o.mu.Unlock()
	<-o.done
}

func (o *Output) run() {
	defer close(o.done)
	for {
		err := o.poll.Wait(-1, func(token int32, _ sys.Readiness) {
			if token == int32(o.wake) {
				var b [8]byte
				_, _ = unix.Read(o.wake, b[:]) // best effort: the queue below is what counts
				return
			}
			o.mu.Lock()
			stream := o.streams[token]
			protocol, served := o.served[token]
			o.mu.Unlock()
			if stream != nil {
				o.messages() // what the manager said before it did what is answered here
				o.read(stream)
			} else if served {
				o.serve(protocol, int(token))
			}
		})
		o.messages()
		o.endServing()
		o.flush()
		o.mu.Lock()
		o.closing = o.closing || err != nil
		closing, release := o.closing, o.release
		o.release = false
		o.mu.Unlock()
		if release && o.config.Writer != nil {
			_ = o.config.Writer.Release() // best effort: it only saves memory
		}
		if closing {
			o.finish()
			return
		}
	}
}

// read takes what a stream holds, a bounded amount at a time so that one flood doesn't hold up the others.
func (o *Output) read(s *Stream) {
	for range 4 {
		m, err := sys.Receive(s.fd, o.buffer, o.control)
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
			return
		}
		for _, fd := range m.FDs { // nobody may make us keep descriptors
			sys.Close(fd)
		}
		if err != nil || m.N == 0 {
			s.split.End(o.emit(s))
			o.forget(s)
			_ = o.poll.Remove(s.fd) // best effort: closing it does the same
			sys.Close(s.fd)
			return
		}
		pid := 0
		if m.HasSender {
			pid = m.Sender.PID
			s.describe(pid, m.Sender)
		}
		data := o.buffer[:m.N]
		if s.header != nil {
			var ready bool
			if data, ready = s.begin(data); !ready {
				return
			}
		}
		s.split.Feed(pid, data, o.emit(s))
		if m.N < len(o.buffer) {
			return
		}
	}
}

// describe fills in who writes: the command itself from what the launcher told, others from /proc while they live.
func (s *Stream) describe(pid int, peer sys.Peer) {
	if pid == s.last {
		return
	}
	s.last = pid
	s.mu.Lock()
	p := s.main
	s.mu.Unlock()
	if p.PID != pid {
		p = look(pid)
	}
	p.PID, p.UID, p.GID = pid, peer.UID, peer.GID
	fixed := &s.source.Process
	p.Cgroup, p.Unit, p.Slice = fixed.Cgroup, fixed.Unit, fixed.Slice
	p.UserUnit, p.UserSlice, p.Invocation, p.OwnerUID = fixed.UserUnit, fixed.UserSlice, fixed.Invocation, fixed.OwnerUID
	p.Extra = fixed.Extra
	s.source.Process = p
}

// emit returns the function that writes a stream's lines.
func (o *Output) emit(s *Stream) func(ingest.Line) {
	o.composer.Lines(&s.source)
	return func(l ingest.Line) {
		if s.maxLvl >= 0 && int8(l.Level) > s.maxLvl {
			return
		}
		o.append(clock.Now(), o.composer.Line(l))
		o.passOn(s, &l)
		if o.config.Echo != nil {
			o.config.Echo(Line{Unit: s.unit, Identifier: s.source.Identifier, PID: l.PID, Level: l.Level, Text: l.Text})
		}
	}
}

func (o *Output) messages() {
	o.mu.Lock()
	queue, dropped := o.queue, o.dropped
	o.queue, o.dropped, o.kicked = nil, 0, false
	o.mu.Unlock()
	if dropped > 0 {
		lost := fmt.Sprintf("Dropped %d messages of the manager", dropped)
		queue = append(queue, message{clock.Now(), port.Log{Level: 4, Message: lost}})
	}
	for i := range queue {
		m := &queue[i]
		o.append(m.at, o.composer.Manager(&ingest.Message{Text: m.log.Message, Level: m.log.Level, ID: m.log.MessageID,
			Unit: m.log.Unit, Fields: m.log.Fields}))
		if o.config.Echo != nil {
			o.config.Echo(Line{Unit: m.log.Unit, Manager: true, Identifier: "systemd", Level: m.log.Level,
				Text: []byte(m.log.Message), Remark: m.log.Level > 4 && fieldOf(&m.log, "CONFIG_FILE=") != "",
				Job: fieldOf(&m.log, "JOB_TYPE="), Result: fieldOf(&m.log, "JOB_RESULT=")})
		}
	}
}

// fieldOf returns a field of a message by its name with "=", "" for none.
func fieldOf(l *port.Log, name string) string {
	for _, f := range l.Fields {
		if value, ok := strings.CutPrefix(f, name); ok {
			return value
		}
	}
	return ""
}

func (o *Output) append(at port.Time, fields [][]byte) {
	if o.config.Writer == nil {
		return
	}
	stamp := file.Stamp{Realtime: uint64(at.Realtime), Monotonic: uint64(at.Monotonic), BootID: o.config.BootID}
	_ = o.config.Writer.Append(stamp, fields) // best effort: a full disk must not stop services; the next entry tries anew
}

func (o *Output) flush() {
	if o.config.Writer != nil {
		_ = o.config.Writer.Flush() // best effort: as Append
	}
}

func (o *Output) forget(s *Stream) {
	o.mu.Lock()
	delete(o.streams, int32(s.fd))
	o.mu.Unlock()
	if s.served {
		o.connected--
	}
}

// finish writes what is left and closes everything.
func (o *Output) finish() {
	o.mu.Lock()
	var left []*Stream
	for _, s := range o.streams {
		left = append(left, s)
	}
	o.mu.Unlock()
	for _, s := range left {
		o.read(s)
		s.split.End(o.emit(s))
	}
	o.messages()
	o.flush()
	if o.config.Writer != nil {
		_ = o.config.Writer.Close() // best effort: we are leaving
	}
	for fd := range o.served {
		sys.Close(int(fd))
	}
	if o.syslog >= 0 {
		sys.Close(o.syslog)
	}
	o.poll.Close()
	sys.Close(o.wake)
}

// look reads who a process is.
func look(pid int) ingest.Process {
	p := ingest.Process{PID: pid}
	if stat, err := sys.ReadStat(pid); err == nil {
		p.Comm = stat.Comm
	}
	if argv, err := sys.CommandLine(pid, ingest.MaxValue); err == nil {
		p.CommandLine = words.JoinShell(argv)
	}
	return p
}
