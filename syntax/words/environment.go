package words

import (
	"strings"

	"github.com/steward-init/steward/syntax/unitfile"
)

// ValidVariable says whether name can name an environment variable: letters, digits and '_', no digit first.
func ValidVariable(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' || len(name) > maxExpanded {
		return false
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_') {
			return false
		}
	}
	return true
}

// ValidVariableValue says whether value can be an environment variable's: any UTF-8 can.
func ValidVariableValue(value string) bool { return unitfile.ValidUTF8(value) }

// ParseAssignment takes "NAME=value" apart and checks both.
func ParseAssignment(s string) (name, value string, err error) {
	name, value, found := strings.Cut(s, "=")
	switch {
	case !found:
		return "", "", &Error{Message: "Not an environment assignment, it has no '=': " + s}
	case !ValidVariable(name):
		return "", "", &Error{Message: "Invalid environment variable name: " + name}
	case !ValidVariableValue(value):
		return "", "", &Error{Offset: len(name) + 1, Message: "Invalid value of environment variable " + name}
	}
	return name, value, nil
}

// SetVariable puts an assignment into an environment, in the place of an earlier one of the same name.
func SetVariable(env []string, assignment string) []string {
	name, _, _ := strings.Cut(assignment, "=")
	for i, old := range env {
		if len(old) > len(name) && old[len(name)] == '=' && old[:len(name)] == name {
			env[i] = assignment
			return env
		}
	}
	return append(env, assignment)
}

// LookupIn is a lookup over an environment, for ExpandVariables.
func LookupIn(env []string) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		for i := len(env) - 1; i >= 0; i-- {
			if e := env[i]; len(e) > len(name) && e[len(name)] == '=' && e[:len(name)] == name {
				return e[len(name)+1:], true
			}
		}
		return "", false
	}
}
