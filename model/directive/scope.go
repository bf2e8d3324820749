//tidy:table

package directive

import (
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// scopeGroup is what systemd.scope(5) describes.
func scopeGroup() *group[model.Scope] {
	return &group[model.Scope]{manual: "systemd.scope(5)", rows: []*entry[model.Scope]{
		row("RuntimeMaxSec", "SECONDS", Seconds(), func(s *model.Scope) *span.Span { return &s.RuntimeMax }).property("RuntimeMaxUSec"),
		row("RuntimeRandomizedExtraSec", "SECONDS", Seconds(), func(s *model.Scope) *span.Span { return &s.RuntimeRandom }).property("RuntimeRandomizedExtraUSec"),
		row("TimeoutStopSec", "SECONDS", Timeout(), func(s *model.Scope) *span.Span { return &s.TimeoutStop }).property("TimeoutStopUSec"),
		row("OOMPolicy", "OTHER", oomPolicies(), func(s *model.Scope) *model.OOMPolicy { return &s.OOMPolicy }),
	}}
}
