package sample

import (
	"time"

	"holdfast/edge/web/page"
)

const checkpoint = `localhost:8080/log
4182
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— localhost:8080/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=`

func audit() []page.AuditRow {
	ada := page.Link{Text: "Ada Lovelace", URL: page.PersonPath("per1")}
	grace := page.Link{Text: "Grace Hopper", URL: page.PersonPath("per2")}
	return []page.AuditRow{
		{Type: "session.opened", Title: "Ada Lovelace signed in", At: ago(4 * time.Minute), Actor: ada, Subject: ada},
		{Index: "4181", Type: "invitation.created", Title: "Ada Lovelace invited Grace Hopper", At: ago(2 * time.Hour), Actor: ada, Subject: grace},
		{Index: "4180", Type: "person.created", Title: "Grace Hopper was added", At: ago(2 * time.Hour), Actor: ada, Subject: grace},
		{Index: "4179", Type: "app.created", Title: "Wiki was connected", At: ago(3 * day), Actor: page.Link{Text: "the host"}, Subject: page.Link{Text: "Wiki", URL: page.ApplicationPath("app1")}},
	}
}

func apps(f page.Frame) []Story {
	types := []page.Option{{Value: "session.ended", Label: "A session of somebody ended"}, {Value: "session.opened", Label: "Somebody signed in"}, {Value: "person.added", Label: "Somebody was added"}}
	issuer := "http://localhost:8080"
	var everybody []page.Session
	for i, s := range sessions() {
		s.Person, s.PersonID = []string{"Ada Lovelace", "Katherine Coleman Goble Johnson-Vaughan"}[i], []string{"per1", "per3"}[i]
		everybody = append(everybody, s)
	}
	fields := []page.AuditField{
		{Name: "email", Value: "grace@kelp.example", Personal: true},
		{Name: "name", Personal: true, Erased: true},
		{Name: "state", Value: "invited"},
	}
	story := func(slug, title string, p page.Page) Story { return Story{"Console", "console-" + slug, title, p} }
	return append(applications(f, issuer), []Story{
		story("sessions", "Sessions", &page.AllSessions{Frame: f, Rows: everybody, Pager: page.Pager{Shown: 2, Total: 41, Next: "?after=ses2"}, Export: page.ExportOf(nil)}),
		story("sessions-none", "Sessions, nobody matches", &page.AllSessions{Frame: f, Query: "zebedee"}),
		story("audit", "Audit", &page.Audit{Frame: f, Rows: audit(), Types: types, Older: "?before=4179", Size: 4182, Checkpoint: checkpoint, Export: page.ExportOf(nil)}),
		story("audit-none", "Audit, nothing matches", &page.Audit{Frame: f, Types: types, Filter: page.AuditFilter{Type: "session.ended", From: "2026-11-01"}, Size: 4182}),
		story("auditrecord", "Audit record", &page.AuditRecord{Frame: f, Row: audit()[2], Fields: fields, Size: 4182, Checkpoint: checkpoint,
			LeafHash: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", Proof: []string{"dCkQoLrRPcY7bLHjQhTzVv3c1sJcO0y3bA9l3l5Yx4E=", "pZ0nM5bW0yqQyPpWb0V3k2t9sQj5bY1cR7h2uXw8d6A="},
			Canonical: `{"email":{"commitment":"n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="},"state":"invited","type":"person.created"}`}),
	}...)
}
