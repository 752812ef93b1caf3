package scim

import (
	"slices"
	"testing"

	"holdfast/test/node"
)

type q = node.Q

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func TestWhatTheServiceSaysOfItself(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		d := p.directory(p.token(p.admin, "people:read"))
		var got struct {
			Config struct {
				Patch, Filter, Bulk, Sort, Etag struct{ Supported bool }
			}
			Types, Schemas []string
		}
		d.Must("about", nil, &got)
		c := got.Config
		if !c.Patch.Supported || !c.Filter.Supported || c.Bulk.Supported || c.Sort.Supported || c.Etag.Supported || len(got.Types) != 2 || len(got.Schemas) != 3 {
			p.Errorf("%+v", got)
		}
		for _, path := range []string{"/Bulk", "/Me", "/Nothing"} {
			p.refused(d.Ask("send", q{"method": "GET", "path": path}, nil), 404, "")
		}
	})
}

// A directory's year: people come, change, leave and are let go.
func TestADirectoryKeepsPeople(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		d := p.directory(p.token(p.admin, append(all, "invitations:write")...))
		var boss, ada resource
		d.Must("create", q{"kind": "User", "resource": q{"userName": "grace@example.org", "displayName": "Grace Hopper"}}, &boss)
		d.Must("create", q{"kind": "User", "resource": q{"userName": "Ada@Example.org", "externalId": "hr-7", "active": true,
			"name":  q{"givenName": "Ada", "familyName": "Byron"},
			"title": "Countess", "phoneNumbers": []q{{"value": "tel:+44-20", "type": "work"}},
			enterprise: q{"manager": q{"value": boss.ID}, "department": "Analysis"}}}, &ada)
		if ada.UserName != "ada@example.org" || ada.DisplayName != "Ada Byron" || ada.ExternalID != "hr-7" || !ada.Active {
			p.Errorf("made %+v", ada)
		}
		p.refused(d.Ask("create", q{"kind": "User", "resource": q{"userName": "ADA@example.org"}}, nil), 409, "uniqueness")
		p.refused(d.Ask("create", q{"kind": "User", "resource": q{"userName": "no address"}}, nil), 400, "invalidValue")

		change := func(compare []string, operations ...q) (got resource) {
			p.Helper()
			d.Must("patch", q{"kind": "User", "of": ada.ID, "operations": operations, "compare": compare}, &got)
			return got
		}
		said := []string{"userName", "displayName", "externalId", "active", "userType", enterprise}
		change(said, q{"op": "replace", "path": "displayName", "value": "Ada Lovelace"})
		change(said, q{"op": "replace", "value": q{"displayName": "Ada King", "externalId": "hr-8"}}, q{"op": "add", "path": "userType", "value": "contractor"})
		change(said, q{"op": "remove", "path": enterprise + ":manager"})
		change(said, q{"op": "add", "path": enterprise + ":manager", "value": q{"value": boss.ID}})
		change(said, q{"op": "remove", "path": "externalId"})
		if got := change(said, q{"op": "replace", "path": "active", "value": false}); got.Active {
			p.Error("active: false left them active")
		}
		change(nil, q{"op": "Replace", "path": "active", "value": "True"}) // as one large directory says it
		p.refused(d.Ask("patch", q{"kind": "User", "of": ada.ID, "operations": []q{
			{"op": "replace", "path": "displayName", "value": "Half"}, {"op": "replace", "path": "userName", "value": "nonsense"}}}, nil), 400, "invalidValue")
		p.refused(d.Ask("patch", q{"kind": "User", "of": ada.ID, "operations": []q{{"op": "remove", "path": "userName"}}}, nil), 400, "mutability")
		var now, put resource
		d.Must("get", q{"kind": "User", "of": ada.ID}, &now)
		if now.DisplayName != "Ada King" || !now.Active || now.ExternalID != "" {
			p.Errorf("after half a PATCH: %+v", now)
		}
		d.Must("put", q{"kind": "User", "of": ada.ID, "resource": q{"userName": "ada.king@example.org", "displayName": "Ada", "active": false}}, &put)
		if put.UserName != "ada.king@example.org" || put.Active || put.DisplayName != "Ada" {
			p.Errorf("put: %+v", put)
		}
		d.Must("remove", q{"kind": "User", "of": ada.ID}, nil)
		for _, verb := range []string{"get", "remove"} {
			p.refused(d.Ask(verb, q{"kind": "User", "of": ada.ID}, nil), 404, "")
		}
		p.worlds[0].Verify(p)
	})
}

func TestFiltersAndParts(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		d := p.directory(p.token(p.admin, all...))
		for _, who := range []q{
			{"userName": "ada@example.org", "displayName": "Ada", "externalId": "7"},
			{"userName": "bob@example.org", "displayName": "Bob", "active": false},
			{"userName": "eve@example.org", "displayName": "Eve O\"Hara", "userType": "guest"},
			{"userName": "zoe@example.com", "displayName": "Zoë", "externalId": "a\\b"},
		} {
			d.Must("create", q{"kind": "User", "resource": who}, nil)
		}
		// Who comes is compared with whom scimmy finds among all.
		for filter, want := range map[string][]string{
			`userName eq "ada@example.org"`:                                     {"ada@example.org"},
			`userName eq "nobody@example.org"`:                                  {},
			`externalId eq "7"`:                                                 {"ada@example.org"},
			`userName eq "bob@example.org" and active eq true`:                  {},
			`active eq false`:                                                   {"bob@example.org"},
			`displayName sw "A" or displayName co "Hara"`:                       {"ada@example.org", "eve@example.org"},
			`userName ew ".com" and not (active eq false)`:                      {"zoe@example.com"},
			`externalId pr`:                                                     {"ada@example.org", "zoe@example.com"},
			`userType eq "guest"`:                                               {"eve@example.org"},
			`emails[type eq "work" and value co "eve"]`:                         {"eve@example.org"},
			`emails.value eq "bob@example.org"`:                                 {"bob@example.org"},
			`displayName eq "Zoë"`:                                              {"zoe@example.com"},
			`(displayName eq "Ada" or displayName eq "Bob") and active eq true`: {"ada@example.org"},
		} {
			var got []string
			if err := d.Ask("filter", q{"kind": "User", "filter": filter}, &got); err != nil {
				p.Errorf("%v", err)
			} else if !slices.Equal(got, want) {
				p.Errorf("%s: %v, want %v", filter, got, want)
			}
		}
		type list struct {
			Total     int `json:"totalResults"`
			Start     int `json:"startIndex"`
			Resources []resource
		}
		parts := func(params q) (l list) {
			p.Helper()
			d.Must("list", q{"kind": "User", "params": params}, &l)
			return l
		}
		// RFC 7643 §2.2: userName is compared without case, which scimmy does not do.
		if l := parts(q{"filter": `USERNAME eq "ADA@example.org"`}); l.Total != 1 {
			p.Errorf("without case: %+v", l)
		}
		// RFC 7644 §3.4.2.2: values are JSON's, with its escapes; nor that.
		for _, filter := range []string{`externalId eq "a\\b"`, `displayName eq "Eve O\"Hara"`, `displayName eq "Zo\u00eb"`, `emails[value eq "\u007aoe@example.com"]`} {
			var l list
			if err := d.Ask("list", q{"kind": "User", "params": q{"filter": filter}}, &l); err != nil || l.Total != 1 {
				p.Errorf("%s: %v, %+v", filter, err, l)
			}
		}
		if l := parts(q{"count": 0}); l.Total != 5 || len(l.Resources) != 0 {
			p.Errorf("RFC 7644 §3.4.2.4, count=0: %+v", l)
		}
		if l := parts(q{"startIndex": 99}); l.Total != 5 || len(l.Resources) != 0 {
			p.Errorf("behind the end: %+v", l)
		}
		if l := parts(q{"startIndex": -3, "count": 1}); l.Total != 5 || len(l.Resources) != 1 || l.Start != 1 {
			p.Errorf("a startIndex below 1: %+v", l)
		}
		for _, filter := range []string{`userName eq`, `nickName xx "a"`, `userName eq "a" and`, `((userName eq "a")`} {
			p.refused(d.Ask("list", q{"kind": "User", "params": q{"filter": filter}}, nil), 400, "invalidFilter")
		}
	})
}

func TestADirectoryKeepsGroups(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		d := p.directory(p.token(p.admin, all...))
		var people [3]resource
		for i, name := range []string{"ada", "bob", "eve"} {
			d.Must("create", q{"kind": "User", "resource": q{"userName": name + "@example.org"}}, &people[i])
		}
		ada, bob, eve := q{"value": people[0].ID}, q{"value": people[1].ID}, q{"value": people[2].ID}
		var g resource
		d.Must("create", q{"kind": "Group", "resource": q{"displayName": "Harbour", "externalId": "g-1", "members": []q{ada}}}, &g)
		p.refused(d.Ask("create", q{"kind": "Group", "resource": q{"displayName": "Harbour"}}, nil), 409, "uniqueness")
		change := func(want int, operations ...q) {
			p.Helper()
			d.Must("patch", q{"kind": "Group", "of": g.ID, "operations": operations, "compare": []string{"displayName", "externalId", "members"}}, &g)
			if len(g.Members) != want {
				p.Errorf("%v: members %v", operations, g.Members)
			}
		}
		change(2, q{"op": "add", "path": "members", "value": []q{bob}})
		change(3, q{"op": "add", "value": q{"members": []q{eve}, "displayName": "Port"}})
		change(2, q{"op": "remove", "path": `members[value eq "` + people[0].ID + `"]`})
		change(1, q{"op": "replace", "path": "members", "value": []q{ada}})
		p.refused(d.Ask("patch", q{"kind": "Group", "of": g.ID, "operations": []q{
			{"op": "add", "path": "members", "value": []q{bob}}, {"op": "add", "path": "members", "value": []q{{"value": "per_nobody"}}}}}, nil), 400, "invalidValue")
		d.Must("get", q{"kind": "Group", "of": g.ID}, &g)
		if len(g.Members) != 1 || g.Members[0].Value != people[0].ID {
			p.Errorf("half of a PATCH was kept: %v", g.Members)
		}
		for filter, want := range map[string]int{`displayName eq "Port"`: 1, `displayName eq "Harbour"`: 0,
			`members.value eq "` + people[0].ID + `"`: 1, `members[value eq "` + people[1].ID + `"]`: 0, `externalId eq "g-1"`: 1} {
			var got []string
			d.Must("filter", q{"kind": "Group", "filter": filter}, &got)
			if len(got) != want {
				p.Errorf("%s: %v", filter, got)
			}
		}
		var who, without resource
		d.Must("get", q{"kind": "User", "of": people[0].ID}, &who)
		if len(who.Groups) != 1 || who.Groups[0].Value != g.ID || who.Groups[0].Display != "Port" {
			p.Errorf("the member's groups are %v", who.Groups)
		}
		d.Must("get", q{"kind": "Group", "of": g.ID, "params": q{"excludedAttributes": "members"}}, &without)
		if without.Members != nil {
			p.Errorf("members that nobody wanted: %v", without.Members)
		}
		var put resource
		d.Must("put", q{"kind": "Group", "of": g.ID, "resource": q{"displayName": "Port", "members": []q{bob, eve}}}, &put)
		if len(put.Members) != 2 || put.ExternalID != "" {
			p.Errorf("put: %+v", put)
		}
		change(0, q{"op": "remove", "path": "members"})
		d.Must("remove", q{"kind": "Group", "of": g.ID}, nil)
		p.refused(d.Ask("get", q{"kind": "Group", "of": g.ID}, nil), 404, "")
	})
}
