package kind

import (
	"encoding/json"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// Saved is a unit's state at run time, as a snapshot keeps it.
type Saved struct {
	State  State
	Timers [port.Timers]span.Span
	Status port.UnitStatus // without its pointers
	Life   json.RawMessage `json:",omitempty"`
}

// IsPristine reports a unit that nothing ever happened to, which a snapshot needs not keep.
func (u *Unit) IsPristine() bool {
	st := &u.Status
	return u.state == dead && st.StateChange.Monotonic == 0 && st.CheckTime.Monotonic == 0 &&
		u.Timers == [port.Timers]span.Span{} && st.LastCause == (port.Cause{}) && !st.HasInvocation
}

// Save returns the unit's state at run time.
func (u *Unit) Save() (Saved, error) {
	s := Saved{State: u.state, Timers: u.Timers, Status: u.Status}
	s.Status.Unit, s.Status.Service, s.Status.Scope, s.Status.Socket = nil, nil, nil, nil
	var keep any
	switch l := u.life.(type) {
	case *serviceLife:
		keep = l
	case *scopeLife:
		keep = savedScope{KillToken: l.KillToken, Populated: l.Populated, Status: *u.Status.Scope}
	case *socketLife:
		keep = savedSocket{l.FDs, l.TriggerCount, l.TriggerBegin, *u.Status.Socket}
	default:
		return s, nil
	}
	var err error
	s.Life, err = json.Marshal(keep)
	return s, err
}

type savedScope struct {
	KillToken uint64
	Populated bool
	Status    port.ScopeStatus
}

type savedSocket struct {
	FDs          []port.NamedFD
	TriggerCount uint32
	TriggerBegin span.Span
	Status       port.SocketStatus
}

// Load takes a saved state up again, after Init. The World gets no effects, but owns the processes again.
func (u *Unit) Load(s Saved) error {
	def := complete(u.Status.Unit)
	service, scopeStatus, socketStatus := u.Status.Service, u.Status.Scope, u.Status.Socket
	u.state, u.Timers, u.Status = s.State, s.Timers, s.Status
	u.Status.Unit, u.Status.Service, u.Status.Scope, u.Status.Socket = def, service, scopeStatus, socketStatus
	if int(u.state) >= len(u.kind.table) || u.kind.table[u.state].sub == "" {
		u.state = dead // of a version that knew other states
	}
	if len(s.Life) == 0 {
		u.show()
		return nil
	}
	switch def.Type {
	case model.TypeService:
		l := born(u)
		if err := json.Unmarshal(s.Life, l); err != nil {
			return err
		}
		for _, pid := range []int{l.MainPID, l.ControlPID} {
			if pid > 0 {
				u.world.Own(pid)
			}
		}
	case model.TypeScope:
		var saved savedScope
		if err := json.Unmarshal(s.Life, &saved); err != nil {
			return err
		}
		*u.Status.Scope = saved.Status
		l := u.life.(*scopeLife)
		l.KillToken, l.Populated = saved.KillToken, saved.Populated
	case model.TypeSocket:
		var saved savedSocket
		if err := json.Unmarshal(s.Life, &saved); err != nil {
			return err
		}
		*u.Status.Socket = saved.Status
		l := u.life.(*socketLife)
		l.FDs, l.TriggerCount, l.TriggerBegin = saved.FDs, saved.TriggerCount, saved.TriggerBegin
	}
	u.show()
	return nil
}

// Resume emits what a host that just began needs to know to go on with the unit: its timers and what is watched.
func (u *Unit) Resume() {
	name := u.Status.Unit.Name
	for t, at := range u.Timers {
		if at != 0 {
			u.world.Emit(port.ArmTimer{Unit: name, Timer: port.Timer(t), At: at})
		}
	}
	if u.state == listening {
		u.world.Emit(port.WatchTraffic{Unit: name})
	}
	if u.Status.Scope != nil && u.Status.Scope.Controller != "" {
		u.world.Emit(port.WatchBusName{Unit: name, Name: u.Status.Scope.Controller})
	}
	l, ok := u.life.(*serviceLife)
	if !ok {
		return
	}
	if l.BusWatch {
		u.world.Emit(port.WatchBusName{Unit: name, Name: l.settings().BusName})
	}
	if l.PIDWatch {
		u.world.Emit(port.WatchPIDFile{Unit: name, Path: l.settings().PIDFile})
	}
}
