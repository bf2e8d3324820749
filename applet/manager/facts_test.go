package manager

import "testing"

// TestMachineTimes has a manager that starts a machine say so in the way that systemd-analyze looks for.
func TestMachineTimes(t *testing.T) {
	m := &Manager{}
	begin := m.stage("Userspace")
	m.machineTimes()
	times := m.busFacts.Times
	if times["SecurityStart"] != begin || times["Kernel"].Realtime == 0 || times["Kernel"].Monotonic != 0 {
		t.Errorf("%+v", times)
	}
}
