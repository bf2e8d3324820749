// Package listen opens what socket units listen on: sockets, FIFOs and netlink, with their options, owners and modes.
//
// It exists so that a service's sockets are there before the service is, and stay while it restarts. It must not know
// when a service is started, nor who gets the descriptors.
package listen

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sys"
)

// Open opens all of a unit's lines, in order, or none. The descriptors are non-blocking and closed on exec.
func Open(s *model.Socket) ([]int, error) {
	var fds []int
	for _, l := range s.Listen {
		fd, err := open(s, l)
		if err != nil {
			for _, fd := range fds {
				sys.Close(fd)
			}
			return nil, fmt.Errorf("%s %s: %w", strings.ToLower(l.Kind.String()), l.Address, err)
		}
		fds = append(fds, fd)
	}
	return fds, link(s)
}

func open(s *model.Socket, l model.Listen) (int, error) {
	switch l.Kind {
	case model.ListenFIFO:
		return openFIFO(s, l.Address)
	case model.ListenNetlink:
		return openNetlink(s, l.Address)
	}
	return openSocket(s, l)
}

var socketTypes = [...]int{model.ListenStream: unix.SOCK_STREAM, model.ListenDatagram: unix.SOCK_DGRAM,
	model.ListenSequentialPacket: unix.SOCK_SEQPACKET}

// address turns the text of a line into what the kernel takes.
func address(text string) (family int, a unix.Sockaddr, err error) {
	if text[0] == '/' || text[0] == '@' {
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: text}, nil
	}
	ap, err := netip.ParseAddrPort(text)
	if err != nil {
		return 0, nil, err
	}
	if ap.Addr().Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ap.Addr().As4()}, nil
	}
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil && ap.Addr().IsUnspecified() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(ap.Port())}, nil // a kernel without IPv6
	}
	to := &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ap.Addr().As16(), ZoneId: zone(ap.Addr().Zone())}
	return unix.AF_INET6, to, nil
}

// zone reads the scope of a link-local address, by number.
func zone(text string) uint32 {
	n, _ := strconv.ParseUint(text, 10, 32) // an interface's name binds to any, as 0 does
	return uint32(n)
}

func openSocket(s *model.Socket, l model.Listen) (int, error) {
	family, to, err := address(l.Address)
	if err != nil {
		return -1, err
	}
	fd, err := unix.Socket(family, socketTypes[l.Kind]|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	if err = setOptions(s, fd, family, l.Kind); err == nil {
		err = bind(s, fd, to, l.Address)
	}
	if err == nil && l.Kind != model.ListenDatagram {
		err = unix.Listen(fd, int(min(s.Backlog, unix.SOMAXCONN)))
	}
	if err != nil {
		sys.Close(fd)
		return -1, err
	}
	return fd, nil
}

// bind gives the socket its address. A socket file that is left over, of a process that is gone, makes room; the mode
// is right from the first moment on.
func bind(s *model.Socket, fd int, to unix.Sockaddr, path string) error {
	if path[0] != '/' {
		return unix.Bind(fd, to)
	}
	if err := makeParents(path, s.DirectoryMode); err != nil {
		return err
	}
	if err := unix.Fchmod(fd, s.Mode); err != nil { // the file takes over the mode that the socket has
		return err
	}
	err := unix.Bind(fd, to)
	if errors.Is(err, unix.EADDRINUSE) {
		_ = unix.Unlink(path) // best effort: the second try tells
		err = unix.Bind(fd, to)
	}
	if err != nil {
		return err
	}
	if err := unix.Chmod(path, s.Mode); err != nil {
		return err
	}
	return own(s, path)
}

// makeParents makes missing directories, which the mode of DirectoryMode= is for.
func makeParents(path string, mode uint32) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := makeParents(dir, mode); err != nil {
		return err
	}
	if err := unix.Mkdir(dir, mode); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("directory %s: %w", dir, err)
	}
	return nil
}

// own gives a file to SocketUser= and SocketGroup=.
func own(s *model.Socket, path string) error {
	if s.User == "" && s.Group == "" {
		return nil
	}
	uid, gid := -1, -1
	if s.User != "" {
		u, err := sys.Accounts{Directory: "/etc"}.User(s.User)
		if err != nil {
			return err
		}
		uid, gid = int(u.UID), int(u.GID)
	}
	if s.Group != "" {
		g, err := sys.Accounts{Directory: "/etc"}.Group(s.Group)
		if err != nil {
			return err
		}
		gid = int(g.GID)
	}
	return unix.Lchown(path, uid, gid)
}

func openFIFO(s *model.Socket, path string) (int, error) {
	if err := makeParents(path, s.DirectoryMode); err != nil {
		return -1, err
	}
	if err := unix.Mkfifo(path, s.Mode); err != nil && !errors.Is(err, unix.EEXIST) {
		return -1, err
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil && st.Mode&unix.S_IFMT != unix.S_IFIFO {
		err = unix.EEXIST
	}
	if err == nil {
		err = errors.Join(unix.Fchmod(fd, s.Mode), own(s, path))
	}
	if err == nil && s.PipeSize > 0 {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, int(s.PipeSize))
	}
	if err != nil {
		sys.Close(fd)
		return -1, err
	}
	return fd, nil
}

// families are the netlink families by the words of systemd.socket(5), ListenNetlink=.
var families = map[string]int{"route": unix.NETLINK_ROUTE, "firewall": unix.NETLINK_FIREWALL,
	"inet-diag": unix.NETLINK_SOCK_DIAG, "nflog": unix.NETLINK_NFLOG, "xfrm": unix.NETLINK_XFRM,
	"selinux": unix.NETLINK_SELINUX, "iscsi": unix.NETLINK_ISCSI, "audit": unix.NETLINK_AUDIT,
	"fib-lookup": unix.NETLINK_FIB_LOOKUP, "connector": unix.NETLINK_CONNECTOR, "netfilter": unix.NETLINK_NETFILTER,
	"ip6-fw": unix.NETLINK_IP6_FW, "dnrtmsg": unix.NETLINK_DNRTMSG, "kobject-uevent": unix.NETLINK_KOBJECT_UEVENT,
	"scsitransport": unix.NETLINK_SCSITRANSPORT, "rdma": unix.NETLINK_RDMA}

func openNetlink(s *model.Socket, text string) (int, error) {
	words := strings.Fields(text)
	family, ok := families[words[0]]
	if !ok {
		return -1, fmt.Errorf("netlink family %q is not known", words[0])
	}
	var group uint64
	if len(words) > 1 {
		var err error
		if group, err = strconv.ParseUint(words[1], 10, 32); err != nil {
			return -1, fmt.Errorf("netlink group: %w", err)
		}
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, family)
	if err != nil {
		return -1, err
	}
	err = setOptions(s, fd, unix.AF_NETLINK, model.ListenNetlink)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: uint32(group)})
	}
	if err != nil {
		sys.Close(fd)
		return -1, err
	}
	return fd, nil
}

// link makes the unit's Symlinks=. What stands in the way and is no symlink stays.
func link(s *model.Socket) error {
	target := ""
	for _, l := range s.Listen {
		if l.Address[0] == '/' {
			target = l.Address
			break
		}
	}
	if target == "" {
		return nil
	}
	for _, path := range s.Symlinks {
		if err := makeParents(path, s.DirectoryMode); err != nil {
			continue // as systemd: a link that can't be made is no reason not to listen
		}
		if old, err := os.Readlink(path); err == nil && old != target {
			_ = os.Remove(path) // best effort: as above
		}
		_ = os.Symlink(target, path) // best effort: as above
	}
	return nil
}

// Remove takes the files away that a unit's lines have made, and its symlinks. systemd.socket(5), RemoveOnStop=.
func Remove(s *model.Socket) {
	for _, l := range s.Listen {
		if l.Address[0] == '/' {
			_ = os.Remove(l.Address) // best effort: it may be gone
		}
	}
	for _, path := range s.Symlinks {
		if target, err := os.Readlink(path); err == nil && strings.HasPrefix(target, "/") {
			_ = os.Remove(path) // best effort: as above
		}
	}
}
