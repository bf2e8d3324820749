package analyze

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// securityOnline tells how exposed the services of a manager are: those named in detail, and, unless it is one, in a
// table, which without names has all that run for long.
func (s *session) securityOnline(args []string, policy map[string]policyRow) (int, error) {
	m, err := s.manager()
	if err != nil {
		return 1, err
	}
	defer m.Close()
	o := overview{Table: ui.Table{Head: []string{"UNIT", "EXPOSURE", "PREDICATE", "HAPPY"}, Right: []bool{false, true}}}
	if len(args) == 0 {
		names, err := m.services()
		if err != nil {
			return 1, err
		}
		for _, name := range names {
			service, loaded, err := m.service(name)
			if err != nil {
				return 1, err
			}
			if loaded == "loaded" && service.words["Type"] != "oneshot" {
				_, exposure, _ := assess(service, policy)
				o.add(s, service, exposure)
			}
		}
		return o.status, s.printOverview(&o.Table)
	}
	for i, arg := range args {
		if i > 0 {
			s.printf("\n")
		}
		service, err := m.named(arg)
		if err != nil {
			s.complain(err)
			o.status = 1
			continue
		}
		o.add(s, service, s.detail(service, policy))
	}
	if len(args) == 1 {
		return o.status, nil
	}
	s.printf("\n")
	return o.status, s.printOverview(&o.Table)
}

// named is a service by what the user calls it.
func (m *manager) named(arg string) (*settings, error) {
	name, err := unitname.Mangle(arg, ".service")
	if err != nil {
		return nil, fmt.Errorf("Failed to mangle unit name '%s': Invalid argument", arg)
	}
	if unitname.TypeOf(name) != "service" {
		return nil, fmt.Errorf("Unit %s is not a service unit, refusing.", arg)
	}
	if unitname.IsTemplate(name) {
		name, _ = unitname.ReplaceInstance(name, "test-instance") // a valid template takes any instance
	}
	service, loaded, err := m.service(name)
	switch {
	case err != nil:
		return nil, err
	case loaded != "loaded":
		return nil, fmt.Errorf("Unit %s not found, cannot analyze.", name)
	}
	return service, nil
}

// overview is a table with a line for each service.
type overview struct {
	ui.Table
	status int // 1 once a service is more exposed than the threshold
}

func (o *overview) add(s *session, service *settings, exposure int) {
	if exposure > s.opt.threshold {
		o.status = 1
	}
	word, style, face := s.predicate(exposure)
	unit := ui.Cell{Text: service.unit}
	if service.fragment != "" {
		unit.Link = ui.FileAddress(s.inRoot(service.fragment))
	}
	o.Rows = append(o.Rows, []ui.Cell{unit, {Text: tenths(exposure)}, {Text: word, Style: style}, {Text: face}})
}

// printOverview prints the table as --json= asks.
func (s *session) printOverview(t *ui.Table) error {
	if s.opt.json != "off" {
		return s.printJSON(t)
	}
	t.Print(s.IO)
	return nil
}

// services are the names of all loaded services, sorted, without aliases.
func (m *manager) services() ([]string, error) {
	units, err := m.units()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, u := range units {
		if unitname.TypeOf(u.id) == "service" {
			names = append(names, u.id)
		}
	}
	slices.Sort(names)
	return names, nil
}

// service reads a service's settings from the manager.
func (m *manager) service(name string) (service *settings, loaded string, err error) {
	h, body := getAll("")
	r, err := m.Ask(unitPath(name), h.Interface, h.Member, h.Signature, body)
	if err != nil {
		return nil, "", fmt.Errorf("Failed to get unit properties: %s", connect.Text(err))
	}
	service = newSettings(name)
	properties, _ := r.Value("a{sv}").(dbus.Dict) // another type is as an empty list
	for _, p := range properties {
		key, _ := p.Key.(string)
		v, _ := p.Value.(dbus.Variant)
		switch key {
		case "LoadState":
			loaded, _ = v.Value.(string)
		case "Id":
			service.unit, _ = v.Value.(string)
		case "FragmentPath":
			service.fragment, _ = v.Value.(string)
		case "DefaultDependencies":
			b, ok := v.Value.(bool)
			service.early = ok && !b
		default:
			service.property(key, v.Value)
		}
	}
	service.mounts()
	return service, loaded, nil
}

// mounts says that a service has mounts of its own if an option needs them: a manager's properties do not, and of files
// alone the original does not say so either.
func (s *settings) mounts() {
	for _, name := range []string{"PrivateTmp", "PrivateDevices", "ProtectControlGroups", "ProtectKernelModules",
		"ProtectKernelTunables"} {
		s.flags["PrivateMounts"] = s.flags["PrivateMounts"] || s.flags[name]
	}
	for _, name := range []string{"ProtectHome", "ProtectSystem", "RootImage"} {
		if word := s.words[name]; word != "" && word != "no" {
			s.flags["PrivateMounts"] = true
		}
	}
}

// property takes a property as the manager tells it: what options imply is in it already.
func (s *settings) property(key string, v any) {
	switch v := v.(type) {
	case bool:
		s.flags[key] = v
	case string:
		s.words[key] = v
	case uint32:
		if key == "UMask" {
			s.umask = v
		}
	case uint64:
		s.number(key, v)
	case []string:
		s.words[key] = strings.Join(v, " ")
	case dbus.Struct:
		s.filtered(key, v)
	case []any:
		s.list(key, v)
	}
}

func (s *settings) number(key string, n uint64) {
	switch key {
	case "CapabilityBoundingSet":
		s.bounding = n
	case "AmbientCapabilities":
		s.ambient = n
	case "RestrictNamespaces":
		s.allowNamespaces(n)
	}
}

// namespaceFlags are those of clone(2).
var namespaceFlags = map[string]uint64{"cgroup": 0x02000000, "ipc": 0x08000000, "net": 0x40000000, "mnt": 0x00020000,
	"pid": 0x20000000, "user": 0x10000000, "uts": 0x04000000}

func (s *settings) allowNamespaces(flags uint64) {
	s.namespaces = set{}
	for kind, flag := range namespaceFlags {
		s.namespaces[kind] = flags&flag != 0
	}
}

// filtered takes a list of what is allowed or denied; a deny list without entries is none.
func (s *settings) filtered(key string, v dbus.Struct) {
	if len(v) != 2 {
		return
	}
	allow, ok1 := v[0].(bool)
	list, ok2 := v[1].([]string)
	if !ok1 || !ok2 || !allow && len(list) == 0 {
		return
	}
	f := &filter{allow: allow, names: set{}}
	for _, word := range list {
		name, _, answered := strings.Cut(word, ":")
		if !answered || !allow {
			f.names[name] = true
		}
	}
	switch key {
	case "RestrictAddressFamilies":
		s.families = f
	case "SystemCallFilter":
		s.calls = &filter{allow: allow, names: set{}}
		for name := range f.names {
			for _, call := range callsOf(name) {
				s.calls.names[call] = true
			}
		}
	}
}

// list takes arrays of structures: address ranges and devices.
func (s *settings) list(key string, rows []any) {
	for _, row := range rows {
		fields, _ := row.(dbus.Struct)
		switch {
		case key == "DeviceAllow" && len(fields) == 2:
			s.devices = append(s.devices, fmt.Sprintf("%v:%v", fields[0], fields[1]))
		case (key == "IPAddressDeny" || key == "IPAddressAllow") && len(fields) == 3:
			address, _ := fields[1].([]byte)
			bits, _ := fields[2].(uint32)
			if addr, ok := netip.AddrFromSlice(address); ok && int(bits) <= addr.BitLen() {
				s.address(key == "IPAddressAllow", netip.PrefixFrom(addr, int(bits)))
			}
		case strings.HasPrefix(key, "IP") && strings.HasSuffix(key, "FilterPath"):
			s.words[key] = quantity.FormatBool(true) + strconv.Itoa(len(rows))
		}
	}
}
