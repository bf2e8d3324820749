package manual

import "strings"

// roff is a page under way, in the language of man(7).
type roff struct{ strings.Builder }

// begin starts a page. It has no date, as it is made of tables that have none.
func begin(name, section, summary string) *roff {
	r := &roff{}
	r.line(`.\" Written by "go generate ./gen" from the tables; don't edit.`)
	r.line(".TH " + escape(strings.ToUpper(name)) + " " + section + ` "" steward`)
	r.head("NAME")
	r.line(escape(name) + ` \- ` + escape(summary))
	return r
}

// line is a line as it is.
func (r *roff) line(text string) { r.WriteString(text + "\n") }

func (r *roff) head(title string) { r.line(".SH " + title) }

// text is plain text, of which nothing is a request.
func (r *roff) text(text string) {
	if text != "" {
		r.line(escape(text))
	}
}

func (r *roff) paragraphs(list []string) {
	for i, p := range list {
		if i > 0 {
			r.line(".PP")
		}
		r.text(p)
	}
}

// item is a tagged paragraph. tag is escaped already.
func (r *roff) item(tag, text string) {
	r.line(".TP")
	r.line(strings.TrimSpace(tag))
	if text == "" {
		text = "See the page of the original."
	}
	r.text(text)
}

func bold(text string) string { return `\fB` + escape(text) + `\fR` }

func italic(text string) string {
	if text == "" {
		return ""
	}
	return `\fI` + escape(text) + `\fR`
}

// escape makes text that roff prints as it is.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "^", `\(ha`, "~", `\(ti`, "µ", `\(mc`,
		"…", "...").Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
