package authorize_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/session"
	"holdfast/flow/authorize"
)

// walks takes each edge once and says where it ended.
func walks() map[string]func(w *world) authorize.State {
	decide := func(w *world, who *authorize.SignedIn, edit func(*authorize.Request)) authorize.State {
		r := authorize.Request{App: w.app.ID, Scopes: []string{"openid"}, Began: w.now}
		if edit != nil {
			edit(&r)
		}
		d, err := w.flow.Decide(w.t.Context(), r, who)
		w.must(err)
		return map[authorize.Next]authorize.State{authorize.SignIn: authorize.AtTheDoor, authorize.StepUp: authorize.AtTheDoor,
			authorize.Consent: authorize.Considered, authorize.Refuse: authorize.Refused, authorize.Allow: authorize.Coded}[d.Next]
	}
	family := func(w *world, v authorize.Values) authorize.State {
		if w.flow.Refresh(w.t.Context(), w.app.ID, v.Refresh, values()) == nil {
			return authorize.Granted
		}
		return authorize.Over
	}
	code := func(w *world) string {
		c, err := w.code(holdfast.NewSecret())
		w.must(err)
		return c
	}
	return map[string]func(w *world) authorize.State{
		"nobody is signed in": func(w *world) authorize.State { return decide(w, nil, nil) },
		"the sign-in is too old or too weak": func(w *world) authorize.State {
			w.pass(time.Second)
			return decide(w, &w.ada, func(r *authorize.Request) { r.Prompt = []string{"login"} })
		},
		"the person comes back": func(w *world) authorize.State {
			sealed, err := w.flow.Seal(authorize.AtAuthorize, w.flow.NewWaiting(w.app.ID, []byte(`"asked"`), time.Minute))
			w.must(err)
			back, err := w.flow.Open(authorize.AtAuthorize, sealed)
			w.must(err)
			return authorize.State(strings.Trim(string(back.Body), `"`))
		},
		"consent is needed": func(w *world) authorize.State {
			return decide(w, &w.ada, func(r *authorize.Request) { r.Prompt = []string{"consent"} })
		},
		"yes": func(w *world) authorize.State {
			w.must(w.flow.Agree(w.t.Context(), w.app.ID, []string{"openid"}, w.ada))
			return decide(w, &w.ada, func(r *authorize.Request) { r.Prompt, r.Agreed = []string{"consent"}, true })
		},
		"no": func(w *world) authorize.State {
			w.must(w.flow.Drop(w.t.Context(), "id"))
			if _, err := w.code("id"); err == nil {
				return authorize.Coded
			}
			return authorize.Refused
		},
		"what is demanded cannot be met": func(w *world) authorize.State {
			return decide(w, &w.ada, func(r *authorize.Request) { r.ACRValues, r.Essential = []string{"phrh"}, true })
		},
		"all is well": func(w *world) authorize.State { return decide(w, &w.ada, nil) },
		"the code is redeemed": func(w *world) authorize.State {
			v := values()
			w.must(w.flow.Redeem(w.t.Context(), w.app.ID, code(w), v))
			return family(w, v)
		},
		"the code comes with something wrong": func(w *world) authorize.State {
			c := code(w)
			g, _, err := w.flow.ByCode(w.t.Context(), c)
			w.must(err)
			w.must(w.flow.End(w.t.Context(), w.app.ID, g.ID, grant.EndedCodeRefused))
			if w.flow.Redeem(w.t.Context(), w.app.ID, c, values()) == nil {
				return authorize.Granted
			}
			return authorize.Over
		},
		"the refresh token is used": func(w *world) authorize.State {
			next := values()
			w.must(w.flow.Refresh(w.t.Context(), w.app.ID, w.redeemed().Refresh, next))
			return family(w, next)
		},
		"an access token is given back": func(w *world) authorize.State {
			v := w.redeemed()
			w.must(w.flow.Revoke(w.t.Context(), w.app.ID, holdfast.HashSecret(v.Access)))
			if w.good(v.Access) {
				w.t.Error("the access token is still good")
			}
			return family(w, v)
		},
		"the code comes again": func(w *world) authorize.State {
			c, v := code(w), values()
			w.must(w.flow.Redeem(w.t.Context(), w.app.ID, c, v))
			if w.flow.Redeem(w.t.Context(), w.app.ID, c, values()) == nil {
				w.t.Error("the code was redeemed twice")
			}
			return family(w, v)
		},
		"a replaced refresh token comes again": func(w *world) authorize.State {
			v, next := w.redeemed(), values()
			w.must(w.flow.Refresh(w.t.Context(), w.app.ID, v.Refresh, next))
			if w.flow.Refresh(w.t.Context(), w.app.ID, v.Refresh, values()) == nil {
				w.t.Error("the replaced token was accepted")
			}
			return family(w, next)
		},
		"the application's demands are not met any more": func(w *world) authorize.State {
			v := w.redeemed()
			d := grant.DraftOf(w.app)
			d.Groups = []string{"grp_nurses"}
			_, events, err := grant.Change(w.app, d, w.now)
			w.must(err)
			w.store.Put(events...)
			return family(w, v)
		},
		"the refresh token is given back": func(w *world) authorize.State {
			v := w.redeemed()
			w.must(w.flow.Revoke(w.t.Context(), w.app.ID, holdfast.HashSecret(v.Refresh)))
			return family(w, v)
		},
		"session, person or application ends": func(w *world) authorize.State {
			v := w.redeemed()
			_, events := session.End(w.ada.Session, session.SignedOut, w.now)
			w.store.Put(events...)
			return family(w, v)
		},
		"the family grows too old": func(w *world) authorize.State {
			v := w.redeemed()
			for end := w.now.Add(grant.FamilyLife); w.now.Before(end); {
				next := values()
				w.pass(grant.RefreshGap - time.Second)
				if w.flow.Refresh(w.t.Context(), w.app.ID, v.Refresh, next) == nil {
					v = next
				}
			}
			return family(w, v)
		},
	}
}

func TestEveryEdgeIsWalked(t *testing.T) {
	walk := walks()
	for _, e := range authorize.Edges() {
		t.Run(fmt.Sprintf("%s: %s", e.From, e.By), func(t *testing.T) {
			if walk[e.By] == nil {
				t.Fatal("nobody walks this edge")
			}
			if got := walk[e.By](newWorld(t, grant.Draft{})); got != e.To {
				t.Errorf("ended %s, want %s", got, e.To)
			}
		})
		delete(walk, e.By)
	}
	for by := range walk {
		t.Errorf("an edge %q is walked that the table does not have", by)
	}
}

const page = "../../docs/flows/authorize.md"

// UPDATE=1 writes the page.
func TestTheFlowIsDrawn(t *testing.T) {
	var b strings.Builder
	b.WriteString("# An application asks who is there\n\nDrawn from `flow/authorize/states.go` by its test; `UPDATE=1 go test ./flow/authorize` draws it again.\n\n```mermaid\nstateDiagram-v2\n    [*] --> asked\n")
	name := func(s authorize.State) string { return strings.ReplaceAll(string(s), " ", "_") }
	for _, e := range authorize.Edges() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", name(e.From), name(e.To), e.By)
	}
	b.WriteString("    refused --> [*]\n    over --> [*]\n```\n\n| from | what happens | to |\n|---|---|---|\n")
	for _, e := range authorize.Edges() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", e.From, e.By, e.To)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.MkdirAll("../../docs/flows", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b.String(), string(got)); d != "" {
		t.Errorf("docs/flows/authorize.md is not what the table says; draw it again with UPDATE=1: %s", d)
	}
}
