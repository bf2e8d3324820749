package engine

import (
	"fmt"
	"testing"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// TestRestartMatrix is table 1 of systemd.service(5), Restart=: exit causes against policies.
func TestRestartMatrix(t *testing.T) {
	policies := []string{"no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"}
	causes := []struct {
		name string
		run  func(w *world)
		want string // an x for each policy that restarts
	}{
		{"clean exit code", func(w *world) { w.end("a.service", port.Exited, 0) }, "-xx----"},
		{"clean signal", func(w *world) { w.end("a.service", port.Killed, 15) }, "-xx----"},
		{"unclean exit code", func(w *world) { w.end("a.service", port.Exited, 1) }, "-x-x---"},
		{"unclean signal", func(w *world) { w.end("a.service", port.Killed, 9) }, "-x-xxx-"},
		{"core dump", func(w *world) { w.end("a.service", port.Dumped, 11) }, "-x-xxx-"},
		{"timeout", func(w *world) { w.pass(5_000_000) }, "-x-xx--"},
		{"watchdog", func(w *world) { w.pass(3_000_000) }, "-x-xx-x"},
		{"stop", func(w *world) { w.stop("a.service") }, "-------"},
	}
	for _, cause := range causes {
		for i, policy := range policies {
			more := ""
			switch cause.name {
			case "timeout":
				more = "RuntimeMaxSec=5s"
			case "watchdog":
				more = "WatchdogSec=3s"
			}
			w := newWorld(t, parse(t, fmt.Sprintf(`
				[keep.target]
				Wants=a.service
				[a.service]
				ExecStart=/bin/a
				Restart=%s
				%s
			`, policy, more))...)
			w.start("keep.target")
			first := w.pid
			cause.run(w)
			w.pass(99_999)
			restarted := w.pid > first
			if restarted {
				t.Errorf("%s, Restart=%s: restarted before RestartSec", cause.name, policy)
			}
			w.pass(1)
			if restarted = w.pid > first; restarted != (cause.want[i] == 'x') {
				t.Errorf("%s, Restart=%s: restarted %v", cause.name, policy, restarted)
			}
			if n := w.e.Unit("a.service").Service.Restarts; restarted && n != 1 {
				t.Errorf("%s, Restart=%s: %d restarts", cause.name, policy, n)
			}
		}
	}
}

func TestRestartLog(t *testing.T) {
	w := newWorld(t, parse(t, `
		[keep.target]
		Wants=a.service
		[a.service]
		ExecStart=/bin/a
		Restart=always
		StartLimitBurst=2
		OnFailure=help.service
		FailureAction=reboot
		[help.service]
		ExecStart=/bin/help
	`)...)
	w.start("keep.target")
	w.take()
	w.end("a.service", port.Exited, 3)
	w.expect("a.service", model.Activating, "auto-restart")
	w.expectLines(`
log a.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED
log a.service: Failed with result 'exit-code'.`)
	w.pass(100_000)
	w.expectLines(`
log a.service: Scheduled restart job, restart counter is at 1.
log Stopped a.service.
spawn a.service ExecStart /bin/a
log Started a.service.
job a.service start done`)
	w.end("a.service", port.Exited, 0)
	w.pass(100_000)
	w.expect("a.service", model.Failed, "failed")
	w.expectLines(`
log a.service: Deactivated successfully.
log a.service: Scheduled restart job, restart counter is at 2.
log Stopped a.service.
log a.service: Start request repeated too quickly.
log a.service: Failed with result 'start-limit-hit'.
log Failed to start a.service.
log a.service: Triggering OnFailure= dependencies.
act reboot unit a.service failed
spawn help.service ExecStart /bin/help
  MONITOR_SERVICE_RESULT=start-limit-hit
  MONITOR_EXIT_CODE=exited
  MONITOR_EXIT_STATUS=0
  MONITOR_INVOCATION_ID=4d5206539fda4c08bb30542affbb525b
  MONITOR_UNIT=a.service
job a.service start failed
log Started help.service.
job help.service start done`)
}
