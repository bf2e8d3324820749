package analyze

import (
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/lint"
)

// Describe tells what the command takes.
func Describe(string) ui.Description {
	rules := []string{"--rules"}
	for _, r := range lint.Rules() {
		rules = append(rules, r.Code, "-"+r.Code)
	}
	return ui.Describe(help, optionRows, strings.Join(rules, " "),
		"--recursive-errors yes no one", "--offline yes no", "--man yes no", "--generators yes no",
		"--json pretty short off sarif", "--root @directories", "--image @files", "--security-policy @files",
		"--profile @files default nonetwork strict trusted", "--unit @units", "--from-pattern @units", "--to-pattern @units",
		"critical-chain @units", "dot @units", "dump @units", "security @services", "verify @files @units",
		"cat-config @files", "inspect-elf @files", "capability @capabilities", "compare-versions lt le eq ne ge gt")
}
