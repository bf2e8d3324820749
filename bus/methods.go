//tidy:table

package bus

import "github.com/steward-init/steward/model"

// managerMethods are in the oracle's order; those behind them are for clients that are newer than it.
func managerMethods() []method {
	return []method{
		{"GetUnit", "s", "o", "name unit", 0, (*call).getUnit},
		{"GetUnitByPID", "u", "o", "pid unit", 0, (*call).getUnitByPID},
		{"GetUnitByInvocationID", "ay", "o", "invocation_id unit", 0, (*call).getUnitByInvocationID},
		{"GetUnitByControlGroup", "s", "o", "cgroup unit", 0, (*call).getUnitByControlGroup},
		{"LoadUnit", "s", "o", "name unit", 0, (*call).loadUnit},
		{"StartUnit", "ss", "o", "name mode job", 0, queueing(model.JobStart, false)},
		{"StartUnitWithFlags", "sst", "o", "name mode flags job", 0, (*call).startWithFlags},
		{"StartUnitReplace", "sss", "o", "old_unit new_unit mode job", 0, (*call).startReplace},
		{"StopUnit", "ss", "o", "name mode job", 0, queueing(model.JobStop, false)},
		{"ReloadUnit", "ss", "o", "name mode job", 0, queueing(model.JobReload, false)},
		{"RestartUnit", "ss", "o", "name mode job", 0, queueing(model.JobRestart, false)},
		{"TryRestartUnit", "ss", "o", "name mode job", 0, queueing(model.JobTryRestart, false)},
		{"ReloadOrRestartUnit", "ss", "o", "name mode job", 0, queueing(model.JobRestart, true)},
		{"ReloadOrTryRestartUnit", "ss", "o", "name mode job", 0, queueing(model.JobTryRestart, true)},
		{"EnqueueUnitJob", "sss", "uososa(uosos)", "name job_type job_mode job_id job_path unit_id unit_path job_type affected_jobs", 0, (*call).enqueueUnitJob},
		{"KillUnit", "ssi", "", "name whom signal", 0, onUnit((*call).kill)},
		{"CleanUnit", "sas", "", "name mask", 0, onUnit((*call).clean)},
		{"FreezeUnit", "s", "", "name", 0, onUnit((*call).freeze)},
		{"ThawUnit", "s", "", "name", 0, onUnit((*call).freeze)},
		{"ResetFailedUnit", "s", "", "name", 0, onUnit((*call).resetFailed)},
		{"SetUnitProperties", "sba(sv)", "", "name runtime properties", 0, onUnit((*call).setProperties)},
		{"BindMountUnit", "sssbb", "", "name source destination read_only mkdir", 0, onUnit((*call).mountInto)},
		{"MountImageUnit", "sssbba(ss)", "", "name source destination read_only mkdir options", 0, onUnit((*call).mountInto)},
		{"RefUnit", "s", "", "name", 0, onUnit((*call).refByName)},
		{"UnrefUnit", "s", "", "name", 0, onUnit((*call).unref)},
		{"StartTransientUnit", "ssa(sv)a(sa(sv))", "o", "name mode properties aux job", 0, (*call).startTransientUnit},
		{"GetUnitProcesses", "s", "a(sus)", "name processes", 0, onUnit((*call).processes)},
		{"AttachProcessesToUnit", "ssau", "", "unit_name subcgroup pids", 0, onUnit((*call).attachProcesses)},
		{"AbandonScope", "s", "", "name", 0, onUnit((*call).abandon)},
		{"GetJob", "u", "o", "id job", 0, (*call).getJob},
		{"GetJobAfter", "u", "a(usssoo)", "id jobs", 0, (*call).getJobAfter},
		{"GetJobBefore", "u", "a(usssoo)", "id jobs", 0, (*call).getJobBefore},
		{"CancelJob", "u", "", "id", 0, (*call).cancelJob},
		{"ClearJobs", "", "", "", 0, func(c *call) { c.cancel(0) }},
		{"ResetFailed", "", "", "", 0, (*call).resetAllFailed},
		{"SetShowStatus", "s", "", "mode", 0, (*call).setShowStatus},
		{"ListUnits", "", "a(ssssssouso)", "units", 0, func(c *call) { c.listUnits(nil, nil) }},
		{"ListUnitsFiltered", "as", "a(ssssssouso)", "states units", 0, func(c *call) { c.listUnits(c.in.StringArray(), nil) }},
		{"ListUnitsByPatterns", "asas", "a(ssssssouso)", "states patterns units", 0, (*call).listByPatterns},
		{"ListUnitsByNames", "as", "a(ssssssouso)", "names units", 0, (*call).listByNames},
		{"ListJobs", "", "a(usssoo)", "jobs", 0, (*call).listJobs},
		{"Subscribe", "", "", "", 0, (*call).subscribe},
		{"Unsubscribe", "", "", "", 0, (*call).unsubscribe},
		{"Dump", "", "s", "output", 0, func(c *call) { c.dump(nil, false) }},
		{"DumpUnitsMatchingPatterns", "as", "s", "patterns output", 0, func(c *call) { c.dump(c.in.StringArray(), false) }},
		{"DumpByFileDescriptor", "", "h", "fd", 0, func(c *call) { c.dump(nil, true) }},
		{"DumpUnitsMatchingPatternsByFileDescriptor", "as", "h", "patterns fd", 0, func(c *call) { c.dump(c.in.StringArray(), true) }},
		{"Reload", "", "", "", 0, (*call).reload},
		{"Reexecute", "", "", "", noReply, (*call).reexecute},
		{"Exit", "", "", "", privileged, leaving("exit")},
		{"Reboot", "", "", "", privileged, leaving("reboot")},
		{"PowerOff", "", "", "", privileged, leaving("poweroff")},
		{"Halt", "", "", "", privileged, leaving("halt")},
		{"KExec", "", "", "", privileged, leaving("kexec")},
		{"SwitchRoot", "ss", "", "new_root init", privileged, (*call).switchRoot},
		{"SetEnvironment", "as", "", "assignments", 0, func(c *call) { c.environment(nil, c.in.StringArray()) }},
		{"UnsetEnvironment", "as", "", "names", 0, func(c *call) { c.environment(c.in.StringArray(), nil) }},
		{"UnsetAndSetEnvironment", "asas", "", "names assignments", 0, (*call).unsetAndSet},
		{"EnqueueMarkedJobs", "", "ao", "jobs", 0, (*call).enqueueMarkedJobs},
		{"ListUnitFiles", "", "a(ss)", "unit_files", 0, func(c *call) { c.listFiles(nil, nil) }},
		{"ListUnitFilesByPatterns", "asas", "a(ss)", "states patterns unit_files", 0, (*call).listFilesByPatterns},
		{"GetUnitFileState", "s", "s", "file state", 0, (*call).fileState},
		{"EnableUnitFiles", "asbb", "ba(sss)", "files runtime force carries_install_info changes", 0, (*call).enable},
		{"DisableUnitFiles", "asb", "a(sss)", "files runtime changes", 0, (*call).disable},
		{"EnableUnitFilesWithFlags", "ast", "ba(sss)", "files flags carries_install_info changes", 0, (*call).enableWithFlags},
		{"DisableUnitFilesWithFlags", "ast", "a(sss)", "files flags changes", 0, (*call).disableWithFlags},
		{"ReenableUnitFiles", "asbb", "ba(sss)", "files runtime force carries_install_info changes", 0, (*call).reenable},
		{"LinkUnitFiles", "asbb", "a(sss)", "files runtime force changes", 0, (*call).link},
		{"PresetUnitFiles", "asbb", "ba(sss)", "files runtime force carries_install_info changes", 0, (*call).preset},
		{"PresetUnitFilesWithMode", "assbb", "ba(sss)", "files mode runtime force carries_install_info changes", 0, (*call).presetWithMode},
		{"MaskUnitFiles", "asbb", "a(sss)", "files runtime force changes", 0, (*call).mask},
		{"UnmaskUnitFiles", "asb", "a(sss)", "files runtime changes", 0, (*call).unmask},
		{"RevertUnitFiles", "as", "a(sss)", "files changes", 0, (*call).revert},
		{"SetDefaultTarget", "sb", "a(sss)", "name force changes", 0, (*call).setDefaultTarget},
		{"GetDefaultTarget", "", "s", "name", 0, (*call).defaultTarget},
		{"PresetAllUnitFiles", "sbb", "a(sss)", "mode runtime force changes", 0, (*call).presetAll},
		{"AddDependencyUnitFiles", "asssbb", "a(sss)", "files target type runtime force changes", 0, (*call).addDependency},
		{"GetUnitFileLinks", "sb", "as", "name runtime links", 0, (*call).fileLinks},
		{"SetExitCode", "y", "", "number", 0, (*call).setExitCode},
		{"LookupDynamicUserByName", "s", "u", "name uid", 0, (*call).dynamicUserByName},
		{"LookupDynamicUserByUID", "u", "s", "uid name", 0, (*call).dynamicUserByUID},
		{"GetDynamicUsers", "", "a(us)", "users", 0, (*call).dynamicUsers},
		{"DisableUnitFilesWithFlagsAndInstallInfo", "ast", "ba(sss)", "files flags carries_install_info changes", 0, (*call).disableWithInfo},
		{"GetUnitByPIDFD", "h", "osay", "pidfd unit unit_id invocation_id", 0, (*call).getUnitByPIDFD},
		{"StewardPlan", "sss", "a(sssbssssas)as", "verb name mode jobs notes", 0, (*call).plan},
	}
}

// unitVerbs are the methods of org.freedesktop.systemd1.Unit: the manager's without the name.
func unitVerbs() []method {
	return []method{
		{"Start", "s", "o", "mode job", 0, queueingSelf(model.JobStart, false)},
		{"Stop", "s", "o", "mode job", 0, queueingSelf(model.JobStop, false)},
		{"Reload", "s", "o", "mode job", 0, queueingSelf(model.JobReload, false)},
		{"Restart", "s", "o", "mode job", 0, queueingSelf(model.JobRestart, false)},
		{"TryRestart", "s", "o", "mode job", 0, queueingSelf(model.JobTryRestart, false)},
		{"ReloadOrRestart", "s", "o", "mode job", 0, queueingSelf(model.JobRestart, true)},
		{"ReloadOrTryRestart", "s", "o", "mode job", 0, queueingSelf(model.JobTryRestart, true)},
		{"EnqueueJob", "ss", "uososa(uosos)", "job_type job_mode job_id job_path unit_id unit_path job_type affected_jobs", 0, onSelf((*call).enqueueJob)},
		{"Kill", "si", "", "whom signal", 0, onSelf((*call).kill)},
		{"ResetFailed", "", "", "", 0, onSelf((*call).resetFailed)},
		{"SetProperties", "ba(sv)", "", "runtime properties", 0, onSelf((*call).setProperties)},
		{"Ref", "", "", "", 0, onSelf((*call).ref)},
		{"Unref", "", "", "", 0, onSelf((*call).unref)},
		{"Clean", "as", "", "mask", 0, onSelf((*call).clean)},
		{"Freeze", "", "", "", 0, onSelf((*call).freeze)},
		{"Thaw", "", "", "", 0, onSelf((*call).freeze)},
	}
}

// typeMethods are the methods of a type's own interface.
func typeMethods(t model.Type) []method {
	var rows []method
	switch t {
	case model.TypeTarget, model.TypeDevice, model.TypeTimer, model.TypePath, model.TypeAutomount:
		return nil
	case model.TypeService:
		rows = []method{
			{"BindMount", "ssbb", "", "source destination read_only mkdir", 0, onSelf((*call).mountInto)},
			{"MountImage", "ssbba(ss)", "", "source destination read_only mkdir options", 0, onSelf((*call).mountInto)},
		}
	case model.TypeScope:
		rows = []method{{"Abandon", "", "", "", 0, onSelf((*call).abandon)}}
	}
	return append(rows,
		method{"GetProcesses", "", "a(sus)", "processes", 0, onSelf((*call).processes)},
		method{"AttachProcesses", "sau", "", "subcgroup pids", 0, onSelf((*call).attachProcesses)})
}

// typeSignals are the signals of a type's own interface.
func typeSignals(t model.Type) []signal {
	if t == model.TypeScope {
		return []signal{{"RequestStop", "", ""}}
	}
	return nil
}

var managerSignals = []signal{
	{"UnitNew", "so", "id unit"},
	{"UnitRemoved", "so", "id unit"},
	{"JobNew", "uos", "id job unit"},
	{"JobRemoved", "uoss", "id job unit result"},
	{"StartupFinished", "tttttt", "firmware loader kernel initrd userspace total"},
	{"UnitFilesChanged", "", ""},
	{"Reloading", "b", "active"},
}

// standard are the interfaces that every object has besides its own; dispatch answers them by itself.
var standard = []iface{
	{name: "org.freedesktop.DBus.Peer", methods: []method{
		{"Ping", "", "", "", 0, nil},
		{"GetMachineId", "", "s", "machine_uuid", 0, nil}}},
	{name: "org.freedesktop.DBus.Introspectable", methods: []method{
		{"Introspect", "", "s", "xml_data", 0, nil}}},
	{name: propertiesInterface,
		methods: []method{
			{"Get", "ss", "v", "interface_name property_name value", 0, nil},
			{"GetAll", "s", "a{sv}", "interface_name props", 0, nil},
			{"Set", "ssv", "", "interface_name property_name value", 0, nil}},
		signals: []signal{
			{"PropertiesChanged", "sa{sv}as", "interface_name changed_properties invalidated_properties"}}},
}
