package story

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"holdfast/domain/audit"
	"holdfast/edge/store"
	"holdfast/test/mdsblob"
	"strconv"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/decision"
	"holdfast/domain/grant"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
	"holdfast/flow/authorize"
	"holdfast/flow/govern"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

// Callback is where every application of a World is.
const Callback = "https://app.example/cb"

// challenge is a PKCE challenge: which verifier it is of is checked elsewhere.
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

// Apply puts a policy in force by its whole way: proposed, approved and
// applied by the host, which may while fewer than two administrators can sign in.
func (w *World) Apply(t testing.TB, text []byte, files map[string][]byte) {
	t.Helper()
	p, err := w.Revisions.Propose(t.Context(), Host, govern.Proposal{File: "policy.yaml", Text: text, Files: files})
	must(t, err)
	_, err = w.Revisions.Approve(t.Context(), Host, p.Revision.ID)
	must(t, err)
	_, err = w.Revisions.Apply(t.Context(), Host, p.Revision.ID, "")
	must(t, err)
}

// Settle has everybody judged again whom something touched.
func (w *World) Settle(t testing.TB) {
	t.Helper()
	must(t, w.Rejudge.Settle(t.Context()))
}

// EnterFrom is Enter from somewhere.
func (w *World) EnterFrom(t testing.TB, key *softkey.Authenticator, start signin.Start, current holdfast.SessionID, where verdict.Circumstances) (signin.Done, error) {
	t.Helper()
	id, options, err := w.SignIn.Begin(t.Context(), start)
	if err != nil {
		return signin.Done{}, err
	}
	return w.SignIn.Finish(t.Context(), signin.Answer{ID: id, Credential: Get(t, key, options), Current: current, Where: where})
}

// App adds an application that the policy knows by name.
func (w *World) App(t testing.TB, name string, change ...func(*grant.Draft)) grant.App {
	t.Helper()
	d := grant.Draft{Name: name, PolicyName: name, RedirectURIs: []string{Callback}, Confidential: true, Kinds: []string{grant.KindExchange}}
	for _, c := range change {
		c(&d)
	}
	added, err := w.Govern.CreateApp(t.Context(), Host, d)
	must(t, err)
	return added.App
}

// Ask is what an application's request needs of somebody now.
func (w *World) Ask(t testing.TB, app grant.App, s session.Record, req authorize.Request) (authorize.Decision, error) {
	t.Helper()
	who, err := w.signedIn(t, s.ID)
	if err != nil {
		return authorize.Decision{}, err
	}
	req.App = app.ID
	if req.Scopes == nil {
		req.Scopes = []string{grant.ScopeOpenID, grant.ScopeOffline}
	}
	return w.Authorize.Decide(t.Context(), req, &who)
}

func (w *World) signedIn(t testing.TB, id holdfast.SessionID) (authorize.SignedIn, error) {
	t.Helper()
	s, err := w.DB.Session(t.Context(), id)
	if err != nil {
		return authorize.SignedIn{}, err
	}
	p, err := w.DB.Person(t.Context(), s.Person)
	return authorize.SignedIn{Session: s, Person: p, Where: w.Devices[s.Device]}, err
}

// Tokens are what an application holds.
type Tokens struct {
	App             grant.App
	Grant           holdfast.GrantID
	Access, Refresh string
}

// Authorized runs the code flow of a request that Ask would allow.
func (w *World) Authorized(t testing.TB, app grant.App, s session.Record, d authorize.Decision) (Tokens, error) {
	t.Helper()
	who, err := w.signedIn(t, s.ID)
	if err != nil {
		return Tokens{}, err
	}
	code, id := holdfast.NewSecret(), holdfast.NewGrantID()
	a := grant.Authorization{ID: id, Person: who.Person.ID, Session: s.ID, Scopes: d.Scopes, RedirectURI: Callback, Challenge: challenge,
		ACR: d.ACR, AMR: who.Session.AMR, AuthTime: who.Session.AuthTime}
	if err := w.Authorize.Issue(t.Context(), holdfast.NewSecret(), app.ID, a, code, who); err != nil {
		return Tokens{}, err
	}
	out := Tokens{App: app, Grant: id, Access: holdfast.NewSecret(), Refresh: holdfast.NewSecret()}
	return out, w.Authorize.Redeem(t.Context(), app.ID, code, authorize.Values{Access: out.Access, Refresh: out.Refresh})
}

// Renew turns the refresh token into the next.
func (w *World) Renew(t testing.TB, k Tokens) (Tokens, error) {
	t.Helper()
	next := k
	next.Access, next.Refresh = holdfast.NewSecret(), holdfast.NewSecret()
	return next, w.Authorize.Refresh(t.Context(), k.App.ID, k.Refresh, authorize.Values{Access: next.Access, Refresh: next.Refresh})
}

// Decisions are those about somebody, the oldest first.
func (w *World) Decisions(t testing.TB, who holdfast.PersonID) []decision.Record {
	t.Helper()
	all, err := w.DB.AllDecisionsOf(t.Context(), who)
	must(t, err)
	return all
}

// Device makes a device of the organisation, in good order as of now: the key
// of Devices by which it can be changed, and where a request from it comes from.
func (w *World) Device(id string) verdict.Circumstances {
	var c verdict.Circumstances
	c.Device.ID, c.Device.Managed, c.Device.Compliant, c.Device.Known, c.Device.Bind = id, true, true, true, "cookie"
	w.Devices[id] = c
	return c
}

// Late is later than anything is fresh.
const Late = 16 * time.Minute

// imported puts it on record that there are other metadata.
func (w *World) imported(n int64) error {
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem, ID: "story"}, At: w.Now()}
	return w.DB.InTx(context.Background(), func(tx *store.Tx) error {
		return tx.Record(context.Background(), by, audit.New("metadata.imported", strconv.FormatInt(n, 10), ""))
	})
}

func certificates(a *mdsblob.Authority) []*x509.Certificate { return []*x509.Certificate{a.Root} }

func credentialID(c *softkey.Credential) holdfast.CredentialID {
	return holdfast.CredentialID(base64.RawURLEncoding.EncodeToString(c.ID))
}
