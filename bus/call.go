package bus

import (
	"fmt"
	"os"
	"strconv"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// The bus name under which we speak, on private connections too.
const busName = "org.freedesktop.systemd1"

// The interfaces' common prefix and the objects' paths.
const (
	managerPath      = "/org/freedesktop/systemd1"
	unitPrefix       = managerPath + "/unit/"
	jobPrefix        = managerPath + "/job/"
	logControlPath   = "/org/freedesktop/LogControl1"
	managerInterface = busName + ".Manager"
	unitInterface    = busName + ".Unit"
	jobInterface     = busName + ".Job"
)

// The errors of this interface; org.freedesktop.systemd1(5) has the list.
const (
	errorNoSuchUnit     = busName + ".NoSuchUnit"
	errorNoSuchJob      = busName + ".NoSuchJob"
	errorInvalidArgs    = "org.freedesktop.DBus.Error.InvalidArgs"
	errorUnknownMethod  = "org.freedesktop.DBus.Error.UnknownMethod"
	errorUnknownObject  = "org.freedesktop.DBus.Error.UnknownObject"
	errorUnknownIface   = "org.freedesktop.DBus.Error.UnknownInterface"
	errorUnknownProp    = "org.freedesktop.DBus.Error.UnknownProperty"
	errorReadOnly       = "org.freedesktop.DBus.Error.PropertyReadOnly"
	errorAccessDenied   = "org.freedesktop.DBus.Error.AccessDenied"
	errorFailed         = "org.freedesktop.DBus.Error.Failed"
	errorNotSupported   = "org.freedesktop.DBus.Error.NotSupported"
	errorNoUnitForPID   = busName + ".NoUnitForPID"
	errorInvalidMessage = "org.freedesktop.DBus.Error.InconsistentMessage"
	errorLimitsExceeded = "org.freedesktop.DBus.Error.LimitsExceeded"
	errorUnitExists     = busName + ".UnitExists"
)

// call is one method call until it is answered.
type call struct {
	server   *Server
	client   *client
	message  *transport.Message
	in       dbus.Reader
	object   *object
	answered bool
	// creates is set for a call that makes a job, whose client is told of the job's end whether it subscribed or not.
	creates bool
	// finish answers a job's Reply; nil answers with the job's object path.
	finish func(*call, port.Reply)
}

// reply answers with a body of signature sig.
func (c *call) reply(sig string, body func(w *dbus.Writer)) {
	if c.answered {
		return
	}
	c.answered = true
	if !c.message.WantsReply() {
		return
	}
	header := c.message.Reply(sig)
	header.Sender = busName
	c.send(&header, body)
}

// maxScratch is the size in bytes up to which the buffer for messages is kept.
const maxScratch = 256 << 10

// replyFD answers with a descriptor, and closes it.
func (c *call) replyFD(fd *os.File) {
	defer fd.Close()
	if c.answered {
		return
	}
	c.answered = true
	header := c.message.Reply("h")
	header.Sender, header.UnixFDs = busName, 1
	c.send(&header, func(w *dbus.Writer) { w.UnixFD(0) }, int(fd.Fd()))
}

func (c *call) send(header *dbus.Header, body func(w *dbus.Writer), fds ...int) {
	w := &c.server.scratch
	w.Reset()
	w.Begin(header)
	if body != nil {
		body(w)
	}
	bytes, err := w.Finish()
	if err != nil { // our own strings are checked; what is left is a unit's text that is no UTF-8
		if header.Type != dbus.Error {
			c.answered = false
			c.refuse(errorFailed, "Failed to encode the reply: %v", err)
		}
		return
	}
	c.server.transmit(&c.client.outlet, bytes, fds...)
	c.server.big = c.server.big || len(bytes) > maxScratch
}

// refuse answers with an error.
func (c *call) refuse(name, format string, args ...any) {
	if c.answered {
		return
	}
	c.answered = true
	if !c.message.WantsReply() {
		return
	}
	header := c.message.Refusal(name)
	header.Sender = busName
	text := fmt.Sprintf(format, args...)
	c.send(&header, func(w *dbus.Writer) { w.String(text) })
}

// done answers without a body.
func (c *call) done() { c.reply("", nil) }

// ask hands the engine a request and remembers the call until the Reply comes.
func (c *call) ask(event func(port.Request) port.Event) {
	s := c.server
	s.next++
	id := s.next
	s.pending[id] = c
	s.manager.Do(event(id))
}

// answer is the Reply effect.
func (s *Server) answer(r port.Reply) {
	c := s.pending[r.Request]
	if c == nil {
		return // the client left
	}
	delete(s.pending, r.Request)
	if c.creates && r.Job != 0 {
		s.owe(c.client, r.Job)
	}
	switch {
	case r.Err != nil:
		c.refuse(r.Err.Error, "%s", r.Err.Message)
	case c.finish != nil:
		c.finish(c, r)
	case r.Job != 0:
		c.reply("o", func(w *dbus.Writer) { w.ObjectPath(jobPath(r.Job)) })
	default:
		c.done()
	}
}

// name identifies a client to the engine, for references and causes.
func (c *client) name() string { return strconv.FormatUint(c.number, 10) }
