//tidy:table

package directive

import (
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
)

// execGroup is what systemd.exec(5) describes. Its rows stand in three functions, by the oracle's order.
func execGroup() *group[model.Exec] {
	rows := append(executionRows(), restrictionRows()...)
	return &group[model.Exec]{manual: "systemd.exec(5)", rows: append(rows, sandboxRows()...), kept: func(x *model.Exec) *[]model.Setting { return &x.Sandbox }}
}

// executionRows are who runs a command, where, with what environment, input and output.
func executionRows() []*entry[model.Exec] {
	return []*entry[model.Exec]{
		workingDirectory(),
		row("RootDirectory", "PATH", vital(Path), func(x *model.Exec) *string { return &x.RootDirectory }),
		planned[model.Exec]("RootImage", "PATH", vital(optionalPath())),
		planned[model.Exec]("RootImageOptions", "OTHER", known("a(ss)")),
		planned[model.Exec]("RootHash", "OTHER", known("ay")),
		planned[model.Exec]("RootHashSignature", "OTHER", known("ay")),
		planned[model.Exec]("RootVerity", "PATH", vital(Path)),
		planned[model.Exec]("ExtensionDirectories", "PATH [...]", optionalPaths()).list(),
		planned[model.Exec]("ExtensionImages", "OTHER", known("a(sba(ss))")).list(),
		planned[model.Exec]("MountImages", "OTHER", known("a(ssba(ss))")).list(),
		row("User", "OTHER", vital(userName()), func(x *model.Exec) *string { return &x.User }),
		row("Group", "OTHER", vital(userName()), func(x *model.Exec) *string { return &x.Group }),
		row("SupplementaryGroups", "OTHER", vital(userNames()), func(x *model.Exec) *[]string { return &x.SupplementaryGroups }).list(),
		row("Nice", "NICE", Integer(-20, 19, 0), func(x *model.Exec) *int32 { return &x.Nice }).marks(func(x *model.Exec) *bool { return &x.NiceSet }),
		row("OOMScoreAdjust", "OOMSCOREADJUST", Integer(-1000, 1000, 0), func(x *model.Exec) *int32 { return &x.OOMScore }).marks(oomScoreSet),
		planned[model.Exec]("CoredumpFilter", "OTHER", known("t")),
		row("IOSchedulingClass", "IOCLASS", IOClass(), scheduler),
		row("IOSchedulingPriority", "IOPRIORITY", IOPriority(), scheduler),
		row("CPUSchedulingPolicy", "CPUSCHEDPOLICY", CPUPolicy(), scheduler),
		row("CPUSchedulingPriority", "CPUSCHEDPRIO", CPUPriority(), scheduler),
		row("CPUSchedulingResetOnFork", "BOOLEAN", CPUReset(), scheduler),
		row("CPUAffinity", "CPUAFFINITY", CPUAffinity(), scheduler).list(),
		planned[model.Exec]("NUMAPolicy", "OTHER", known("i")),
		planned[model.Exec]("NUMAMask", "OTHER", known("ay")),
		row("UMask", "MODE", Mode, func(x *model.Exec) *uint32 { return &x.UMask }),
		row("Environment", "ENVIRON", Assignments, func(x *model.Exec) *[]string { return &x.Environment }).list(),
		row("EnvironmentFile", "FILE", EnvironmentFiles, func(x *model.Exec) *[]model.EnvFile { return &x.EnvironmentFiles }).list().property("EnvironmentFiles"),
		row("PassEnvironment", "OTHER", Variables(), func(x *model.Exec) *[]string { return &x.PassEnvironment }).list(),
		row("UnsetEnvironment", "OTHER", VariablesOrAssignments(), func(x *model.Exec) *[]string { return &x.UnsetEnvironment }).list(),
		row("DynamicUser", "BOOLEAN", vital(Bool), func(x *model.Exec) *bool { return &x.DynamicUser }).lacking("no user is made up yet"),
		planned[model.Exec]("RemoveIPC", "BOOLEAN", Bool),
		row("StandardInput", "INPUT", StandardInput, func(x *model.Exec) *model.Stdio { return &x.Stdin }),
		row("StandardOutput", "OUTPUT", StandardOutput("stdout"), func(x *model.Exec) *model.Stdio { return &x.Stdout }),
		row("StandardError", "OUTPUT", StandardOutput("stderr"), func(x *model.Exec) *model.Stdio { return &x.Stderr }),
		row("StandardInputText", "OTHER", InputText, func(x *model.Exec) *[]byte { return &x.InputData }).list().property(""),
		row("StandardInputData", "OTHER", InputData, func(x *model.Exec) *[]byte { return &x.InputData }).list(),
		row("TTYPath", "PATH", Path, func(x *model.Exec) *string { return &x.TTYPath }),
		row("TTYReset", "BOOLEAN", Bool, func(x *model.Exec) *bool { return &x.TTYReset }),
		row("TTYVHangup", "BOOLEAN", Bool, func(x *model.Exec) *bool { return &x.TTYHangup }),
		row("TTYVTDisallocate", "BOOLEAN", Bool, func(x *model.Exec) *bool { return &x.TTYDisallocate }),
		planned[model.Exec]("TTYRows", "OTHER", known("q")),
		planned[model.Exec]("TTYColumns", "OTHER", known("q")),
	}
}

// restrictionRows are logging, rights and limits.
func restrictionRows() []*entry[model.Exec] {
	return []*entry[model.Exec]{
		row("SyslogIdentifier", "STRING", Text, func(x *model.Exec) *string { return &x.SyslogIdentifier }),
		row("SyslogFacility", "FACILITY", Facility, func(x *model.Exec) *uint8 { return &x.SyslogFacility }),
		row("SyslogLevel", "LEVEL", Level, func(x *model.Exec) *uint8 { return &x.SyslogLevel }),
		row("SyslogLevelPrefix", "BOOLEAN", Bool, func(x *model.Exec) *bool { return &x.SyslogLevelPrefix }),
		row("LogLevelMax", "LEVEL", LevelMax, func(x *model.Exec) *int8 { return &x.LogLevelMax }),
		planned[model.Exec]("LogRateLimitIntervalSec", "SECONDS", Seconds()).property("LogRateLimitIntervalUSec"),
		planned[model.Exec]("LogRateLimitBurst", "UNSIGNED", Unsigned),
		row("LogExtraFields", "OTHER", journalFields(), func(x *model.Exec) *[]string { return &x.LogExtraFields }).list(),
		row("SecureBits", "SECUREBITS", SecureBits, func(x *model.Exec) *uint32 { return &x.SecureBits }).list(),
		row("CapabilityBoundingSet", "BOUNDINGSET", Capabilities(allCapabilities), func(x *model.Exec) *uint64 { return &x.CapabilityBound }).list().resetBy("~"),
		row("AmbientCapabilities", "BOUNDINGSET", Capabilities(0), func(x *model.Exec) *uint64 { return &x.AmbientCaps }).list(),
		row("TimerSlackNSec", "NANOSECONDS", Nanoseconds, func(x *model.Exec) *uint64 { return &x.TimerSlack }).marks(func(x *model.Exec) *bool { return &x.TimerSlackSet }),
		row("NoNewPrivileges", "BOOLEAN", Bool, func(x *model.Exec) *bool { return &x.NoNewPrivileges }),
		row("KeyringMode", "OTHER", Enum[model.Keyring](model.Keyrings()), func(x *model.Exec) *model.Keyring { return &x.Keyring }),
		planned[model.Exec]("ProtectProc", "OTHER", Choice("default", "noaccess", "invisible", "ptraceable")),
		planned[model.Exec]("ProcSubset", "OTHER", Choice("all", "pid")),
		planned[model.Exec]("SystemCallFilter", "SYSCALLS", known("(bas)")).list(),
		planned[model.Exec]("SystemCallArchitectures", "ARCHS", known("as")).list(),
		planned[model.Exec]("SystemCallErrorNumber", "ERRNO", known("i")),
		planned[model.Exec]("SystemCallLog", "SYSCALLS", known("(bas)")).list(),
		planned[model.Exec]("MemoryDenyWriteExecute", "BOOLEAN", Bool),
		planned[model.Exec]("RestrictNamespaces", "NAMESPACES", known("t")),
		planned[model.Exec]("RestrictRealtime", "BOOLEAN", Bool),
		planned[model.Exec]("RestrictSUIDSGID", "BOOLEAN", Bool),
		planned[model.Exec]("RestrictAddressFamilies", "FAMILIES", known("(bas)")).list(),
		planned[model.Exec]("LockPersonality", "BOOLEAN", Bool),
		planned[model.Exec]("RestrictFileSystems", "FILESYSTEMS", known("(bas)")).list(),
		row("LimitCPU", "LIMIT", Resource(quantity.CPU), limits),
		row("LimitFSIZE", "LIMIT", Resource(quantity.FSize), limits),
		row("LimitDATA", "LIMIT", Resource(quantity.Data), limits),
		row("LimitSTACK", "LIMIT", Resource(quantity.Stack), limits),
		row("LimitCORE", "LIMIT", Resource(quantity.Core), limits),
		row("LimitRSS", "LIMIT", Resource(quantity.RSS), limits),
		row("LimitNOFILE", "LIMIT", Resource(quantity.NoFile), limits),
		row("LimitAS", "LIMIT", Resource(quantity.AddressSpace), limits),
		row("LimitNPROC", "LIMIT", Resource(quantity.NProc), limits),
		row("LimitMEMLOCK", "LIMIT", Resource(quantity.MemLock), limits),
		row("LimitLOCKS", "LIMIT", Resource(quantity.Locks), limits),
		row("LimitSIGPENDING", "LIMIT", Resource(quantity.SigPending), limits),
		row("LimitMSGQUEUE", "LIMIT", Resource(quantity.MsgQueue), limits),
		row("LimitNICE", "LIMIT", Resource(quantity.NicePriority), limits),
		row("LimitRTPRIO", "LIMIT", Resource(quantity.RTPriority), limits),
		row("LimitRTTIME", "LIMIT", Resource(quantity.RTTime), limits),
	}
}

// sandboxRows are what a command sees of the file system, and the directories that it owns.
func sandboxRows() []*entry[model.Exec] {
	return []*entry[model.Exec]{
		planned[model.Exec]("ReadWriteDirectories", "PATH [...]", optionalPaths()).list().obsolete("ReadWritePaths"),
		planned[model.Exec]("ReadOnlyDirectories", "PATH [...]", optionalPaths()).list().obsolete("ReadOnlyPaths"),
		planned[model.Exec]("InaccessibleDirectories", "PATH [...]", optionalPaths()).list().obsolete("InaccessiblePaths"),
		planned[model.Exec]("ReadWritePaths", "PATH [...]", optionalPaths()).list(),
		planned[model.Exec]("ReadOnlyPaths", "PATH [...]", optionalPaths()).list(),
		planned[model.Exec]("InaccessiblePaths", "PATH [...]", optionalPaths()).list(),
		planned[model.Exec]("ExecPaths", "PATH [...]", optionalPaths()).list(),
		planned[model.Exec]("NoExecPaths", "PATH [...]", optionalPaths()).list(),
		planned[model.Exec]("ExecSearchPath", "PATH", known("as")).list(),
		planned[model.Exec]("BindPaths", "PATH[:PATH[:OPTIONS]] [...]", known("a(ssbt)")).list(),
		planned[model.Exec]("BindReadOnlyPaths", "PATH[:PATH[:OPTIONS]] [...]", known("a(ssbt)")).list(),
		planned[model.Exec]("TemporaryFileSystem", "OTHER", known("a(ss)")).list(),
		planned[model.Exec]("PrivateTmp", "BOOLEAN", Bool),
		planned[model.Exec]("PrivateDevices", "BOOLEAN", Bool),
		planned[model.Exec]("ProtectKernelTunables", "BOOLEAN", Bool),
		planned[model.Exec]("ProtectKernelModules", "BOOLEAN", Bool),
		planned[model.Exec]("ProtectKernelLogs", "BOOLEAN", Bool),
		planned[model.Exec]("ProtectClock", "BOOLEAN", Bool),
		planned[model.Exec]("ProtectControlGroups", "BOOLEAN", Bool),
		planned[model.Exec]("NetworkNamespacePath", "PATH", Path),
		planned[model.Exec]("IPCNamespacePath", "PATH", Path),
		planned[model.Exec]("LogNamespace", "OTHER", Text),
		planned[model.Exec]("PrivateNetwork", "BOOLEAN", Bool),
		planned[model.Exec]("PrivateUsers", "BOOLEAN", Bool),
		planned[model.Exec]("PrivateMounts", "BOOLEAN", Bool),
		planned[model.Exec]("PrivateIPC", "BOOLEAN", Bool),
		planned[model.Exec]("ProtectSystem", "OTHER", BoolOr("full", "strict")),
		planned[model.Exec]("ProtectHome", "OTHER", BoolOr("read-only", "tmpfs")),
		planned[model.Exec]("MountFlags", "MOUNTFLAG [...]", known("t")),
		planned[model.Exec]("MountAPIVFS", "OTHER", Bool),
		row("Personality", "PERSONALITY", personality(), func(x *model.Exec) *string { return &x.Personality }),
		row("RuntimeDirectoryPreserve", "OTHER", runtimePreserve(), func(x *model.Exec) *model.Preserve { return &x.RuntimePreserve }),
		row("RuntimeDirectoryMode", "MODE", DirectoryMode(model.DirRuntime), directories),
		row("RuntimeDirectory", "OTHER", Directories(model.DirRuntime), directories).list(),
		row("StateDirectoryMode", "MODE", DirectoryMode(model.DirState), directories),
		row("StateDirectory", "OTHER", Directories(model.DirState), directories).list(),
		row("CacheDirectoryMode", "MODE", DirectoryMode(model.DirCache), directories),
		row("CacheDirectory", "OTHER", Directories(model.DirCache), directories).list(),
		row("LogsDirectoryMode", "MODE", DirectoryMode(model.DirLogs), directories),
		row("LogsDirectory", "OTHER", Directories(model.DirLogs), directories).list(),
		row("ConfigurationDirectoryMode", "MODE", DirectoryMode(model.DirConfiguration), directories),
		row("ConfigurationDirectory", "OTHER", Directories(model.DirConfiguration), directories).list(),
		planned[model.Exec]("SetCredential", "OTHER", known("a(say)")).list(),
		planned[model.Exec]("SetCredentialEncrypted", "OTHER", known("a(say)")).list(),
		planned[model.Exec]("LoadCredential", "OTHER", known("a(ss)")).list(),
		planned[model.Exec]("LoadCredentialEncrypted", "OTHER", known("a(ss)")).list(),
		row("TimeoutCleanSec", "SECONDS", Timeout(), func(x *model.Exec) *span.Span { return &x.TimeoutClean }).property("TimeoutCleanUSec"),
		planned[model.Exec]("PAMName", "STRING", Text),
		row("IgnoreSIGPIPE", "BOOLEAN", Bool, func(x *model.Exec) *bool { return &x.IgnoreSIGPIPE }),
		planned[model.Exec]("UtmpIdentifier", "STRING", Text),
		planned[model.Exec]("UtmpMode", "OTHER", Choice("init", "login", "user")),
		planned[model.Exec]("SELinuxContext", "LABEL", known("(bs)")),
		planned[model.Exec]("AppArmorProfile", "OTHER", known("(bs)")),
		ignored[model.Exec]("SmackProcessLabel", "OTHER", "there is no support for SMACK"),
		planned[model.Exec]("ProtectHostname", "BOOLEAN", Bool),
		planned[model.Exec]("SetLoginEnvironment", "OTHER", Bool).since(255),
		planned[model.Exec]("ImportCredential", "OTHER", known("as")).list().since(254),
		planned[model.Exec]("ExtensionImagePolicy", "OTHER", known("s")).since(254),
		planned[model.Exec]("RootImagePolicy", "OTHER", known("s")).since(254),
		planned[model.Exec]("MountImagePolicy", "OTHER", known("s")).since(254),
		planned[model.Exec]("RootEphemeral", "BOOLEAN", Bool).since(254),
		planned[model.Exec]("MemoryKSM", "BOOLEAN", Bool).since(254),
		planned[model.Exec]("LogFilterPatterns", "OTHER", known("a(bs)")).list().since(253),
		planned[model.Exec]("PrivatePIDs", "OTHER", Bool).since(257),
	}
}

func scheduler(x *model.Exec) **model.Scheduler    { return &x.Scheduler }
func limits(x *model.Exec) *[]model.Rlimit         { return &x.Limits }
func oomScoreSet(x *model.Exec) *bool              { return &x.OOMSet }
func directories(x *model.Exec) *[]model.Directory { return &x.Directories }
