package host

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/credential"
)

// Session is a session as the CLI shows one.
type Session struct {
	ID       string    `json:"id"`
	Person   string    `json:"person"`
	Name     string    `json:"name"`
	AAL      string    `json:"aal"`
	AuthTime time.Time `json:"auth_time"`
	Ends     time.Time `json:"ends"`
	Address  string    `json:"address,omitempty"`
	Device   string    `json:"user_agent,omitempty"`
}

// Credential is a credential as the CLI shows one.
type Credential struct {
	ID           string     `json:"id"`
	Person       string     `json:"person"`
	Name         string     `json:"name"`
	Status       string     `json:"status"`
	Distribution string     `json:"distribution"`
	AAGUID       string     `json:"aaguid"`
	Format       string     `json:"fmt"`
	Attestation  string     `json:"attestation"`
	SignCount    uint32     `json:"sign_count"`
	Created      time.Time  `json:"created"`
	LastUsed     *time.Time `json:"last_used,omitempty"`
	Provenance   string     `json:"provenance"`
}

func credentialView(c credential.Record) Credential {
	return Credential{ID: string(c.ID), Person: string(c.Person), Name: c.Name, Status: string(c.Status),
		Distribution: c.Distribution().Label(), AAGUID: c.AAGUID, Format: c.Format, Attestation: c.Attestation,
		SignCount: c.SignCount, Created: c.Created, LastUsed: optional(c.LastUsed), Provenance: c.Provenance}
}

// OfPerson names a person, by id or e-mail address.
type OfPerson struct {
	Person string `json:"person,omitempty"`
}

func (s *Server) access() {
	reads(s, "session/list", func(ctx context.Context, in OfPerson) (any, error) {
		return s.listSessions(ctx, in.Person)
	})
	on(s, "session/end", func(ctx context.Context, by holdfast.Actor, in byID) (any, error) {
		return none{}, s.Govern.EndSession(ctx, by, holdfast.SessionID(in.ID))
	})
	on(s, "session/end-all", func(ctx context.Context, by holdfast.Actor, in OfPerson) (any, error) {
		p, err := s.find(ctx, in.Person)
		if err != nil {
			return nil, err
		}
		return none{}, s.Govern.EndSessionsOf(ctx, by, p.ID)
	})
	reads(s, "credential/list", func(ctx context.Context, in OfPerson) (any, error) {
		p, err := s.find(ctx, in.Person)
		if err != nil {
			return nil, err
		}
		creds, err := s.Store.CredentialsOf(ctx, p.ID)
		list := []Credential{}
		for _, c := range creds {
			list = append(list, credentialView(c))
		}
		return list, err
	})
	s.credentialVerb("credential/suspend", s.Govern.SuspendCredential)
	s.credentialVerb("credential/reinstate", s.Govern.ReinstateCredential)
	s.credentialVerb("credential/remove", s.Govern.RemoveCredential)
}

func (s *Server) credentialVerb(verb string, do func(context.Context, holdfast.Actor, holdfast.CredentialID) error) {
	on(s, verb, func(ctx context.Context, by holdfast.Actor, in byID) (any, error) {
		if err := do(ctx, by, holdfast.CredentialID(in.ID)); err != nil {
			return nil, err
		}
		c, err := s.Store.Credential(ctx, holdfast.CredentialID(in.ID))
		return credentialView(c), err
	})
}

func (s *Server) listSessions(ctx context.Context, who string) ([]Session, error) {
	visits, err := s.Store.OpenSessions(ctx, 10_000)
	if who != "" {
		p, err := s.find(ctx, who)
		if err != nil {
			return nil, err
		}
		if visits, err = s.Store.OpenSessionsOf(ctx, p.ID); err != nil {
			return nil, err
		}
	}
	list := []Session{}
	for _, v := range visits {
		list = append(list, Session{ID: string(v.Session.ID), Person: string(v.Person.ID), Name: v.Person.Name,
			AAL: v.Session.AAL.String(), AuthTime: v.Session.AuthTime, Ends: v.Session.Expires,
			Address: v.Session.Address, Device: v.Session.UserAgent})
	}
	return list, err
}
