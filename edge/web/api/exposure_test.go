package api_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	asked "holdfast/domain/exposure/answer"
	"holdfast/domain/surroundings"
	"holdfast/edge/store"
	"holdfast/edge/web/api"
	"holdfast/edge/web/webtest"
)

func TestWhoCanIsAnswered(t *testing.T) {
	w := newWorld(t)
	ada := w.Invited("Ada Lovelace", "ada@example.org")
	w.Invited("Bob", "bob@example.org")
	p := w.program(w.token(w.root, "exposure:read"))
	var who asked.WhoCan
	for _, name := range []string{string(ada.ID), "ada@example.org", "ADA@example.org", "ada lovelace"} {
		p.do("GET", "/exposure/accounts/"+url.PathEscape(name), "").into(200, &who)
		if who.Account != string(ada.ID) || who.Name != "Ada Lovelace" || len(who.Ways) == 0 || who.PolicyRev == "" || who.FactsRev == 0 {
			t.Errorf("%s: %+v", name, who)
		}
	}
	p.do("GET", "/exposure/accounts/adam", "").refused(404, "no_such_subject")
	w.Invited("Bob", "bob2@example.org")
	p.do("GET", "/exposure/accounts/bob", "").refused(409, "subject_ambiguous")
	p.do("GET", "/exposure/credentials/none", "").refused(404, "no_such_credential")
	w.program(w.token(w.root, "people:read")).do("GET", "/exposure/accounts/ada@example.org", "").refused(403, "scope_missing")

	var picture asked.Picture
	p.do("GET", "/exposure/accounts/ada@example.org/picture", "").into(200, &picture)
	if len(picture.Nodes) == 0 || len(picture.Nodes) > asked.PictureLimit || picture.Nodes[0].ID != picture.Goal || picture.Nodes[0].Depth != 0 || len(picture.Weakest) == 0 {
		t.Errorf("%+v", picture)
	}
	there := map[string]bool{}
	for _, n := range picture.Nodes {
		there[n.ID] = true
	}
	for _, e := range picture.Edges {
		if !there[e.To] || slices.ContainsFunc(e.From, func(id string) bool { return !there[id] }) {
			t.Errorf("%s leads from or to what is not drawn", e.ID)
		}
	}

	var supposed asked.WhatIf
	p.do("POST", "/exposure/accounts/ada@example.org/what-if", `{"add":["key"]}`).into(200, &supposed)
	if !slices.ContainsFunc(supposed.After.Ways, func(w asked.Way) bool { return slices.Contains(w.Atoms, "key:another-key") }) || supposed.Before.FactsRev != supposed.FactsRev {
		t.Errorf("%s", supposed.Sentence)
	}
	p.do("POST", "/exposure/accounts/ada@example.org/what-if", `{}`).refused(400, "nothing_supposed")
	p.do("POST", "/exposure/accounts/ada@example.org/what-if", `{"lost":["the crown"]}`).refused(404, "unknown_thing")
	var again asked.WhoCan
	p.do("GET", "/exposure/accounts/ada@example.org", "").into(200, &again)
	if len(again.Ways) != len(who.Ways) {
		t.Error("supposing changed something")
	}
}

func TestExposureIsListed(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"ada", "bob", "cyd", "dee", "eve"} {
		w.Invited(name, name+"@example.org")
	}
	p := w.program(w.token(w.root, "exposure:read"))
	var o asked.Overview
	p.do("GET", "/exposure/overview", "").into(200, &o)
	if o.Loading || o.Accounts < 6 || len(o.Segments) == 0 || len(o.Matrix) == 0 || len(o.Top) == 0 || o.Sentence == "" {
		t.Errorf("%+v", o)
	}

	var all, paged []asked.Row
	var page api.Surveyed[asked.Row]
	p.do("GET", "/exposure/accounts?limit=200", "").into(200, &page)
	if all = page.Items; int64(len(all)) != o.Accounts || page.PolicyRev == "" {
		t.Fatalf("%d of %d accounts", len(all), o.Accounts)
	}
	for cursor := ""; ; cursor = page.Next {
		page = api.Surveyed[asked.Row]{}
		p.do("GET", "/exposure/accounts?limit=2&cursor="+cursor, "").into(200, &page)
		paged = append(paged, page.Items...)
		if page.Next == "" {
			break
		}
	}
	if len(paged) != len(all) {
		t.Errorf("%d by pages, %d at once", len(paged), len(all))
	}
	for i := range all {
		if i > 0 && all[i].Account <= all[i-1].Account || paged[i].Account != all[i].Account {
			t.Errorf("%d: %s", i, all[i].Account)
		}
	}
	below := 0
	for _, r := range all {
		if r.Effective.AAL < 2 {
			below++
		}
	}
	p.do("GET", "/exposure/accounts?below=2&limit=200", "").into(200, &page)
	if len(page.Items) != below {
		t.Errorf("below AAL2: %d, not %d", len(page.Items), below)
	}
	p.do("GET", "/exposure/accounts?segment=none", "").refused(404, "no_such_segment")
	p.do("GET", "/exposure/accounts?below=4", "").refused(400, "invalid_field")

	// Findings: each once, the worst first, however they are paged; and each is
	// found again by its id.
	var once, parts []asked.Finding
	var wrong api.Surveyed[asked.Finding]
	p.do("GET", "/exposure/findings?limit=200", "").into(200, &wrong)
	once = wrong.Items
	for cursor := ""; ; cursor = wrong.Next {
		wrong = api.Surveyed[asked.Finding]{}
		p.do("GET", "/exposure/findings?limit=1&cursor="+cursor, "").into(200, &wrong)
		parts = append(parts, wrong.Items...)
		if wrong.Next == "" {
			break
		}
	}
	ids := func(fs []asked.Finding) (out []string) {
		for _, f := range fs {
			out = append(out, f.ID)
		}
		return out
	}
	if len(once) == 0 || !slices.Equal(ids(once), ids(parts)) {
		t.Errorf("%v\nby pages %v", ids(once), ids(parts))
	}
	for i := 1; i < len(once); i++ {
		if once[i].Severity.Rank() < once[i-1].Severity.Rank() {
			t.Errorf("%s comes before %s", once[i-1].Severity, once[i].Severity)
		}
	}
	p.do("GET", "/exposure/findings?severity=critical&rule=SINGLE-POINT", "").into(200, &wrong)
	for _, f := range wrong.Items {
		if f.Severity != asked.Critical || f.Rule != asked.SinglePoint {
			t.Errorf("%+v", f)
		}
	}
	var fixes api.Fixes
	p.do("GET", "/exposure/findings/"+once[0].ID+"/fixes", "").into(200, &fixes)
	if fixes.Finding.ID != once[0].ID {
		t.Errorf("%+v", fixes)
	}
	for _, f := range once { // by its id alone, each of them
		p.do("GET", "/exposure/findings/"+f.ID+"/fixes", "").into(200, &fixes)
		if fixes.Finding.ID != f.ID || fixes.Finding.Account != f.Account {
			t.Errorf("%s of %s is answered by %s of %s", f.ID, f.Account, fixes.Finding.ID, fixes.Finding.Account)
		}
	}
	p.do("GET", "/exposure/findings/F-0000000000000000/fixes", "").refused(404, "no_such_finding")
	p.do("GET", "/exposure/findings/"+once[0].ID[:len(once[0].ID)-8]+"00000000/fixes", "").refused(404, "no_such_finding")

	var b asked.Blast
	p.do("GET", "/exposure/blast?node=root:host&limit=2", "").into(200, &b)
	if b.Accounts != 0 || b.Through != o.Accounts || len(b.Some) != 2 || b.Cursor == "" {
		t.Errorf("%+v", b)
	}
	some := b.Some
	p.do("GET", "/exposure/blast?node=root&cursor="+b.Cursor, "").refused(400, "cursor_unknown") // of another list
	p.do("GET", "/exposure/blast?node=root:host&limit=200&cursor="+b.Cursor, "").into(200, &b)
	if int64(len(some)+len(b.Some)) != o.Accounts || slices.ContainsFunc(b.Some, func(id string) bool { return slices.Contains(some, id) }) {
		t.Errorf("behind %v there are %v", some, b.Some)
	}
	p.do("GET", "/exposure/blast?node="+url.QueryEscape(w.root.Email), "").into(200, &b)
	if b.Node.ID != "corrupt:"+string(w.root.ID) || b.Accounts == 0 {
		t.Errorf("%+v", b)
	}
	p.do("GET", "/exposure/blast?node=moon", "").refused(404, "no_such_node")
	p.do("GET", "/exposure/blast", "").refused(400, "invalid_field")
}

// Who reads with a token how somebody else can be attacked is in the log, once.
func TestLooksByTokenAreInTheLog(t *testing.T) {
	w := newWorld(t)
	ada := w.Member("Ada", "ada@example.org")
	token, secret := w.tokenFor(w.root, 24*time.Hour, "exposure:read") // and not to read the log
	p := w.program(secret)
	looks := func() []store.Leaf {
		t.Helper()
		l, err := w.DB.Tail(t.Context(), store.Filter{Type: "host.looked"})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, c := range []struct {
		call, body string
		want       int
	}{
		{"/exposure/accounts/" + string(w.root.ID), "", 0}, // their own
		{"/exposure/accounts/ada@example.org", "", 1},
		{"/exposure/accounts/" + string(ada.ID), "", 1},
		{"/exposure/accounts/" + string(ada.ID) + "/picture", "", 1},
		{"/exposure/accounts/nobody@example.org", "", 1},
		{"/exposure/accounts", "", 2}, // everybody's
		{"/exposure/findings?severity=critical", "", 2},
		{"/exposure/blast?node=root:host", "", 2},
	} {
		p.do("GET", c.call, c.body)
		if got := looks(); len(got) != c.want {
			t.Fatalf("after %s there are %d records, want %d", c.call, len(got), c.want)
		}
	}
	if l := looks(); l[1].Person != ada.ID || l[1].Subject != "who-can" || l[1].Actor != "token:"+string(token.ID) || l[0].Person != "" {
		t.Errorf("the records are %+v", l)
	}
	w.program(w.token(w.root, "exposure:read")).do("POST", "/exposure/accounts/ada@example.org/what-if", `{"at":"2027-01-01T00:00:00Z"}`).want(200)
	if got := looks(); len(got) != 3 || got[0].Subject != "what-if" {
		t.Errorf("by another token: %+v", got)
	}
}

// What was given up is listed with why, and tried again.
func TestOutbox(t *testing.T) {
	w := newWorld(t)
	p, ctx := w.program(w.token(w.root, "settings:read", "settings:write")), t.Context()
	err := w.DB.InTx(ctx, func(tx *store.Tx) error {
		return tx.PutDelivery(ctx, store.Delivery{Kind: "mail", Target: "mx.example.org", Body: []byte("a letter")})
	})
	if err != nil {
		t.Fatal(err)
	}
	p.do("POST", "/outbox/mail/retry", "").refused(409, "nothing_given_up")
	taken, err := w.DB.LeaseDeliveries(ctx, []store.Lane{{Kind: "mail", Target: "mx.example.org", N: 1}}, w.Now(), w.Now().Add(time.Minute))
	if err != nil || len(taken) != 1 {
		t.Fatal(taken, err)
	}
	if err := w.DB.GiveUpDelivery(ctx, taken[0], w.Now(), "550 no such mailbox"); err != nil {
		t.Fatal(err)
	}
	var dead struct{ Items []api.GivenUp }
	p.do("GET", "/outbox/given-up", "").into(200, &dead)
	if len(dead.Items) != 1 || dead.Items[0].Why != "550 no such mailbox" || dead.Items[0].Target != "mx.example.org" {
		t.Errorf("%+v", dead)
	}
	var done api.Revived
	p.do("POST", "/outbox/mail/retry", "").into(200, &done)
	var counts struct{ Items []api.Outgoing }
	p.do("GET", "/outbox", "").into(200, &counts)
	if done.Revived != 1 || len(counts.Items) != 1 || counts.Items[0].Waiting != 1 || counts.Items[0].Dead != 0 {
		t.Errorf("%+v %+v", done, counts)
	}
	w.program(w.token(w.root, "settings:read")).do("POST", "/outbox/mail/retry", "").refused(403, "scope_missing")
}

func TestWhoLeftIsListed(t *testing.T) {
	w := newWorld(t)
	p := w.program(w.token(w.root, "exposure:read"))
	var page api.Surveyed[asked.Left]
	p.do("GET", "/exposure/residual", "").into(200, &page)
	if len(page.Items) != 0 {
		t.Errorf("%+v", page)
	}
	ada := w.Member("Ada", "ada@example.org")
	w.Passkey(ada, "Phone")
	gone, err := w.Govern.DeclareSurrounding(w.t.Context(), webtest.System, surroundings.Declaration{Kind: surroundings.Departure, Name: "Ada left", Person: ada.ID, From: w.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	p.do("GET", "/exposure/residual", "").into(200, &page)
	if len(page.Items) != 1 || page.Items[0].Account != string(ada.ID) || !page.Items[0].Derives || len(page.Items[0].Places) == 0 {
		t.Fatalf("%+v", page)
	}
	if err := w.Govern.Suspend(w.t.Context(), webtest.System, ada.ID, "left"); err != nil {
		t.Fatal(err)
	}
	p.do("GET", "/exposure/residual", "").into(200, &page)
	if len(page.Items) != 0 {
		t.Errorf("after %s she can still sign in: %+v", gone.Name, page.Items)
	}
}
