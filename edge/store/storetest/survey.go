package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
	"holdfast/domain/ticket"
)

// accounts are read with all that the rules of exposure look at, whether by id
// or a batch after another.
func accounts(t *testing.T, place Place) {
	ctx := context.Background()
	now := Now()
	db := place.Open(t)
	var people []Person
	for n := range 5 {
		p, events := Somebody(t, n)
		record(t, db, events...)
		people = append(people, p)
	}
	slices.SortFunc(people, func(a, b Person) int {
		if a.Record.ID < b.Record.ID {
			return -1
		}
		return 1
	})
	ada, bob, cyd := people[0].Record, people[1].Record, people[2].Record

	desk, events, err := person.AddGroup("desk", now)
	if err != nil {
		t.Fatal(err)
	}
	_, joined := person.Join(bob, desk, now)
	record(t, db, append(events, joined...)...)
	ada.Manager = cyd.ID
	ada, events, err = person.SetRole(ada, person.HelpDesk, time.Time{}, now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	token := func(owner person.Record) apitoken.Record {
		owner.Role = person.Administrator // who may own tokens; the read does not ask
		tok, _, made, err := apitoken.Create(apitoken.New{Name: "x", Scopes: []string{"audit:read"}}, owner, authority.Everything(), By().Actor, now)
		if err != nil {
			t.Fatal(err)
		}
		record(t, db, made...)
		return tok
	}
	live := token(people[3].Record)
	over, revoked, err := apitoken.Revoke(token(people[4].Record), now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, revoked...)
	open, _, events, err := ticket.Issue(ticket.Invitation, bob.ID, By().Actor, time.Hour, now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	spent, _, events, err := ticket.Issue(ticket.Invitation, bob.ID, By().Actor, time.Hour, now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	if _, events, err = ticket.Revoke(spent, now); err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	_, gone, err := credential.Remove(people[2].Credential)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, gone...)
	judged := evidence.Judgement{ID: people[0].Credential.ID, Person: ada.ID, Kind: "verified", Anchors: []string{"mds:1"}, HardwareProtected: true, Serial: "S-1"}
	record(t, db, evidence.Judged(evidence.Judgement{}, judged)...)
	phone, events, err := surroundings.Declare(surroundings.Declaration{Kind: surroundings.Phone, Name: "+49 30 1", Person: bob.ID}, now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	old, events, err := surroundings.Declare(surroundings.Declaration{Kind: surroundings.Phone, Name: "+49 30 2", Person: bob.ID}, now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	if _, events, err = surroundings.Withdraw(old, now); err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)

	held := must[[]rules.Held](t)
	all := held(db.Held(ctx, []holdfast.PersonID{people[4].Record.ID, ada.ID, bob.ID, cyd.ID, people[3].Record.ID, "per_nobody"}))
	if len(all) != 5 {
		t.Fatalf("%d accounts", len(all))
	}
	size := must[int64](t)(db.LogSize(ctx))
	for i, h := range all {
		diff(t, people[i].Record.ID, h.Person.ID)
		diff(t, size, h.Facts)
		diff(t, people[i].Record.Email, h.Person.Email)
	}
	diff(t, person.HelpDesk, all[0].Person.Role)
	diff(t, 1, len(all[0].Judgements))
	diff(t, true, all[0].Judgements[0].HardwareProtected)
	diff(t, "Key", all[0].Credentials[0].Name)
	diff(t, []string{"desk"}, all[1].Groups)
	diff(t, []ticket.Record{open}, all[1].Tickets)
	diff(t, []surroundings.Record{phone}, all[1].Surroundings)
	diff(t, 0, len(all[2].Credentials))
	diff(t, []apitoken.Record{live}, all[3].Tokens)
	diff(t, 0, len(all[4].Tokens))

	// A batch after another gives the same, but for what is not read.
	var paged []rules.Held
	for after := holdfast.PersonID(""); ; {
		some := held(db.HeldAfter(ctx, after, 2))
		if len(some) == 0 {
			break
		}
		paged = append(paged, some...)
		after = some[len(some)-1].Person.ID
	}
	for i := range all {
		all[i].Person.Name, all[i].Person.Handle, all[i].Person.Created = "", nil, time.Time{}
		for j := range all[i].Credentials {
			all[i].Credentials[j].Name = ""
		}
		for j := range all[i].Judgements {
			all[i].Judgements[j] = lean(all[i].Judgements[j])
		}
		for j := range paged[i].Judgements {
			paged[i].Judgements[j] = lean(paged[i].Judgements[j])
		}
	}
	diff(t, all, paged)

	ids := must[[]holdfast.PersonID](t)
	diff(t, []holdfast.PersonID{ada.ID, people[3].Record.ID}, ids(db.Powerful(ctx, nil)))
	diff(t, []holdfast.PersonID{ada.ID, bob.ID, people[3].Record.ID}, ids(db.Powerful(ctx, []string{"desk", "none"})))
	diff(t, false, slices.Contains(ids(db.Powerful(ctx, nil)), over.Owner))
	diff(t, people[3].Record.ID, must[[]person.Record](t)(db.PeopleNamed(ctx, people[3].Record.Email[:4], 9))[0].ID)
}

// lean leaves of a judgement what the rules look at.
func lean(j evidence.Judgement) evidence.Judgement {
	return evidence.Judgement{ID: j.ID, Person: j.Person, Kind: j.Kind, Anchors: j.Anchors, Serial: j.Serial, HardwareProtected: j.HardwareProtected}
}
