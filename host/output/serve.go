package output

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/clock"
	"github.com/steward-init/steward/journal/ingest"
	"github.com/steward-init/steward/sys"
)

// This file serves the journal's own sockets, as systemd-journald.service(8) describes them: programs that do not write
// to their standard output log there.

// Protocol is what is spoken on one of them.
type Protocol uint8

// The protocols.
const (
	Syslog Protocol = iota // datagrams of syslog(3)
	Native                 // datagrams of sd_journal_send(3)
	Stdout                 // connections of sd_journal_stream_fd(3)
	Drop                   // read and thrown away: the kernel's audit messages
)

// forwardTo is where a syslog daemon waits for what came to /dev/log. systemd.special(7), syslog.socket.
const forwardTo = "/run/systemd/journal/syslog"

// maxFile bounds an entry that comes as a file, because it is too large for a datagram.
const maxFile = 4 << 20

// Serve reads from a socket until stop is called, or Close. The descriptor stays the caller's; a copy of it is watched.
// stop returns at once: what waits on the socket is still read, up to a bound, then the copy is closed.
func (o *Output) Serve(p Protocol, fd int) (stop func(), err error) {
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("journal socket: %w", err)
	}
	if p != Drop {
		err = sys.PassCredentials(own)
	}
	if err == nil {
		o.mu.Lock()
		o.served[int32(own)] = p
		o.mu.Unlock()
		err = o.poll.Add(own, sys.Readable, int32(own))
	}
	if err != nil {
		o.mu.Lock()
		delete(o.served, int32(own))
		o.mu.Unlock()
		sys.Close(own)
		return nil, fmt.Errorf("journal socket: %w", err)
	}
	return func() { o.stopServing(int32(own)) }, nil
}

// stopServing leaves it to the goroutine, which may be reading from it, to close a served socket.
func (o *Output) stopServing(own int32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closing { // else it is closed with all others
		o.stopped = append(o.stopped, own)
		o.kick()
	}
}

// endServing closes the sockets that are no more to be served.
func (o *Output) endServing() {
	o.mu.Lock()
	stopped := o.stopped
	o.stopped = nil
	o.mu.Unlock()
	for _, own := range stopped {
		o.mu.Lock()
		protocol := o.served[own]
		delete(o.served, own)
		o.mu.Unlock()
		o.serve(protocol, int(own))
		_ = o.poll.Remove(int(own)) // best effort: closing it does not, while the caller has its own
		sys.Close(int(own))
	}
}

// serve reads what waits on a served socket, a bounded number of messages at a time.
func (o *Output) serve(p Protocol, fd int) {
	for range 64 {
		if p == Stdout {
			if !o.accept(fd) {
				return
			}
			continue
		}
		m, err := sys.Receive(fd, o.buffer, o.control)
		if err != nil {
			return
		}
		data := o.buffer[:m.N]
		if p == Native && m.N == 0 && len(m.FDs) == 1 {
			data = readSealed(m.FDs[0])
		}
		for _, fd := range m.FDs {
			sys.Close(fd)
		}
		if p == Drop || !m.HasSender || len(data) == 0 {
			continue
		}
		o.take(p, data, m.Sender)
	}
}

func (o *Output) take(p Protocol, data []byte, from sys.Peer) {
	who := o.who(from)
	var fields [][]byte
	if p == Syslog {
		fields = o.composer.Syslog(data, &who)
		o.forward(data, from)
	} else {
		fields = o.composer.Native(data, &who)
	}
	if fields != nil {
		o.append(clock.Now(), fields)
	}
}

// who describes a process, with its unit where the manager knows it.
func (o *Output) who(from sys.Peer) ingest.Process {
	p := ingest.Process{}
	if from.PID > 0 {
		p = look(from.PID)
		if o.config.Identify != nil {
			o.config.Identify(from.PID, &p)
		}
	}
	p.PID, p.UID, p.GID = from.PID, from.UID, from.GID
	return p
}

// forward hands a datagram on to a syslog daemon, in the name of its sender, if one listens and has room.
func (o *Output) forward(data []byte, from sys.Peer) {
	if o.syslog < 0 {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return
		}
		o.syslog = fd
	}
	to := &unix.SockaddrUnix{Name: forwardTo}
	rights := unix.UnixCredentials(&unix.Ucred{Pid: int32(from.PID), Uid: from.UID, Gid: from.GID})
	err := unix.Sendmsg(o.syslog, data, rights, to, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EPERM) { // the sender is gone, or we may not speak for it
		_ = unix.Sendmsg(o.syslog, data, nil, to, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL) // best effort: nobody may listen
	}
}

// readSealed reads an entry from a file that its sender can't change any more.
func readSealed(fd int) []byte {
	seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	const needed = unix.F_SEAL_WRITE | unix.F_SEAL_SHRINK
	if err != nil || seals&needed != needed {
		return nil
	}
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Size > maxFile {
		return nil
	}
	data := make([]byte, st.Size)
	n, err := unix.Pread(fd, data, 0)
	if err != nil {
		return nil
	}
	return data[:n]
}

// headerLines is the number of lines before the text on a connection: identifier, unit, level, and flags for a level
// prefix and for forwarding to syslog, kmsg and the console.
const headerLines = 7

// maxHeader bounds the header.
const maxHeader = 4096

// maxConnections bounds the connections that programs hold open, as systemd-journald's; what is beyond it is closed.
// The descriptors are the manager's, which needs them for its units.
const maxConnections = 4096

// accept takes one connection; false when none waits.
func (o *Output) accept(fd int) bool {
	conn, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	if err != nil {
		return false
	}
	peer, err := sys.PeerOf(conn)
	if err == nil && o.connected >= maxConnections {
		err = unix.EMFILE
	}
	if err == nil {
		err = errors.Join(sys.PassCredentials(conn), unix.Shutdown(conn, unix.SHUT_WR))
	}
	if err != nil {
		sys.Close(conn)
		return true
	}
	who := o.who(peer)
	s := &Stream{fd: conn, unit: who.Unit, maxLvl: -1, header: []byte{}, served: true, main: who, last: peer.PID}
	s.source = ingest.Source{Process: who}
	s.split = ingest.Stream{Level: 6}
	o.mu.Lock()
	o.streams[int32(conn)] = s
	o.mu.Unlock()
	o.connected++
	if o.poll.Add(conn, sys.Readable, int32(conn)) != nil {
		o.forget(s)
		sys.Close(conn)
	}
	return true
}

// begin takes the header off what a connection sent first. It returns the text behind it, and false while the header
// is not complete.
func (s *Stream) begin(data []byte) ([]byte, bool) {
	s.header = append(s.header, data...)
	rest := s.header
	var lines []string
	for len(lines) < headerLines {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if !found && len(s.header) > maxHeader {
			text := s.header // no header at all
			s.header = nil
			return text, true
		}
		if !found {
			return nil, false
		}
		lines = append(lines, string(line))
		rest = after
	}
	s.header = nil
	s.source.Identifier = lines[0]
	if level, err := strconv.Atoi(lines[2]); err == nil {
		s.split.Level, s.source.Facility = uint8(level&7), uint8(level>>3)
	}
	s.split.Prefix = strings.TrimSpace(lines[3]) == "1"
	return rest, true
}
