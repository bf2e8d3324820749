//tidy:table

package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/steward-init/steward/model"
)

// jobsOf prints a plan or the installed jobs.
func jobsOf(w *world) string {
	var out []string
	for _, j := range w.e.Jobs() {
		out = append(out, fmt.Sprintf("%s/%s/%s", j.Unit, j.Type, j.State))
	}
	return strings.Join(out, " ")
}

// hung is a notify service, which stays in start.
const hung = "\nType=notify\nExecStart=/bin/x\n"

func TestTransactions(t *testing.T) {
	for _, c := range []struct {
		name, units string
		before      []string // "verb unit" requests before
		ask         string   // "verb[:mode] unit"
		refused     string   // part of the refusal
		jobs        string   // installed after
	}{
		{"requirement closure", "[a.service]" + hung + "Requires=b.service\n[b.service]" + hung + "Wants=c.service\n[c.service]" + hung,
			nil, "start a.service", "", "a.service/start/running b.service/start/running c.service/start/running"},
		{"order", "[a.service]" + hung + "Requires=b.service\nAfter=b.service\n[b.service]" + hung,
			nil, "start a.service", "", "a.service/start/waiting b.service/start/running"},
		{"missing requirement", "[a.service]" + hung + "Requires=b.service\n[b.service]\nLoad=not-found",
			nil, "start a.service", "Unit b.service not found.", ""},
		{"missing wish", "[a.service]" + hung + "Wants=b.service\n[b.service]\nLoad=not-found",
			nil, "start a.service", "", "a.service/start/running"},
		{"wish with a missing requirement", "[a.service]" + hung + "Wants=b.service\n[b.service]" + hung + "Requires=c.service",
			nil, "start a.service", "", "a.service/start/running b.service/start/running"},
		{"masked", "[a.service]\nLoad=masked", nil, "start a.service", "Unit a.service is masked.", ""},
		{"unknown", "[a.service]" + hung, nil, "start b.service", "Unit b.service not found.", ""},
		{"stop of what is not loaded", "[a.service]\nLoad=not-found", nil, "stop a.service", "Unit a.service not loaded.", ""},
		{"manual start",
			"[a.service]\nRefuseManualStart=yes", nil, "start a.service", "Operation refused, unit a.service may be requested by dependency only", ""},
		{"reload of what can't", "[a.service]" + hung, nil, "reload a.service", "Job type reload is not applicable for unit a.service.", ""},
		{"isolate refused", "[a.service]" + hung, nil, "start:isolate a.service", "Operation refused, unit may not be isolated.", ""},
		{"isolate is for start", "[a.service]\nAllowIsolate=yes", nil, "stop:isolate a.service", "Isolate is only valid for start.", ""},
		{"conflicting requirements", "[a.service]\nRequires=b.service c.service\n[b.service]" + hung + "\n[c.service]\nConflicts=b.service",
			nil, "start a.service", "Transaction contains conflicting jobs", ""},
		{"conflicting wish yields", "[a.service]" + hung + "Requires=b.service\nWants=c.service\n[b.service]" + hung + "\n[c.service]\nConflicts=b.service",
			nil, "start a.service", "", "a.service/start/running b.service/start/running"},
		{"conflict stops", "[a.service]" + hung + "Conflicts=b.service\nAfter=b.service\n[b.service]" + hung,
			[]string{"start b.service"}, "start a.service", "", "a.service/start/running"},
		{"fail mode", "[a.service]" + hung + "Conflicts=b.service\n[b.service]" + hung,
			[]string{"start b.service"}, "start:fail a.service", "Transaction for a.service/start is destructive", "b.service/start/running"},
		{"irreversible", "[a.service]" + hung + "\n[b.service]\nConflicts=a.service" + hung,
			[]string{"start:replace-irreversibly a.service"}, "stop a.service",
			"is destructive (a.service has 'start' job queued, but 'stop' is included", "a.service/start/running"},
		{"cycle refused", "[a.service]" + hung + "Requires=b.service\nAfter=b.service\n[b.service]" + hung + "After=a.service",
			nil, "start a.service",
			"Transaction order is cyclic: a.service/start waits for b.service/start by After=b.service (/etc/a.service:4); " +
				"b.service/start waits for a.service/start by After=a.service (/etc/b.service:8)", ""},
		{"cycle broken", "[a.service]" + hung + "Wants=b.service\nAfter=b.service\n[b.service]" + hung + "After=a.service",
			nil, "start a.service", "", "a.service/start/running"},
		{"ignore-dependencies", "[a.service]" + hung + "Requires=b.service\nAfter=b.service\n[b.service]" + hung,
			nil, "start:ignore-dependencies a.service", "", "a.service/start/running"},
		{"ignore-requirements keeps the order",
			"[a.service]" + hung + "Requires=b.service\nAfter=b.service c.service\n[b.service]" + hung + "\n[c.service]" + hung,
			[]string{"start c.service"}, "start:ignore-requirements a.service", "", "c.service/start/running a.service/start/waiting"},
		{"flush", "[a.service]" + hung + "\n[b.service]" + hung,
			[]string{"start b.service"}, "start:flush a.service", "", "a.service/start/running"},
		{"try-restart of what is down", "[a.service]" + hung, nil, "try-restart a.service", "", ""},
		{"isolate", "[a.target]\nAllowIsolate=yes\nWants=c.service\n[b.service]" + hung + "\n[c.service]" + hung + "\n[d.service]\nIgnoreOnIsolate=yes" + hung,
			[]string{"start b.service", "start d.service"}, "start:isolate a.target", "", "d.service/start/running c.service/start/running"},
		{"requisite of what is down", "[a.service]" + hung + "Requisite=b.service\nAfter=b.service\n[b.service]" + hung,
			nil, "start a.service", "", ""},
		{"two stops in reverse order", "[a.service]" + hung + "Requires=b.service\nAfter=b.service\n[b.service]" + hung,
			[]string{"start a.service", "ready b.service", "ready a.service", "stay"}, "stop b.service", "",
			"b.service/stop/waiting a.service/stop/running"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, parse(t, c.units)...)
			for _, st := range w.e.Units() {
				w.e.find(st.Unit.Name).own().clients = []string{"test"}
			}
			for _, b := range c.before {
				w.ask(b)
			}
			reason := ""
			if r := w.ask(c.ask); r != nil {
				reason = *r
			}
			if c.refused == "" && reason != "" || !strings.Contains(reason, c.refused) {
				t.Errorf("refused with %q, want %q", reason, c.refused)
			}
			if got := jobsOf(w); got != c.jobs {
				t.Errorf("jobs\n%s, want\n%s\n%s", got, c.jobs, w.take())
			}
		})
	}
}

// ask does "verb[:mode] unit" and returns why it was refused.
func (w *world) ask(text string) *string {
	verb, unit, _ := strings.Cut(text, " ")
	verb, modeWord, _ := strings.Cut(verb, ":")
	mode := model.ModeReplace
	if modeWord != "" {
		mode, _ = model.ParseJobMode(modeWord)
	}
	switch verb {
	case "ready":
		w.notify(unit, "READY=1")
		return nil
	case "stay":
		w.stay = true
		return nil
	}
	t, ok := model.ParseJobType(verb)
	if !ok {
		w.t.Fatalf("unknown verb %q", verb)
	}
	if r := w.job(unit, t, mode); r.Err != nil {
		return &r.Err.Message
	}
	return nil
}
