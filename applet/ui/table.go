package ui

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// Cell is one field of a Table.
type Cell struct {
	Text  string
	Style Style
	Gap   bool   // the space to the right of the cell has its looks too
	Line  bool   // underlined
	Link  string // the address that a terminal opens from the text
	Value any    // what JSON shows; nil stands for Text, Null for nothing
}

// Null is the Value of a Cell that has none.
var Null = json.RawMessage("null")

// Unlimited is the Width of a Table that is never shortened.
const Unlimited = -1

// Table is rows under a head, as systemctl prints its lists: columns are one space apart, and the last is not padded
// unless it has a style.
type Table struct {
	Head   []string // names of the columns; in JSON they are keys, in lower case
	Right  []bool   // columns aligned to the right; may be shorter than Head
	Rows   [][]Cell // each as long as Head
	NoHead bool     // print no head (--no-legend)
	Width  int      // shorten columns to fit; 0 is the terminal's width where Out is one
}

// Add appends a row of plain texts.
func (t *Table) Add(texts ...string) {
	row := make([]Cell, len(texts))
	for i, text := range texts {
		row[i].Text = text
	}
	t.Rows = append(t.Rows, row)
}

// DropColumn removes a column.
func (t *Table) DropColumn(column int) {
	t.Head = slices.Delete(slices.Clone(t.Head), column, column+1)
	for i, row := range t.Rows {
		t.Rows[i] = slices.Delete(row, column, column+1)
	}
}

// Print writes the table; the head is underlined where there are colours.
func (t *Table) Print(u IO) {
	width := t.Width
	if width == 0 && u.Terminal {
		width = u.Width()
	}
	colour := u.Color()
	rows := t.lines()
	widths := t.widths(rows, width)
	var b strings.Builder
	if !t.NoHead {
		t.head(&b, colour, widths)
	}
	for _, row := range rows {
		t.line(&b, u, row, widths)
	}
	_, _ = io.WriteString(u.Out, b.String()) // best effort: a reader that went away wants no more
}

// lines are the rows as they are printed: one whose texts have several lines takes as many.
func (t *Table) lines() [][]Cell {
	hasMore := func(c Cell) bool { return strings.Contains(c.Text, "\n") }
	if !slices.ContainsFunc(t.Rows, func(row []Cell) bool { return slices.ContainsFunc(row, hasMore) }) {
		return t.Rows
	}
	var all [][]Cell
	for _, row := range t.Rows {
		first := len(all)
		for column, c := range row {
			for i, text := range strings.Split(strings.TrimSuffix(c.Text, "\n"), "\n") {
				if first+i == len(all) {
					all = append(all, make([]Cell, len(row)))
				}
				all[first+i][column] = c
				all[first+i][column].Text = text
			}
		}
	}
	return all
}

// widths is how wide each column is printed in all of a width. Where that is not enough, each column gets one
// character, and what is left is shared out alike: a column that needs less than its share leaves the rest to others.
func (t *Table) widths(rows [][]Cell, width int) []int {
	asked := make([]int, len(t.Head))
	for i, name := range t.Head {
		asked[i] = 1
		if !t.NoHead {
			asked[i] = max(1, utf8.RuneCountInString(name))
		}
	}
	for _, row := range rows {
		for i, c := range row {
			asked[i] = max(asked[i], utf8.RuneCountInString(c.Text))
		}
	}
	total := max(0, len(asked)-1)
	for _, w := range asked {
		total += w
	}
	if width <= 0 || total <= width {
		return asked
	}
	widths := make([]int, len(asked))
	spare, open := max(0, width-(2*len(asked)-1)), len(asked)
	give := func(i, w int) {
		widths[i], spare, open = w, spare-(w-1), open-1
	}
	for settled := false; !settled; {
		settled = true
		for i, w := range asked {
			if widths[i] == 0 && 1+spare/open >= w {
				give(i, w)
				settled = false
				break
			}
		}
	}
	for i := range widths {
		if widths[i] == 0 {
			give(i, min(asked[i], 1+spare/open))
		}
	}
	return widths
}

// head writes the head: each name is underlined together with the gap before it.
func (t *Table) head(b *strings.Builder, colour bool, widths []int) {
	for i, name := range t.Head {
		text := t.pad(name, i, widths)
		if i > 0 {
			text = " " + text
		}
		if colour {
			text = string(underline) + text + reset
		} else if i == len(t.Head)-1 {
			text = strings.TrimRight(text, " ")
		}
		b.WriteString(text)
	}
	b.WriteByte('\n')
}

// pad makes a text as wide as its column.
func (t *Table) pad(text string, column int, widths []int) string {
	text = Shorten(text, widths[column])
	space := strings.Repeat(" ", widths[column]-utf8.RuneCountInString(text))
	if column < len(t.Right) && t.Right[column] {
		return space + text
	}
	return text + space
}

func (t *Table) line(b *strings.Builder, u IO, row []Cell, widths []int) {
	gap, paint := Plain, func(_ Style, text string) string { return text }
	if u.Color() { // asked once for a line
		paint = u.Paint
	}
	for i, c := range row {
		if i > 0 {
			b.WriteString(paint(gap, " "))
		}
		style := c.Style
		if c.Line && style == Plain {
			style = underline
		} else if c.Line {
			style += lineOnly
		}
		text := t.pad(c.Text, i, widths)
		if i == len(row)-1 && (style == Plain || !u.Color()) {
			text = strings.TrimRight(text, " \t\r")
		}
		if c.Link != "" {
			inner := strings.TrimRight(text, " ")
			text = u.Hyperlink(c.Link, inner) + text[len(inner):]
		}
		b.WriteString(paint(style, text))
		if gap = Plain; c.Gap {
			gap = style
		}
	}
	b.WriteByte('\n')
}

// Hyperlink is a text that a terminal opens an address from: where there are colours, unless $SYSTEMD_URLIFY decides.
func (u IO) Hyperlink(address, text string) string {
	switch strings.ToLower(u.Getenv("SYSTEMD_URLIFY")) {
	case "1", "yes", "y", "true", "t", "on":
	case "0", "no", "n", "false", "f", "off":
		return text
	default:
		if !u.Color() {
			return text
		}
	}
	return "\x1b]8;;" + address + "\a" + text + "\x1b]8;;\a"
}

// FileAddress is the address of a file on this machine, "" if the machine has no name.
func FileAddress(name string) string {
	host, err := os.Hostname()
	if err != nil {
		return ""
	}
	return "file://" + host + name
}

// FileLink is a text that a terminal opens a file from.
func (u IO) FileLink(name, text string) string {
	if address := FileAddress(name); address != "" {
		return u.Hyperlink(address, text)
	}
	return text
}

// Shorten cuts text to a width in characters, with an ellipsis at its end.
func Shorten(text string, width int) string {
	if len(text) <= width || utf8.RuneCountInString(text) <= width {
		return text
	}
	runes := []rune(text)
	if width < 1 {
		return ""
	}
	return string(runes[:width-1]) + "…"
}

// JSON writes the rows as an array of objects on one line, keys in the order of the columns, as --output=json does;
// pretty is --output=json-pretty.
func (t *Table) JSON(u IO, pretty bool) error {
	open, between, after, end := "[{", "},{", ",", "}]\n"
	colon := ":"
	if pretty {
		open, between, after, end = "[\n\t{\n\t\t", "\n\t},\n\t{\n\t\t", ",\n\t\t", "\n\t}\n]\n"
		colon = " : "
	}
	if len(t.Rows) == 0 {
		_, err := io.WriteString(u.Out, "[]\n")
		return err
	}
	var b strings.Builder
	for i, row := range t.Rows {
		b.WriteString(map[bool]string{true: open, false: between}[i == 0])
		for j, c := range row {
			if j > 0 {
				b.WriteString(after)
			}
			var value any = c.Text
			if c.Value != nil {
				value = c.Value
			}
			text, err := u.JSON(value)
			if err != nil {
				return fmt.Errorf("column %s: %w", t.Head[j], err)
			}
			key, _ := u.JSON(strings.ReplaceAll(strings.ToLower(t.Head[j]), " ", "_")) // a string can be said
			b.WriteString(key + colon + text)
		}
	}
	b.WriteString(end)
	_, err := io.WriteString(u.Out, b.String())
	return err
}

// JSON is a value as JSON, in the colours of its kind.
func (u IO) JSON(value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	switch {
	case text[0] == '"':
		return `"` + u.Paint("\x1b[0;32m", string(text[1:len(text)-1])) + `"`, nil
	case text[0] >= '0' && text[0] <= '9' || text[0] == '-':
		return u.Paint(Blue, string(text)), nil
	}
	return u.Paint(Bold, string(text)), nil
}
