package survey

import (
	"context"
	"strings"

	"holdfast"
	"holdfast/domain/person"
)

// subject is whom a question is about: an account, or one passkey of it.
type subject struct {
	person     person.Record
	credential holdfast.CredentialID
}

// near is how many that somebody may have meant are named.
const near = 5

// subject finds whom text names: the id of a person, their e-mail address, their
// name if it is one person's alone, or the id of a passkey.
func (f *Flow) subject(ctx context.Context, text string) (subject, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return subject{}, holdfast.Errorf(holdfast.Invalid, "subject_missing",
			"Say whose account: the id of a person or of a passkey, an e-mail address, or a name.")
	}
	for _, find := range []func(context.Context, string) (subject, error){f.byID, f.byEmail, f.byCredential, f.byName} {
		s, err := find(ctx, text)
		if holdfast.KindOf(err) != holdfast.NotFound {
			return s, err
		}
	}
	return subject{}, f.unknown(ctx, text)
}

func (f *Flow) byID(ctx context.Context, text string) (subject, error) {
	p, err := f.Store.Person(ctx, holdfast.PersonID(text))
	return subject{person: p}, err
}

func (f *Flow) byEmail(ctx context.Context, text string) (subject, error) {
	p, err := f.Store.PersonByEmail(ctx, strings.ToLower(text))
	return subject{person: p}, err
}

func (f *Flow) byCredential(ctx context.Context, text string) (subject, error) {
	c, err := f.Store.Credential(ctx, holdfast.CredentialID(text))
	if err != nil {
		return subject{}, err
	}
	p, err := f.Store.Person(ctx, c.Person)
	return subject{p, c.ID}, err
}

// byName takes a whole name that one person alone has. Case does not matter.
func (f *Flow) byName(ctx context.Context, text string) (subject, error) {
	some, err := f.Store.PeopleNamed(ctx, text, 20)
	if err != nil {
		return subject{}, err
	}
	var same []person.Record
	for _, p := range some {
		if strings.EqualFold(p.Name, text) {
			same = append(same, p)
		}
	}
	switch len(same) {
	case 0:
		return subject{}, errNobody
	case 1:
		return subject{person: same[0]}, nil
	}
	return subject{}, holdfast.Errorf(holdfast.Conflict, "subject_ambiguous", "Several people are called %q: %s. Say which by id or e-mail address.", text, listed(same))
}

var errNobody = holdfast.Errorf(holdfast.NotFound, "no_such_subject", "There is nobody of that name.")

// unknown is the refusal of a name that is nobody's, with those whom it may have
// meant.
func (f *Flow) unknown(ctx context.Context, text string) error {
	first, _, _ := strings.Cut(text, " ")
	first, _, _ = strings.Cut(first, "@")
	var some []person.Record
	if len([]rune(first)) >= 2 {
		var err error
		if some, err = f.Store.PeopleNamed(ctx, string([]rune(first)[:min(len([]rune(first)), 3)]), near); err != nil {
			return err
		}
	}
	if len(some) == 0 {
		return holdfast.Errorf(holdfast.NotFound, "no_such_subject",
			"There is no account and no passkey %.100q. Name an account by id, e-mail address or whole name, a passkey by its id.", text)
	}
	return holdfast.Errorf(holdfast.NotFound, "no_such_subject", "There is no account and no passkey %.100q. Did you mean %s?", text, listed(some))
}

func listed(people []person.Record) string {
	var out []string
	for _, p := range people[:min(len(people), near)] {
		out = append(out, p.Name+" <"+p.Email+">")
	}
	return strings.Join(out, ", ")
}
