package bus

import (
	"fmt"
	"hash/fnv"
	"strings"
	"sync"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// interfaces returns the tables of an object, the most particular first, as systemctl show prints them.
func (s *Server) interfaces(o *object) []*iface {
	switch {
	case o.unit != nil:
		return []*iface{s.typeTable(o.unit.Unit.Type), s.unitTable()}
	case o.job != nil:
		return []*iface{jobTable()}
	case o.path == logControlPath:
		return []*iface{logTable()}
	}
	return []*iface{managerTable()}
}

// unitTable is org.freedesktop.systemd1.Unit.
func (s *Server) unitTable() *iface {
	s.typeTable(model.TypeService)
	return s.tables[unitInterface]
}

// dynamicName shows the name that DynamicUser= would give a user and group without one: the unit's, or what is made of
// it. Clients take it for granted: systemd's own "systemd-analyze security" aborts without. systemd.exec(5).
func dynamicName(property string, plain getter) getter {
	return func(w *dbus.Writer, s *Server, o *object) {
		u := o.unit.Unit
		if u.Service == nil || !u.Service.Exec.DynamicUser || property == "User" && u.Service.Exec.User != "" ||
			property == "Group" && u.Service.Exec.Group != "" {
			plain(w, s, o)
			return
		}
		if name := u.Service.Exec.User; name != "" {
			w.String(name) // a group has its user's name
			return
		}
		name := unitname.Prefix(u.Name)
		if strings.Trim(name, letters+"0123456789-") != "" || !strings.Contains(letters, name[:1]) || len(name) > maxUser {
			h := fnv.New64a()
			_, _ = h.Write([]byte(name)) // a hash never fails
			name = fmt.Sprintf("_du%016x", h.Sum64())
		}
		w.String(name)
	}
}

// What the name of a user may consist of, and how long it may be.
const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	maxUser = 31
)

// watchdogInForce shows the watchdog's interval as a running service has set it. sd_notify(3), WATCHDOG_USEC=.
func watchdogInForce(configured getter) getter {
	return func(w *dbus.Writer, s *Server, o *object) {
		switch state := o.unit.Service; {
		case o.unit.InactiveExit.Realtime == 0:
			w.Uint64(unset) // as systemd has it before the first start
		case state.Watchdog > 0 && !o.unit.Active.IsDown():
			w.Uint64(uint64(state.Watchdog))
		default:
			configured(w, s, o)
		}
	}
}

// typeTable is the interface of a unit type. Its properties come from the directive table in the oracle's order; what
// that leaves to us is run-time state, filled in by name.
func (s *Server) typeTable(t model.Type) *iface {
	name := typeInterface(t)
	if known := s.tables[name]; known != nil {
		return known
	}
	own := &iface{name: name, methods: typeMethods(t), signals: typeSignals(t)}
	unit := &iface{name: unitInterface, methods: unitVerbs()}
	getters := map[string]map[string]getter{unitInterface: unitGetters(), name: typeGetters(t)}
	for _, row := range directive.Properties(t, s.manager.Defaults()) {
		p := property{name: row.Name, sig: row.Sig, emits: emitsOf[row.Emits], get: getters[row.Interface][row.Name]}
		if row.Encode != nil {
			p.get = func(w *dbus.Writer, _ *Server, o *object) { row.Encode(w, o.unit.Unit) }
		}
		switch row.Name {
		case "User", "Group":
			p.get = dynamicName(row.Name, p.get)
		case "WatchdogUSec":
			p.get = watchdogInForce(p.get)
		}
		if p.get == nil {
			continue // a property of a type that this version doesn't run: tested to be no other
		}
		if row.Interface == unitInterface {
			unit.properties = append(unit.properties, p)
		} else {
			own.properties = append(own.properties, p)
		}
	}
	unit.properties = append(unit.properties, property{name: "StewardVerdicts", sig: "as", emits: emitsConst,
		get: func(w *dbus.Writer, _ *Server, o *object) { w.StringArray(verdicts(o.unit.Unit)) }})
	s.tables[name] = own
	if s.tables[unitInterface] == nil {
		s.tables[unitInterface] = unit
	}
	return own
}

var emitsOf = map[directive.Emits]emits{directive.EmitsValue: emitsTrue, directive.EmitsInvalidation: emitsInvalidates,
	directive.EmitsNothing: emitsFalse, directive.EmitsConst: emitsConst}

func typeGetters(t model.Type) map[string]getter {
	switch t {
	case model.TypeService:
		return serviceGetters()
	case model.TypeScope:
		return scopeGetters()
	case model.TypeSocket:
		return socketGetters()
	case model.TypeTarget, model.TypeDevice:
		return nil
	}
	return sliceGetters()
}

// jobTable is org.freedesktop.systemd1.Job.
var jobTable = sync.OnceValue(func() *iface {
	return &iface{name: jobInterface,
		methods: []method{
			{"Cancel", "", "", "", 0, func(c *call) { c.cancel(c.object.job.ID) }},
			{"GetAfter", "", "a(usssoo)", "jobs", 0, func(c *call) {
				c.jobList(c.server.manager.Engine().Awaited(c.object.job.ID))
			}},
			{"GetBefore", "", "a(usssoo)", "jobs", 0, func(c *call) {
				c.jobList(c.server.manager.Engine().Awaits(c.object.job.ID))
			}},
		},
		properties: []property{
			{name: "Id", sig: "u", emits: emitsConst, get: func(w *dbus.Writer, _ *Server, o *object) { w.Uint32(o.job.ID) }},
			{name: "Unit", sig: "(so)", emits: emitsConst, get: func(w *dbus.Writer, _ *Server, o *object) {
				w.Struct()
				w.String(o.job.Unit)
				w.ObjectPath(unitPath(o.job.Unit))
			}},
			{name: "JobType", sig: "s", emits: emitsConst, get: func(w *dbus.Writer, _ *Server, o *object) {
				w.String(o.job.Type.String())
			}},
			{name: "State", sig: "s", emits: emitsTrue, get: func(w *dbus.Writer, _ *Server, o *object) {
				w.String(o.job.State.String())
			}},
			{name: "ActivationDetails", sig: "a(ss)", emits: emitsConst, get: writeDetails},
		}}
})

// managerTable is org.freedesktop.systemd1.Manager.
var managerTable = sync.OnceValue(func() *iface {
	return &iface{name: managerInterface, methods: managerMethods(), signals: managerSignals,
		properties: managerProperties()}
})
