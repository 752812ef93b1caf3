package page

import "holdfast/domain/authority"

// RailEntry is one noun of the console.
type RailEntry struct {
	Text, URL, Icon string
	Here            bool
}

// rail lists the nouns that who looks at p may see.
func rail(p Page) []RailEntry {
	all := []struct {
		section, text, url, icon string
		scope                    authority.Scope
	}{
		{"people", "People", PathPeople, "people", authority.PeopleRead},
		{"groups", "Groups", PathGroups, "group", authority.GroupsRead},
		{"credentials", "Passkeys", PathCredentials, "key", authority.CredentialsRead},
		{"invitations", "Invitations", PathInvitations, "mail", authority.InvitationsRead},
		{"applications", "Applications", PathApplications, "app", authority.AppsRead},
		{"sessions", "Sessions", PathAllSessions, "clock", authority.SessionsRead},
		{"tokens", "API tokens", PathTokens, "token", authority.TokensRead},
		{"audit", "Audit", PathAudit, "log", authority.AuditRead},
		{"settings", "Settings", PathSettings, "gear", authority.SettingsRead},
	}
	here := section(p)
	var out []RailEntry
	if p.frame().Console {
		out = append(out, RailEntry{"Start", PathConsole, "home", here == "start"})
	}
	for _, e := range all {
		if p.frame().May(e.scope) {
			out = append(out, RailEntry{e.text, e.url, e.icon, here == e.section})
		}
	}
	return out
}
