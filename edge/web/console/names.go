package console

import (
	"context"
	"strings"

	"holdfast"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// names gathers the ids that a page is about, and reads what they are called,
// each kind in one read.
type names struct {
	c       *Console
	wanted  []holdfast.PersonID
	things  bool // an application or a group is among them
	people  map[holdfast.PersonID]string
	emails  map[holdfast.PersonID]string
	records map[holdfast.PersonID]person.Record
	apps    map[holdfast.AppID]string
	removed map[holdfast.AppID]bool
	groups  map[holdfast.GroupID]string
}

func (c *Console) names() *names {
	return &names{c: c, people: map[holdfast.PersonID]string{}, emails: map[holdfast.PersonID]string{},
		apps: map[holdfast.AppID]string{}, removed: map[holdfast.AppID]bool{}, groups: map[holdfast.GroupID]string{}}
}

func (n *names) person(id holdfast.PersonID) {
	if _, asked := n.people[id]; id != "" && !asked {
		n.wanted = append(n.wanted, id)
		n.people[id] = string(id) // what is shown when nobody is there
	}
}

// actor takes "person:per_…", as the log and tickets have it.
func (n *names) actor(who string) {
	switch kind, id, _ := strings.Cut(who, ":"); holdfast.ActorKind(kind) {
	case holdfast.ActorPerson:
		n.person(holdfast.PersonID(id))
	case holdfast.ActorApp:
		n.things = true
	}
}

// subject takes any id.
func (n *names) subject(id string) {
	switch {
	case strings.HasPrefix(id, "per_"):
		n.person(holdfast.PersonID(id))
	case strings.HasPrefix(id, "app_"), strings.HasPrefix(id, "grp_"):
		n.things = true
	}
}

// above says whether a person holds a role, and who looks may not touch such
// people.
func (n *names) above(v visit.Visit, id holdfast.PersonID) bool { return above(v, n.records[id]) }

func (n *names) read(ctx context.Context) error {
	people, err := n.c.Store.PeopleByID(ctx, n.wanted)
	if err != nil {
		return err
	}
	for id, p := range people {
		n.people[id], n.emails[id] = nameOf(p), p.Email
	}
	n.records = people
	if !n.things {
		return nil
	}
	apps, err := n.c.Store.Apps(ctx)
	if err != nil {
		return err
	}
	for _, a := range apps {
		n.apps[a.ID], n.removed[a.ID] = a.Name, !a.Live()
	}
	groups, err := n.c.Store.Groups(ctx)
	for _, g := range groups {
		n.groups[g.ID] = g.Name
	}
	return err
}

// actorLink says who did something, and leads to them.
func (n *names) actorLink(who string) page.Link {
	kind, id, _ := strings.Cut(who, ":")
	switch holdfast.ActorKind(kind) {
	case holdfast.ActorPerson:
		return n.subjectLink(id, "")
	case holdfast.ActorApp:
		return n.subjectLink(id, "")
	case holdfast.ActorHost:
		return page.Link{Text: "the host's " + id}
	case holdfast.ActorToken:
		return page.Link{Text: "the API token " + id, URL: page.PathTokens}
	case holdfast.ActorSystem:
		return page.Link{Text: "Holdfast itself"}
	case holdfast.ActorTicket:
		return page.Link{Text: "the holder of a link"}
	case holdfast.ActorNobody:
		return page.Link{Text: "nobody signed in"}
	}
	return page.Link{Text: who}
}

// subjectLink says to whom or what, and leads there: to the thing where it has
// a page, else to the person whose it is.
func (n *names) subjectLink(id string, owner holdfast.PersonID) page.Link {
	switch {
	case strings.HasPrefix(id, "grp_"):
		if name, ok := n.groups[holdfast.GroupID(id)]; ok {
			return page.Link{Text: name, URL: page.GroupPath(id)}
		}
	case strings.HasPrefix(id, "app_"):
		if name, ok := n.apps[holdfast.AppID(id)]; ok {
			link := page.Link{Text: name, URL: page.ApplicationPath(id)}
			if n.removed[holdfast.AppID(id)] {
				link.URL = ""
			}
			return link
		}
	case strings.HasPrefix(id, "per_"):
		owner = holdfast.PersonID(id)
	case strings.HasPrefix(id, "tic_") && owner == "":
		return page.Link{Text: "the set-up link"}
	case strings.HasPrefix(id, "sur_") && owner == "":
		return page.Link{Text: "a declaration", URL: page.PathSurroundings}
	case strings.HasPrefix(id, "rev_"):
		return page.Link{Text: "a revision of the policy", URL: page.RevisionPath(id)}
	case strings.HasPrefix(id, "dec_"):
		return page.Link{Text: "a decision", URL: page.DecisionPath(id)}
	case strings.HasPrefix(id, "fnd_"):
		return page.Link{Text: "a finding", URL: page.PathFindings}
	case id == org.SettingName || id == org.SettingReady:
		return page.Link{Text: "the organisation", URL: page.PathSettings}
	}
	if owner != "" {
		return page.Link{Text: n.people[owner], URL: page.PersonPath(string(owner))}
	}
	return page.Link{Text: id}
}
