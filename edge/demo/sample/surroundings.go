package sample

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/surroundings"
	"holdfast/flow/govern"
)

// around is what the demo declares of the world around it: enough for the
// weakest paths of real organisations to be there.
func around() []surroundings.Declaration {
	email := func(i int) string { return guest(i, time.Unix(0, 0)).Email }
	account := func(i int, name string, primary bool, signIn, recovery string) surroundings.Declaration {
		return surroundings.Declaration{Kind: surroundings.SyncAccount, Name: guest(i, time.Unix(0, 0)).Name + "’s " + name, Person: holdfast.PersonID(email(i)),
			Provider: "cloud", Primary: primary, SignIn: []string{signIn}, Recovery: []string{recovery}, Said: true, Source: "asked at the first day"}
	}
	return []surroundings.Declaration{
		{Kind: surroundings.Power, Name: "Mail administrator", Over: surroundings.OverMail, Target: "harbour.example",
			Holders: []string{"person:" + email(16)}, Source: "contract with the mail host"},
		// A caller who knows a birthday is believed: assurance that rests on the desk rests on nothing.
		{Kind: surroundings.Power, Name: "Service desk", Over: surroundings.OverPrimary,
			Holders: []string{"person:" + email(14), "person:" + email(15), "night shift of the outsourcer"}, Check: surroundings.CheckAsked, Source: "desk handbook, page 4"},
		{Kind: surroundings.Power, Name: "Database administrators", Over: surroundings.OverDatabase,
			Holders: []string{"person:" + email(0), "person:" + email(38)}, Status: surroundings.Observed},
		account(1, "work cloud account", true, "password+code", "desk"),
		account(2, "own cloud account", false, "password+code", "sms"),
	}
}

func declare(ctx context.Context, f *govern.Flow, by holdfast.Actor) error {
	for _, d := range around() {
		if _, err := f.DeclareSurrounding(ctx, by, d); err != nil {
			return err
		}
	}
	return nil
}
