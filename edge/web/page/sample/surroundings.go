package sample

import (
	"holdfast/domain/surroundings"
	"holdfast/edge/web/page"
)

// around are the pages about what is declared of the surroundings.
func around(f page.Frame) []Story {
	row := func(id string, r surroundings.Record, change func(*page.SurroundingRow)) page.SurroundingRow {
		r.Status, r.Declared, r.ReviewBy = surroundings.Declared, ago(30*day), Now().Add(200*day)
		row := page.SurroundingRow{ID: id, Name: r.Name, Kind: r.Kind, Says: page.SurroundingSays(r), Standing: r.Standing(Now()), Lacks: r.Lacks(), Current: true, ReviewBy: r.ReviewBy}
		change(&row)
		return row
	}
	ada, grace := page.Link{Text: "Ada Lovelace", URL: page.PersonPath("per1")}, page.Link{Text: "Grace Hopper", URL: page.PersonPath("per2")}
	rows := []page.SurroundingRow{
		row("sur1", surroundings.Record{Kind: surroundings.SyncAccount, Name: "Ada’s cloud account", Provider: "apple-personal", Primary: true, SignIn: []string{"password+code"}, Recovery: []string{"sms", "2-of-3-devices"}},
			func(r *page.SurroundingRow) { r.Owner, r.Source = ada, "Ada, in the ward meeting" }),
		row("sur2", surroundings.Record{Kind: surroundings.Mailbox, Name: "ada@kelp.example", SignIn: []string{"password+totp"}},
			func(r *page.SurroundingRow) { r.Owner = ada }),
		row("sur3", surroundings.Record{Kind: surroundings.Departure, Name: "departure of per9", From: ago(18 * day)},
			func(r *page.SurroundingRow) { r.Owner = page.Link{Text: "Joan Clarke", URL: page.PersonPath("per9")} }),
		row("sur4", surroundings.Record{Kind: surroundings.Power, Name: "Mail administrator", Over: surroundings.OverMail, Target: "kelp.example", SignIn: []string{"password+totp"}},
			func(r *page.SurroundingRow) {
				r.Holders, r.Standing, r.ReviewBy = []page.Link{{Text: "the hosting company"}}, surroundings.Overdue, ago(3*day)
			}),
		row("sur5", surroundings.Record{Kind: surroundings.Power, Name: "Service desk", Over: surroundings.OverPrimary, Holders: []string{"a", "b"}, K: 2, Check: surroundings.CheckAsked},
			func(r *page.SurroundingRow) { r.Holders = []page.Link{grace, {Text: "night shift"}} }),
		row("sur6", surroundings.Record{Kind: surroundings.Power, Name: "Ward desk", Over: surroundings.OverPasskeys, Target: "group:Ward 7", Check: surroundings.CheckOnsite},
			func(r *page.SurroundingRow) { r.Holders, r.Misses = []page.Link{ada}, true }),
	}
	gone := []page.SurroundingRow{rows[0]}
	gone[0].Withdrawn = ago(2 * day)
	form := func(k surroundings.Kind, typed map[string]string, wrong page.Errors) *page.NewSurrounding {
		return &page.NewSurrounding{Frame: f, Kind: k, Typed: typed, Errors: wrong}
	}
	story := func(slug, title string, p page.Page) Story { return Story{"Console", "console-" + slug, title, p} }
	return []Story{
		story("surroundings", "Surroundings", &page.Surroundings{Frame: f, Rows: rows, Pager: page.Pager{Shown: 6, Total: 6}, Export: page.ExportOf(nil)}),
		story("surroundings-none", "Surroundings, nothing declared", &page.Surroundings{Frame: f}),
		story("surroundings-withdrawn", "Surroundings, withdrawn", &page.Surroundings{Frame: f, Rows: gone, Gone: true, Pager: page.Pager{Shown: 1, Total: 1}, Export: page.ExportOf(nil)}),
		story("newsurrounding", "Declare a sync account", form(surroundings.SyncAccount, nil, nil)),
		story("newsurrounding-power", "Declare a power, refused", form(surroundings.Power, map[string]string{"name": "Service desk", "over": "primary", "holders": "grace@kelp.example\nnight shift"},
			page.Errors{"check": "Say how those who hold this power make sure of who asks."})),
		story("editsurrounding", "Change a sync account", &page.NewSurrounding{Frame: f, ID: "sur1", Title: "Ada’s cloud account", Owner: ada, Kind: surroundings.SyncAccount,
			Typed: map[string]string{"name": "Ada’s cloud account", "provider": "apple-personal", "primary": "yes", "sign_in": "password+code", "recovery": "sms\n2-of-3-devices",
				"devices": "Ada’s phone\nAda’s laptop\nAda’s tablet", "status": "declared", "source": "Ada, in the ward meeting", "review_by": "2027-06-09"}}),
		story("newsurrounding-departure", "Declare a departure", form(surroundings.Departure, nil, nil)),
	}
}
