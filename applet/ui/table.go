package ui

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Cell is one field of a Table.
type Cell struct {
	Text  string
	Style Style
	Value any // what JSON shows; nil stands for Text
}

// Table is rows under a head, as systemctl prints its lists: columns are one space apart, and the last is not padded.
type Table struct {
	Head   []string // names of the columns; in JSON they are keys, in lower case
	Right  []bool   // columns aligned to the right; may be shorter than Head
	Rows   [][]Cell // each as long as Head
	NoHead bool     // print no head (--no-legend)
	Width  int      // shorten columns to fit; 0 is no limit
}

// Add appends a row of plain texts.
func (t *Table) Add(texts ...string) {
	row := make([]Cell, len(texts))
	for i, text := range texts {
		row[i].Text = text
	}
	t.Rows = append(t.Rows, row)
}

// Print writes the table; the head is underlined where there are colours.
func (t *Table) Print(u IO) {
	widths := t.widths()
	var b strings.Builder
	if !t.NoHead {
		head := make([]Cell, len(t.Head))
		for i, name := range t.Head {
			head[i] = Cell{Text: name, Style: Underline}
		}
		t.line(&b, u, head, widths)
	}
	for _, row := range t.Rows {
		t.line(&b, u, row, widths)
	}
	_, _ = io.WriteString(u.Out, b.String()) // best effort: a reader that went away wants no more
}

// widths is how wide each column is printed.
func (t *Table) widths() []int {
	widths := make([]int, len(t.Head))
	if !t.NoHead {
		for i, name := range t.Head {
			widths[i] = utf8.RuneCountInString(name)
		}
	}
	for _, row := range t.Rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.Text))
		}
	}
	total := max(0, len(widths)-1)
	for _, w := range widths {
		total += w
	}
	for t.Width > 0 && total > t.Width { // take from the widest, which can spare it
		widest := 0
		for i, w := range widths {
			if w > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= 4 {
			break
		}
		widths[widest]--
		total--
	}
	return widths
}

func (t *Table) line(b *strings.Builder, u IO, row []Cell, widths []int) {
	for i, c := range row {
		text := Shorten(c.Text, widths[i])
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
		right := i < len(t.Right) && t.Right[i]
		switch {
		case c.Style == Underline && !right:
			b.WriteString(u.Paint(c.Style, text+pad))
		case right:
			b.WriteString(pad + u.Paint(c.Style, text))
		case i == len(row)-1:
			b.WriteString(u.Paint(c.Style, text))
		default:
			b.WriteString(u.Paint(c.Style, text) + pad)
		}
		if i < len(row)-1 {
			b.WriteByte(' ')
		}
	}
	b.WriteByte('\n')
}

// Shorten cuts text to a width in characters, with an ellipsis in its middle.
func Shorten(text string, width int) string {
	n := utf8.RuneCountInString(text)
	if n <= width {
		return text
	}
	runes := []rune(text)
	if width < 2 {
		return string(runes[:max(width, 0)])
	}
	left := width / 2
	return string(runes[:left]) + "…" + string(runes[n-(width-left-1):])
}

// JSON writes the rows as an array of objects on one line, keys in the order of the columns, as --output=json does;
// pretty is --output=json-pretty.
func (t *Table) JSON(w io.Writer, pretty bool) error {
	open, between, after, end := "[{", "},{", ",", "}]\n"
	colon := ":"
	if pretty {
		open, between, after, end = "[\n\t{\n\t\t", "\n\t},\n\t{\n\t\t", ",\n\t\t", "\n\t}\n]\n"
		colon = " : "
	}
	if len(t.Rows) == 0 {
		_, err := io.WriteString(w, "[]\n")
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
			text, err := json.Marshal(value)
			if err != nil {
				return fmt.Errorf("column %s: %w", t.Head[j], err)
			}
			fmt.Fprintf(&b, "%q%s%s", strings.ToLower(t.Head[j]), colon, text)
		}
	}
	b.WriteString(end)
	_, err := io.WriteString(w, b.String())
	return err
}
