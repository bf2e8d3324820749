package load

import (
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitfile"
)

// confRoots are the directories of configuration files in order of precedence. systemd-system.conf(5).
var confRoots = []string{"/etc", "/run", "/usr/local/lib", "/usr/lib"}

// Config sets the manager's options from system.conf or user.conf and the drop-ins beside them, on top of what d says
// already. env is as for Paths. Files that can't be read, and wrong lines, are told of and left out.
func Config(files Files, mode Mode, env func(string) string, d *directive.Defaults) []unitfile.Diagnostic {
	name := mode.String() + ".conf"
	var mains, dirs []string
	if home := (&SearchPath{env: env}).configHome(); mode == User && home != "" {
		mains, dirs = append(mains, home+"/systemd/"+name), append(dirs, home+"/systemd/"+name+".d")
	}
	for _, root := range confRoots {
		mains, dirs = append(mains, root+"/systemd/"+name), append(dirs, root+"/systemd/"+name+".d")
	}
	var found []unitfile.Diagnostic
	for _, path := range mains {
		if _, _, err := Resolve(files, path); err == nil {
			found = append(found, configFile(files, path, d)...)
			break // the first that exists hides the others
		}
	}
	for _, path := range ConfFiles(files, dirs, ".conf") {
		found = append(found, configFile(files, path, d)...)
	}
	return found
}

// configHome is $XDG_CONFIG_HOME or ~/.config.
func (p *SearchPath) configHome() string {
	if p.env == nil {
		return ""
	}
	return p.absolute("XDG_CONFIG_HOME", p.env("HOME"), "/.config")
}

func configFile(files Files, path string, d *directive.Defaults) []unitfile.Diagnostic {
	data, _, err := read(files, path)
	if err != nil {
		return []unitfile.Diagnostic{{Pos: unitfile.Pos{File: path}, Severity: unitfile.Warning,
			Message: "configuration: " + err.Error() + ", ignoring"}}
	}
	file, found := unitfile.ParseLean(path, data)
	ctx := directive.Context{Defaults: d}
	for line := range file.Assignments() {
		found = append(found, directive.ApplyManager(d, line, &ctx)...)
	}
	return found
}

// read reads what a path leads to.
func read(files Files, path string) ([]byte, Stat, error) {
	real, stat, err := Resolve(files, path)
	switch {
	case err != nil:
		return nil, stat, err
	case stat.Kind == Null:
		return nil, stat, nil
	}
	return files.ReadFile(real, maxFile)
}
