package page

import "holdfast/domain/authority"

// RailEntry is one noun of the console.
type RailEntry struct {
	Text, URL, Icon string
	Here            bool
	Apart           bool // begins a group
}

// rail lists the nouns that who looks at p may see: who there is, what they
// hold, what holds for them, what they use, and the house itself.
func rail(p Page) []RailEntry {
	all := []struct {
		section, text, url, icon string
		scope                    authority.Scope
		apart                    bool
	}{
		{"people", "People", PathPeople, "people", authority.PeopleRead, true},
		{"groups", "Groups", PathGroups, "group", authority.GroupsRead, false},
		{"invitations", "Invitations", PathInvitations, "mail", authority.InvitationsRead, false},
		{"sessions", "Sessions", PathAllSessions, "clock", authority.SessionsRead, false},
		{"credentials", "Passkeys", PathCredentials, "key", authority.CredentialsRead, true},
		{"devices", "Devices", PathDevices, "laptop", authority.DevicesRead, false},
		{"policy", "Policy", PathPolicy, "scroll", authority.PolicyRead, false},
		{"exposure", "Exposure", PathExposure, "branch", authority.ExposureRead, false},
		{"surroundings", "Surroundings", PathSurroundings, "shore", authority.SurroundingsRead, false},
		{"applications", "Applications", PathApplications, "app", authority.AppsRead, true},
		{"tokens", "API tokens", PathTokens, "token", authority.TokensRead, false},
		{"audit", "Audit", PathAudit, "log", authority.AuditRead, true},
		{"settings", "Settings", PathSettings, "gear", authority.SettingsRead, false},
	}
	here := section(p)
	var out []RailEntry
	if p.frame().Console {
		out = append(out, RailEntry{"Start", PathConsole, "home", here == "start", false})
	}
	apart := false
	for _, e := range all {
		apart = apart || e.apart
		if p.frame().May(e.scope) {
			out = append(out, RailEntry{e.text, e.url, e.icon, here == e.section, apart && len(out) > 0})
			apart = false
		}
	}
	return out
}

// here is the noun that p is under; empty where it is under none.
func here(p Page) string {
	for _, e := range rail(p) {
		if e.Here {
			return e.Text
		}
	}
	return ""
}

// policyTabs are the pages that belong to the policy: the document, what it
// did, what it asks for, and what it rests on.
func policyTabs(p Page) []RailEntry {
	var out []RailEntry
	for _, e := range []struct {
		text, url string
		names     []string
	}{
		{"Policy", PathPolicy, []string{"policy", "policyedit", "revision"}},
		{"Decisions", PathDecisions, []string{"decisions", "decision"}},
		{"Replacements", PathReplacements, []string{"replacements"}},
		{"Findings", PathFindings, []string{"findings"}},
		{"Metadata", PathMetadata, []string{"metadata"}},
		{"Providers", PathProviders, []string{"providers"}},
	} {
		on := false
		for _, n := range e.names {
			on = on || n == p.name()
		}
		out = append(out, RailEntry{Text: e.text, URL: e.url, Here: on})
	}
	return out
}
