// Package door is where people come in: signing in, confirming, the set-up
// link, invitations, and making a passkey. It turns requests into the stories
// of signin and enrol and their results into cookies and pages. It refuses to
// decide anything itself.
package door

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/ceremony"
	"holdfast/domain/credential"
	"holdfast/domain/device"
	"holdfast/domain/evidence"
	"holdfast/domain/org"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
	"holdfast/flow/enrol"
	"holdfast/flow/signin"
)

// Store is what the door's pages read.
type Store interface {
	Setting(ctx context.Context, id string) (org.Setting, error)
	CredentialsOf(ctx context.Context, id holdfast.PersonID) ([]credential.Record, error)
	JudgementsOf(ctx context.Context, id holdfast.PersonID) ([]evidence.Judgement, error)
	// SeeDevice notes what the browser whose cookie hashes to hash says it can do.
	SeeDevice(ctx context.Context, hash string, who holdfast.PersonID, userAgent string, said device.Capabilities, now time.Time) error
}

// Door serves the door.
type Door struct {
	visits *visit.Visits
	signIn *signin.Flow
	enrol  *enrol.Flow
	store  Store
	asking func(ctx context.Context, returnPath string) string // the application behind a return path
}

// New makes the door. asking names the application that a return path belongs
// to, or nothing.
func New(v *visit.Visits, s *signin.Flow, e *enrol.Flow, store Store, asking func(context.Context, string) string) *Door {
	return &Door{visits: v, signIn: s, enrol: e, store: store, asking: asking}
}

// Routes adds the door to mux.
func (d *Door) Routes(mux *route.Mux) {
	mux.HandleFunc("GET "+page.PathSignIn, route.Anyone, d.signInPage)
	mux.HandleFunc("GET "+page.PathEnrol, route.Anyone, d.enrolPage)
	mux.HandleFunc("GET "+page.PathSetup, route.Anyone, d.setupPage)
	mux.HandleFunc("GET "+page.PathWelcome, route.Anyone, d.welcomePage)
	mux.HandleFunc("GET "+page.PathSignedOut, route.Anyone, d.signedOutPage)
	mux.HandleFunc("POST /door/signin/begin", route.Anyone, d.json(d.signInBegin))
	mux.HandleFunc("POST /door/signin/finish", route.Anyone, d.json(d.signInFinish))
	mux.HandleFunc("POST /door/enrol/begin", route.Ticket, d.json(d.enrolBegin))
	mux.HandleFunc("POST /door/enrol/finish", route.Ticket, d.json(d.enrolFinish))
	mux.HandleFunc("POST /door/capabilities", route.SignedIn, d.json(d.capabilities))
}

// json answers with what do gives, or with a problem.
func (d *Door) json(do func(http.ResponseWriter, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := do(w, r)
		if err != nil {
			d.visits.JSONError(w, r, err)
			return
		}
		visit.WriteJSON(w, answer)
	}
}

// begun is the answer to both begins.
type begun struct {
	ID        string `json:"id"`
	PublicKey any    `json:"publicKey"`

	Invitation *invitation `json:"invitation,omitempty"`
}

// invitation is what the enrolment page shows of one.
type invitation struct {
	Person       string    `json:"person"`
	InvitedBy    string    `json:"invitedBy,omitempty"`
	Organisation string    `json:"organisation"`
	Ends         time.Time `json:"ends"`
}

// finished is the answer to both finishes.
type finished struct {
	Redirect string `json:"redirect"`
	Upgrade  bool   `json:"upgrade,omitempty"` // sign-in: the browser may make a passkey without asking
}

func (d *Door) signInBegin(w http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Name    string `json:"name"`
		Return  string `json:"return"`
		Confirm bool   `json:"confirm"`
	}
	if err := visit.ReadJSON(w, r, &in); err != nil {
		return nil, err
	}
	if len(in.Name) > maxName {
		return nil, holdfast.Errorf(holdfast.Invalid, "name", "A name has at most %d characters.", maxName)
	}
	start := signin.Start{Name: in.Name, Return: visit.LocalPath(in.Return)}
	if in.Confirm {
		v, err := d.visits.Of(r)
		if err != nil {
			return nil, err
		}
		if !v.SignedIn() {
			return nil, errSignInFirst
		}
		start.Confirm = &v.Session
	}
	id, options, err := d.signIn.Begin(r.Context(), start)
	return begun{ID: id, PublicKey: options}, err
}

var errSignInFirst = holdfast.Errorf(holdfast.Unsigned, "sign_in_first", "Your session has ended. Sign in again.")

// maxName bounds what is typed at the door: the longest e-mail address.
const maxName = 254

func (d *Door) signInFinish(w http.ResponseWriter, r *http.Request) (any, error) {
	in, v, err := d.answer(w, r)
	if err != nil {
		return nil, err
	}
	where, err := d.visits.Where(r)
	if err != nil {
		return nil, err
	}
	done, err := d.signIn.Finish(r.Context(), signin.Answer{
		ID: in.ID, Credential: in.Credential, Current: v.Session.ID,
		UserAgent: r.UserAgent(), Address: d.visits.Address(r), Origin: visit.Origin(r), Where: where,
	})
	if err != nil {
		return nil, err
	}
	d.visits.Keep(w, done.Secret)
	d.visits.KeepDevice(w, r)
	return finished{or(done.Return, page.PathHome), done.Upgrade}, nil
}

// answer reads the body of a finish, and who is signed in at present.
func (d *Door) answer(w http.ResponseWriter, r *http.Request) (in struct {
	ID         string          `json:"id"`
	Credential json.RawMessage `json:"credential"`
}, v visit.Visit, err error) {
	if err = visit.ReadJSON(w, r, &in); err == nil {
		v, err = d.visits.Of(r)
	}
	return in, v, err
}

func (d *Door) enrolBegin(w http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Ticket       string `json:"ticket"`
		Organisation string `json:"organisation"`
		Name         string `json:"name"`
		Email        string `json:"email"`
		Return       string `json:"return"`
		SecurityKey  bool   `json:"securityKey"`
		Mode         string `json:"mode"` // "conditional": mediation of L3 §5.1.3
	}
	if err := visit.ReadJSON(w, r, &in); err != nil {
		return nil, err
	}
	if in.Mode != "" && in.Mode != "conditional" {
		return nil, holdfast.Errorf(holdfast.Invalid, "mode", "The mode is conditional, or left out.")
	}
	start := enrol.Start{
		Ticket: in.Ticket, Return: visit.LocalPath(in.Return), Conditional: in.Mode == "conditional",
		Setup: ceremony.Setup{Organisation: in.Organisation, Name: in.Name, Email: in.Email},
	}
	if in.SecurityKey {
		start.Hints = []string{"security-key"}
	}
	if in.Ticket == "" {
		v, err := d.visits.Of(r)
		if err != nil {
			return nil, err
		}
		if v.SignedIn() {
			start.Session = &v.Session
		}
	}
	where, err := d.visits.Where(r)
	if err != nil {
		return nil, err
	}
	start.Where = where
	b, err := d.enrol.Begin(r.Context(), start)
	if err != nil {
		return nil, err
	}
	answer := begun{ID: b.ID, PublicKey: b.Options}
	if i := b.Invitation; i != nil {
		answer.Invitation = &invitation{i.Person, i.InvitedBy, i.Organisation, i.Ends}
	}
	return answer, nil
}

func (d *Door) enrolFinish(w http.ResponseWriter, r *http.Request) (any, error) {
	in, v, err := d.answer(w, r)
	if err != nil {
		return nil, err
	}
	where, err := d.visits.Where(r)
	if err != nil {
		return nil, err
	}
	done, err := d.enrol.Finish(r.Context(), enrol.Answer{
		ID: in.ID, Credential: in.Credential, Current: v.Session.ID,
		UserAgent: r.UserAgent(), Address: d.visits.Address(r), Origin: visit.Origin(r), Where: where,
	})
	if err != nil {
		return nil, err
	}
	if done.Secret != "" {
		d.visits.Keep(w, done.Secret)
		d.visits.KeepDevice(w, r)
	}
	if done.First {
		return finished{Redirect: or(done.Return, page.PathWelcome)}, nil
	}
	return finished{Redirect: or(done.Return, page.PathPasskeys)}, nil
}

func or(path, otherwise string) string {
	if path == "" {
		return otherwise
	}
	return path
}
