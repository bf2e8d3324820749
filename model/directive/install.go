//tidy:table

package directive

import (
	"slices"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// installGroup is the [Install] section. It is kept as written: package install expands specifiers when it acts on it,
// for the name that is being enabled. systemd.unit(5).
func installGroup() *group[model.Install] {
	return &group[model.Install]{manual: "systemd.unit(5), [Install]", rows: []*entry[model.Install]{
		row("Alias", "OTHER", RawWords, func(i *model.Install) *[]string { return &i.Aliases }).list().property(""),
		row("WantedBy", "OTHER", RawWords, func(i *model.Install) *[]string { return &i.WantedBy }).list().property(""),
		row("RequiredBy", "OTHER", RawWords, func(i *model.Install) *[]string { return &i.RequiredBy }).list().property(""),
		row("UpheldBy", "OTHER", RawWords, func(i *model.Install) *[]string { return &i.UpheldBy }).list().property("").since(256),
		row("Also", "OTHER", RawWords, func(i *model.Install) *[]string { return &i.Also }).list().property(""),
		row("DefaultInstance", "OTHER", Verbatim, func(i *model.Install) *string { return &i.DefaultInstance }).property(""),
	}}
}

// RawWords reads a list of words as they stand and adds them.
var RawWords = &Codec[[]string]{
	Parse: func(old []string, text string, ctx *Context) ([]string, error) {
		if text == "" {
			return nil, nil
		}
		list, err := splitNames(text, ctx)
		return append(slices.Clip(old), list...), err
	},
	Format: words.Join,
	Sig:    "as",
	Encode: (*dbus.Writer).StringArray,
}
