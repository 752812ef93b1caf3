package govern

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
)

// surroundingTx is what the administration of declarations reads.
type surroundingTx interface {
	// Surrounding gives what was declared also when it was withdrawn.
	Surrounding(ctx context.Context, id holdfast.SurroundingID) (surroundings.Record, error)
	// SurroundingByName gives what stands under a name.
	SurroundingByName(ctx context.Context, name string) (surroundings.Record, error)
	// AllSurroundingsOf gives also what was withdrawn.
	AllSurroundingsOf(ctx context.Context, id holdfast.PersonID) ([]surroundings.Record, error)
	// SharedSurroundings gives the powers that stand.
	SharedSurroundings(ctx context.Context) ([]surroundings.Record, error)
}

// DeclareSurrounding takes what somebody says of the world around. The person,
// and people among the holders, are given by id or e-mail address.
func (f *Flow) DeclareSurrounding(ctx context.Context, by holdfast.Actor, d surroundings.Declaration) (surroundings.Record, error) {
	var said surroundings.Record
	err := f.do(ctx, by, authority.SurroundingsWrite, func(tx Tx, r right) (events []audit.Event, err error) {
		if d, err = f.known(ctx, tx, d, surroundings.Declaration{}); err != nil {
			return nil, err
		}
		if said, events, err = surroundings.Declare(d, r.now); err != nil {
			return nil, err
		}
		return events, nameFree(ctx, tx, said)
	})
	return said, err
}

// ChangeSurrounding says it otherwise: change is given what stands.
func (f *Flow) ChangeSurrounding(ctx context.Context, by holdfast.Actor, id holdfast.SurroundingID, change func(*surroundings.Declaration)) (surroundings.Record, error) {
	var said surroundings.Record
	err := f.do(ctx, by, authority.SurroundingsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		before, err := tx.Surrounding(ctx, id)
		if err != nil {
			return nil, err
		}
		d := before.Declaration()
		change(&d)
		var events []audit.Event
		said, events, err = f.changed(ctx, tx, r, before, d)
		return events, err
	})
	return said, err
}

func (f *Flow) changed(ctx context.Context, tx Tx, r right, before surroundings.Record, d surroundings.Declaration) (surroundings.Record, []audit.Event, error) {
	d, err := f.known(ctx, tx, d, before.Declaration())
	if err != nil {
		return before, nil, err
	}
	said, events, err := surroundings.Change(before, d, r.now)
	if err != nil {
		return before, nil, err
	}
	return said, events, nameFree(ctx, tx, said)
}

// WithdrawSurrounding takes a declaration back: it never counts again.
func (f *Flow) WithdrawSurrounding(ctx context.Context, by holdfast.Actor, id holdfast.SurroundingID) error {
	return f.do(ctx, by, authority.SurroundingsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		s, err := tx.Surrounding(ctx, id)
		if err != nil {
			return nil, err
		}
		_, events, err := surroundings.Withdraw(s, r.now)
		return events, err
	})
}

// known puts ids for addresses, and refuses people who are not there and
// providers that the policy does not name. What was said before is not looked
// at again: people leave, and what they held stays declared.
func (f *Flow) known(ctx context.Context, tx Tx, d, before surroundings.Declaration) (surroundings.Declaration, error) {
	var err error
	if d.Person != "" && d.Person != before.Person {
		if d.Person, err = whoIs(ctx, tx, string(d.Person)); err != nil {
			return d, err
		}
	}
	d.Holders = slices.Clone(d.Holders)
	for i, h := range d.Holders {
		h = strings.TrimSpace(h)
		who, here := surroundings.HolderPerson(h)
		if !here || who == "" || slices.Contains(before.Holders, h) {
			continue
		}
		if who, err = whoIs(ctx, tx, string(who)); err != nil {
			return d, err
		}
		d.Holders[i] = "person:" + string(who)
	}
	if d.Target != before.Target {
		if d.Target, err = f.knownTarget(ctx, tx, d.Target); err != nil {
			return d, err
		}
	}
	at, was := providerOf(d), providerOf(before)
	if at == "" || at == was || f.judge.Policies == nil {
		return d, nil
	}
	return d, f.knownProvider(ctx, tx, at)
}

// whoIs finds a person by id or e-mail address.
func whoIs(ctx context.Context, tx Tx, text string) (holdfast.PersonID, error) {
	text = strings.TrimSpace(text)
	read := func() (person.Record, error) { return tx.Person(ctx, holdfast.PersonID(text)) }
	if strings.Contains(text, "@") {
		read = func() (person.Record, error) { return tx.PersonByEmail(ctx, strings.ToLower(text)) }
	}
	p, err := read()
	if holdfast.KindOf(err) == holdfast.NotFound || err == nil && p.Status == person.Erased {
		return "", holdfast.Errorf(holdfast.NotFound, "no_such_person", "There is nobody here of the id or address %.80q.", text)
	}
	return p.ID, err
}

// providerOf is the provider of the policy that d names.
func providerOf(d surroundings.Declaration) string {
	switch {
	case d.Kind == surroundings.SyncAccount:
		return strings.TrimSpace(d.Provider)
	case d.Kind == surroundings.Power && d.Over == surroundings.OverProvider && !strings.Contains(d.Target, ":"): // not a segment's or a group's people
		return strings.TrimSpace(d.Target)
	}
	return ""
}

// knownProvider refuses a provider that the policy does not name, which is a
// slip of the pen: no passkey would ever be taken to be synced there. A policy
// that names none cannot tell.
func (f *Flow) knownProvider(ctx context.Context, tx Tx, name string) error {
	p, err := f.judge.Policies.InForce(ctx, tx)
	if err != nil {
		return err
	}
	profiles := p.Profiles()
	if _, ok := profiles.Named(name); ok || len(profiles.All()) == 0 {
		return nil
	}
	var names []string
	for _, profile := range profiles.All() {
		names = append(names, profile.Name)
	}
	return holdfast.Errorf(holdfast.Invalid, "surrounding_provider",
		"The policy has no provider %.80q. It has: %s. Write one of them, or add the provider to the policy first.", name, strings.Join(names, ", "))
}

// knownTarget refuses a segment that the policy does not have, and a group that
// is not there: a power that is aimed at nobody would be counted for nobody. A
// group is written as it is called.
func (f *Flow) knownTarget(ctx context.Context, tx Tx, target string) (string, error) {
	of, name, _ := strings.Cut(target, ":")
	switch of {
	case "group":
		g, err := tx.GroupByName(ctx, name)
		if holdfast.KindOf(err) == holdfast.NotFound {
			err = holdfast.Errorf(holdfast.Invalid, "surrounding_target", "There is no group %.80q. Write the name of one that there is, or make it first.", name)
		}
		return "group:" + g.Name, err
	case "segment":
		if f.judge.Policies == nil {
			return target, nil
		}
		p, err := f.judge.Policies.InForce(ctx, tx)
		if err != nil {
			return target, err
		}
		var names []string
		for _, s := range p.Document().Segments {
			if s.Name == name {
				return target, nil
			}
			names = append(names, s.Name)
		}
		return target, holdfast.Errorf(holdfast.Invalid, "surrounding_target",
			"The policy has no segment %.80q. It has: %s. Write one of them, or add the segment to the policy first.", name, strings.Join(names, ", "))
	}
	return target, nil
}

func nameFree(ctx context.Context, tx Tx, s surroundings.Record) error {
	other, err := tx.SurroundingByName(ctx, s.Name)
	switch {
	case holdfast.KindOf(err) == holdfast.NotFound || err == nil && other.ID == s.ID:
		return nil
	case err != nil:
		return err
	}
	return holdfast.Errorf(holdfast.Conflict, "surrounding_taken", "Something is declared under the name %q already. Change that, or choose another name.", s.Name)
}

// forgetSurroundings withdraws and blanks what is declared of a person.
func (f *Flow) forgetSurroundings(ctx context.Context, tx Tx, p person.Record) ([]audit.Event, error) {
	all, err := tx.AllSurroundingsOf(ctx, p.ID)
	var events []audit.Event
	for _, s := range all {
		_, forgotten := surroundings.Forget(s, f.clock())
		events = append(events, forgotten...)
	}
	return events, err
}

// SurroundingDone is what was done with a declaration of a file.
type SurroundingDone struct {
	Line   int
	Action string // RowAdded, RowUpdated, RowUnchanged
	Record surroundings.Record
}

// ImportSurroundings takes a YAML or JSON file of declarations, all or none. What
// stands under a name is changed where the file says otherwise; what the file
// does not name stays.
func (f *Flow) ImportSurroundings(ctx context.Context, by holdfast.Actor, text []byte, dryRun bool) ([]SurroundingDone, error) {
	lines, faults := surroundings.ReadFile(text)
	if len(faults) == 0 && len(lines) == 0 {
		faults = []surroundings.Fault{{Line: 1, Text: "Nothing is declared here."}}
	}
	if len(faults) > 0 {
		return nil, refusedFile(faults)
	}
	var done []SurroundingDone
	err := f.do(ctx, by, authority.SurroundingsWrite, func(tx Tx, r right) (events []audit.Event, err error) {
		if done, events, err = f.takeFile(ctx, tx, r, lines); err == nil && dryRun {
			err = errDryRun
		}
		return events, err
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return done, err
}

func (f *Flow) takeFile(ctx context.Context, tx Tx, r right, lines []surroundings.Line) (done []SurroundingDone, events []audit.Event, err error) {
	var faults []surroundings.Fault
	first := map[string]int{} // line by name
	for _, l := range lines {
		d, more, err := f.takeLine(ctx, tx, r, l)
		if e, ok := errors.AsType[*holdfast.Error](err); ok && e.Kind != holdfast.Internal && e.Kind != holdfast.Unavailable {
			faults = append(faults, surroundings.Fault{Line: l.Line, Text: e.Text})
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if at, twice := first[d.Record.Name]; twice {
			faults = append(faults, surroundings.Fault{Line: l.Line, Text: fmt.Sprintf("The name %q is in line %d already.", d.Record.Name, at)})
			continue
		}
		first[d.Record.Name] = l.Line
		done, events = append(done, d), append(events, more...)
	}
	if len(faults) > 0 {
		return nil, nil, refusedFile(faults)
	}
	return done, events, nil
}

func (f *Flow) takeLine(ctx context.Context, tx Tx, r right, l surroundings.Line) (SurroundingDone, []audit.Event, error) {
	d, err := f.known(ctx, tx, l.Declaration, surroundings.Declaration{})
	if err != nil {
		return SurroundingDone{}, nil, err
	}
	said, events, err := surroundings.Declare(d, r.now)
	if err != nil {
		return SurroundingDone{}, nil, err
	}
	before, err := tx.SurroundingByName(ctx, said.Name)
	switch {
	case holdfast.KindOf(err) == holdfast.NotFound:
		return SurroundingDone{l.Line, RowAdded, said}, events, nil
	case err != nil:
		return SurroundingDone{}, nil, err
	}
	d.Name = said.Name
	said, events, err = surroundings.Change(before, d, r.now)
	action := RowUpdated
	if len(events) == 0 {
		action = RowUnchanged
	}
	return SurroundingDone{l.Line, action, said}, events, err
}

func refusedFile(faults []surroundings.Fault) error {
	bad := &BadRows{}
	for _, fault := range faults {
		bad.Rows = append(bad.Rows, BadRow{fault.Line, fault.Text})
	}
	bad.sort()
	wrong := "1 line of the file is wrong"
	if len(faults) != 1 {
		wrong = fmt.Sprintf("%d lines of the file are wrong", len(faults))
	}
	return holdfast.Errorf(holdfast.Invalid, "import_refused", "%s, and nothing was declared. Mend it and import the file again.", wrong).Because(bad)
}
