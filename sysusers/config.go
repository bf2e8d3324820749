// Package sysusers makes system users and groups as configuration files declare them, sysusers.d(5).
//
// It exists because packages bring such files instead of scripts: what they ask for is read (Reader), turned into
// accounts (Config.Plan) and written into the four account files of a root (Apply). It must not know where the
// configuration was found, nor who is told what it says.
package sysusers

// Item is a line of type u or g: a user with the group it gets, or a group.
type Item struct {
	Name      string
	GroupName string // of "uid:groupname"
	IDPath    string // whose owner has the number
	UID, GID  uint32
	UIDSet    bool
	GIDSet    bool
	GIDExists bool // of "uid:gid": the group is made elsewhere
	Gecos     string
	Home      string
	Shell     string
}

// Range is a line of type r: numbers from First to Last, both of them.
type Range struct{ First, Last uint32 }

// Membership is a line of type m.
type Membership struct{ User, Group string }

// Config is what all files say. The order is that of the lines.
type Config struct {
	Users, Groups []Item
	Members       []Membership
	Ranges        []Range
}

// maxItems bounds how many users, groups and memberships are taken.
const maxItems = 1 << 17

// Complete adds the users and groups that memberships name and no line declares. Call it when all lines are read.
func (c *Config) Complete() {
	users, groups := map[string]bool{}, map[string]bool{}
	for _, i := range c.Users {
		users[i.Name] = true
	}
	for _, i := range c.Groups {
		groups[i.Name] = true
	}
	members, order := map[string][]string{}, []string(nil)
	for _, m := range c.Members {
		if members[m.Group] == nil {
			order = append(order, m.Group)
		}
		members[m.Group] = append(members[m.Group], m.User)
	}
	for _, group := range order {
		for _, user := range members[group] {
			if !users[user] {
				users[user] = true
				c.Users = append(c.Users, Item{Name: user})
			}
		}
		if !groups[group] && !users[group] { // a user brings its group
			groups[group] = true
			c.Groups = append(c.Groups, Item{Name: group})
		}
	}
}
