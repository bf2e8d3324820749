package install

import (
	"errors"
	"fmt"
)

// Code is the sort of a fault.
type Code uint8

// The faults.
const (
	Missing Code = iota
	Masked
	BadName
	BadSpecifier
	Unreadable
	Exists       // Name is the place that is taken, Other what the symlink there leads to, "" for a file
	Generated    // transient or generated
	NoTemplate   // Other is a destination that would have to be a template
	BadAlias     // Other is the alias
	BadReference // Name is an alias that names no unit and no dependency
	NotTarget
	Invalid     // a name that is none, in a request that expects names only
	IsLink      // Name is an alias that the administrator made
	Severed     // Name is an alias of nothing
	NotAbsolute // Name is no absolute path
)

var errNotRegular = errors.New("not a regular file")

// Fault is why something can't be enabled, and on which name. Its text is the one that systemd gives on D-Bus.
type Fault struct {
	Code        Code
	Name, Other string
	Err         error
	// At is how many changes of the plan come before the fault.
	At int
	// Minor is set for faults that don't make the request fail.
	Minor bool
}

func (f *Fault) Error() string {
	switch f.Code {
	case Missing:
		return fmt.Sprintf("Unit file %s does not exist.", f.Name)
	case Masked:
		return fmt.Sprintf("Unit file %s is masked.", f.Name)
	case BadName:
		return fmt.Sprintf("%q is not a valid unit name.", f.Name)
	case BadSpecifier:
		return fmt.Sprintf("Invalid specifier in %s.", f.Name)
	case Exists:
		if f.Other == "" {
			return fmt.Sprintf("File %s already exists.", f.Name)
		}
		return fmt.Sprintf("File %s already exists and is a symlink to %s.", f.Name, f.Other)
	case Generated:
		return fmt.Sprintf("Unit %s is transient or generated.", f.Name)
	case NoTemplate:
		return fmt.Sprintf("Destination unit %s is a non-template unit.", f.Other)
	case BadAlias:
		return fmt.Sprintf("Cannot alias %s as %s.", f.Name, f.Other)
	case BadReference:
		return fmt.Sprintf("Invalid unit reference %s.", f.Name)
	case IsLink:
		return fmt.Sprintf("Refusing to operate on alias name or linked unit file: %s", f.Name)
	case NotTarget, Invalid, NotAbsolute:
		return "Invalid argument"
	case Severed:
		return "Link has been severed"
	}
	return fmt.Sprintf("%s: %v", f.Name, f.Err)
}

func (f *Fault) Unwrap() error { return f.Err }

// BusError is the D-Bus error name that systemd gives for the fault.
func (f *Fault) BusError() string {
	switch f.Code {
	case Missing:
		return "org.freedesktop.systemd1.NoSuchUnit"
	case Masked:
		return "org.freedesktop.systemd1.UnitMasked"
	case Exists:
		return "org.freedesktop.systemd1.UnitExists"
	case Generated:
		return "org.freedesktop.systemd1.UnitGenerated"
	case IsLink:
		return "org.freedesktop.systemd1.UnitLinked"
	case BadSpecifier, NoTemplate, BadAlias, BadReference:
		return "org.freedesktop.systemd1.BadUnitSetting"
	}
	return "org.freedesktop.DBus.Error.InvalidArgs"
}
