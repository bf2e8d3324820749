package load

import "github.com/steward-init/steward/syntax/unitname"

// RefuseAlias says why one name cannot be an alias of another, "" if it can. systemd.unit(5), "Aliases obey the
// following restrictions".
func RefuseAlias(name, target string) string {
	kind := unitname.TypeOf(name)
	form, err := unitname.FormOf(name)
	if err != nil {
		return "symlink: " + err.Error()
	}
	to, err := unitname.FormOf(target)
	switch {
	case err != nil:
		return "symlink target: " + err.Error()
	case !MayAlias(kind):
		return "symlinks are not allowed for units of this type, rejecting"
	case kind != unitname.TypeOf(target):
		return "symlink target \"" + target + "\" has incompatible suffix, rejecting"
	case form == unitname.InstanceForm && to == unitname.TemplateForm:
		return ""
	case form == unitname.InstanceForm && to == unitname.InstanceForm &&
		unitname.Instance(name) != unitname.Instance(target):
		return "unit symlink target \"" + target + "\" instance name doesn't match, rejecting"
	case form != to:
		return "symlink target name type of \"" + target + "\" does not match source, rejecting"
	}
	return ""
}

// MayAlias says which types can have more than one name.
func MayAlias(t unitname.Type) bool {
	switch t {
	case unitname.Service, unitname.Socket, unitname.Target, unitname.Device, unitname.Timer, unitname.Path:
		return true
	}
	return false
}
