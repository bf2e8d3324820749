package listen

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sys"
)

// option is a socket option that a setting asks for.
type option struct {
	name         string
	wanted       bool
	level, which int
	value        int
}

// setOptions sets what must be set before the socket is bound. systemd.socket(5): an option that the socket does not
// have is no reason not to listen; only BindIPv6Only=, ReusePort= and BindToDevice= change who is reached.
func setOptions(s *model.Socket, fd, family int, kind model.ListenKind) error {
	isInet := family == unix.AF_INET || family == unix.AF_INET6
	isTCP := isInet && kind == model.ListenStream
	must := []option{
		{"IPV6_V6ONLY", family == unix.AF_INET6 && s.BindIPv6Only != model.BindDefault, unix.IPPROTO_IPV6,
			unix.IPV6_V6ONLY, number(s.BindIPv6Only == model.BindIPv6)},
		{"SO_REUSEPORT", s.ReusePort, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
		{"SO_REUSEADDR", isInet, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1},
	}
	for _, o := range must {
		if o.wanted {
			if err := unix.SetsockoptInt(fd, o.level, o.which, o.value); err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
		}
	}
	if s.BindToDevice != "" && isInet {
		if err := unix.BindToDevice(fd, s.BindToDevice); err != nil {
			return fmt.Errorf("bind to device %s: %w", s.BindToDevice, err)
		}
	}
	for _, o := range optional(s, family, isTCP) {
		if o.wanted {
			_ = unix.SetsockoptInt(fd, o.level, o.which, o.value) // best effort: see above
		}
	}
	if s.ReceiveBuffer > 0 {
		_ = sys.ReceiveBuffer(fd, int(s.ReceiveBuffer)) // best effort: see above
	}
	if s.SendBuffer > 0 && unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, int(s.SendBuffer)) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, int(s.SendBuffer)) // best effort: see above
	}
	if s.TCPCongestion != "" && isTCP {
		_ = unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, s.TCPCongestion) // best effort: see above
	}
	return nil
}

// optional are the options of which systemd does without those that fail.
func optional(s *model.Socket, family int, isTCP bool) []option {
	six := family == unix.AF_INET6
	ip := six || family == unix.AF_INET
	return []option{
		{"SO_KEEPALIVE", s.KeepAlive, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{"TCP_NODELAY", s.NoDelay && isTCP, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{"SO_PRIORITY", s.Priority >= 0, unix.SOL_SOCKET, unix.SO_PRIORITY, int(s.Priority)},
		{"SO_MARK", s.Mark >= 0, unix.SOL_SOCKET, unix.SO_MARK, int(s.Mark)},
		{"SO_BROADCAST", s.Broadcast, unix.SOL_SOCKET, unix.SO_BROADCAST, 1},
		{"SO_PASSCRED", s.PassCredentials, unix.SOL_SOCKET, unix.SO_PASSCRED, 1},
		{"SO_PASSSEC", s.PassSecurity, unix.SOL_SOCKET, unix.SO_PASSSEC, 1},
		{"IP_FREEBIND", s.FreeBind && ip, unix.SOL_IP, unix.IP_FREEBIND, 1},
		{"IP_TRANSPARENT", s.Transparent && ip, unix.SOL_IP, unix.IP_TRANSPARENT, 1},
		{"IP_TTL", s.IPTTL >= 0 && ip, unix.SOL_IP, unix.IP_TTL, int(s.IPTTL)},
		{"IPV6_UNICAST_HOPS", s.IPTTL >= 0 && six, unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, int(s.IPTTL)},
		{"IP_PKTINFO", s.PassPacketInfo && ip, unix.SOL_IP, unix.IP_PKTINFO, 1},
		{"IPV6_RECVPKTINFO", s.PassPacketInfo && six, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1},
		{"NETLINK_PKTINFO", s.PassPacketInfo && family == unix.AF_NETLINK, unix.SOL_NETLINK, unix.NETLINK_PKTINFO, 1},
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
