//tidy:table

package kind

import "github.com/steward-init/steward/model"

// A service is a process, and what is run before it, after it, to reload and to stop it. systemd.service(5).

// The longer active states, so that a row fits its lines.
const (
	activating   = model.Activating
	deactivating = model.Deactivating
)

// serviceTable is the whole life of a .service, in the order it is lived.
var serviceTable = table{
	dead: {sub: "dead", active: model.Inactive, edges: edges{begin: condition, cleanAsked: cleaning}},
	cleaning: {sub: "cleaning", active: model.Maintenance, entry: cleans, clock: cleanClock,
		edges: edges{done: dead, timeout: finalKill, stopAsked: finalKill}},
	condition: {sub: "condition", active: activating, upIfIdle: true, entry: runs, list: model.ExecCondition, clock: startClock,
		edges: edges{done: startPre, skip: stopTerm}, shared: &isStarting},
	startPre: {sub: "start-pre", active: activating, upIfIdle: true, entry: runs, list: model.ExecStartPre, clock: startClock,
		edges: edges{done: start}, shared: &isStarting},
	start: {sub: "start", active: activating, upIfIdle: true, entry: begins, list: model.ExecStart, clock: startClock,
		edges: edges{done: startPost, ready: startPost, ended: byEnd}, shared: &isStarting},
	startPost: {sub: "start-post", active: activating, upIfIdle: true, entry: runs, list: model.ExecStartPost, clock: startClock,
		edges: edges{done: byEnd}, shared: &isStarting},
	running: {sub: "running", active: model.Active,
		edges: edges{reloadAsked: byReload, busy: reloadNotify, stopping: stopTerm, ended: byEnd, emptied: byEnd}, shared: &isUp},
	exited: {sub: "exited", active: model.Active,
		edges: edges{reloadAsked: byReload}, shared: &isUp},
	reload: {sub: "reload", active: model.Reloading, entry: runs, list: model.ExecReload, clock: startClock,
		edges: edges{done: byReloaded, fail: byEnd, timeout: byEnd, stopAsked: stopTerm}, shared: &isUp},
	reloadSignal: {sub: "reload-signal", active: model.Reloading, entry: reloads, clock: startClock,
		edges: edges{done: byEnd, busy: reloadNotify, fail: byEnd, timeout: byEnd, ended: byEnd, emptied: byEnd}, shared: &isUp},
	reloadNotify: {sub: "reload-notify", active: model.Reloading, clock: startClock,
		edges: edges{ready: byEnd, timeout: byEnd, ended: byEnd, emptied: byEnd, stopping: stopTerm}, shared: &isUp},
	stop: {sub: "stop", active: deactivating, entry: runs, list: model.ExecStop, clock: stopClock,
		edges: edges{done: stopTerm, fail: stopTerm, timeout: byStopTimeout}},
	stopWatchdog: {sub: "stop-watchdog", active: deactivating, entry: signals, clock: abortClock,
		edges: edges{done: stopKill, gone: stopPost, emptied: stopPost, timeout: byAbortTimeout}},
	stopTerm: {sub: "stop-sigterm", active: deactivating, entry: signals, clock: stopClock,
		edges: edges{done: stopKill, gone: stopPost, emptied: stopPost, timeout: byTermTimeout, hung: stopWatchdog}},
	stopKill: {sub: "stop-sigkill", active: deactivating, entry: signals, clock: stopClock,
		edges: edges{done: stopPost, gone: stopPost, emptied: stopPost, timeout: stopPost}},
	stopPost: {sub: "stop-post", active: deactivating, entry: runs, list: model.ExecStopPost, clock: stopClock,
		edges: edges{done: finalTerm, fail: finalTerm, timeout: byPostTimeout}},
	finalWatchdog: {sub: "final-watchdog", active: deactivating, entry: signals, clock: abortClock,
		edges: edges{done: finalKill, gone: byRestart, emptied: byRestart, timeout: byFinalAbortTimeout}},
	finalTerm: {sub: "final-sigterm", active: deactivating, entry: signals, clock: stopClock,
		edges: edges{done: finalKill, gone: byRestart, emptied: byRestart, timeout: byFinalTimeout}},
	finalKill: {sub: "final-sigkill", active: deactivating, entry: signals, clock: stopClock,
		edges: edges{done: byRestart, gone: byRestart, emptied: byRestart, timeout: byRestart}},
	failed: {sub: "failed", active: model.Failed, edges: edges{begin: condition}},
	deadAgain: {sub: "dead", active: model.Inactive, entry: passes,
		edges: edges{done: autoRestart}},
	failedAgain: {sub: "failed", active: model.Failed, entry: passes,
		edges: edges{done: autoRestart}},
	autoRestart: {sub: "auto-restart", active: activating, clock: restartClock,
		edges: edges{stopAsked: dead, fail: failed}},
}

// Edges that several states share, named for what those states have in common.
var (
	isStarting = edges{fail: stopTerm, timeout: byStartTimeout, stopAsked: stopTerm, emptied: stopTerm, hung: stopWatchdog}
	isUp       = edges{stopAsked: stop, overtime: stop, hung: stopWatchdog}
)

// serviceDecisions are the choices a service makes by its settings. byRestart, the largest, stands in restart.go.
var serviceDecisions = []decision{
	byEnd - firstDecision:               {"is it up?", []State{running, exited, reloadNotify, stop, stopTerm}, pickEnd},
	byReload - firstDecision:            {"Type=notify-reload", []State{reload, reloadSignal}, pickReload},
	byReloaded - firstDecision:          {"to be signalled, too?", []State{reloadSignal, running, exited, reloadNotify, stop, stopTerm}, pickReloaded},
	byStartTimeout - firstDecision:      {"TimeoutStartFailureMode=", []State{stopTerm, stopWatchdog, stopKill}, pickStartTimeout},
	byStopTimeout - firstDecision:       {"TimeoutStopFailureMode=", []State{stopTerm, stopWatchdog, stopKill}, pickStopTimeout(stopTerm, stopWatchdog, stopKill)},
	byTermTimeout - firstDecision:       {"TimeoutStopFailureMode=", []State{stopWatchdog, stopKill}, pickStopTimeout(stopKill, stopWatchdog, stopKill)},
	byAbortTimeout - firstDecision:      {"after the abort", []State{stopKill}, pickStopTimeout(stopKill, stopKill, stopKill)},
	byPostTimeout - firstDecision:       {"TimeoutStopFailureMode=", []State{finalTerm, finalWatchdog, finalKill}, pickStopTimeout(finalTerm, finalWatchdog, finalKill)},
	byFinalTimeout - firstDecision:      {"TimeoutStopFailureMode=", []State{finalWatchdog, finalKill}, pickStopTimeout(finalKill, finalWatchdog, finalKill)},
	byFinalAbortTimeout - firstDecision: {"after the abort", []State{finalKill}, pickStopTimeout(finalKill, finalKill, finalKill)},
	byRestart - firstDecision:           {"Restart=", []State{dead, failed, deadAgain, failedAgain, autoRestart}, pickRestart},
}

// pickEnd decides where a service stands once its start is over, or its main process.
func pickEnd(u *Unit) State {
	l := u.life.(*serviceLife)
	switch {
	case l.Result != model.Success:
		return stopTerm
	case l.isGood() && l.Announced == announcedReload:
		return reloadNotify
	case l.isGood() && l.Announced == announcedStop:
		return stopTerm
	case l.isGood():
		return running
	case l.settings().RemainAfterExit:
		return exited
	}
	return stop
}

// pickReload: where there are commands to reload, they come first, and the signal once they have ended well.
func pickReload(u *Unit) State {
	l := u.life.(*serviceLife)
	if len(l.settings().Commands[model.ExecReload]) == 0 && l.takesReloadSignal() {
		return reloadSignal
	}
	return reload
}

// pickReloaded decides what follows the commands. The service may have said by then that it reloads, or has reloaded.
func pickReloaded(u *Unit) State {
	l := u.life.(*serviceLife)
	if l.takesReloadSignal() && l.ReloadResult == model.Success && l.Announced == announcedNothing {
		return reloadSignal
	}
	return pickEnd(u)
}

func pickStartTimeout(u *Unit) State {
	return byMode(u.life.(*serviceLife).settings().TimeoutStartFailureMode, stopTerm, stopWatchdog, stopKill)
}

// pickStopTimeout returns the decision between three states by TimeoutStopFailureMode=.
func pickStopTimeout(terminate, abort, kill State) func(*Unit) State {
	return func(u *Unit) State {
		return byMode(u.life.(*serviceLife).settings().TimeoutStopFailureMode, terminate, abort, kill)
	}
}

func byMode(mode model.TimeoutFailureMode, terminate, abort, kill State) State {
	switch mode {
	case model.TimeoutAbort:
		return abort
	case model.TimeoutKill:
		return kill
	}
	return terminate
}

var service = Kind{
	Type:      model.TypeService,
	Starting:  "Starting %s...",
	Started:   "Started %s.",
	Stopping:  "Stopping %s...",
	Stopped:   "Stopped %s.",
	Failed:    "Stopped %s with error.",
	table:     serviceTable,
	decisions: serviceDecisions,
	life:      newServiceLife,
}
