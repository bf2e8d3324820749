package model

import "github.com/steward-init/steward/syntax/span"

// ListenKind is what a socket unit opens for one of its Listen…= lines. systemd.socket(5).
type ListenKind uint8

// The kinds.
const (
	ListenStream ListenKind = iota
	ListenDatagram
	ListenSequentialPacket
	ListenFIFO
	ListenNetlink
)

var listenWords = []string{"Stream", "Datagram", "SequentialPacket", "FIFO", "Netlink"}

func (k ListenKind) String() string { return name(listenWords, k) }

// Listen is one thing that a socket unit opens. Address is a path, "@name", "1.2.3.4:80", "[::1]:80", or "family group"
// of netlink.
type Listen struct {
	Kind    ListenKind
	Address string
}

// BindIPv6Only says whether a socket on [::] takes IPv4 too. systemd.socket(5), BindIPv6Only=.
type BindIPv6Only uint8

// The ways to bind.
const (
	BindDefault BindIPv6Only = iota
	BindBoth
	BindIPv6
)

var bindWords = []string{"default", "both", "ipv6-only"}

// BindWords returns the words of BindIPv6Only, at the index of their value.
func BindWords() []string { return bindWords }

// Socket holds the [Socket] options. systemd.socket(5).
type Socket struct {
	Listen   []Listen
	Symlinks []string
	// Service is the unit that is started on traffic, "" for the one of the same name.
	Service string
	Accept  bool

	User, Group         string
	Mode, DirectoryMode uint32
	FileDescriptorName  string // "" for the socket unit's name
	BindToDevice        string
	TCPCongestion       string

	Backlog                       uint32
	BindIPv6Only                  BindIPv6Only
	Priority, IPTTL, Mark         int32 // -1 for unset
	ReceiveBuffer, SendBuffer     uint64
	PipeSize                      uint64
	KeepAlive, NoDelay, ReusePort bool
	FreeBind, Transparent         bool
	Broadcast, Writable           bool
	PassCredentials, PassSecurity bool
	PassPacketInfo, RemoveOnStop  bool
	TriggerLimitInterval          span.Span
	TriggerLimitBurst             uint32
	TriggerSet                    bool

	Exec    Exec
	Kill    Kill
	Control Control
}
