package engine

import (
	"strconv"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/engine/transaction"
	"github.com/steward-init/steward/model"
)

// The MESSAGE_IDs of jobs, as in systemd's message catalog.
const (
	idStarting  = "7d4958e842da4a758f6c1cdc7b36dcc5"
	idStarted   = "39f53479d3a045ac8e11786248231fbf"
	idStopping  = "de5b426a63be47a7b6ac3eaac82e2f6f"
	idStopped   = "9d1aaa27d60140bd96365438aad20286"
	idFailed    = "be02cf6855d2428ba40df7e9d022f03d"
	idReloading = "d34d037fff1847e6ae669a370e694725"
	idReloaded  = "7b05ebc668384222baa8881179cfda54"
)

// title is how messages call a unit: "nginx.service - A web server".
func title(u *unit) string {
	d := u.node.Unit.Description
	if d == "" || d == u.name() {
		return u.name()
	}
	return u.name() + " - " + d
}

// phrase puts the unit's title in the place of the one %s.
func phrase(format, title string) string {
	for i := 0; i+1 < len(format); i++ {
		if format[i] == '%' && format[i+1] == 's' {
			return format[:i] + title + format[i+2:]
		}
	}
	return format
}

func (e *Engine) logJob(u *unit, j *transaction.Job, level uint8, id, message, result string) {
	fields := []string{"JOB_ID=" + strconv.FormatUint(uint64(j.ID), 10), "JOB_TYPE=" + j.Type.String()}
	if result != "" {
		fields = append(fields, "JOB_RESULT="+result)
	}
	e.emit(port.Log{Unit: u.name(), Level: level, MessageID: id, Message: message, Fields: fields})
}

// logBegin says that a job's work began; types without words for that are silent.
func (e *Engine) logBegin(u *unit, j *transaction.Job, format, id string) {
	if format != "" {
		e.logJob(u, j, 6, id, phrase(format, title(u)), "")
	}
}

// doneFormats are the messages of jobs that end otherwise than as the unit's type words it.
var doneFormats = [...]struct {
	job    model.JobType
	result model.JobResult
	level  uint8
	id     string
	format string
}{
	{model.JobStart, model.JobTimeout, 3, idFailed, "Timed out starting %s."},
	{model.JobStart, model.JobFailed, 3, idFailed, "Failed to start %s."},
	{model.JobStart, model.JobDependency, 4, idFailed, "Dependency failed for %s."},
	{model.JobStart, model.JobAssert, 4, idFailed, "Assertion failed for %s."},
	{model.JobStart, model.JobUnsupported, 4, idFailed, "Starting of %s unsupported."},
	{model.JobStart, model.JobCollected, 6, "", "Unnecessary job was removed for %s."},
	{model.JobStart, model.JobOnce, 3, idFailed, "Unit %s has been started before and cannot be started again."},
	{model.JobStop, model.JobTimeout, 4, idStopped, "Timed out stopping %s."},
	{model.JobReload, model.JobDone, 6, idReloaded, "Reloaded %s."},
	{model.JobReload, model.JobFailed, 3, idReloaded, "Reload failed for %s."},
	{model.JobReload, model.JobTimeout, 3, idReloaded, "Timed out reloading %s."},
	{model.JobVerifyActive, model.JobDone, 7, "", "%s is active."},
	{model.JobVerifyActive, model.JobSkipped, 6, "", "%s is inactive."},
}

// logDone says how a job ended.
func (e *Engine) logDone(u *unit, j *transaction.Job, result model.JobResult) {
	t := j.Type
	if t == model.JobRestart {
		t = model.JobStop // a restart is done with its stop
	}
	format, level, id := e.typeWords(u, t, result)
	if format == "" {
		for _, f := range doneFormats {
			if f.job == t && f.result == result {
				format, level, id = f.format, f.level, f.id
			}
		}
	}
	if format != "" {
		e.logJob(u, j, level, id, phrase(format, title(u)), result.String())
	}
}

// typeWords are the messages that differ between the unit types.
func (e *Engine) typeWords(u *unit, t model.JobType, result model.JobResult) (format string, level uint8, id string) {
	k := u.run.Kind()
	switch {
	case t == model.JobStart && result == model.JobDone:
		if s := u.run.Status.Service; s != nil && s.Result == model.SkipCondition {
			return "Condition check resulted in %s being skipped.", 6, idStarted
		}
		if s := u.node.Unit.Service; s != nil && s.Type == model.ServiceOneshot {
			return "Finished %s.", 6, idStarted
		}
		return k.Started, 6, idStarted
	case t == model.JobStop && result == model.JobDone:
		return k.Stopped, 6, idStopped
	case t == model.JobStop && result == model.JobFailed:
		return k.Failed, 4, idStopped
	}
	return "", 0, ""
}

// logSkipped says which condition keeps a unit from being started.
func (e *Engine) logSkipped(u *unit, j *transaction.Job) {
	st := &u.run.Status
	message := title(u) + " was skipped because no trigger condition checks were met."
	for i, c := range u.node.Unit.Conditions {
		if c.Trigger || st.Verdicts != nil && i < len(st.Verdicts.Conditions) && st.Verdicts.Conditions[i].True {
			continue
		}
		negate := ""
		if c.Negate {
			negate = "!"
		}
		message = title(u) + " was skipped because of an unmet condition check (Condition" + c.Kind + "=" + negate +
			c.Value + ")."
		break
	}
	e.logJob(u, j, 6, idStarted, message, model.JobDone.String())
}
