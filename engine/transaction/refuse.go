package transaction

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// The D-Bus error names with which transactions are refused. org.freedesktop.systemd1(5).
const (
	ErrNoSuchUnit     = "org.freedesktop.systemd1.NoSuchUnit"
	ErrLoadFailed     = "org.freedesktop.systemd1.LoadFailed"
	ErrBadSetting     = "org.freedesktop.systemd1.BadUnitSetting"
	ErrMasked         = "org.freedesktop.systemd1.UnitMasked"
	ErrOnlyDependency = "org.freedesktop.systemd1.OnlyByDependency"
	ErrNoIsolation    = "org.freedesktop.systemd1.NoIsolation"
	ErrNotApplicable  = "org.freedesktop.systemd1.JobTypeNotApplicable"
	ErrConflicting    = "org.freedesktop.systemd1.TransactionJobsConflicting"
	ErrCyclic         = "org.freedesktop.systemd1.TransactionOrderIsCyclic"
	ErrDestructive    = "org.freedesktop.systemd1.TransactionIsDestructive"
	ErrInvalidArgs    = "org.freedesktop.DBus.Error.InvalidArgs"
	ErrLimits         = "org.freedesktop.DBus.Error.LimitsExceeded"
)

func refuse(name, format string, args ...any) *port.Refusal {
	return &port.Refusal{Error: name, Message: fmt.Sprintf(format, args...)}
}

// LoadProblem returns why a unit can't be started for the way it was loaded, nil if it can.
func LoadProblem(u *model.Unit) *port.Refusal {
	message := ""
	if u.LoadError != nil {
		message = u.LoadError.Message
	}
	switch u.Load {
	case model.LoadLoaded:
		return nil
	case model.LoadNotFound:
		return refuse(ErrNoSuchUnit, "Unit %s not found.", u.Name)
	case model.LoadMasked:
		return refuse(ErrMasked, "Unit %s is masked.", u.Name)
	case model.LoadBadSetting:
		return refuse(ErrBadSetting, "Unit %s has a bad unit file setting.%s", u.Name, because(u.Name, message))
	case model.LoadError:
		if u.LoadError != nil && u.LoadError.Error == ErrInvalidArgs {
			return refuse(ErrInvalidArgs, "%s", message) // about the name, so that adjusting files would not help
		}
		return refuse(ErrLoadFailed, "Unit %s failed to load properly, please adjust/correct and reload service manager: %s",
			u.Name, message)
	}
	return refuse(ErrLoadFailed, "Unit %s is not loaded properly.", u.Name)
}

// because adds the loader's reason to a refusal, as the oracle leaves it to the log.
func because(unit, message string) string {
	if message == "" {
		return ""
	}
	return " (" + strings.TrimPrefix(message, "Unit "+unit+" has a bad unit file setting: ") + ")"
}

// notApplicable uses the oracle's sentence for a reload too, which is the one that users meet.
func notApplicable(t model.JobType, u *model.Unit) *port.Refusal {
	return refuse(ErrNotApplicable, "Job type %s is not applicable for unit %s.", t, u.Name)
}
