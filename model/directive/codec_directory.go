package directive

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// Directories reads paths below a kind's root and adds them, with "path:symlink" for a second name. systemd.exec(5),
// RuntimeDirectory=.
func Directories(kind model.DirectoryKind) *Codec[[]model.Directory] {
	return &Codec[[]model.Directory]{
		Parse: func(old []model.Directory, text string, ctx *Context) ([]model.Directory, error) {
			v, d := ownDirectory(old, kind)
			if text == "" {
				d.Paths, d.Links = nil, nil
				return v, nil
			}
			list, err := splitWords(text, ctx)
			for _, word := range list {
				if wrong := addDirectory(d, word, ctx); wrong != nil {
					ctx.warn(wrong)
				}
			}
			return v, err
		},
		Format: func(v []model.Directory) string { return formatDirectory(findDirectory(v, kind)) },
		Sig:    "as",
		Encode: func(w *dbus.Writer, v []model.Directory) { w.StringArray(findDirectory(v, kind).Paths) },
	}
}

// DirectoryMode reads the mode of the directories of a kind.
func DirectoryMode(kind model.DirectoryKind) *Codec[[]model.Directory] {
	return &Codec[[]model.Directory]{
		Parse: func(old []model.Directory, text string, ctx *Context) ([]model.Directory, error) {
			mode, err := Mode.Parse(0, text, ctx)
			if err != nil {
				return old, err
			}
			v, d := ownDirectory(old, kind)
			d.Mode = mode
			return v, nil
		},
		Format: func(v []model.Directory) string { return Mode.Format(findDirectory(v, kind).Mode) },
		Sig:    "u",
		Encode: func(w *dbus.Writer, v []model.Directory) { w.Uint32(findDirectory(v, kind).Mode) },
		Decode: func(r *dbus.Reader, sig string, old []model.Directory, ctx *Context) ([]model.Directory, error) {
			mode, err := decodeMode(r, sig, 0, ctx)
			if err != nil {
				return old, err
			}
			v, d := ownDirectory(old, kind)
			d.Mode = mode
			return v, nil
		},
	}
}

func findDirectory(list []model.Directory, kind model.DirectoryKind) model.Directory {
	return (&model.Exec{Directories: list}).Directory(kind)
}

// ownDirectory returns a copy of list with an entry for the kind, and that entry, whose slices may not be changed.
func ownDirectory(list []model.Directory, kind model.DirectoryKind) ([]model.Directory, *model.Directory) {
	i := slices.IndexFunc(list, func(d model.Directory) bool { return d.Kind >= kind })
	if i < 0 {
		i = len(list)
	}
	list = slices.Clone(list)
	if i == len(list) || list[i].Kind != kind {
		list = slices.Insert(list, i, model.Directory{Kind: kind, Mode: model.DirectoryMode})
	}
	list[i].Paths, list[i].Links = slices.Clip(list[i].Paths), slices.Clip(list[i].Links)
	return list, &list[i]
}

func addDirectory(d *model.Directory, word string, ctx *Context) error {
	source, link, linked := strings.Cut(word, ":")
	path, err := relativePath(source, ctx)
	if err != nil {
		return err
	}
	if linked && d.Kind == model.DirConfiguration {
		return bad("a second name is not possible here: %q", word)
	}
	if !slices.Contains(d.Paths, path) {
		d.Paths = append(d.Paths, path)
	}
	if !linked || link == "" {
		return nil
	}
	if link, err = relativePath(link, ctx); err != nil {
		return err
	}
	d.Links = append(d.Links, [2]string{path, link})
	return nil
}

// relativePath reads a path below a directory kind's root.
func relativePath(text string, ctx *Context) (string, error) {
	path, err := ctx.expand(text)
	if err != nil {
		return "", err
	}
	path = simplify(path)
	parts := strings.Split(path, "/")
	switch {
	case path == "" || path[0] == '/':
		return "", bad("%q is not a relative path", path).advise("the directory is made below the one of its kind")
	case slices.Contains(parts, ".."):
		return "", bad("the path contains \"..\": %q", path)
	case parts[0] == "private":
		return "", bad("the path may not be in \"private\": %q", path)
	}
	return path, nil
}

func formatDirectory(d model.Directory) string {
	list := make([]string, 0, len(d.Paths))
	for _, path := range d.Paths {
		linked := false
		for _, l := range d.Links {
			if l[0] == path {
				list, linked = append(list, path+":"+l[1]), true
			}
		}
		if !linked {
			list = append(list, path)
		}
	}
	return escapeSpecifiers(words.Join(list))
}
