package load

// Perpetual returns the names of the units that are always there and always active. Their slices and scope need no
// file, but may have one. systemd.special(7).
func Perpetual(mode Mode) []string {
	if mode == User {
		return []string{rootSlice, initScope}
	}
	return []string{rootSlice, systemSlice, initScope}
}

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
		u.UnitSection.DefaultDependencies = false
		u.Perpetual, u.Transient = true, true
		return
	default:
		return
	}
	u.Documentation = []string{"man:systemd.special(7)"}
	u.UnitSection.DefaultDependencies = false
	u.UnitSection.IgnoreOnIsolate = u.Name == rootSlice || u.UnitSection.IgnoreOnIsolate
	u.Perpetual = true
}
