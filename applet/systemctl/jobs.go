package systemctl

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// jobInfo is what ListJobs tells of a job.
type jobInfo struct {
	id                uint32
	unit, kind, state string
}

// readJobs reads an a(usssoo).
func readJobs(m *transport.Message) ([]jobInfo, error) {
	r, end := readerOf(m, 8)
	var list []jobInfo
	for r.More(end) {
		r.Struct()
		list = append(list, jobInfo{id: r.Uint32(), unit: r.String(), kind: r.String(), state: r.String()})
		r.Skip("oo")
	}
	return list, r.Err()
}

// listJobs is list-jobs.
func (s *session) listJobs(_ string, args []string) (int, error) {
	m, err := s.call("ListJobs")
	if err != nil {
		return 1, failed("list jobs", err)
	}
	jobs, err := readJobs(m)
	if err != nil {
		return 1, failed("list jobs", err)
	}
	if len(args) > 0 {
		jobs = slices.DeleteFunc(jobs, func(j jobInfo) bool { return !glob.MatchAny(args, j.unit) })
	}
	s.page()
	legend := !s.opt.noLegend && !s.isJSON()
	if len(jobs) == 0 {
		text := "No jobs running."
		if len(args) > 0 {
			text = "No jobs listed."
		}
		if legend {
			s.printf("%s\n", s.Paint(ui.Green, text))
		}
		return 0, nil
	}
	t := ui.Table{Head: []string{"JOB", "UNIT", "TYPE", "STATE"}, NoHead: !legend}
	for _, j := range jobs {
		style := ui.Plain
		if j.state == "running" {
			style = ui.Bold
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: strconv.Itoa(int(j.id))}, {Text: j.unit, Style: style},
			{Text: j.kind}, {Text: j.state, Style: style}})
		if s.opt.has("after") {
			s.addWaiting(&t, j.id, "GetJobAfter", "blocking job")
		}
		if s.opt.has("before") {
			s.addWaiting(&t, j.id, "GetJobBefore", "waiting for job")
		}
	}
	if s.wide() {
		t.Width = ui.Unlimited
	}
	t.Print(s.IO)
	if legend {
		s.printf("\n%s.\n", s.Paint(ui.Bold, fmt.Sprintf("%d jobs listed", len(jobs))))
	}
	return 0, nil
}

// addWaiting adds the jobs that wait for a job, or that it waits for.
func (s *session) addWaiting(t *ui.Table, id uint32, member, label string) {
	m, err := s.callBody(member, "u", func(w *dbus.Writer) { w.Uint32(id) })
	if err != nil {
		s.warn(fmt.Sprintf("Failed to get all jobs for job %d: %s", id, errorText(err)))
		return
	}
	jobs, err := readJobs(m)
	if err != nil {
		return
	}
	for i, j := range jobs {
		branch := "├─"
		if i == len(jobs)-1 {
			branch = "└─"
		}
		text := fmt.Sprintf("\t%s %d (%s/%s)", label, j.id, j.unit, j.kind)
		none := ui.Cell{Text: "-", Style: ui.Grey}
		t.Rows = append(t.Rows, []ui.Cell{{Text: branch}, {Text: text}, none, none})
	}
}

// cancel cancels jobs, or all.
func (s *session) cancel(_ string, args []string) (int, error) {
	if len(args) == 0 {
		return s.clearJobs("", nil)
	}
	status := 0
	for _, word := range args {
		id, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			return 1, fmt.Errorf("Failed to parse job id \"%s\": Invalid argument", word)
		}
		_, err = s.callBody("CancelJob", "u", func(w *dbus.Writer) { w.Uint32(uint32(id)) })
		if err != nil {
			s.complain(failed(fmt.Sprintf("cancel job %d", id), err))
			status = 1
		}
	}
	return status, nil
}

// clearJobs cancels all jobs.
func (s *session) clearJobs(string, []string) (int, error) {
	if _, err := s.call("ClearJobs"); err != nil {
		return 1, failed("clear jobs", err)
	}
	return 0, nil
}
