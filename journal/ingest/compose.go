package ingest

import (
	"strconv"

	"github.com/steward-init/steward/journal/file"
)

// MaxValue is how many bytes of a value other than MESSAGE= are kept: a command line can be megabytes.
const MaxValue = 16 << 10

// Host is what is the same in all entries.
type Host struct {
	MachineID, BootID file.ID
	Hostname          string
	// User: the manager is a user's. Its units are named in USER_UNIT= and _SYSTEMD_USER_UNIT=.
	User bool
}

// Process is who an entry is from. What is zero or empty is left out, but for UID and GID, which go with PID.
type Process struct {
	PID                      int
	UID, GID                 uint32
	Comm, Exe, CommandLine   string
	EffectiveCapabilities    string // hexadecimal, as in /proc/PID/status without leading zeros
	Cgroup, Unit, Slice      string // Unit is the system's: user@1000.service for all processes of a user manager
	UserUnit, UserSlice      string
	Invocation               string // of Unit, or of UserUnit if there is one
	OwnerUID                 string // of the user manager, empty for a system service
	AuditSession, AuditLogin string
	Extra                    []string // NAME=value, of LogExtraFields=
}

// Source is one standard output.
type Source struct {
	Process
	StreamID   file.ID
	Identifier string // SyslogIdentifier=, or the name of what was executed
	Facility   uint8  // SyslogFacility=: 0 kern, 1 user, 3 daemon …
}

// Composer makes the fields of entries in memory of its own, used over and over. Not safe for concurrent use.
type Composer struct {
	user    bool
	manager Process
	host    [][]byte
	fields  [][]byte
	arena   []byte
	message []byte
}

// NewComposer makes a composer for the entries of one manager.
//
// Compat: journalctl -u believes a system manager's messages only if they are from process 1, so those have _PID=1
// whatever number the manager has, and those of a user's its own.
func NewComposer(h Host, manager Process) *Composer {
	if !h.User {
		manager.PID = 1
	}
	c := &Composer{user: h.User, manager: manager}
	c.id("_BOOT_ID=", h.BootID)
	c.id("_MACHINE_ID=", h.MachineID)
	c.text("_HOSTNAME=", h.Hostname)
	c.text("_RUNTIME_SCOPE=", "system")
	c.host, c.fields, c.arena = c.fields, nil, nil
	return c
}

// Lines begins entries of a source; Line makes each. The source's fields are composed once for a whole burst.
func (c *Composer) Lines(s *Source) {
	c.begin()
	c.text("_TRANSPORT=", "stdout")
	c.id("_STREAM_ID=", s.StreamID)
	c.text("SYSLOG_IDENTIFIER=", s.Identifier)
	if s.Facility != 0 {
		c.number("SYSLOG_FACILITY=", uint64(s.Facility))
	}
	c.process(&s.Process)
}

// Line is the fields of an entry of the source that Lines was given; valid until the next call of any method.
func (c *Composer) Line(l Line) [][]byte {
	f := append(c.fields, priorities[l.Level&7])
	if l.Break != Newline {
		f = append(f, breaks[l.Break])
	}
	c.message = append(append(c.message[:0], "MESSAGE="...), l.Text...)
	f = append(f, c.message)
	c.fields = f[:len(c.fields)] // keeps what append may have grown
	return f
}

// Message is what the manager says, mostly of a unit. What is zero or empty is left out.
type Message struct {
	Text  string
	Level uint8  // 0 emergency … 7 debug
	ID    string // MESSAGE_ID=, 32 hexadecimal digits (journalctl -x has a text for it)
	// Unit it is about and the invocation of that unit.
	Unit, Invocation            string
	JobID                       uint32
	JobType, JobResult          string
	CodeFile, CodeLine, CodeFun string
	// Fields are more of them, NAME=value. Those whose name a program may not give are left out.
	Fields []string
}

// Manager is the fields of a message of the manager itself; valid until the next call of any method.
func (c *Composer) Manager(m *Message) [][]byte {
	c.begin()
	c.text("_TRANSPORT=", "journal")
	c.text("SYSLOG_IDENTIFIER=", "systemd")
	c.number("SYSLOG_FACILITY=", 3)
	c.process(&c.manager)
	if c.user {
		c.text("USER_UNIT=", m.Unit)
		c.text("USER_INVOCATION_ID=", m.Invocation)
	} else {
		c.text("UNIT=", m.Unit)
		c.text("INVOCATION_ID=", m.Invocation)
	}
	c.text("MESSAGE_ID=", m.ID)
	if m.JobID != 0 {
		c.number("JOB_ID=", uint64(m.JobID))
	}
	c.text("JOB_TYPE=", m.JobType)
	c.text("JOB_RESULT=", m.JobResult)
	c.text("CODE_FILE=", m.CodeFile)
	c.text("CODE_LINE=", m.CodeLine)
	c.text("CODE_FUNC=", m.CodeFun)
	for _, f := range m.Fields {
		if validName(f) && len(c.fields) < maxFields {
			c.text("", f)
		}
	}
	c.message = append(append(c.message[:0], "MESSAGE="...), m.Text...)
	return append(c.fields, priorities[m.Level&7], c.message)
}

// maxFields leaves room for the last ones below what an entry may have.
const maxFields = file.MaxFields - 8

// validName tells whether NAME=value has a name that a program may give: at most 64 upper-case letters, digits and
// underscores, not first a digit, nor an underscore, which is how trusted fields begin.
func validName(f string) bool {
	for i := range min(len(f), 65) {
		ch := f[i]
		switch {
		case ch == '=':
			return i > 0
		case ch >= 'A' && ch <= 'Z':
		case i > 0 && (ch == '_' || ch >= '0' && ch <= '9'):
		default:
			return false
		}
	}
	return false
}

func (c *Composer) begin() {
	c.arena = c.arena[:0]
	c.fields = append(c.fields[:0], c.host...)
}

func (c *Composer) process(p *Process) {
	if p.PID != 0 {
		c.number("_PID=", uint64(p.PID))
		c.number("_UID=", uint64(p.UID))
		c.number("_GID=", uint64(p.GID))
	}
	c.text("_COMM=", p.Comm)
	c.text("_EXE=", p.Exe)
	c.text("_CMDLINE=", p.CommandLine)
	c.text("_CAP_EFFECTIVE=", p.EffectiveCapabilities)
	c.text("_AUDIT_SESSION=", p.AuditSession)
	c.text("_AUDIT_LOGINUID=", p.AuditLogin)
	c.text("_SYSTEMD_CGROUP=", p.Cgroup)
	c.text("_SYSTEMD_OWNER_UID=", p.OwnerUID)
	c.text("_SYSTEMD_UNIT=", p.Unit)
	c.text("_SYSTEMD_USER_UNIT=", p.UserUnit)
	c.text("_SYSTEMD_SLICE=", p.Slice)
	c.text("_SYSTEMD_USER_SLICE=", p.UserSlice)
	c.text("_SYSTEMD_INVOCATION_ID=", p.Invocation)
	for _, f := range p.Extra {
		if validName(f) && len(c.fields) < maxFields {
			c.text("", f)
		}
	}
}

func (c *Composer) text(name, value string) {
	if value == "" {
		return
	}
	start := len(c.arena)
	c.arena = append(append(c.arena, name...), value[:min(len(value), MaxValue)]...)
	c.field(start)
}

func (c *Composer) number(name string, value uint64) {
	start := len(c.arena)
	c.arena = strconv.AppendUint(append(c.arena, name...), value, 10)
	c.field(start)
}

func (c *Composer) id(name string, id file.ID) {
	if id == (file.ID{}) {
		return
	}
	start := len(c.arena)
	c.arena = id.Append(append(c.arena, name...))
	c.field(start)
}

// field is what the arena holds from start on. When append moves the arena, earlier fields stay in the old one.
func (c *Composer) field(start int) {
	c.fields = append(c.fields, c.arena[start:len(c.arena):len(c.arena)])
}

var priorities = [8][]byte{
	[]byte("PRIORITY=0"), []byte("PRIORITY=1"), []byte("PRIORITY=2"), []byte("PRIORITY=3"),
	[]byte("PRIORITY=4"), []byte("PRIORITY=5"), []byte("PRIORITY=6"), []byte("PRIORITY=7"),
}

var breaks = [...][]byte{
	Nul: []byte("_LINE_BREAK=nul"), Full: []byte("_LINE_BREAK=line-max"), EOF: []byte("_LINE_BREAK=eof"),
	PIDChange: []byte("_LINE_BREAK=pid-change"),
}
