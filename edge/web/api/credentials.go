package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/edge/store"
)

// Credential is a passkey.
type Credential struct {
	ID           string    `json:"id" doc:"WebAuthn credential id, base64url."`
	Person       string    `json:"person"`
	Name         string    `json:"name" doc:"What its owner calls it."`
	Status       string    `json:"status" enum:"active,suspended,removed"`
	Distribution string    `json:"distribution" doc:"Where the key may be, and how that is known."`
	Synced       bool      `json:"synced" doc:"The authenticator says that the key leaves the device (BE)."`
	AAGUID       string    `json:"aaguid" doc:"Claimed by the authenticator."`
	Provider     string    `json:"provider,omitempty" doc:"Whose AAGUID it is."`
	Algorithm    int64     `json:"alg" doc:"COSE algorithm."`
	Format       string    `json:"fmt" doc:"Attestation statement format."`
	Attestation  string    `json:"attestation"`
	Transports   []string  `json:"transports" nullable:"false"`
	SignCount    uint32    `json:"sign_count"`
	Created      time.Time `json:"created"`
	LastUsed     time.Time `json:"last_used,omitzero"`
	Provenance   string    `json:"provenance" doc:"By what right it was made."`
	MadeOn       string    `json:"made_on" doc:"From what: managed:DEVICE, a device of the organisation; personal, one that its device management knows and does not manage; unknown." example:"managed:C02XL0GYJGH5"`
}

func credentialView(c credential.Record) Credential {
	return Credential{ID: string(c.ID), Person: string(c.Person), Name: c.Name, Status: string(c.Status),
		Distribution: c.Distribution().Label(), Synced: c.BE, AAGUID: c.AAGUID, Provider: credential.Provider(c.AAGUID),
		Algorithm: c.Algorithm, Format: c.Format, Attestation: c.Attestation, Transports: append([]string{}, c.Transports...),
		SignCount: c.SignCount, Created: c.Created, LastUsed: c.LastUsed, Provenance: c.Provenance,
		MadeOn: cmp.Or(c.MadeOn, store.MadeOnUnknown)}
}

type OfCredential struct {
	ID string `path:"id" maxLength:"2000"`
}

type credentialAnswer struct{ Body Credential }

func (a *API) credentials() {
	read, write := by(authority.CredentialsRead), by(authority.CredentialsWrite)
	add(a, operation{id: "list-credentials", method: http.MethodGet, path: "/credentials", access: read, tag: "credentials",
		summary: "List passkeys of everybody, the newest first"}, a.listCredentials)
	add(a, operation{id: "get-credential", method: http.MethodGet, path: "/credentials/{id}", access: read, tag: "credentials",
		summary: "Show a passkey"}, func(c call, in *OfCredential) (*credentialAnswer, error) {
		return a.onCredential(c, in.ID, nil)
	})
	for _, o := range []struct {
		operation
		do func(context.Context, holdfast.Actor, holdfast.CredentialID) error
	}{
		{operation{id: "suspend-credential", method: http.MethodPost, path: "/credentials/{id}/suspend", access: write,
			summary: "Stop a passkey from signing anybody in", more: "What it signed in ends at once."}, a.Govern.SuspendCredential},
		{operation{id: "reinstate-credential", method: http.MethodPost, path: "/credentials/{id}/reinstate", access: write,
			summary: "End the suspension of a passkey"}, a.Govern.ReinstateCredential},
		{operation{id: "remove-credential", method: http.MethodDelete, path: "/credentials/{id}", access: by(authority.CredentialsRemove),
			summary: "Remove a passkey for good", more: "Whoever has none left can be invited again."}, a.Govern.RemoveCredential},
	} {
		o.tag = "credentials"
		add(a, o.operation, func(c call, in *OfCredential) (*credentialAnswer, error) { return a.onCredential(c, in.ID, o.do) })
	}
}

// onCredential does something to a passkey, or nothing, and shows it.
func (a *API) onCredential(c call, id string, do func(context.Context, holdfast.Actor, holdfast.CredentialID) error) (*credentialAnswer, error) {
	if do != nil {
		if err := do(c, c.Actor, holdfast.CredentialID(id)); err != nil {
			return nil, err
		}
	}
	r, err := a.Store.Credential(c, holdfast.CredentialID(id))
	return &credentialAnswer{credentialView(r)}, err
}

func (a *API) listCredentials(c call, in *struct {
	Paging
	Person string `query:"person" maxLength:"320" doc:"Id, or e-mail address."`
	Status string `query:"status" enum:"active,suspended,removed"`
	AAGUID string `query:"aaguid" maxLength:"36"`
	Synced string `query:"synced" enum:"true,false"`
	MadeOn string `query:"made_on" maxLength:"140" doc:"managed, personal, unknown, or managed:DEVICE."`
}) (*listed[Credential], error) {
	who, err := a.findAny(c, in.Person)
	if err != nil {
		return nil, err
	}
	f := store.CredentialList{Person: who, Status: credential.Status(in.Status), AAGUID: in.AAGUID, MadeOn: in.MadeOn}
	if in.Synced != "" {
		yes := in.Synced == "true"
		f.Synced = &yes
	}
	return paged(a, c, in.Paging, pager[credential.Record, Credential]{
		read: func(after store.Cut, limit int) ([]credential.Record, error) {
			return a.Store.ListCredentials(c, f, after, limit)
		},
		cut:  func(r credential.Record) store.Cut { return store.CutAt(r.Created, string(r.ID)) },
		view: func(rs []credential.Record) ([]Credential, error) { return views(rs, credentialView), nil },
	})
}
