package store

import (
	"context"
	"errors"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/ending"
	"holdfast/domain/person"
	"holdfast/domain/session"
)

// Credential gives the credential of any status.
func (r reader) Credential(ctx context.Context, id holdfast.CredentialID) (credential.Record, error) {
	return get[credential.Record](ctx, r, "where id = $1", string(id))
}

// CredentialAndOwner gives the credential of any status and whose it is, in
// one read: every sign-in asks twice.
func (r reader) CredentialAndOwner(ctx context.Context, id holdfast.CredentialID) (c credential.Record, p person.Record, err error) {
	t := r.tables[(*credential.Record)(nil).Table()]
	or, ok := t.owners.Get().(*ownerReader)
	if !ok {
		or = newOwnerReader()
	}
	defer t.owners.Put(or)
	rs, err := r.q.query(ctx, or.one, string(id))
	if err != nil {
		return c, p, err
	}
	defer rs.Close()
	if !rs.Next() {
		if err = rs.Err(); err == nil {
			err = errNoCredential()
		}
		return c, p, err
	}
	if c, p, err = or.row(rs); err != nil {
		return c, p, errInternal.Because(err)
	}
	return c, p, rs.Err()
}

func errNoCredential() error {
	return holdfast.Errorf(holdfast.NotFound, "no_such_credential", "There is no such credential.")
}

// An ownerReader is a rowReader of a credential with its owner.
type ownerReader struct {
	c       credential.Record
	p       person.Record
	ofC     []audit.Column // point into c
	ofP     []audit.Column // point into p
	one     string
	several string // PostgreSQL's alone
	scanner *scanner
}

func newOwnerReader() *ownerReader {
	or := &ownerReader{}
	or.ofC, or.ofP = audit.ColumnsOf(&or.c), audit.ColumnsOf(&or.p)
	or.scanner = newScanner(or.ofC, or.ofP)
	text := "select " + names(or.ofC, "c.") + ", " + names(or.ofP, "p.") +
		" from credential c join person p on p.id = c.person where c.id "
	or.one, or.several = text+"= $1", text+"= any($1)"
	return or
}

// row is that at which rs stands. It shares nothing with or.
func (or *ownerReader) row(rs rows) (credential.Record, person.Record, error) {
	or.c, or.p = credential.Record{}, person.Record{}
	err := or.scanner.scan(rs)
	if err == nil {
		err = errors.Join(or.scanner.into(0, or.ofC), or.scanner.into(len(or.ofC), or.ofP))
	}
	return or.c, or.p, err
}

// CredentialsOf lists a person's credentials of any status, the oldest first.
func (r reader) CredentialsOf(ctx context.Context, id holdfast.PersonID) ([]credential.Record, error) {
	return list[credential.Record](ctx, r, "where person = $1 order by created, id", string(id))
}

// ActiveCredentialsOf lists those that may sign in, the oldest first.
func (r reader) ActiveCredentialsOf(ctx context.Context, id holdfast.PersonID) ([]credential.Record, error) {
	return list[credential.Record](ctx, r, "where person = $1 and status = 'active' order by created, id", string(id))
}

// CredentialAfter gives the first active credential at or after id in the
// order of ids, going round at the end.
func (r reader) CredentialAfter(ctx context.Context, id holdfast.CredentialID) (credential.Record, error) {
	const where = "where id >= $1 and status = 'active' order by id limit 1"
	c, err := get[credential.Record](ctx, r, where, string(id))
	if holdfast.KindOf(err) == holdfast.NotFound && err != nil {
		return get[credential.Record](ctx, r, where, "")
	}
	return c, err
}

// CountCredentials counts them by status.
func (r reader) CountCredentials(ctx context.Context) (map[credential.Status]int64, error) {
	return counts[credential.Status](ctx, r.q, "select status, count(*) from credential group by status")
}

// CredentialCounts counts the active credentials of each person that has any.
func (r reader) CredentialCounts(ctx context.Context) (map[holdfast.PersonID]int64, error) {
	return counts[holdfast.PersonID](ctx, r.q, "select person, count(*) from credential where status = 'active' group by person")
}

// Registration is what was sent when the credential was made.
func (r reader) Registration(ctx context.Context, id holdfast.CredentialID) (credential.Registration, error) {
	return get[credential.Registration](ctx, r, "where id = $1", string(id))
}

// RegistrationsOf lists those of a person.
func (r reader) RegistrationsOf(ctx context.Context, id holdfast.PersonID) ([]credential.Registration, error) {
	return list[credential.Registration](ctx, r, "where person = $1 order by id", string(id))
}

func (r reader) Session(ctx context.Context, id holdfast.SessionID) (session.Record, error) {
	return get[session.Record](ctx, r, "where id = $1", string(id))
}

// SessionsOf lists all sessions of a person, also ended ones, the newest first.
func (r reader) SessionsOf(ctx context.Context, id holdfast.PersonID) ([]session.Record, error) {
	return list[session.Record](ctx, r, "where person = $1 order by created desc, id", string(id))
}

// A Visit is what a request needs to know of its session, in one read.
type Visit struct {
	Session    session.Record
	Person     person.Record
	Credential credential.Status // of the credential that signed in last; empty: there is none
	LastSeen   time.Time         // zero: never since it was opened
	Last       decision.Last     // what was decided last of it, since it was opened; zero: nothing was
}

// SessionBySecret takes holdfast.HashSecret of what the cookie carries. It
// gives the session of any state: whether it still carries anybody is the
// domain's to say.
func (r reader) SessionBySecret(ctx context.Context, hash string) (Visit, error) {
	vs, err := r.visits(ctx, "where s.secret_hash = $1", hash)
	if err == nil && len(vs) == 0 {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_session", "There is no such session.")
	}
	if err != nil {
		return Visit{}, err
	}
	return vs[0], nil
}

// OpenSessions lists sessions that have neither ended nor reached their
// overall limit, of everybody, the newest first, at most limit.
func (r reader) OpenSessions(ctx context.Context, limit int) ([]Visit, error) {
	return r.visits(ctx, "where s.ended = 0 and s.expires > $1 order by s.created desc, s.id limit $2", r.micros(), limit)
}

// OpenSessionsOf lists those of one person, the newest first.
func (r reader) OpenSessionsOf(ctx context.Context, id holdfast.PersonID) ([]Visit, error) {
	return r.visits(ctx, "where s.person = $1 and s.ended = 0 and s.expires > $2 order by s.created desc, s.id", string(id), r.micros())
}

// CountOpenSessions counts them.
func (r reader) CountOpenSessions(ctx context.Context) (int64, error) {
	return queryInt(ctx, r.q, "select count(*) from session where ended = 0 and expires > $1", r.micros())
}

func (r reader) visits(ctx context.Context, where string, args ...any) ([]Visit, error) {
	var v Visit
	sc, pc := audit.ColumnsOf(&v.Session), audit.ColumnsOf(&v.Person)
	rs, err := r.q.query(ctx, "select "+names(sc, "s.")+", "+names(pc, "p.")+`,
		coalesce(c.status, ''), coalesce(v.at, 0), coalesce(j.class, ''), coalesce(j.decision, ''), coalesce(j.at, 0)
		from session s
		join person p on p.id = s.person
		left join credential c on c.id = s.credential
		left join session_seen v on v.id = s.id
		left join judged j on j.id = s.id `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	row := newScanner(sc, pc)
	var out []Visit
	for rs.Next() {
		var status, class, on string
		var seen, at int64
		if err := row.scan(rs, &status, &seen, &class, &on, &at); err != nil {
			return nil, errInternal.Because(err)
		}
		if err := row.into(0, sc); err != nil {
			return nil, errInternal.Because(err)
		}
		if err := row.into(len(sc), pc); err != nil {
			return nil, errInternal.Because(err)
		}
		v.Credential, v.LastSeen = credential.Status(status), holdfast.FromMicros(seen)
		v.Last = decision.Last{Class: class, Decision: holdfast.DecisionID(on), At: holdfast.FromMicros(at)}
		out = append(out, v)
		v = Visit{}
	}
	return out, rs.Err()
}

// HeldBy gives a person's sessions and grants that have not ended.
func (r reader) HeldBy(ctx context.Context, id holdfast.PersonID) (held ending.Held, err error) {
	held.Sessions, err = list[session.Record](ctx, r, "where person = $1 and ended = 0 order by id", string(id))
	if err != nil {
		return ending.Held{}, err
	}
	held.Grants, err = r.GrantsOf(ctx, id)
	return held, err
}
