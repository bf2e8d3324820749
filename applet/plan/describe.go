package plan

import (
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/plan"
)

// Describe tells what the command takes. Its verbs are those that plans can be made of.
func Describe(string) ui.Description {
	d := ui.Describe(help, options, "--root @directories", "--image @files", "--json pretty short off",
		"--job-mode "+strings.Join(model.JobModes(), " "),
		"--preset-mode full enable-only disable-only")
	d.Verbs = nil
	for _, v := range plan.Verbs() {
		row := ui.VerbHelp{Name: v.Name, Args: "UNIT...", Help: "The jobs that it would queue", Words: "@all-units"}
		switch {
		case v.Unit != "":
			row.Args, row.Words = "", ""
		case v.Name == "isolate":
			row.Args, row.Words = "UNIT", "@targets"
		}
		d.Verbs = append(d.Verbs, row)
	}
	for _, name := range install.Verbs() {
		v := ui.VerbHelp{Name: name, Args: "UNIT...", Words: "@unit-files", Help: "The links that it would make and remove"}
		switch name {
		case "preset-all":
			v.Args, v.Words = "", ""
		case "link":
			v.Args, v.Words = "PATH...", "@files"
		case "add-wants", "add-requires":
			v.Args, v.Words = "TARGET UNIT...", "@targets @unit-files"
		case "set-default":
			v.Args, v.Words = "TARGET", "@targets"
		}
		d.Verbs = append(d.Verbs, v)
	}
	return d
}
