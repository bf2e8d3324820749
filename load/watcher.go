package load

// Watcher knows whether what was looked at can have changed since; see package host/watch.
type Watcher interface {
	// Unchanged says that nothing of what is covered has changed since it said last that something can have.
	Unchanged() bool
	// Cover is told what was just looked at, by resolved paths: directories by their entries, and entries by what they
	// are, or that they are not there.
	Cover(dirs, entries []string)
}

// Unchanged says that another Scan would find nothing new. The watcher has to Cover this catalog, and no other.
func (c *Catalog) Unchanged(w Watcher) bool {
	return c != nil && w != nil && !c.lists.hasGrown() && w.Unchanged()
}

// Cover has a watcher watch what the catalog depends on.
func (c *Catalog) Cover(w Watcher) {
	if w == nil {
		return
	}
	lists, missing := c.lists.looked()
	for _, d := range c.dirs {
		if d.stat.Inode != 0 { // else it is embedded
			lists = append(lists, d.real)
		}
	}
	w.Cover(lists, append(missing, c.looked...))
}
