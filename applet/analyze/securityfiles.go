package analyze

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/offline"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/unitname"
)

// sectionsWithProcesses are the sections of the units that run commands, by their types.
var sectionsWithProcesses = map[string]string{
	"service": "Service", "socket": "Socket", "mount": "Mount", "swap": "Swap",
}

// securityOffline judges services by their files: those of the search path, or files of their own, whose folders are
// then searched first. All are loaded before the first is judged, and what is wrong with them is told.
func (s *session) securityOffline(args []string, policy map[string]policyRow) int {
	status := 0
	var names []string
	o := offline.Options{Root: s.opt.root, User: s.opt.scope != systemScope, Env: s.Getenv}
	for _, arg := range args {
		name := path.Base(arg)
		if unitname.Valid(name) != nil {
			s.complain(fmt.Errorf("Failed to prepare filename %s: Invalid argument", arg))
			status = 1
			continue
		}
		if unitname.IsTemplate(name) {
			name, _ = unitname.ReplaceInstance(name, "i") // a valid template takes any instance
		}
		names = append(names, name)
		if dir := path.Dir(arg); strings.Contains(arg, "/") {
			if absolute, err := filepath.Abs(dir); err == nil && !slices.Contains(o.First, absolute) {
				o.First = append(o.First, absolute)
			}
		}
	}
	loader, _ := o.Loader() // what is wrong with the manager's own files is of no account here
	told := map[*model.Unit]bool{}
	for _, name := range names {
		u := loader.Unit(name)
		for _, d := range u.Diagnostics {
			if d.Severity > unitfile.Info && !told[u] {
				s.diagnostic(d.Severity, d.String())
			}
		}
		told[u] = true
	}
	for _, name := range names {
		service, err := s.offlineService(loader, name)
		if err != nil {
			s.complain(err)
			status = 1
			continue
		}
		if s.detail(service, policy) > s.opt.threshold {
			status = 1
		}
	}
	return status
}

// offlineService reads the settings of a unit that can be started from its files.
func (s *session) offlineService(loader *load.Loader, name string) (*settings, error) {
	unit := loader.Unit(name)
	switch {
	case unit.Fragment == "" && unit.Load != model.LoadMasked:
		return nil, fmt.Errorf("Unit %s not found.", name)
	case unit.Load == model.LoadMasked:
		return nil, fmt.Errorf("Unit %s is masked.", name)
	case unit.Load == model.LoadBadSetting:
		return nil, fmt.Errorf("Unit %s has a bad unit file setting.", name) // which was told
	case unit.Load != model.LoadLoaded:
		return nil, errors.New(unit.LoadError.Message)
	}
	service := newSettings(unit.Name)
	service.fragment = unit.Fragment
	section := sectionsWithProcesses[string(unitname.TypeOf(name))] // a target has none, and is judged all the same
	if section != "Service" {
		service.words["KeyringMode"] = "inherit"
	}
	for _, name := range append([]string{unit.Fragment}, unit.DropIns...) {
		data, _, _, err := loader.Catalog().Read(name)
		if err != nil {
			return nil, fmt.Errorf("Failed to read %s: %s", name, errnoText(err))
		}
		service.read(name, data, section)
	}
	if err := s.readProfile(service, section); err != nil {
		return nil, err
	}
	service.imply()
	return service, nil
}

// read takes the lines of one file's section.
func (s *settings) read(name string, data []byte, section string) {
	file, _ := unitfile.ParseLean(name, data) // wrong lines are passed over
	for _, line := range file.Lines {
		switch {
		case section != "" && line.Section == section && line.Key != "":
			s.set(line.Key, line.Value)
		case line.Section == "Unit" && line.Key == "DefaultDependencies":
			if b, err := quantity.ParseBool(line.Value); err == nil {
				s.early = !b
			}
		}
	}
}

// readProfile takes the portable profile of --profile= as one more drop-in.
func (s *session) readProfile(service *settings, section string) error {
	profile := s.opt.profile
	if profile == "" {
		return nil
	}
	places := []string{profile}
	if !strings.Contains(profile, "/") {
		places = places[:0]
		for _, dir := range []string{"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"} {
			places = append(places, dir+"/systemd/portable/profile/"+profile+"/service.conf")
		}
	}
	places = slices.DeleteFunc(places, func(name string) bool {
		_, err := os.Stat(name)
		return errors.Is(err, os.ErrNotExist)
	})
	if len(places) == 0 {
		return fmt.Errorf("Failed to find portable profile %s: No such file or directory", profile)
	}
	data, err := os.ReadFile(places[0])
	if err != nil {
		return fmt.Errorf("Failed to read %s: %s", places[0], errnoText(err))
	}
	service.read(places[0], data, section)
	return nil
}
