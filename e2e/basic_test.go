package e2e_test

import "testing"

// TestHello: a service runs, its lines are in the journal, and it is stopped.
func TestHello(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{"hello.service": `
[Service]
ExecStart=/bin/sh -c 'echo hello; echo world >&2; exec sleep infinity'
`}})
		m.up("hello.service")
		if state := m.state("hello.service"); state != "active/running" {
			t.Errorf("state %s", state)
		}
		m.awaitLog("hello.service", "hello")
		m.awaitLog("hello.service", "world")
		pid := m.mainPID("hello.service")
		m.down("hello.service")
		if alive(pid) {
			t.Errorf("process %d is still there", pid)
		}
	})
}
