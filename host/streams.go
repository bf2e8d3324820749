package host

import (
	"encoding/hex"
	"fmt"
	"path/filepath"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/output"
	"github.com/steward-init/steward/journal/file"
	"github.com/steward-init/steward/journal/ingest"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/words"
)

// Streams gives each invocation its log stream.
type Streams struct {
	Output *output.Output
	User   bool
	UID    int
	Group  func(*model.Unit) string // a unit's control group as clients see it
	// Invoked is told of each command's invocation and of its unit's LogExtraFields=. May be nil.
	Invoked func(unit, invocation string, extra []string)
}

// Open opens the stream of one command. began is called with its PID once it runs.
func (s *Streams) Open(p *port.Spawn) (fd int, began func(pid int, argv []string), err error) {
	exec := p.Unit.Service.Exec
	source := ingest.Source{Identifier: exec.SyslogIdentifier, Facility: exec.SyslogFacility,
		StreamID: streamID(p)}
	if source.Identifier == "" {
		source.Identifier = filepath.Base(p.Command.Path)
	}
	s.name(&source.Process, p)
	if s.Invoked != nil && source.Invocation != "" {
		s.Invoked(p.Unit.Name, source.Invocation, source.Extra)
	}
	stream, fd, err := s.Output.Stream(output.Settings{Unit: p.Unit.Name, Source: source, Level: exec.SyslogLevel,
		Prefix: exec.SyslogLevelPrefix, MaxLevel: exec.LogLevelMax, Forward: forwards(exec)})
	if err != nil {
		return -1, nil, err
	}
	began = func(pid int, argv []string) {
		comm := filepath.Base(p.Command.Path)
		stream.Began(ingest.Process{PID: pid, Comm: comm[:min(len(comm), 15)], Exe: p.Command.Path,
			CommandLine: words.JoinShell(argv)})
	}
	return fd, began, nil
}

// forwards is where a command's output goes besides the journal. Both outputs are one stream, so that their order is
// kept: what one of them asks for holds for both.
func forwards(exec *model.Exec) (f output.Forward) {
	for _, o := range []model.Output{exec.Stdout.Output, exec.Stderr.Output} {
		f.Console = f.Console || o == model.OutputJournalConsole || o == model.OutputKmsgConsole
		f.Kernel = f.Kernel || o == model.OutputKmsg || o == model.OutputKmsgConsole
	}
	return f
}

// name fills in what the manager knows of the writer, in the fields of system or user units.
func (s *Streams) name(p *ingest.Process, spawn *port.Spawn) {
	p.Cgroup, p.Extra = s.Group(spawn.Unit), spawn.Unit.Service.Exec.LogExtraFields
	if spawn.Invocation != (port.InvocationID{}) { // what cleans a unit may be its first process
		p.Invocation = hex.EncodeToString(spawn.Invocation[:])
	}
	if !s.User {
		p.Unit, p.Slice = spawn.Unit.Name, sliceOf(spawn.Unit)
		return
	}
	p.UserUnit, p.UserSlice = spawn.Unit.Name, sliceOf(spawn.Unit)
	p.Unit, p.OwnerUID = fmt.Sprintf("user@%d.service", s.UID), fmt.Sprint(s.UID)
}

// streamID tells the streams of one invocation apart: the invocation's own ID, changed by the spawn's token.
func streamID(p *port.Spawn) file.ID {
	id := file.ID(p.Invocation)
	for i := range 8 {
		id[15-i] ^= byte(p.Token >> (8 * i))
	}
	return id
}
