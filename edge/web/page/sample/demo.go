package sample

import (
	"time"

	"holdfast/edge/web/page"
)

func demo(f page.Frame) []Story {
	f.Demo = true
	app := f
	app.Organisation, app.Person = "Tide tables", ""
	mail := page.Mail{ID: "m1", To: "grace@kelp.example", Subject: "Your invitation to Kelp & Shore Hospital", At: ago(2 * time.Hour)}
	story := func(slug, title string, p page.Page) Story { return Story{"Demo", "demo-" + slug, title, p} }
	return []Story{
		story("mail", "Mail sink", &page.MailSink{Frame: f, Mails: []page.Mail{mail, {ID: "m2", To: "ada@kelp.example", Subject: "A passkey was added to your account", At: ago(3 * day)}}}),
		story("mail-empty", "Mail sink, empty", &page.MailSink{Frame: f}),
		story("message", "Mail", &page.MailMessage{Frame: f, Mail: mail, From: "Kelp & Shore Hospital <no-reply@kelp.example>",
			Body: "Hello Grace Hopper,\n\nAda Lovelace invites you to Kelp & Shore Hospital. Open this link and create a passkey:\n\nhttp://localhost:8080/enrol#hf1_3v9k2m7q4x8w1c6t5b0d9f2h\n\nIt works once and ends in three days."}),
		story("app", "Demo application, signed out", &page.DemoApp{Frame: app, AppName: "Tide tables", SignInURL: "/demo/app/signin"}),
		story("app-ended", "Demo application, signed out by Holdfast", &page.DemoApp{Frame: app, AppName: "Tide tables", SignInURL: "/demo/app/signin", Ended: "Signed out by Holdfast: your session there has ended, so it has ended here."}),
		story("app-refused", "Demo application, refused", &page.DemoApp{Frame: app, AppName: "Tide tables", SignInURL: "/demo/app/signin", Failure: "You did not allow the application to see who you are. Nothing was shared."}),
		story("app-in", "Demo application, signed in", &page.DemoApp{Frame: app, AppName: "Tide tables", SignedIn: true, Greeting: "Ada Lovelace", SignOutURL: "/demo/app/signout", Claims: []page.Pair{
			{Name: "sub", Value: "per_0h2k4m6q8s1v3x5z7b9d", Note: "who you are, for good"},
			{Name: "name", Value: "Ada Lovelace", Note: "your name"},
			{Name: "acr", Value: "urn:holdfast:aal:2", Note: "how strongly you signed in"},
			{Name: "amr", Value: "pop user", Note: "by what means"},
			{Name: "auth_time", Value: "1795271166", Note: "when"},
			{Name: "at_hash", Value: "MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo", Note: "binds the access token"}}}),
	}
}

func components(f page.Frame) *page.Components {
	f.Flash = page.Flash{Text: "A toast says what the last action did."}
	return &page.Components{Frame: f,
		Inputs: []page.Field{
			{Name: "plain", Label: "Plain", Value: "A value"},
			{Name: "helped", Label: "With help", Help: "What it is for.", Required: true},
			{Name: "wrong", Label: "With an error", Value: "grace", Error: "This is not an e-mail address.", Help: "What it is for.", Required: true},
			{Name: "choice", Label: "Choice", Type: "select", Options: []page.Option{{Value: "a", Label: "One"}, {Value: "b", Label: "Other", Chosen: true}}},
			{Name: "words", Label: "Several lines", Type: "textarea", Value: "One\nTwo"},
			{Name: "day", Label: "Day", Type: "date", Value: "2026-11-21"},
		},
		Badges: []page.Badge{{Text: "proven", Evidence: page.Proven}, {Text: "claimed", Evidence: page.Claimed}, {Text: "unknown"},
			{Text: "note", Tone: page.ToneNote}, {Text: "good", Tone: page.ToneGood}, {Text: "warning", Tone: page.ToneWarn}, {Text: "alarm", Tone: page.ToneAlarm}},
		Secret:    page.Secret{ID: "secret", Label: "Client secret", Value: "s3cr3t-of-the-sample-7Qm2vX9bL4", Note: "Shown only now."},
		Rows:      rows(),
		Pager:     page.Pager{Shown: 5, Total: 12, Prev: "?before=per1", Next: "?after=per5"},
		Steps:     []page.Step{{Title: "Name the organisation", State: page.StepDone}, {Title: "Create your passkey", State: page.StepNow}, {Title: "Add a spare"}},
		Moments:   []page.Moment{{At: ago(4 * time.Minute), Title: "Signed in", Text: "Firefox on Linux", Tone: page.ToneGood}, {At: ago(3 * day), Title: "Passkey suspended", Tone: page.ToneWarn}, {At: ago(90 * day), Title: "Invited"}},
		Sentences: []string{"Any one passkey opens the door.", "A lost one can be removed from any other device."},
		Changes:   []page.Change{{What: "Name", Was: "Grace", Is: "Grace Hopper"}, {What: "Last day", Is: "31 Dec 2026"}, {What: "Group", Was: "Contractors"}},
		Code:      page.Code{ID: "code", Title: "Configuration", Text: apache},
		Progress:  page.Progress{ID: "wave", Label: "Enrolled", Done: 152, Total: 203, Noun: "people"},
		Empty:     page.Empty{Icon: "app", Title: "No application yet", Text: "Anything that speaks OpenID Connect can let people in.", Action: page.Link{Text: "Add an application", URL: "#c-empty"}},
		Pairs:     []page.Pair{{Name: "Algorithm", Value: "ES256"}, {Name: "Provider id", Value: "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", Code: true, Note: "said by the device, not proven"}},
	}
}
