package bus

import (
	"reflect"
	"testing"

	godbus "github.com/godbus/dbus/v5"

	"github.com/steward-init/steward/model"
)

// planned is a job in the answer of StewardPlan, as a client gets it.
type planned struct {
	Job, Unit, State             string
	Idle                         bool
	Kind, By, Dependency, Origin string
	After                        []string
}

func TestPlan(t *testing.T) {
	w := newWorld()
	w.define("db.service", func(u *model.Unit) { u.Service.Commands[model.ExecStart] = command("/bin/db") })
	w.define("web.service", func(u *model.Unit) {
		u.Service.Commands[model.ExecStart] = command("/bin/web")
		at := model.Origin{Path: "/etc/systemd/system/web.service", Line: 3}
		u.Edges = append(u.Edges, model.Edge{Kind: model.Requires, Unit: "db.service", Origin: at},
			model.Edge{Kind: model.After, Unit: "db.service", Origin: at})
	})
	serve(t, w)
	conn, err := godbus.Dial("unix:path=" + w.socket)
	if err == nil {
		err = conn.Auth(nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	plan := func(verb, unit string) (jobs []planned, err error) {
		var notes []string
		err = conn.Object(busName, "/org/freedesktop/systemd1").Call(busName+".Manager.StewardPlan", 0, verb, unit,
			"replace").Store(&jobs, &notes)
		return jobs, err
	}
	got, err := plan("start", "web.service")
	want := []planned{
		{Job: "start", Unit: "web.service", State: "inactive", Kind: "request", After: []string{"db.service"}},
		{Job: "start", Unit: "db.service", State: "inactive", Kind: "dependency", By: "web.service",
			Dependency: "Requires", Origin: "/etc/systemd/system/web.service:3", After: []string{}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("start: %v, %v; want %v", got, err, want)
	}
	if jobs := w.engine.Jobs(); len(jobs) != 0 {
		t.Errorf("a plan queued %v", jobs)
	}
	for _, c := range []struct{ verb, unit, want string }{
		{"start", "nothing.service", "Unit nothing.service not found."},
		{"stop", "nothing.service", "Unit nothing.service not loaded."},
		{"reload", "db.service", "Job type reload is not applicable for unit db.service."},
		{"dance", "db.service", "No command dance that queues jobs"},
	} {
		if _, err := plan(c.verb, c.unit); err == nil || err.Error() != c.want {
			t.Errorf("%s %s: %v, want %s", c.verb, c.unit, err, c.want)
		}
	}
}
