//tidy:table

package directive

// timerGroup is what systemd.timer(5) describes. Units of this type are not run yet.
func timerGroup() *group[unrun] {
	return &group[unrun]{manual: "systemd.timer(5)", rows: []*entry[unrun]{
		late("OnCalendar", "TIMER"),
		late("OnActiveSec", "TIMER"),
		late("OnBootSec", "TIMER"),
		late("OnStartupSec", "TIMER"),
		late("OnUnitActiveSec", "TIMER"),
		late("OnUnitInactiveSec", "TIMER"),
		late("OnClockChange", "BOOLEAN"),
		late("OnTimezoneChange", "BOOLEAN"),
		late("Persistent", "BOOLEAN"),
		late("WakeSystem", "BOOLEAN"),
		late("RemainAfterElapse", "BOOLEAN"),
		late("FixedRandomDelay", "BOOLEAN"),
		late("AccuracySec", "SECONDS"),
		late("RandomizedDelaySec", "SECONDS"),
		late("Unit", "UNIT"),
	}}
}
