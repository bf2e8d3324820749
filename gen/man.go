package main

import (
	"github.com/steward-init/steward/applet/all"
	"github.com/steward-init/steward/applet/manual"
)

// manualPages are all pages of the commands and of units' options.
func manualPages() []document {
	var pages []document
	for _, p := range manual.Pages(all.Table()) {
		pages = append(pages, document{"docs/man/" + p.Path(), p.Text})
	}
	return pages
}
