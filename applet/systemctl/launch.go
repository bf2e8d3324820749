package systemctl

// launch starts a manager where none runs.
func (s *session) launch(string) (*peer, error) { return nil, nil }

// inChroot says whether this process sees another root than the first process.
func (s *session) inChroot() bool { return false }
