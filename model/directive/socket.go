//tidy:table

package directive

import (
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// socketGroup is what systemd.socket(5) describes.
func socketGroup() *group[model.Socket] {
	rows := append(listenRows(), socketRows()...)
	return &group[model.Socket]{manual: "systemd.socket(5)", rows: rows, kept: func(s *model.Socket) *[]model.Setting { return &s.Exec.Sandbox }}
}

// listenRows are what is opened, for whom, and what is run around it.
func listenRows() []*entry[model.Socket] {
	return []*entry[model.Socket]{
		listen("ListenStream", "SOCKET [...]", model.ListenStream),
		listen("ListenDatagram", "SOCKET [...]", model.ListenDatagram),
		listen("ListenSequentialPacket", "SOCKET [...]", model.ListenSequentialPacket),
		listen("ListenFIFO", "SOCKET [...]", model.ListenFIFO),
		listen("ListenNetlink", "SOCKET [...]", model.ListenNetlink),
		planned[model.Socket]("ListenSpecial", "SOCKET [...]", Path).property("").list(),
		planned[model.Socket]("ListenMessageQueue", "SOCKET [...]", Path).property("").list(),
		planned[model.Socket]("ListenUSBFunction", "SOCKET [...]", Path).property("").list(),
		planned[model.Socket]("SocketProtocol", "OTHER", Text).property(""),
		row("BindIPv6Only", "SOCKETBIND", Enum[model.BindIPv6Only](model.BindWords()), func(s *model.Socket) *model.BindIPv6Only { return &s.BindIPv6Only }),
		row("Backlog", "UNSIGNED", Unsigned, func(s *model.Socket) *uint32 { return &s.Backlog }),
		row("BindToDevice", "NETWORKINTERFACE", Text, func(s *model.Socket) *string { return &s.BindToDevice }),
		planned[model.Socket]("ExecStartPre", "PATH [ARGUMENT [...]]", known("a(sasbttttuii)")).list(),
		planned[model.Socket]("ExecStartPost", "PATH [ARGUMENT [...]]", known("a(sasbttttuii)")).list(),
		planned[model.Socket]("ExecStopPre", "PATH [ARGUMENT [...]]", known("a(sasbttttuii)")).list(),
		planned[model.Socket]("ExecStopPost", "PATH [ARGUMENT [...]]", known("a(sasbttttuii)")).list(),
		planned[model.Socket]("TimeoutSec", "OTHER", Timeout()).property("TimeoutUSec"),
		row("SocketUser", "OTHER", vital(userName()), func(s *model.Socket) *string { return &s.User }),
		row("SocketGroup", "OTHER", vital(userName()), func(s *model.Socket) *string { return &s.Group }),
		row("SocketMode", "MODE", Mode, func(s *model.Socket) *uint32 { return &s.Mode }),
		row("DirectoryMode", "MODE", Mode, func(s *model.Socket) *uint32 { return &s.DirectoryMode }),
		row("Accept", "BOOLEAN", accept(), func(s *model.Socket) *bool { return &s.Accept }),
		planned[model.Socket]("FlushPending", "BOOLEAN", Bool),
		row("Writable", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.Writable }),
		planned[model.Socket]("MaxConnections", "UNSIGNED", Unsigned),
		planned[model.Socket]("MaxConnectionsPerSource", "UNSIGNED", Unsigned),
	}
}

// socketRows are the options of the sockets themselves, and what they are for.
func socketRows() []*entry[model.Socket] {
	return []*entry[model.Socket]{
		row("KeepAlive", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.KeepAlive }),
		planned[model.Socket]("KeepAliveTimeSec", "SECONDS", Seconds()).property("KeepAliveTimeUSec"),
		planned[model.Socket]("KeepAliveIntervalSec", "SECONDS", Seconds()).property("KeepAliveIntervalUSec"),
		planned[model.Socket]("KeepAliveProbes", "UNSIGNED", Unsigned),
		planned[model.Socket]("DeferAcceptSec", "SECONDS", Seconds()).property("DeferAcceptUSec"),
		row("NoDelay", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.NoDelay }),
		row("Priority", "INTEGER", Integer(-1, 1<<31-1, -1), func(s *model.Socket) *int32 { return &s.Priority }),
		row("ReceiveBuffer", "SIZE", Bytes, func(s *model.Socket) *uint64 { return &s.ReceiveBuffer }),
		row("SendBuffer", "SIZE", Bytes, func(s *model.Socket) *uint64 { return &s.SendBuffer }),
		planned[model.Socket]("IPTOS", "TOS", known("i")),
		row("IPTTL", "INTEGER", Integer(-1, 255, -1), func(s *model.Socket) *int32 { return &s.IPTTL }),
		row("Mark", "INTEGER", Integer(-1, 1<<31-1, -1), func(s *model.Socket) *int32 { return &s.Mark }),
		row("PipeSize", "SIZE", Bytes, func(s *model.Socket) *uint64 { return &s.PipeSize }),
		row("FreeBind", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.FreeBind }),
		row("Transparent", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.Transparent }),
		row("Broadcast", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.Broadcast }),
		row("PassCredentials", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.PassCredentials }),
		row("PassSecurity", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.PassSecurity }),
		row("PassPacketInfo", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.PassPacketInfo }),
		planned[model.Socket]("Timestamping", "OTHER", Text),
		row("TCPCongestion", "STRING", Text, func(s *model.Socket) *string { return &s.TCPCongestion }),
		row("ReusePort", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.ReusePort }),
		planned[model.Socket]("MessageQueueMaxMessages", "LONG", known("x")),
		planned[model.Socket]("MessageQueueMessageSize", "LONG", known("x")),
		row("RemoveOnStop", "BOOLEAN", Bool, func(s *model.Socket) *bool { return &s.RemoveOnStop }),
		row("Symlinks", "OTHER", Paths, func(s *model.Socket) *[]string { return &s.Symlinks }).list(),
		row("FileDescriptorName", "OTHER", fdName(), func(s *model.Socket) *string { return &s.FileDescriptorName }),
		row("Service", "SERVICE", UnitName(".service"), func(s *model.Socket) *string { return &s.Service }).property(""),
		row("TriggerLimitIntervalSec", "SECONDS", Seconds(), func(s *model.Socket) *span.Span { return &s.TriggerLimitInterval }).property("TriggerLimitIntervalUSec"),
		row("TriggerLimitBurst", "UNSIGNED", Unsigned, func(s *model.Socket) *uint32 { return &s.TriggerLimitBurst }).marks(triggerSet),
		planned[model.Socket]("SmackLabel", "STRING", Text),
		planned[model.Socket]("SmackLabelIPIn", "STRING", Text),
		planned[model.Socket]("SmackLabelIPOut", "STRING", Text),
		planned[model.Socket]("SELinuxContextFromNet", "BOOLEAN", Bool).property(""),
	}
}

// listen is a row that adds to what the unit opens.
func listen(name, hint string, kind model.ListenKind) *entry[model.Socket] {
	return row(name, hint, Listen(kind), func(s *model.Socket) *[]model.Listen { return &s.Listen }).list().property("")
}

func triggerSet(s *model.Socket) *bool { return &s.TriggerSet }
