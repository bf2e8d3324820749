package bus

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// object is what a path stands for: the manager, a unit or a job.
type object struct {
	path string
	unit *port.UnitStatus
	job  *port.JobStatus

	usage *Usage // of the unit, once it was asked for: several properties come of one look
}

// use looks at a unit's control group, once for all properties of an answer.
func (o *object) use(s *Server) Usage {
	if o.usage == nil {
		u := s.manager.Usage(o.unit.Unit.Name)
		o.usage = &u
	}
	return *o.usage
}

func unitPath(name string) string { return unitPrefix + dbus.PathEscape(name) }

func jobPath(id uint32) string { return jobPrefix + strconv.FormatUint(uint64(id), 10) }

// resolve finds the object of a path. A unit that is not loaded yet is loaded: clients compute paths themselves.
func (s *Server) resolve(path string) (*object, *port.Refusal) { return s.resolveFor(nil, path) }

// resolveFor is resolve for a client, which unit/self means the unit of.
func (s *Server) resolveFor(from *client, path string) (*object, *port.Refusal) {
	switch {
	case path == unitPrefix+"self" && from != nil:
		name := s.manager.UnitOf(int(from.pid))
		if status := s.manager.Engine().Unit(name); status != nil {
			return &object{path: path, unit: status}, nil
		}
		return nil, &port.Refusal{Error: errorNoSuchUnit, Message: "Client not member of any unit."}
	case path == managerPath || path == logControlPath:
		return &object{path: path}, nil
	case strings.HasPrefix(path, unitPrefix):
		status, refusal := s.named(dbus.PathUnescape(strings.TrimPrefix(path, unitPrefix)))
		return &object{path: path, unit: status}, refusal
	case strings.HasPrefix(path, jobPrefix):
		id, err := strconv.ParseUint(strings.TrimPrefix(path, jobPrefix), 10, 32)
		if err == nil {
			if job, ok := s.manager.Engine().Job(uint32(id)); ok {
				return &object{path: path, job: &job}, nil
			}
		}
	}
	return nil, &port.Refusal{Error: errorUnknownObject, Message: "Unknown object '" + path + "'."}
}

// named finds the unit that a path names, by its name or the ID of its invocation.
func (s *Server) named(name string) (*port.UnitStatus, *port.Refusal) {
	if unitname.Valid(name) == nil && !unitname.IsTemplate(name) {
		return s.unit(name)
	}
	id, err := hex.DecodeString(strings.ReplaceAll(name, "-", ""))
	if err != nil || len(id) != len(port.InvocationID{}) {
		return nil, &port.Refusal{Error: errorInvalidArgs,
			Message: "Unit name " + name + " is neither a valid invocation ID nor unit name."}
	}
	if status := s.invoked(port.InvocationID(id)); status != nil {
		return status, nil
	}
	return nil, noInvocation(id)
}

// invoked finds the unit of an invocation, nil if there is none.
func (s *Server) invoked(id port.InvocationID) *port.UnitStatus {
	for _, status := range s.manager.Engine().Units() {
		if status.HasInvocation && status.Invocation == id {
			return status
		}
	}
	return nil
}

func noInvocation(id []byte) *port.Refusal {
	return &port.Refusal{Error: busName + ".NoUnitForInvocationID",
		Message: "No unit with the specified invocation ID " + hex.EncodeToString(id) + " known."}
}

// unit returns a unit's status, loading the unit if need be.
func (s *Server) unit(name string) (*port.UnitStatus, *port.Refusal) {
	if status := s.manager.Engine().Unit(name); status != nil {
		return status, nil
	}
	units := s.manager.Load(name)
	if len(units) == 0 {
		return nil, &port.Refusal{Error: errorNoSuchUnit, Message: "Unit " + name + " not found."}
	}
	s.manager.Do(port.UnitsLoaded{Loaded: units})
	if status := s.manager.Engine().Unit(name); status != nil {
		return status, nil
	}
	// The engine keeps no unit that nothing needs: show it as loaded, at rest.
	for _, unit := range units {
		if unit.Name == name || slices.Contains(unit.Aliases, name) {
			return &port.UnitStatus{Unit: unit, Sub: "dead"}, nil
		}
	}
	return nil, &port.Refusal{Error: errorNoSuchUnit, Message: "Unit " + name + " not found."}
}

// typeInterface is the interface of a unit's own type, "" for the manager and jobs.
func typeInterface(t model.Type) string {
	word := t.String()
	return busName + "." + strings.ToUpper(word[:1]) + word[1:]
}
