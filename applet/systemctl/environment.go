package systemctl

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// showEnvironment prints the variables that the manager gives to services, quoted for a shell.
func (s *session) showEnvironment(string, []string) (int, error) {
	v, err := s.get(managerPath, managerInterface, "Environment")
	if err != nil {
		return 1, failed("get environment", err)
	}
	list, _ := v.([]string)
	s.page()
	if s.isJSON() {
		return 0, s.environmentJSON(list)
	}
	for _, assignment := range list {
		name, value, ok := strings.Cut(assignment, "=")
		if !ok {
			continue
		}
		if s.opt.output != "export" {
			value = posixQuote(value)
		}
		s.printf("%s=%s\n", name, value)
	}
	return 0, nil
}

// environmentJSON prints the variables as one object, in their order.
func (s *session) environmentJSON(list []string) error {
	open, between, colon, end := "{", ",", ":", "}\n"
	if s.opt.output == "json-pretty" {
		open, between, colon, end = "{\n\t", ",\n\t", " : ", "\n}\n"
	}
	for i, assignment := range list {
		name, value, _ := strings.Cut(assignment, "=")
		key, err := ui.IO{}.JSON(name)
		if err != nil {
			return err
		}
		text, err := ui.IO{}.JSON(value)
		if err != nil {
			return err
		}
		if i == 0 {
			s.printf("%s", open)
		} else {
			s.printf("%s", between)
		}
		s.printf("%s%s%s", key, colon, text)
	}
	s.printf("%s", end)
	return nil
}

// setEnvironment is set-environment and unset-environment.
func (s *session) setEnvironment(name string, args []string) (int, error) {
	member := "SetEnvironment"
	if name == "unset-environment" {
		member = "UnsetEnvironment"
	}
	_, err := s.callBody(member, "as", func(w *dbus.Writer) { w.StringArray(args) })
	if err != nil {
		return 1, failed("set environment", err)
	}
	return 0, nil
}

// importEnvironment gives variables of this process to the manager.
func (s *session) importEnvironment(_ string, args []string) (int, error) {
	var list []string
	if len(args) == 0 {
		s.notice("Calling import-environment without a list of variable names is deprecated.")
		for _, assignment := range os.Environ() {
			name, value, _ := strings.Cut(assignment, "=")
			if words.ValidVariable(name) && words.ValidVariableValue(value) {
				list = append(list, assignment)
			}
		}
	}
	for _, name := range args {
		if !words.ValidVariable(name) {
			return 1, fmt.Errorf("Not a valid environment variable name: %s", name)
		}
		value, set := s.Lookup(name)
		switch {
		case !set:
			s.notice(fmt.Sprintf("Environment variable $%s not set, ignoring.", name))
		case !words.ValidVariableValue(value):
			return 1, errors.New("Environment variable $" + name + " contains control characters.")
		default:
			list = append(list, name+"="+value)
		}
	}
	if len(list) == 0 {
		return 0, nil
	}
	_, err := s.callBody("SetEnvironment", "as", func(w *dbus.Writer) { w.StringArray(list) })
	if err != nil {
		return 1, failed("import environment", err)
	}
	return 0, nil
}
