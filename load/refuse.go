package load

import (
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/unitname"
)

// refuse says why a unit cannot be run although each of its lines is right, in the oracle's words; "" if it can.
func (b *builder) refuse() string {
	u := b.unit
	if why := b.refuseUnit(); why != "" {
		return why
	}
	switch u.Type {
	case model.TypeService:
		if why := refuseService(u); why != "" {
			return why
		}
		b.remarkService()
	case model.TypeSlice:
		return refuseSlice(u)
	case model.TypeSocket:
		return b.refuseSocket()
	case model.TypeTimer:
		return b.lacks("Timer unit lacks value setting. Refusing.", "OnActiveSec", "OnBootSec", "OnStartupSec",
			"OnUnitActiveSec", "OnUnitInactiveSec", "OnCalendar", "OnClockChange", "OnTimezoneChange")
	case model.TypePath:
		return b.lacks("Path unit lacks path setting. Refusing.", "PathExists", "PathExistsGlob", "PathChanged",
			"PathModified", "DirectoryNotEmpty")
	case model.TypeMount:
		return b.refuseMount()
	}
	return ""
}

// refuseUnit is for all types.
func (b *builder) refuseUnit() string {
	for _, c := range []struct {
		kind  model.Dependency
		mode  model.JobMode
		words string
	}{
		{model.OnSuccess, b.unit.UnitSection.OnSuccessJobMode, "OnSuccess"},
		{model.OnFailure, b.unit.UnitSection.OnFailureJobMode, "OnFailure"},
	} {
		n := 0
		for i := range b.unit.Edges {
			if b.unit.Edges[i].Kind == c.kind {
				n++
			}
		}
		if c.mode == model.ModeIsolate && n > 1 {
			return "More than one " + c.words + "= dependencies specified but " + c.words + "JobMode=isolate set. Refusing."
		}
	}
	return ""
}

// refuseService: systemd.service(5), Type= and ExecStart=.
func refuseService(u *model.Unit) string {
	s := u.Service
	start, oneshot := s.Commands[model.ExecStart], s.Type == model.ServiceOneshot
	action := u.UnitSection.SuccessAction != model.ActionNone
	switch {
	case len(start) == 0 && len(s.Commands[model.ExecStop]) == 0 && !action:
		return "Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing."
	case !oneshot && len(start) == 0:
		return "Service has no ExecStart= setting, which is only allowed for Type=oneshot services. Refusing."
	case !s.RemainAfterExit && len(start) == 0 && !action:
		return "Service has no ExecStart= and no SuccessAction= settings and does not have RemainAfterExit=yes set." +
			" Refusing."
	case !oneshot && len(start) > 1:
		return "Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing."
	case oneshot && (s.Restart == model.RestartAlways || s.Restart == model.RestartOnSuccess):
		return "Service has Restart= set to either always or on-success, which isn't allowed for Type=oneshot services." +
			" Refusing."
	case oneshot && s.RestartForce != nil && len(s.RestartForce.Statuses)+len(s.RestartForce.Signals) > 0:
		return "Service has RestartForceExitStatus= set, which isn't allowed for Type=oneshot services. Refusing."
	case oneshot && s.ExitType == model.ExitCgroup:
		return "Service has ExitType=cgroup set, which isn't allowed for Type=oneshot services. Refusing."
	case s.Type == model.ServiceDBus && s.BusName == "":
		return "Service is of type D-Bus but no D-Bus service name has been specified. Refusing."
	case sandboxed(s.Exec, "PAMName") != "" && s.Kill.Mode != model.KillControlGroup && s.Kill.Mode != model.KillMixed:
		return "Service has PAM enabled. Kill mode must be set to 'control-group' or 'mixed'. Refusing."
	}
	return ""
}

// remarkService tells of settings without effect.
func (b *builder) remarkService() {
	s := b.unit.Service
	if s.Type == model.ServiceOneshot && s.RuntimeMax != 0 && s.RuntimeMax != span.Infinity {
		b.add(unitfile.Diagnostic{Pos: unitfile.Pos{File: b.unit.Fragment}, Severity: unitfile.Warning,
			Message: "RuntimeMaxSec= has no effect in combination with Type=oneshot. Ignoring."})
	}
}

func refuseSlice(u *model.Unit) string {
	if unitname.ValidSlice(u.Name) != nil {
		return "Slice name " + u.Name + " is not valid. Refusing."
	}
	return ""
}

// lacks returns why unless the private section has one of the options.
func (b *builder) lacks(why string, names ...string) string {
	for _, name := range names {
		if value, _ := b.last(name); value != "" {
			return ""
		}
	}
	return why
}

func (b *builder) refuseSocket() string {
	for _, s := range b.private {
		if strings.HasPrefix(s.name, "Listen") && s.value != "" {
			return ""
		}
	}
	return "Unit has no Listen setting (ListenStream=, ListenDatagram=, ListenFIFO=, ...). Refusing."
}

func (b *builder) refuseMount() string {
	if why := b.lacks("What= setting is missing. Refusing.", "What"); why != "" && b.unit.Fragment != "" {
		return why
	}
	where, _ := b.last("Where")
	if name, err := unitname.FromPath(where, ".mount"); where != "" && (err != nil || name != b.unit.Name) {
		return "Where= setting doesn't match unit name. Refusing."
	}
	return ""
}
