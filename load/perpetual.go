package load

// Perpetual returns the names of the units that are always there and always active. Their slices and scope need no
// file, but may have one. systemd.special(7).
func Perpetual(mode Mode) []string {
	if mode == User {
		return []string{rootSlice, initScope}
	}
	return []string{rootSlice, systemSlice, initScope}
}

// sigrtmin14 is SIGRTMIN+14, by which init.scope's manager would be told to exit.
const sigrtmin14 = 34 + 14

// perpetual gives the units that are always there what their files, if any, don't say.
func (b *builder) perpetual() {
	u := b.unit
	switch {
	case u.Name == rootSlice:
		u.Description = "Root Slice"
	case u.Name == systemSlice && b.path.Mode == System:
		u.Description = "System Slice"
	case u.Name == initScope:
		u.Description = "System and Service Manager"
		if b.path.Mode == User {
			u.Description = "User Manager"
		}
		u.Documentation = []string{"man:systemd(1)"}
		u.UnitSection.IgnoreOnIsolate = true
		u.Scope.Kill.Signal = sigrtmin14
		u.UnitSection.DefaultDependencies = false
		u.Perpetual = true
		return
	default:
		return
	}
	u.Documentation = []string{"man:systemd.special(7)"}
	u.UnitSection.DefaultDependencies = false
	u.UnitSection.IgnoreOnIsolate = u.Name == rootSlice || u.UnitSection.IgnoreOnIsolate
	u.Perpetual = true
}
