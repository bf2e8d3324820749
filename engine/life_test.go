//tidy:table

package engine

import (
	"strings"
	"testing"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// play runs a script, a step a line: a job verb with a unit, "exit UNIT STATUS", "signal UNIT NUMBER",
// "notify UNIT TEXT", "pass SPAN", "stay", or "is UNIT SUB".
func (w *world) play(script string) {
	w.t.Helper()
	for line := range strings.Lines(script) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		number := int32(0)
		if len(f) == 3 {
			for _, c := range f[2] {
				number = number*10 + (c - '0')
			}
		}
		switch f[0] {
		case "exit":
			w.end(f[1], port.Exited, number)
		case "signal":
			w.end(f[1], port.Killed, number)
		case "notify":
			w.notify(f[1], f[2])
		case "pass":
			d, err := span.Parse(f[1])
			if err != nil {
				w.t.Fatal(err)
			}
			w.pass(d)
		case "pid":
			w.send(port.PIDFileRead{Unit: f[1], PID: int(number)})
		case "guess":
			w.send(port.MainPIDGuessed{Unit: f[1], PID: int(number)})
		case "own":
			w.send(port.BusNameChanged{Name: f[1], Owner: ":1.5", PID: w.pid})
		case "lose":
			w.send(port.BusNameChanged{Name: f[1]})
		case "is":
			if st := w.e.Unit(f[1]); st == nil || st.Sub != f[2] {
				w.t.Errorf("%s: %s is not %s but %+v", line, f[1], f[2], st)
			}
		default:
			if r := w.ask(strings.TrimSpace(line)); r != nil {
				w.say("refused: %s", *r)
			}
		}
	}
}

func TestLives(t *testing.T) {
	for _, c := range []struct{ name, units, script, want string }{
		{"all commands in order", `
			[a.service]
			Type=oneshot
			RemainAfterExit=yes
			ExecCondition=/c
			ExecStartPre=/p1
			ExecStartPre=/p2
			ExecStart=/s1
			ExecStart=/s2
			ExecStartPost=/t
			ExecStop=/o
			ExecStopPost=/u`, `
			start a.service
			exit a.service 0
			exit a.service 0
			exit a.service 0
			is a.service start
			exit a.service 0
			exit a.service 0
			is a.service start-post
			exit a.service 0
			is a.service exited
			stop a.service
			is a.service stop
			exit a.service 0
			is a.service stop-post
			exit a.service 0`, `
log Starting a.service...
spawn a.service ExecCondition /c
spawn a.service ExecStartPre /p1
spawn a.service ExecStartPre /p2
spawn a.service ExecStart /s1
spawn a.service ExecStart /s2
spawn a.service ExecStartPost /t
log Finished a.service.
job a.service start done
log Stopping a.service...
spawn a.service ExecStop /o
  SERVICE_RESULT=success
  EXIT_CODE=exited
  EXIT_STATUS=0
spawn a.service ExecStopPost /u
  SERVICE_RESULT=success
  EXIT_CODE=exited
  EXIT_STATUS=0
log a.service: Deactivated successfully.
log Stopped a.service.
job a.service stop done`},
		{"ExecCondition says no", `
			[a.service]
			ExecCondition=/c
			ExecStart=/s`, `
			start a.service
			exit a.service 1
			is a.service dead`, `
log Starting a.service...
spawn a.service ExecCondition /c
log a.service: Skipped due to 'exec-condition'.
log Condition check resulted in a.service being skipped.
job a.service start done`},
		{"ExecCondition fails", `
			[a.service]
			ExecCondition=/c
			ExecStart=/s`, `
			start a.service
			exit a.service 255
			is a.service failed`, `
log Starting a.service...
spawn a.service ExecCondition /c
log a.service: Condition check process exited, code=exited, status=255/EXCEPTION
log a.service: Failed with result 'exit-code'.
log Failed to start a.service.
job a.service start failed`},
		{"a failing ExecStartPre ends the start", `
			[a.service]
			ExecStartPre=-/p1
			ExecStartPre=/p2
			ExecStart=/s
			ExecStop=/o
			ExecStopPost=/u`, `
			start a.service
			exit a.service 1
			exit a.service 2
			exit a.service 0
			is a.service failed`, `
log Starting a.service...
spawn a.service ExecStartPre /p1
spawn a.service ExecStartPre /p2
log a.service: Control process exited, code=exited, status=2/INVALIDARGUMENT
spawn a.service ExecStopPost /u
  SERVICE_RESULT=exit-code
log a.service: Failed with result 'exit-code'.
log Failed to start a.service.
job a.service start failed`},
		{"forking with a PID file", `
			[a.service]
			Type=forking
			PIDFile=/run/a.pid
			ExecStart=/s`, `
			start a.service
			exit a.service 0
			is a.service start
			pid a.service 77
			is a.service running`, `
log Starting a.service...
spawn a.service ExecStart /s
pidfile /run/a.pid
log Started a.service.
job a.service start done`},
		{"Type=dbus is up with its name", `
			[a.service]
			Type=dbus
			BusName=org.a
			ExecStart=/s`, `
			start a.service
			is a.service start
			own org.a
			is a.service running
			lose org.a
			is a.service dead`, `
log Starting a.service...
spawn a.service ExecStart /s
log Started a.service.
job a.service start done
kill a.service 15 1
log a.service: Deactivated successfully.`},
		{"a stop in two phases", `
			[a.service]
			ExecStart=/s`, `
			start a.service
			stay
			stop a.service
			is a.service stop-sigterm
			pass 89s
			is a.service stop-sigterm
			pass 1s`, `
spawn a.service ExecStart /s
log Started a.service.
job a.service start done
log Stopping a.service...
kill a.service 15 1
log a.service: State 'stop-sigterm' timed out. Killing.
kill a.service 9 1
log a.service: Main process exited, code=killed, status=9/KILL
log a.service: Failed with result 'timeout'.
log Stopped a.service.
job a.service stop done`},
		{"the start timeout", `
			[a.service]
			Type=notify
			ExecStart=/s`, `
			start a.service
			pass 90s`, `
log Starting a.service...
spawn a.service ExecStart /s
log a.service: start operation timed out. Terminating.
kill a.service 15 1
log a.service: Failed with result 'timeout'.
log Failed to start a.service.
job a.service start failed`},
		{"a notify service that ends before it is ready", `
			[a.service]
			Type=notify
			ExecStart=/s`, `
			start a.service
			exit a.service 0
			is a.service failed`, `
log Starting a.service...
spawn a.service ExecStart /s
log a.service: Failed with result 'protocol'.
log Failed to start a.service.
job a.service start failed`},
		{"KillMode=mixed", `
			[a.service]
			ExecStart=/s
			KillMode=mixed`, `
			start a.service
			stop a.service`, `
spawn a.service ExecStart /s
log Started a.service.
job a.service start done
log Stopping a.service...
kill a.service 15 1
log a.service: Deactivated successfully.
log Stopped a.service.
job a.service stop done`},
		{"RestartMode=direct keeps those bound to it up", `
			[a.service]
			ExecStart=/s
			Restart=always
			RestartMode=direct
			[b.service]
			BindsTo=a.service
			After=a.service
			ExecStart=/b`, `
			start b.service
			exit a.service 1
			is a.service auto-restart
			is b.service running`, `
spawn a.service ExecStart /s
log Started a.service.
spawn b.service ExecStart /b
job a.service start done
log Started b.service.
job b.service start done
log a.service: Main process exited, code=exited, status=1/FAILURE
log a.service: Failed with result 'exit-code'.`},
		{"Type=idle waits for the jobs in work, but nobody for it", `
			[a.service]
			Type=idle
			ExecStart=/s
			[b.service]
			Type=oneshot
			Requires=a.service
			ExecStart=/b`, `
			start b.service
			is a.service start
			exit b.service 0
			is a.service running`, `
log Starting b.service...
spawn b.service ExecStart /b
log Started a.service.
job a.service start done
log b.service: Deactivated successfully.
log Finished b.service.
spawn a.service ExecStart /s
job b.service start done`},
		{"Type=idle has patience for five seconds", `
			[a.service]
			Type=idle
			ExecStart=/s
			[b.service]
			Type=oneshot
			Requires=a.service
			ExecStart=/b`, `
			start b.service
			pass 5s
			is a.service running`, `
log Starting b.service...
spawn b.service ExecStart /b
log Started a.service.
job a.service start done
spawn a.service ExecStart /s`},
		{"ExecStop= is for services that are well", `
			[a.service]
			ExecStart=/s
			ExecStop=/o`, `
			start a.service
			exit a.service 0
			is a.service stop
			exit a.service 0
			start a.service
			exit a.service 1
			is a.service failed`, `
spawn a.service ExecStart /s
log Started a.service.
job a.service start done
spawn a.service ExecStop /o
  SERVICE_RESULT=success
  EXIT_CODE=exited
  EXIT_STATUS=0
log a.service: Deactivated successfully.
spawn a.service ExecStart /s
log Started a.service.
job a.service start done
log a.service: Main process exited, code=exited, status=1/FAILURE
log a.service: Failed with result 'exit-code'.`},
		{"a scope", `
			[a.scope]`, `
			start a.scope
			is a.scope running
			stop a.scope
			is a.scope dead`, `
log Started a.scope.
job a.scope start done
log Stopping a.scope...
kill a.scope 15 0
log a.scope: Deactivated successfully.
log Stopped a.scope.
job a.scope stop done`},
		{"a reload that fails leaves the service up", `
			[a.service]
			ExecStart=/s
			ExecReload=/r`, `
			start a.service
			reload a.service
			is a.service reload
			exit a.service 1
			is a.service running`, `
spawn a.service ExecStart /s
log Started a.service.
job a.service start done
log Reloading a.service...
spawn a.service ExecReload /r
log a.service: Control process exited, code=exited, status=1/FAILURE
log Reload failed for a.service.
job a.service reload failed`},
		{"STOPPING=1", `
			[a.service]
			Type=notify
			ExecStart=/s`, `
			start a.service
			notify a.service READY=1
			notify a.service STOPPING=1
			is a.service stop-sigterm
			exit a.service 0
			is a.service dead`, `
log Starting a.service...
spawn a.service ExecStart /s
log Started a.service.
job a.service start done
log a.service: Deactivated successfully.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, parse(t, c.units)...)
			for _, st := range w.e.Units() {
				w.e.find(st.Unit.Name).own().clients = []string{"test"}
			}
			w.play(c.script)
			w.expectLines(c.want)
		})
	}
}

// TestTimesOfStarts: what starts in one moment in the oracle took no time, which is what systemd-analyze blame shows.
func TestTimesOfStarts(t *testing.T) {
	for text, takes := range map[string]bool{
		"[a.service]\nExecStart=/a":                                    false,
		"[a.service]\nType=idle\nExecStart=/a":                         false,
		"[a.service]\nExecStart=/a\nExecStartPre=/b":                   true,
		"[a.service]\nType=exec\nExecStart=/a":                         true,
		"[a.service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/a": true,
	} {
		w := newWorld(t, parse(t, text)...)
		w.slow = true
		w.start("a.service")
		for range 2 {
			if st := w.e.Unit("a.service"); st.Active == model.Activating {
				w.end("a.service", port.Exited, 0)
			}
		}
		st := w.e.Unit("a.service")
		took := st.ActiveEnter.Monotonic - st.InactiveExit.Monotonic
		if st.Active != model.Active || (took > 0) != takes || st.StateChange != st.ActiveEnter {
			t.Errorf("%s: %s, took %s", text, st.Active, took)
		}
	}
}
