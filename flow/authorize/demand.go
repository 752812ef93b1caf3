package authorize

import (
	"context"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/refusal"
	"holdfast/domain/session"
)

// lacks gives what an application demands and a person or their sign-in does
// not have.
func lacks(ctx context.Context, r Reader, app grant.App, p holdfast.PersonID, s session.Record, now time.Time) ([]grant.Lack, error) {
	in := grant.Standing{AAL: s.AAL, ACR: s.ACR, AuthTime: s.AuthTime}
	if len(app.Groups) > 0 {
		groups, err := r.GroupsOf(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			in.Groups = append(in.Groups, string(g.ID))
		}
	}
	return app.Lacks(in, now), nil
}

// judgeApp holds who is signed in against what the administrator demands for
// the application: one stronger sign-in is asked for where it can help.
func (f *Flow) judgeApp(ctx context.Context, d Decision, req Request, who *SignedIn, silent bool) (Decision, bool, error) {
	lack, err := lacks(ctx, f.Store, d.App, who.Person.ID, who.Session, f.Clock())
	if err != nil {
		return d, true, err
	}
	tried := !who.Session.AuthTime.Before(req.Began)
	for _, l := range lack {
		switch {
		case l == grant.LackGroup:
			d, err = f.turnAway(ctx, d, who, l, AccessDenied)
			return d, true, err
		case l == grant.LackAge && tried:
			continue // a sign-in after Began is recent enough for anything asked then
		case l != grant.LackAge && (tried || !f.reachable(d.App, l)):
			d, err = f.turnAway(ctx, d, who, l, UnmetRequirements)
			return d, true, err
		case silent:
			return d.refuse(LoginRequired, "The application needs a stronger or more recent sign-in."), true, nil
		}
		d.Next, d.Text = StepUp, map[grant.Lack]string{
			grant.LackAge: "The application needs a more recent sign-in.",
			grant.LackAAL: "The application needs a stronger sign-in.",
			grant.LackACR: "The application needs a stronger sign-in.",
		}[l]
		return d, true, nil
	}
	return d, false, nil
}

// reachable says whether any sign-in here can have what is lacking.
func (f *Flow) reachable(app grant.App, l grant.Lack) bool {
	if l == grant.LackACR {
		return slices.Contains(f.ACRs, app.RequireACR)
	}
	return slices.Contains(f.ACRs, app.MinAAL.String())
}

// turnAway refuses and puts it on record: an administrator is asked why.
func (f *Flow) turnAway(ctx context.Context, d Decision, who *SignedIn, l grant.Lack, code string) (Decision, error) {
	text, err := f.explain(ctx, d.App, l)
	if err != nil {
		return d, err
	}
	var dropped time.Time
	err = f.Store.InTx(ctx, func(tx Tx) (err error) {
		dropped, err = refusal.Keep(ctx, tx, refusedAt("demand", *who), f.byPerson(*who), grant.Refused(d.App, who.Person.ID, l))
		return err
	})
	if !dropped.IsZero() {
		text += " " + refusal.Sentence(dropped)
	}
	d = d.refuse(code, text)
	d.Lack = l
	return d, err
}

// explain says to the person what is missing.
func (f *Flow) explain(ctx context.Context, app grant.App, l grant.Lack) (string, error) {
	switch {
	case l == grant.LackGroup:
		var names []string
		for _, id := range app.Groups {
			g, err := f.Store.Group(ctx, holdfast.GroupID(id))
			switch {
			case err == nil:
				names = append(names, g.Name)
			case holdfast.KindOf(err) != holdfast.NotFound:
				return "", err
			}
		}
		if len(names) == 0 {
			return app.Name + " is for members of a group that does not exist any more. Ask an administrator who may use it.", nil
		}
		return app.Name + " is for members of " + strings.Join(names, " or ") + ". Ask an administrator to add you.", nil
	case l == grant.LackACR && app.RequireACR == grant.ACRHardware:
		return app.Name + " needs a sign-in with a security key or device whose hardware is proven. Ask an administrator which one to use.", nil
	}
	return app.Name + " needs a stronger sign-in than your passkey gives. Sign in with a passkey that verifies you by PIN, fingerprint or face.", nil
}
