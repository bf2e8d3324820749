package analyze

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/unitname"
)

// sectionsWithProcesses are the sections of the units that run commands, by their types.
var sectionsWithProcesses = map[string]string{
	"service": "Service", "socket": "Socket", "mount": "Mount", "swap": "Swap",
}

// offlineService reads the settings of a unit from its files: one of the search path, or a file of its own, whose
// folder is then searched first.
func (s *session) offlineService(arg string) (*settings, error) {
	name := path.Base(arg)
	if unitname.Valid(name) != nil {
		return nil, fmt.Errorf("Failed to prepare filename %s: Invalid argument", arg)
	}
	if unitname.IsTemplate(name) {
		name, _ = unitname.ReplaceInstance(name, "i") // a valid template takes any instance
	}
	searched := s.searchPath()
	if dir := path.Dir(arg); strings.Contains(arg, "/") {
		if absolute, err := filepath.Abs(dir); err == nil {
			searched.Dirs = append([]string{absolute}, searched.Dirs...)
		}
	}
	root := files.Root(s.opt.root)
	catalog := load.Scan(root, searched, nil)
	found := catalog.Find(name)
	section, runs := sectionsWithProcesses[string(unitname.TypeOf(name))]
	switch {
	case found.File.Path == "" || !runs:
		return nil, fmt.Errorf("Unit %s not found.", name)
	case found.File.Masked || isEmpty(root, found.File.Path):
		return nil, fmt.Errorf("Unit %s is masked.", name)
	}
	service := newSettings(found.Name)
	service.fragment = found.File.Path
	if section != "Service" {
		service.words["KeyringMode"] = "inherit"
	}
	names := []string{found.File.Path}
	for _, dropIn := range catalog.DropIns(found) {
		if !dropIn.Masks() {
			names = append(names, dropIn.Path)
		}
	}
	for _, name := range names {
		data, _, _, err := catalog.Read(name)
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
		case line.Section == section && line.Key != "":
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
