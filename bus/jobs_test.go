package bus

import (
	"slices"
	"testing"

	godbus "github.com/godbus/dbus/v5"

	"github.com/steward-init/steward/model"
)

// EnqueueUnitJob tells of the jobs that it queued even if they are done by the time that it answers.
func TestEnqueueUnitJob(t *testing.T) {
	w := newWorld()
	w.define("db.service", func(u *model.Unit) { u.Service.Commands[model.ExecStart] = command("/bin/db") })
	w.define("web.service", func(u *model.Unit) {
		u.Service.Commands[model.ExecStart] = command("/bin/web")
		u.Edges = append(u.Edges, model.Edge{Kind: model.Requires, Unit: "db.service"})
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
	type queued struct {
		ID       uint32
		Job      godbus.ObjectPath
		Unit     string
		UnitPath godbus.ObjectPath
		Type     string
	}
	enqueue := func(verb string) (anchor queued, others []queued) {
		call := conn.Object(busName, managerPath).Call(busName+".Manager.EnqueueUnitJob", 0, "web.service", verb, "replace")
		err := call.Store(&anchor.ID, &anchor.Job, &anchor.Unit, &anchor.UnitPath, &anchor.Type, &others)
		if err != nil {
			t.Errorf("%s: %v", verb, err)
		}
		return anchor, others
	}
	web := queued{1, "/org/freedesktop/systemd1/job/1", "web.service",
		"/org/freedesktop/systemd1/unit/web_2eservice", "start"}
	db := queued{2, "/org/freedesktop/systemd1/job/2", "db.service",
		"/org/freedesktop/systemd1/unit/db_2eservice", "start"}
	if anchor, others := enqueue("start"); anchor != web || !slices.Equal(others, []queued{db}) {
		t.Errorf("start: %v, %v", anchor, others)
	}
	if anchor, others := enqueue("verify-active"); anchor.ID != 3 || anchor.Type != "verify-active" || len(others) != 0 {
		t.Errorf("verify-active: %v, %v", anchor, others)
	}
	w.Post(func() { // what follows the answers is done there
		if jobs := w.engine.Jobs(); len(jobs) != 0 {
			t.Errorf("%v are left", jobs)
		}
	})
}

// GetJobAfter and GetJobBefore tell of the jobs that come after and before one.
func TestJobOrder(t *testing.T) {
	w := newWorld()
	w.define("db.service", func(u *model.Unit) {
		u.Service.Type = model.ServiceOneshot
		u.Service.Commands[model.ExecStart] = command("/bin/db")
	})
	w.define("web.service", func(u *model.Unit) {
		u.Service.Commands[model.ExecStart] = command("/bin/web")
		u.Edges = append(u.Edges, model.Edge{Kind: model.Requires, Unit: "db.service"},
			model.Edge{Kind: model.After, Unit: "db.service"})
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
	manager := conn.Object(busName, managerPath)
	var job godbus.ObjectPath
	if err := manager.Call(busName+".Manager.StartUnit", 0, "web.service", "replace").Store(&job); err != nil {
		t.Fatal(err)
	}
	const web, db = 1, 2
	for _, c := range []struct {
		job           uint32
		after, before []uint32
	}{{web, nil, []uint32{db}}, {db, []uint32{web}, nil}} {
		for method, want := range map[string][]uint32{"After": c.after, "Before": c.before} {
			object := conn.Object(busName, godbus.ObjectPath(jobPath(c.job)))
			for _, call := range []*godbus.Call{manager.Call(busName+".Manager.GetJob"+method, 0, c.job),
				object.Call(busName+".Job.Get"+method, 0)} {
				var jobs []struct {
					ID                uint32
					Unit, Type, State string
					Job, UnitPath     godbus.ObjectPath
				}
				if err := call.Store(&jobs); err != nil {
					t.Errorf("%s %d: %v", call.Method, c.job, err)
				}
				var got []uint32
				for _, j := range jobs {
					got = append(got, j.ID)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s of %d: %v, want %v", call.Method, c.job, got, want)
				}
			}
		}
	}
}
