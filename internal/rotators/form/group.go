package form

// The groups of places that come first: those of the outermost object, and what is before the host
// of a URL.
const (
	outermost = "0"
	userInfo  = "userinfo"
)

// group is the users and passwords that belong together by their place and the prefix of their
// names.
type group struct {
	name, prefix    string
	users, password chosen
}

// chosen is the place with the plainest name of its role.
type chosen struct {
	place int // -1 without one
	rank  int
	twice string // the path of another one, of the same rank and with another text
}

func (c *chosen) add(i int, places []place, rank int) {
	switch {
	case c.place < 0 || rank < c.rank:
		*c = chosen{place: i, rank: rank}
	case rank == c.rank && places[i].text != places[c.place].text:
		c.twice = places[i].path
	}
}

// groupsOf returns the groups that have a user or a password, in order. Only a URL may have an
// empty one, as in db://:password@host and db://user:@host.
func (n names) groupsOf(places []place) (groups []*group) {
	type key struct{ name, prefix string }
	byKey := map[key]*group{}
	for i, p := range places {
		says := n.of(p.name)
		if says.role == other || p.fixed || p.text == "" && p.group != userInfo {
			continue
		}
		at := key{p.group, says.prefix}
		if byKey[at] == nil {
			byKey[at] = &group{name: p.group, prefix: says.prefix, users: chosen{place: -1}, password: chosen{place: -1}}
			groups = append(groups, byKey[at])
		}
		if says.role == user {
			byKey[at].users.add(i, places, says.rank)
		} else {
			byKey[at].password.add(i, places, says.rank)
		}
	}
	return groups
}

// rank is how plainly the names of a group say that its password is the one, 0 the plainest.
func (g *group) rank() int {
	if g.prefix != "" {
		return g.password.rank + lessPlain
	}
	return g.password.rank
}

// lessPlain is added for a name with a prefix. No rank of a name is as high.
const lessPlain = 10

func (g *group) isFirst() bool {
	return g.prefix == "" && (g.name == "" || g.name == outermost || g.name == userInfo)
}

func (g *group) credential(places []place) (c credential) {
	if g.users.place >= 0 {
		c.user = places[g.users.place].text
	}
	c.password = places[g.password.place].text
	return c
}

// pick returns the first group that is outermost and wanted, or else the only one that is wanted.
// Groups with the same credential count as one, and the plainest names come first. For keys they
// come before all.
func (o Options) pick(all []*group, places []place, wanted func(*group) bool) (only *group, err error) {
	best := 0
	for _, g := range all {
		if o.keys == nil && wanted(g) && g.isFirst() {
			return g, nil
		}
		if wanted(g) && (only == nil || g.rank() < best) {
			only, best = g, g.rank()
		}
	}
	for _, g := range all {
		if wanted(g) && g.rank() == best && g.credential(places) != only.credential(places) {
			return nil, severalLogins()
		}
	}
	return only, nil
}
