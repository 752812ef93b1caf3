package sample

import (
	"time"

	"holdfast/edge/web/page"
)

func portal(f page.Frame) []Story {
	renamed := f
	renamed.Flash = page.Flash{Text: "The passkey is called “My phone” now."}
	renamed.Signals = &page.Signals{RPID: "localhost", UserID: "cGVyMQ", Name: "ada@kelp.example", DisplayName: "Ada Lovelace", Credentials: []string{"Y3JlZDE", "Y3JlZDI"}}
	plain := f
	plain.Console = false
	apps := []page.App{
		{Name: "Tide tables", URL: "/tides", Host: "tides.kelp.example", LastUsed: ago(4 * time.Minute)},
		{Name: "Wiki", URL: "/wiki", Host: "wiki.kelp.example", LastUsed: ago(3 * day)},
		{Name: "Rota", Host: "rota.kelp.example"},
	}
	story := func(slug, title string, p page.Page) Story { return Story{"Portal", "portal-" + slug, title, p} }
	due := []page.Duty{{Passkey: "Blue key on the key ring", Why: "Its maker has withdrawn this model.", Due: Now().Add(9 * day)}}
	over := []page.Duty{{Passkey: "My phone", Why: "You work with patients’ records now, and there only keys that cannot be copied are accepted."}}
	last := []page.Duty{{Passkey: "My phone", Why: "The policy accepts only proven security keys for administrators.", Last: true}}
	return []Story{
		story("home", "Home", &page.Home{Frame: f, Apps: apps, Passkeys: passkeys()[:2], Sessions: sessions()}),
		story("home-new", "Home of a new person", &page.Home{Frame: plain, Passkeys: passkeys()[:1], Sessions: sessions()[:1]}),
		story("passkeys", "Passkeys", &page.Passkeys{Frame: renamed, Passkeys: passkeys(), Browser: abilities()}),
		story("home-duty", "Home, with a passkey to replace", &page.Home{Frame: f, Apps: apps, Passkeys: passkeys()[:2], Sessions: sessions(), Duties: due}),
		story("passkeys-duty", "Passkeys, one suspended by the policy", &page.Passkeys{Frame: f, Passkeys: passkeys(), Duties: over}),
		story("passkeys-last", "Passkeys, the last way in to be replaced", &page.Passkeys{Frame: f, Passkeys: passkeys()[:1], Duties: last}),
		story("passkeys-one", "Passkeys, only one", &page.Passkeys{Frame: f, Passkeys: passkeys()[:1]}),
		story("passkeys-rename", "Passkeys, a name refused", &page.Passkeys{Frame: f, Passkeys: passkeys()[:2], Editing: "cred2", Typed: " ",
			Errors: page.Errors{"name": "Give it a name of 1 to 64 characters."}}),
		story("sessions", "Sessions", &page.Sessions{Frame: f, Sessions: sessions()}),
		story("sessions-one", "Sessions, only this one", &page.Sessions{Frame: f, Sessions: sessions()[:1]}),
	}
}
