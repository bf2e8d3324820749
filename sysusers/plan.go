package sysusers

import (
	"cmp"
	"fmt"
	"slices"
)

// User and Group are accounts to be made.
type (
	User struct {
		Name, Gecos, Home, Shell string
		UID, GID                 uint32
	}
	Group struct {
		Name string
		GID  uint32
	}
)

// Plan is what is to be done to make the accounts files as the configuration wants them.
type Plan struct {
	Users   []User
	Groups  []Group
	Members []Membership
}

// Planner turns a Config into a Plan.
type Planner struct {
	// Say tells the user something.
	Say func(text string)
	// Owner tells the numbers that own a path. Without a path they are to be chosen.
	Owner func(path string) (uid, gid uint32, ok bool)

	config   Config
	db       *database
	plan     Plan
	uids     map[uint32]string // of plan.Users
	gids     map[uint32]string
	made     map[string]uint32 // groups of plan.Groups
	ranges   []Range           // sorted, highest first
	next     uint32            // where the search for a free number goes on
	searched bool
}

// systemRange is where numbers are taken from if no line says so. https://systemd.io/UIDS-GIDS
var systemRange = Range{First: 1, Last: 999}

// Plan decides which accounts are to be made. What can not be made is told, and left out.
func (p *Planner) Plan(c Config, existing Files) Plan {
	p.config, p.db = c, newDatabase(existing)
	p.uids, p.gids, p.made = map[uint32]string{}, map[uint32]string{}, map[string]uint32{}
	p.ranges = slices.Clone(c.Ranges)
	if len(p.ranges) == 0 {
		p.ranges = []Range{systemRange}
	}
	slices.SortStableFunc(p.ranges, func(a, b Range) int { return cmp.Compare(b.Last, a.Last) })
	for _, i := range c.Groups {
		_, _ = p.addGroup(i) // what failed was told
	}
	for _, i := range c.Users {
		_, explicit := p.made[i.Name]
		if gid, ok := p.primaryGroup(i); ok {
			p.addUser(i, gid, explicit || i.GIDExists || i.GroupName != "")
		}
	}
	p.plan.Members = c.Members
	return p.plan
}

func (p *Planner) sayf(format string, args ...any) { p.Say(fmt.Sprintf(format, args...)) }

// addGroup finds or makes the group of an item, which may be a user's.
func (p *Planner) addGroup(i Item) (gid uint32, ok bool) {
	if gid, ok := p.db.groups[i.Name]; ok {
		return gid, true
	}
	gid, ok = p.chooseGroup(i)
	if !ok {
		p.sayf("No free group ID available for %s.", i.Name)
		return 0, false
	}
	p.gids[gid], p.made[i.Name] = i.Name, gid
	p.plan.Groups = append(p.plan.Groups, Group{i.Name, gid})
	p.sayf("Creating group '%s' with GID %d.", i.Name, gid)
	return gid, true
}

func (p *Planner) chooseGroup(i Item) (uint32, bool) {
	if i.GIDSet {
		if p.freeGroup(i.GID, false) {
			return i.GID, true
		}
		p.sayf("Suggested group ID %d for %s already used.", i.GID, i.Name)
	}
	if i.IDPath != "" {
		if _, gid, ok := p.Owner(i.IDPath); ok && gid > 0 && p.inRange(gid) && p.freeGroup(gid, true) {
			return gid, true
		}
	}
	if i.UIDSet && p.freeGroup(i.UID, true) {
		return i.UID, true
	}
	return p.search(func(id uint32) bool { return p.freeGroup(id, true) })
}

// freeGroup says whether no group has a number, and if asked for, no user either.
func (p *Planner) freeGroup(gid uint32, alone bool) bool {
	_, planned := p.gids[gid]
	_, exists := p.db.gids[gid]
	if planned || exists {
		return false
	}
	_, planned = p.uids[gid]
	_, exists = p.db.uids[gid]
	return !alone || !planned && !exists
}

// primaryGroup is the number of a user's group, which is made where the line does not name another one.
func (p *Planner) primaryGroup(i Item) (gid uint32, ok bool) {
	if i.GroupName != "" {
		if gid, ok := p.made[i.GroupName]; ok {
			return gid, true
		}
		if gid, ok := p.db.groups[i.GroupName]; ok {
			return gid, true
		}
		p.sayf("Group %s not found.", i.GroupName)
		return 0, false
	}
	if gid, ok := p.made[i.Name]; ok && !i.GIDExists {
		return gid, true
	}
	if i.GIDExists {
		if gid, ok := p.db.groups[i.Name]; ok {
			return gid, true
		}
		_, planned := p.gids[i.GID]
		if _, exists := p.db.gids[i.GID]; !planned && !exists {
			p.sayf("Failed to create %s: please create GID %d", i.Name, i.GID)
			return 0, false
		}
		return i.GID, true
	}
	return p.addGroup(i)
}

// addUser makes a user. explicit says that a line of its own declares the group.
func (p *Planner) addUser(i Item, gid uint32, explicit bool) {
	if _, ok := p.db.users[i.Name]; ok {
		return
	}
	uid, ok := p.chooseUser(i, gid, explicit)
	if !ok {
		p.sayf("No free user ID available for %s.", i.Name)
		return
	}
	p.uids[uid] = i.Name
	u := User{Name: i.Name, Gecos: i.Gecos, Home: i.Home, Shell: i.Shell, UID: uid, GID: gid}
	if u.Home == "" {
		u.Home = "/"
	}
	if u.Shell == "" && uid == 0 {
		u.Shell = "/bin/sh"
	} else if u.Shell == "" {
		u.Shell = "/usr/sbin/nologin"
	}
	p.plan.Users = append(p.plan.Users, u)
	gecos := i.Gecos
	if gecos == "" {
		gecos = "n/a"
	}
	p.sayf("Creating user '%s' (%s) with UID %d and GID %d.", i.Name, gecos, uid, gid)
}

func (p *Planner) chooseUser(i Item, gid uint32, explicit bool) (uint32, bool) {
	if i.UIDSet {
		if p.freeUser(i.UID, i.Name, !explicit) {
			return i.UID, true
		}
		p.sayf("Suggested user ID %d for %s already used.", i.UID, i.Name)
	}
	if i.IDPath != "" {
		if uid, _, ok := p.Owner(i.IDPath); ok && uid > 0 && p.inRange(uid) && p.freeUser(uid, i.Name, true) {
			return uid, true
		}
	}
	if p.freeUser(gid, i.Name, true) {
		return gid, true
	}
	return p.search(func(id uint32) bool { return p.freeUser(id, i.Name, true) })
}

// freeUser says whether no user has a number, and if asked for, no group of another name either.
func (p *Planner) freeUser(uid uint32, name string, alone bool) bool {
	_, planned := p.uids[uid]
	_, exists := p.db.uids[uid]
	if planned || exists {
		return false
	}
	group, planned := p.gids[uid]
	if alone && planned && group != name {
		return false
	}
	group, exists = p.db.gids[uid]
	return !alone || !exists || group == name
}

func (p *Planner) inRange(id uint32) bool {
	return slices.ContainsFunc(p.ranges, func(r Range) bool { return r.First <= id && id <= r.Last })
}

// search goes down from the highest number, and never back to one that it has tried.
func (p *Planner) search(free func(id uint32) bool) (uint32, bool) {
	for {
		id, ok := p.lower()
		if !ok {
			return 0, false
		}
		p.next, p.searched = id, true
		if free(id) {
			return id, true
		}
	}
}

// lower is the highest number in the ranges below the last one tried.
func (p *Planner) lower() (uint32, bool) {
	best, found := uint32(0), false
	for _, r := range p.ranges {
		last := r.Last
		if p.searched {
			if p.next == 0 {
				return 0, false
			}
			last = min(last, p.next-1)
		}
		if last >= r.First && (!found || last > best) {
			best, found = last, true
		}
	}
	return best, found
}
