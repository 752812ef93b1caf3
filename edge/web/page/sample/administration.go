package sample

import (
	"time"

	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
)

func inventory() []page.CredentialRow {
	keys := passkeys()
	return []page.CredentialRow{
		{Passkey: keys[0], Person: "Ada Lovelace", PersonID: "per1", Email: "ada@kelp.example", Origin: "by an invitation", Model: "iCloud Keychain", MadeOn: "made on a device nobody manages"},
		{Passkey: keys[1], Person: "Katherine Coleman Goble Johnson-Vaughan", PersonID: "per3",
			Email: "katherine.coleman.goble.johnson.vaughan@orbital-mechanics.kelp.example", Origin: "by its owner, signed in", Model: "YubiKey 5 Series with NFC", MadeOn: "made on a managed device", Bad: []string{"USER_KEY_PHYSICAL_COMPROMISE"}},
		{Passkey: keys[2], Person: "Mallory", PersonID: "per4", Email: "mallory@kelp.example", Origin: "by an invitation", Model: "Windows Hello"},
		{Passkey: page.Passkey{ID: "cred4", Name: "Old phone", Synced: true, Created: ago(600 * day), LastUsed: ago(400 * day)},
			Person: "Charles Babbage", PersonID: "per5", Email: "charles@kelp.example", Origin: "by the set-up link", Removed: true},
	}
}

func tokens() []page.TokenRow {
	ada, host := page.Link{Text: "Ada Lovelace", URL: page.PersonPath("per1")}, page.Link{Text: "the host's root"}
	return []page.TokenRow{
		{ID: "tok_8h2k4m6p8q0r2s4t6v8w", Name: "Nightly import from the staff directory", Owner: ada, By: ada, Live: true,
			Scopes: []string{"people:read", "people:write", "groups:write"}, Created: ago(40 * day), Ends: Now().Add(50 * day), LastUsed: ago(11 * time.Hour)},
		{ID: "tok_1a3c5e7g9j1k3m5n7p9q", Name: "Terraform", Owner: ada, By: host, Live: true,
			Scopes: authority.Everything().Strings(), Created: ago(3 * day), Ends: Now().Add(87 * day)},
		{ID: "tok_2b4d6f8h0j2k4m6n8p0r", Name: "An old dashboard", Owner: ada, By: ada, Revoked: ago(9 * day),
			Scopes: []string{"audit:read"}, Created: ago(100 * day), Ends: ago(10 * day), LastUsed: ago(12 * day)},
	}
}

func signingKeys() []page.SigningKey {
	return []page.SigningKey{
		{ID: "key_9x7v5t3r1q9p7n5m3k1j", Algorithm: "RS256", State: page.KeyWaiting, Created: ago(10 * time.Minute), Starts: Now().Add(50 * time.Minute)},
		{ID: "key_8w6u4s2q0p8n6m4k2j0h", Algorithm: "RS256", State: page.KeySigning, Created: ago(90 * day), Retired: Now().Add(50 * time.Minute)},
		{ID: "key_7v5t3r1q9p7n5m3k1j9h", Algorithm: "ES256", State: page.KeyWithdrawn, Created: ago(200 * day), Retired: ago(90 * day)},
	}
}

// administration are the pages about passkeys of everybody, programs, settings
// and the search, and what roles other than the administrator's see.
func administration(f page.Frame) []Story {
	story := func(slug, title string, p page.Page) Story { return Story{"Console", "console-" + slug, title, p} }
	as := func(who string, r person.Role) page.Frame {
		other := f
		other.Person, other.Scopes = who, authority.OfRole(r).Strings()
		return other
	}
	desk, auditor, nobody := as("Helen Sand", person.HelpDesk), as("Otto Ebb", person.Auditor), as("Grace Hopper", person.Member)
	nobody.Console = false
	statuses := []page.Option{{Label: "Any state (4)"}, {Value: "active", Label: "active (2)"}, {Value: "suspended", Label: "suspended (1)"}, {Value: "removed", Label: "removed (1)"}}
	places := []page.Option{{Label: "Anywhere (4)"}, {Value: "synced", Label: "synced (2)"}, {Value: "device", Label: "this device only (2)"},
		{Value: "proven", Label: "this device only, proven"}, {Value: "claimed", Label: "this device only, only claimed"}}
	models := []page.Option{{Label: "Any status"}, {Value: "bad", Label: "any that is no good news"}, {Value: "REVOKED", Label: "REVOKED"}}
	devices := []page.Option{{Label: "Any device"}, {Value: "managed", Label: "a managed device"}, {Value: "personal", Label: "a personal device"}, {Value: "unknown", Label: "nobody knows"}}
	providers := []page.Option{{Label: "Any provider (4)"}, {Value: "iCloud Keychain", Label: "iCloud Keychain (1)"}, {Value: "Windows Hello", Label: "Windows Hello (1)"}}
	origins := []page.Option{{Label: "Any right (4)"}, {Value: "invitation", Label: "an invitation (2)"}, {Value: "session", Label: "its owner, signed in (1)"}}
	credentials := page.Credentials{Frame: f, Rows: inventory(), Statuses: statuses, Places: places, Providers: providers, Origins: origins, Models: models, Made: devices,
		Pager: page.Pager{Shown: 4, Total: 212, Next: "?after=cred4"}, Export: page.ExportOf(nil)}
	none := credentials
	none.Rows, none.Any, none.Open, none.Query, none.Unused, none.Pager, none.Export = nil, true, true, "zebedee", 45, page.Pager{}, page.Export{}
	seen := credentials
	seen.Frame, seen.Rows = desk, inventory()
	seen.Rows[0].Above = true
	made := page.Tokens{Frame: f, Rows: tokens(), Pager: page.Pager{Shown: 3, Total: 3}, Export: page.ExportOf(nil), Ends: "2027-02-19"}
	wrong := made
	wrong.Rows, wrong.Pager, wrong.Name, wrong.Ends, wrong.Errors = nil, page.Pager{}, "Import", "2029-01-01", page.Errors{"ends": "A token lives at least a minute and at most 366 days.", "scopes": "Give the token at least one scope."}
	read := made
	read.Frame = auditor
	settings := page.Settings{Frame: f, Name: "Kelp & Shore Hospital", Origins: []string{"https://login.kelp.example"}, Keys: signingKeys(), Sends: true,
		Outbox:    []page.OutboxLine{{ID: "mail", Kind: "Mail", Waiting: 3, Failing: 1, Dead: 2, Oldest: ago(40 * time.Minute)}, {ID: "logout", Kind: "Sign-out, to applications", Waiting: 1, Oldest: ago(time.Minute)}},
		Undone:    []page.DeadLetter{{Kind: "Sign-out, to applications", Target: "https://old-wiki.kelp.example/logout", Tries: 14, Created: ago(2 * day), Why: "dial tcp: lookup old-wiki.kelp.example: no such host"}},
		Technical: []page.Pair{{Name: "Address", Value: "https://id.kelp.example", Code: true}, {Name: "Relying party", Value: "kelp.example", Code: true, Note: "Passkeys are bound to this name for good."}, {Name: "Version", Value: "0.1.0"}},
		Docs:      []page.Link{{Text: "docs/backup.md: backup, restore, what to keep elsewhere"}}}
	locks := settings
	locks.Typed, locks.Confirm = "", "take it from 3 people"
	locks.Errors = page.Errors{"origins": `3 people signed in from https://login.kelp.example within the last 90 days. To do it all the same, confirm with the words "take it from 3 people".`}
	shown := settings
	shown.Frame, shown.Sends, shown.Outbox, shown.Undone = auditor, false, nil, nil
	found := f
	found.Find = "ada"
	member := page.Person{Who: rows()[2], Kind: "contractor", Created: ago(500 * day), Groups: groups()[:2], OtherGroups: groups()[2:], Passkeys: passkeys()[1:],
		Sessions: sessions()[1:], Invitations: invitations()[:1], Manager: page.GroupRef{ID: "per1", Name: "ada@kelp.example"}, Reports: 3}
	helped, audited, refused := member, member, member
	helped.Frame, audited.Frame, refused.Frame = desk, auditor, f
	role := page.Auditor
	refused.EditRole, refused.Errors = &role, page.Errors{"role_ends": "Say when the auditor's role ends, within a year."}
	higher := helped
	higher.Who, higher.Above = rows()[0], true
	return []Story{
		story("credentials", "Passkeys of everybody", &credentials),
		story("credentials-none", "Passkeys, none matches", &none),
		story("credentials-desk", "Passkeys, as the help desk sees them", &seen),
		story("tokens", "API tokens", &made),
		story("tokens-wrong", "API tokens, one refused", &wrong),
		story("tokens-auditor", "API tokens, as an auditor sees them", &read),
		story("tokenmade", "API token made", &page.TokenMade{Frame: f, Row: tokens()[0], Value: "hft_3v9k2m7q4x8w1c6t5b0d9f2hjklmnpq"}),
		story("settings", "Settings", &settings),
		story("settings-origin", "Settings, an address in use", &locks),
		story("settings-auditor", "Settings, as an auditor sees them", &shown),
		story("search", "Search", &page.Search{Frame: found, Query: "ada", Groups: []page.FoundGroup{
			{Title: "People", Rows: []page.Found{{Text: "Ada Lovelace", Note: "ada@kelp.example", URL: page.PersonPath("per1")}, {Text: "Adam Ant", Note: "adam@kelp.example", URL: page.PersonPath("per7")}},
				More: page.Link{Text: "All people who match", URL: page.PathPeople + "?q=ada"}},
			{Title: "Passkeys", Rows: []page.Found{{Text: "Ada's phone", Note: "of Ada Lovelace", URL: page.PathCredentials + "?q=cred1"}}}}}),
		story("search-none", "Search, nothing found", &page.Search{Frame: f, Query: "zebedee"}),
		story("search-short", "Search, one letter", &page.Search{Frame: f, Query: "z", Short: true}),
		story("start-desk", "Start, as the help desk sees it", &page.Start{Frame: desk, Counts: []page.Count{{Number: 12_000, Label: "people", URL: page.PathPeople}, {Number: 41, Label: "open sessions", URL: page.PathAllSessions}}}),
		story("people-desk", "People, as the help desk sees them", &page.People{Frame: desk, Rows: rows(), Query: "a", Role: page.AnyRole, Pager: page.Pager{Shown: 5, Total: 5}}),
		story("people-manager", "People, of one manager", &page.People{Frame: f, Rows: rows()[1:3], Manager: page.GroupRef{ID: "per1", Name: "Ada Lovelace"}, Pager: page.Pager{Shown: 2, Total: 2}}),
		story("person-desk", "Person, as the help desk sees them", &helped),
		story("person-desk-above", "Person with a role, as the help desk sees them", &higher),
		story("person-auditor", "Person, as an auditor sees them", &audited),
		story("person-role-wrong", "Person, a role refused", &refused),
		story("group-auditor", "Group, as an auditor sees it", &page.Group{Frame: auditor, Row: page.GroupRow{ID: "grp1", Name: "Engineering", Members: 2, Created: ago(500 * day)}, Members: rows()[:2], Pager: page.Pager{Shown: 2, Total: 2}}),
		story("owner-home", "Home of somebody who owns applications", &page.Home{Frame: nobody, Passkeys: passkeys()[:2], Sessions: sessions(),
			Owned: []page.Link{{Text: "Tide tables", URL: page.ApplicationPath("app1")}}}),
	}
}
