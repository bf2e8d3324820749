package bus

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
)

// This file has the methods that queue, find and cancel jobs.

// queueing makes a method that queues a job for the unit that the call names.
func queueing(job model.JobType, reloadIfPossible bool) func(*call) {
	return onUnit(func(c *call, name string) { c.queue(name, job, reloadIfPossible) })
}

// queueingSelf is queueing for a unit's own object.
func queueingSelf(job model.JobType, reloadIfPossible bool) func(*call) {
	return onSelf(func(c *call, name string) { c.queue(name, job, reloadIfPossible) })
}

// queue reads a job mode and asks for a job.
func (c *call) queue(name string, job model.JobType, reloadIfPossible bool) {
	mode, ok := c.mode()
	if ok {
		c.request(port.JobRequested{Unit: name, Type: job, ReloadIfPossible: reloadIfPossible, Mode: mode})
	}
}

func (c *call) mode() (model.JobMode, bool) {
	word := c.in.String()
	if !c.read() {
		return 0, false
	}
	mode, ok := model.ParseJobMode(word)
	if !ok {
		c.refuse(errorInvalidArgs, "Job mode %s invalid", word)
	}
	return mode, ok
}

// request asks for a job. Units the engine doesn't know are loaded first, complete with what they refer to.
func (c *call) request(job port.JobRequested) {
	if len(job.Loaded) == 0 {
		job.Loaded = c.server.manager.Load(job.Unit)
	}
	job.Cause = port.Cause{Kind: port.CauseClient, Client: c.client.String()}
	c.creates = true
	c.ask(func(id port.Request) port.Event {
		job.Request = id
		return job
	})
}

func (c *call) startWithFlags() {
	name, ok := c.named()
	if !ok {
		return
	}
	mode, ok := c.mode()
	if !ok {
		return
	}
	flags := c.in.Uint64()
	if !c.read() {
		return
	}
	if flags != 0 {
		c.refuse(errorInvalidArgs, "Invalid 'flags' parameter '%d'", flags)
		return
	}
	c.request(port.JobRequested{Unit: name, Type: model.JobStart, Mode: mode})
}

// startReplace starts a unit in the place of one whose start is queued.
func (c *call) startReplace() {
	old, ok := c.named()
	if !ok {
		return
	}
	name, ok := c.named()
	if !ok {
		return
	}
	mode, ok := c.mode()
	if !ok {
		return
	}
	status := c.server.manager.Engine().Unit(old)
	if status != nil {
		if job, ok := c.server.manager.Engine().Job(status.Job); ok && job.Type == model.JobStart {
			c.request(port.JobRequested{Unit: name, Type: model.JobStart, Mode: mode})
			return
		}
	}
	c.refuse(errorNoSuchJob, "No job queued for unit %s", old)
}

func (c *call) enqueueUnitJob() {
	if name, ok := c.named(); ok {
		c.enqueueJob(name)
	}
}

// enqueueJob queues a job of a type by its word, and tells all jobs that come with it.
func (c *call) enqueueJob(name string) {
	word := c.in.String()
	mode, ok := c.mode()
	if !ok {
		return
	}
	job, reload := model.JobType(0), true
	switch word {
	case "reload-or-restart":
		job = model.JobRestart
	case "reload-or-try-restart":
		job = model.JobTryRestart
	default:
		reload = false
		if job, ok = model.ParseJobType(word); !ok {
			c.refuse(errorInvalidArgs, "Job type %s invalid", word)
			return
		}
	}
	c.finish = (*call).tellJobs
	c.request(port.JobRequested{Unit: name, Type: job, ReloadIfPossible: reload, Mode: mode})
}

// tellJobs answers with a job and those it affects.
func (c *call) tellJobs(r port.Reply) {
	write := func(w *dbus.Writer, job *port.QueuedJob) {
		w.Uint32(job.ID)
		w.ObjectPath(jobPath(job.ID))
		w.String(job.Unit)
		w.ObjectPath(unitPath(job.Unit))
		w.String(job.Type.String())
	}
	c.reply("uososa(uosos)", func(w *dbus.Writer) {
		write(w, &r.Jobs[0])
		mark := w.OpenArray(8)
		for i := range r.Jobs[1:] {
			w.Struct()
			write(w, &r.Jobs[1+i])
		}
		w.CloseArray(mark)
	})
}

// numbered reads a job's number as the call's argument.
func (c *call) numbered() (port.JobStatus, bool) {
	id := c.in.Uint32()
	if !c.read() {
		return port.JobStatus{}, false
	}
	job, ok := c.server.manager.Engine().Job(id)
	if !ok {
		c.refuse(errorNoSuchJob, "Job %d does not exist.", id)
	}
	return job, ok
}

func (c *call) getJob() {
	if job, ok := c.numbered(); ok {
		c.path(jobPath(job.ID))
	}
}

func (c *call) cancelJob() {
	if job, ok := c.numbered(); ok {
		c.cancel(job.ID)
	}
}

func (c *call) cancel(job uint32) {
	c.ask(func(id port.Request) port.Event { return port.JobCancelRequested{Request: id, Job: job} })
}

func (c *call) getJobAfter() {
	if job, ok := c.numbered(); ok {
		c.jobList(c.server.manager.Engine().Awaited(job.ID))
	}
}

func (c *call) getJobBefore() {
	if job, ok := c.numbered(); ok {
		c.jobList(c.server.manager.Engine().Awaits(job.ID))
	}
}

func (c *call) jobList(ids []uint32) {
	var jobs []port.JobStatus
	for _, id := range ids {
		if job, ok := c.server.manager.Engine().Job(id); ok {
			jobs = append(jobs, job)
		}
	}
	c.jobs(jobs)
}

func (c *call) listJobs() { c.jobs(c.server.manager.Engine().Jobs()) }

func (c *call) jobs(list []port.JobStatus) {
	c.reply("a(usssoo)", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, job := range list {
			w.Struct()
			w.Uint32(job.ID)
			w.String(job.Unit)
			w.String(job.Type.String())
			w.String(job.State.String())
			w.ObjectPath(jobPath(job.ID))
			w.ObjectPath(unitPath(job.Unit))
		}
		w.CloseArray(mark)
	})
}
