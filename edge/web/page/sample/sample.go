// Package sample holds made-up pages for the storybook and the tests: every
// page in each of its states. It refuses to be used for anything that a real
// person sees; nothing here comes from a store.
package sample

import (
	"time"

	"holdfast/domain/authority"
	"holdfast/edge/web/page"
)

// Story is one page in one state.
type Story struct {
	Section string // Door, Portal, Console, Demo, Components
	Slug    string // for addresses and file names
	Title   string
	Page    page.Page
}

// Now is the instant that the samples are relative to.
func Now() time.Time { return time.Date(2026, time.November, 21, 14, 30, 0, 0, time.UTC) }

// Stories are all of them, in the colours of theme.
func Stories(theme page.Theme) []Story {
	f := page.Frame{Organisation: "Kelp & Shore Hospital", Now: Now(), Theme: theme, Story: true}
	var out []Story
	out = append(out, door(f)...)
	f.Person, f.Console, f.Scopes = "Ada Lovelace", true, authority.Everything().Strings()
	out = append(out, portal(f)...)
	out = append(out, people(f)...)
	out = append(out, apps(f)...)
	out = append(out, administration(f)...)
	out = append(out, governed(f)...)
	out = append(out, exposed(f)...)
	out = append(out, around(f)...)
	out = append(out, demo(f)...)
	return append(out, Story{"Components", "components", "Every component", components(f)})
}

// Contents is the storybook's first page; link gives a story's address.
func Contents(theme page.Theme, link func(slug string) string) *page.Storybook {
	b := &page.Storybook{Frame: page.Frame{Organisation: "Holdfast", Now: Now(), Theme: theme}}
	for _, s := range Stories(theme) {
		if n := len(b.Sections); n == 0 || b.Sections[n-1].Title != s.Section {
			b.Sections = append(b.Sections, page.StorySection{Title: s.Section})
		}
		last := &b.Sections[len(b.Sections)-1]
		last.Stories = append(last.Stories, page.Link{Text: s.Title, URL: link(s.Slug)})
	}
	return b
}

// ago is an instant before Now.
func ago(d time.Duration) time.Time { return Now().Add(-d) }

const day = 24 * time.Hour

func passkeys() []page.Passkey {
	return []page.Passkey{
		{ID: "cred1", Name: "My phone", Provider: "iCloud Keychain", Synced: true, Current: true,
			Created: ago(90 * day), LastUsed: ago(4 * time.Minute),
			Technical: []page.Pair{{Name: "Algorithm", Value: "ES256"}, {Name: "Attestation", Value: "none"},
				{Name: "Provider id", Value: "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", Code: true}}},
		{ID: "cred2", Name: "Blue key on the key ring", Provider: "YubiKey 5", SecurityKey: true, Bound: page.Proven, Hardware: true, Vouched: true,
			Created: ago(89 * day), LastUsed: ago(12 * day),
			Technical: []page.Pair{{Name: "Algorithm", Value: "EdDSA"}, {Name: "Attestation", Value: "packed"}}},
		{ID: "cred3", Provider: "Windows Hello", Bound: page.Claimed, Suspended: true, Created: ago(400 * day), LastUsed: ago(200 * day)},
	}
}

func sessions() []page.Session {
	return []page.Session{
		{ID: "ses1", Person: "Ada Lovelace", PersonID: "per1", Device: "Firefox on Linux", Address: "192.0.2.17", Passkey: "My phone", Current: true,
			Started: ago(4 * time.Minute), Active: ago(10 * time.Second), Ends: Now().Add(23 * time.Hour), Apps: []string{"Tide tables", "Wiki"}},
		{ID: "ses2", Person: "Ada Lovelace", PersonID: "per1", Device: "Safari on iPhone", Address: "2001:db8::41", Passkey: "My phone",
			Started: ago(9 * time.Hour), Active: ago(70 * time.Minute), Ends: Now().Add(15 * time.Hour)},
	}
}
