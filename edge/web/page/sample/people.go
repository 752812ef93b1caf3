package sample

import (
	"time"

	"holdfast/edge/web/page"
)

func rows() []page.PersonRow {
	return []page.PersonRow{
		{ID: "per1", Name: "Ada Lovelace", Email: "ada@kelp.example", State: page.Active, Role: page.Administrator, Groups: []string{"Engineering", "On call"}, Passkeys: 2, LastSignIn: ago(4 * time.Minute)},
		{ID: "per2", Name: "Grace Hopper", Email: "grace@kelp.example", State: page.Invited, Groups: []string{"Engineering"}},
		{ID: "per3", Name: "Katherine Coleman Goble Johnson-Vaughan", Email: "katherine.coleman.goble.johnson.vaughan@orbital-mechanics.kelp.example", State: page.Active, Passkeys: 1, Ends: Now().Add(40 * day), LastSignIn: ago(26 * time.Hour)},
		{ID: "per4", Name: "Mallory", Email: "mallory@kelp.example", State: page.Suspended, Groups: []string{"Contractors"}, Passkeys: 1, LastSignIn: ago(9 * day)},
		{ID: "per5", Name: "Charles Babbage", Email: "charles@kelp.example", State: page.Ended, Passkeys: 3, Ends: ago(70 * day), LastSignIn: ago(71 * day)},
	}
}

func groups() []page.GroupRef {
	return []page.GroupRef{{ID: "grp1", Name: "Engineering"}, {ID: "grp2", Name: "On call"}, {ID: "grp3", Name: "Contractors"}, {ID: "grp4", Name: "Wards"}}
}

func invitations() []page.Invitation {
	return []page.Invitation{
		{ID: "tic1", Person: "Grace Hopper", PersonID: "per2", Email: "grace@kelp.example", By: "Ada Lovelace", State: page.InvitationOpen, Created: ago(2 * time.Hour), Ends: Now().Add(3 * day)},
		{ID: "tic2", Person: "Mallory", PersonID: "per4", Email: "mallory@kelp.example", By: "Ada Lovelace", State: page.InvitationRevoked, Created: ago(10 * day), Ends: ago(7 * day)},
		{ID: "tic3", Person: "Ada Lovelace", PersonID: "per1", Email: "ada@kelp.example", By: "the host", State: page.InvitationUsed, Created: ago(90 * day), Ends: ago(90 * day)},
	}
}

func tasks() []page.Task {
	return []page.Task{
		{Title: "Create your passkey", Done: true},
		{Title: "Add a spare passkey", Text: "So that a lost device does not lock out the only administrator.", Action: page.Link{Text: "Add a spare", URL: page.PathPasskeys}},
		{Title: "Invite a person", Text: "They open a link and create a passkey.", Action: page.Link{Text: "Invite", URL: page.PathPeople + "/new"}},
		{Title: "Connect an application", Text: "You get a configuration to paste.", Action: page.Link{Text: "Add an application", URL: page.PathApplications + "/new"}},
		{Title: "Keep a checkpoint of the log elsewhere", Text: "It shows later that nobody rewrote the past.", Action: page.Link{Text: "Open the log", URL: page.PathAudit}},
	}
}

func abilities() []page.Ability {
	return []page.Ability{
		{Text: "offer your passkeys in the list below the e-mail field", Can: true},
		{Text: "keep a passkey itself, or reach one on a phone", Can: true},
		{Text: "make a passkey in the background after another way of signing in"},
	}
}

func devices() []page.Device {
	return []page.Device{
		{Name: "Firefox on Linux", Abilities: abilities(), First: ago(90 * day), Last: ago(4 * time.Minute)},
		{Name: "A program on an unknown device", First: ago(9 * day), Last: ago(9 * day)},
	}
}

func people(f page.Frame) []Story {
	made := f
	made.Flash = page.Flash{Text: "Grace Hopper was added."}
	link := "http://localhost:8080/enrol#hf1_3v9k2m7q4x8w1c6t5b0d9f2h"
	code, err := page.QR(link, "The invitation for Grace Hopper as a QR code")
	if err != nil {
		panic("sample: internal error: " + err.Error())
	}
	history := []page.Moment{
		{At: ago(4 * time.Minute), Title: "Signed in", Text: "Firefox on Linux, with “My phone”", Tone: page.ToneGood},
		{At: ago(12 * day), Title: "Passkey suspended", Text: "Windows Hello, by Grace Hopper", Tone: page.ToneWarn},
		{At: ago(90 * day), Title: "Passkey created", Text: "My phone"},
	}
	one := page.Person{Frame: f, Who: rows()[2], Kind: "contractor", Created: ago(500 * day), Groups: groups()[:2], OtherGroups: groups()[2:], Passkeys: passkeys()[1:], Sessions: sessions()[1:], Devices: devices(), Invitations: invitations()[:1], History: history}
	one.Standing, one.Replace = standing(), replacements()[:1]
	self := one
	self.Standing, self.Replace = &page.Standing{Failed: "The policy in force cannot be read, so nothing can be said. The one before decides."}, nil
	self.Who, self.Self, self.Sessions, self.Invitations = rows()[0], true, sessions(), nil
	waiting := page.Person{Frame: f, Who: rows()[1], Created: ago(2 * time.Hour), OtherGroups: groups(), Invitations: invitations()[:1]}
	wrong := waiting
	wrong.Errors, wrong.EditName, wrong.EditEmail = page.Errors{"email": "Somebody else has this address. Use another one."}, "Grace Hopper", "ada@kelp.example"
	gone := page.Person{Frame: f, Who: page.PersonRow{ID: "per9", Name: "Erased person", State: page.Erased}}
	pager := page.Pager{Shown: 50, Total: 12_000, Prev: "?before=per1", Next: "?after=per5"}
	choices := []page.Option{{Value: "grp1", Label: "Engineering", Chosen: true}, {Value: "grp2", Label: "On call"}, {Value: "grp3", Label: "Contractors"}}
	story := func(slug, title string, p page.Page) Story { return Story{"Console", "console-" + slug, title, p} }
	return []Story{
		story("start", "Start", &page.Start{Frame: f, Needs: needs(), Jobs: jobs()[:1], Tasks: tasks(), Counts: []page.Count{{Number: 203, Label: "people", URL: page.PathPeople}, {Number: 1, Label: "open invitation", URL: page.PathInvitations}, {Number: 41, Label: "open sessions", URL: page.PathAllSessions}}, Browsers: 52, Autofill: 41}),
		story("people", "People", &page.People{Frame: f, Rows: rows(), All: groups(), Pager: pager, Export: page.ExportOf(nil)}),
		story("people-none", "People, nobody matches", &page.People{Frame: f, Query: "zebedee", All: groups()}),
		story("people-empty", "People, nobody yet", &page.People{Frame: f}),
		story("person", "Person", &one),
		story("person-self", "Person, oneself", &self),
		story("person-invited", "Person, invited", &waiting),
		story("person-wrong", "Person, an address refused", &wrong),
		story("person-erased", "Person, erased", &gone),
		story("newperson", "Invite a person", &page.NewPerson{Frame: f, Groups: choices}),
		story("newperson-wrong", "Invite a person, refused", &page.NewPerson{Frame: f, Name: "Grace", Email: "grace", Groups: choices,
			Errors: page.Errors{"email": "This is not an e-mail address. It needs an @ and a domain.", "": "Nothing was saved."}}),
		story("invitationmade", "Invitation made", &page.InvitationMade{Frame: made, Invitee: "Grace Hopper", InviteeID: "per2", Email: "grace@kelp.example", URL: link, QR: code, Ends: Now().Add(3 * day), Mailed: true}),
		story("invitations", "Invitations", &page.Invitations{Frame: f, Rows: invitations(), Pager: page.Pager{Total: 3}, Export: page.ExportOf(nil)}),
		story("invitations-empty", "Invitations, none", &page.Invitations{Frame: f}),
		story("groups", "Groups", &page.Groups{Frame: f, Rows: []page.GroupRow{{ID: "grp1", Name: "Engineering", Members: 41, Created: ago(500 * day)}, {ID: "grp2", Name: "On call", Members: 1, Created: ago(3 * day)}}}),
		story("groups-empty", "Groups, none", &page.Groups{Frame: f}),
		story("group", "Group", &page.Group{Frame: f, Row: page.GroupRow{ID: "grp1", Name: "Engineering", Members: 2, Created: ago(500 * day)}, Members: rows()[:2]}),
		story("group-wrong", "Group, a member refused", &page.Group{Frame: f, Row: page.GroupRow{ID: "grp2", Name: "On call"}, Add: "nobody@kelp.example", Errors: page.Errors{"person": "Nobody here has this address."}}),
	}
}
