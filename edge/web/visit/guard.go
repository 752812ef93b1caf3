package visit

import (
	"context"
	"net/http"

	"holdfast"
	"holdfast/domain/verdict"
	"holdfast/edge/web/route"
)

type visitKey struct{}

// Guard lets into a page or form whoever its route says. Who is not signed in
// is sent to the door; who lacks the scope learns nothing, not even that the
// address exists. A session that has gone on for as long as the policy says is
// judged again here, but for the pages that sign out. What a change needs beyond that (a fresh confirmation) the
// flow judges, in its transaction.
func (vs *Visits) Guard(a route.Access, next http.Handler) http.Handler {
	switch a.Kind {
	case route.KindSignedIn, route.KindStaff, route.KindScope, route.KindAppOwner:
	case route.KindAnyone, route.KindTicket:
		return next
	default:
		panic("visit: internal error: a browser's route is not for " + a.String())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := vs.Of(r)
		if err == nil && !v.SignedIn() {
			vs.ToDoor(w, r, false)
			return
		}
		if err == nil {
			err = vs.mayEnter(r, v, a)
		}
		if err == nil {
			err = vs.MayGoOn(r, v)
		}
		if err != nil {
			vs.PageError(w, r, v, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
}

// MayGoOn says why who is signed in may not go on, as the policy asks now, or nil.
func (vs *Visits) MayGoOn(r *http.Request, v Visit) error {
	if vs.Still == nil {
		return nil
	}
	return vs.Still(r.Context(), v.Session, v.Person, v.last, func() (verdict.Circumstances, error) { return vs.Where(r) })
}

func (vs *Visits) mayEnter(r *http.Request, v Visit, a route.Access) error {
	holds := v.Holds()
	if a.Kind == route.KindSignedIn || holds.Has(a.Scope) || a.Kind == route.KindStaff && !holds.Empty() {
		return nil
	}
	if a.Kind != route.KindAppOwner || v.Session.AAL < holdfast.AAL2 {
		return ErrNoPage
	}
	app, err := vs.Store.App(r.Context(), holdfast.AppID(r.PathValue("id")))
	if err == nil && !app.OwnedBy(v.Person.ID) || holdfast.KindOf(err) == holdfast.NotFound {
		err = ErrNoPage
	}
	return err
}

var _ route.Guard = (*Visits)(nil).Guard

// ErrNoPage is what whoever lacks the scope of a page is told, word for word as
// where there is none.
var ErrNoPage = holdfast.Errorf(holdfast.NotFound, "no_such_page",
	"There is no page at this address. Check it, or start from the front page.")
