package analyze

import (
	"bufio"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/steward-init/steward/applet/ui"
)

// drawing is a picture of what happened when: rows over a scale of time. Times are µs since the kernel's start; those
// of the firmware are before it.
type drawing struct {
	host, start string // two lines of text above
	begin, end  int64
	rows        []row
	legend      []bar // class and label only
}

// row is one line of a drawing: bars with a text at the first.
type row struct {
	label string
	bars  []bar
}

// bar is a stretch of time. Its class says what it is, and its colour.
type bar struct {
	class, label string
	from, to     int64
}

// The measures of a drawing, in pixels; charWidth is an estimate, as fonts are the viewer's.
const (
	perSecond = 100.0
	rowHeight = 20
	barHeight = 19
	margin    = 20
	head      = 100 // above the rows
	minWidth  = 800.0
	charWidth = 8.0
)

// style is how the classes of bars, lines and texts look.
const style = `
  rect { stroke: none; fill-opacity: 0.7; }
  .page { fill: #ffffff; fill-opacity: 1; }
  .frame { fill: #f2f2f2; stroke: #c4c4c4; fill-opacity: 1; }
  .activating { fill: #e8352e; }
  .active { fill: #b9a3a0; }
  .deactivating { fill: #7d6663; }
  .firmware, .loader, .kernel, .initrd { fill: #969696; }
  .security { fill: #8fd694; }
  .generators { fill: #66c2f0; }
  .unitsload { fill: #3f9fd8; }
  line { stroke: #e0e0e0; }
  line.second { stroke: #707070; }
  line.five { stroke: #404040; stroke-width: 2; }
  text { font: 14px Verdana, Helvetica, sans-serif; }
  text.scale { font-size: 10px; text-anchor: middle; }
  text.before { text-anchor: end; }
`

// x is where a moment is, in pixels from the left of the frame.
func (d *drawing) x(t int64) float64 { return float64(t-d.begin) / 1e6 * perSecond }

// write draws. What a unit is called is text from outside: it is escaped, and what XML can't hold replaced.
func (d *drawing) write(w *bufio.Writer) {
	frame, height := d.x(d.end), len(d.rows)*rowHeight
	width := max(frame, minWidth)
	for _, r := range d.rows {
		if start := d.x(r.bars[0].from); !d.before(r) {
			width = max(width, start+charWidth*float64(utf8.RuneCountInString(r.label)))
		}
	}
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n"+
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%.0fpx\" height=\"%dpx\">\n"+
		"<!-- made by systemd-analyze plot, %s; any browser shows it -->\n<style type=\"text/css\">%s</style>\n",
		width+4*margin, head+height+(len(d.legend)+2)*rowHeight, ui.Version, style)
	fmt.Fprintf(w, "<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n")
	text(w, "", margin, 30, d.host)
	for i, line := range strings.Split(d.start, "\n") {
		text(w, "", margin, float64(50+i*rowHeight*4/5), line)
	}
	fmt.Fprintf(w, "<g transform=\"translate(%d,%d)\">\n", margin, head)
	fmt.Fprintf(w, "<rect class=\"frame\" width=\"%.3f\" height=\"%d\"/>\n", frame, height)
	d.scale(w, height)
	for i, r := range d.rows {
		d.row(w, i*rowHeight, r)
	}
	for i, b := range d.legend {
		y := height + (i+1)*rowHeight
		fmt.Fprintf(w, "<rect class=\"%s\" x=\"0\" y=\"%d\" width=\"30\" height=\"%d\"/>\n", b.class, y, barHeight)
		text(w, "", 45, float64(y+14), b.label)
	}
	fmt.Fprintf(w, "</g>\n</svg>\n")
}

// scale draws lines for tenths of seconds, seconds and five seconds; in a long start only the coarser of them, so that
// there are a few thousand at most.
func (d *drawing) scale(w *bufio.Writer, height int) {
	step := int64(100_000)
	for (d.end-d.begin)/step > 3000 {
		step *= 10
	}
	first := d.begin / step * step
	for t := first; t <= d.end; t += step {
		class := ""
		switch {
		case t%(50*step) == 0:
			class = " class=\"five\""
		case t%(10*step) == 0:
			class = " class=\"second\""
		}
		x := d.x(t)
		fmt.Fprintf(w, "<line%s x1=\"%.3f\" y1=\"0\" x2=\"%.3f\" y2=\"%d\"/>\n", class, x, x, height)
		if class != "" {
			text(w, "scale", x, -5, fmt.Sprintf("%.1fs", float64(t)/1e6))
		}
	}
}

// before says whether a row's text stands to the left of its first bar: in the right half of the frame.
func (d *drawing) before(r row) bool { return d.x(r.bars[0].from) >= max(d.x(d.end), minWidth)/2 }

func (d *drawing) row(w *bufio.Writer, y int, r row) {
	for _, b := range r.bars {
		fmt.Fprintf(w, "<rect class=\"%s\" x=\"%.3f\" y=\"%d\" width=\"%.3f\" height=\"%d\"/>\n", b.class, d.x(b.from), y,
			d.x(b.to)-d.x(b.from), barHeight)
	}
	if x := d.x(r.bars[0].from); d.before(r) {
		text(w, "before", x-5, float64(y+14), r.label)
	} else {
		text(w, "", x+5, float64(y+14), r.label)
	}
}

// text draws a line of text.
func text(w *bufio.Writer, class string, x, y float64, line string) {
	if class != "" {
		class = " class=\"" + class + "\""
	}
	fmt.Fprintf(w, "<text%s x=\"%.3f\" y=\"%.3f\">", class, x, y)
	fmt.Fprintf(w, "%s</text>\n", escaped(line))
}

// escaped is a line as XML has it. What can't stand there becomes a replacement character. Package encoding/xml costs
// every command of the binary the making of its tables.
func escaped(line string) string {
	var b strings.Builder
	for _, r := range line {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r < ' ' && r != '\t' || r == 0xfffe || r == 0xffff:
			b.WriteRune('\ufffd')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
