package analyze

// aCalendar is what the verb calendar reads.
var aCalendar = reading{"calendar", "calendar specification", func(_ *session, text string) bool { return false }}
