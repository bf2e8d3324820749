package bus

import (
	"testing"

	godbus "github.com/godbus/dbus/v5"

	"github.com/steward-init/steward/model"
)

// A service with DynamicUser= shows the name that its user would have, as clients expect.
func TestDynamicNames(t *testing.T) {
	w := newWorld()
	for name, set := range map[string]func(*model.Exec){
		"plain.service":    func(*model.Exec) {},
		"my-web@1.service": func(x *model.Exec) { x.DynamicUser = true },
		"own.service":      func(x *model.Exec) { x.DynamicUser, x.User = true, "somebody" },
		"both.service":     func(x *model.Exec) { x.DynamicUser, x.User, x.Group = true, "somebody", "some" },
		"1st.service":      func(x *model.Exec) { x.DynamicUser = true },
	} {
		w.define(name, func(u *model.Unit) {
			exec := *u.Service.Exec
			set(&exec)
			u.Service.Exec = &exec
		})
	}
	serve(t, w)
	conn, err := godbus.Dial("unix:path=" + w.socket)
	if err == nil {
		err = conn.Auth(nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for name, want := range map[string][2]string{"plain.service": {"", ""}, "my-web@1.service": {"my-web", "my-web"},
		"own.service": {"somebody", "somebody"}, "both.service": {"somebody", "some"},
		"1st.service": {"_du44990518176bc8cb", "_du44990518176bc8cb"}} {
		var path godbus.ObjectPath
		manager := conn.Object(busName, managerPath)
		if err := manager.Call(managerInterface+".LoadUnit", 0, name).Store(&path); err != nil {
			t.Fatal(err)
		}
		for i, property := range []string{"User", "Group"} {
			v, err := conn.Object(busName, path).GetProperty(busName + ".Service." + property)
			if err != nil || v.Value() != want[i] {
				t.Errorf("%s %s: %v, %v; want %s", name, property, v, err, want[i])
			}
		}
	}
}
