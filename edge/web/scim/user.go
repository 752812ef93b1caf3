package scim

import (
	"fmt"
	"net/http"
	"strings"

	lib "github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/flow/govern"
)

// What is kept of a user, and where:
//
//	userName                the e-mail address, in lower case
//	displayName, name       the name: displayName, else name.formatted, else given and family name
//	active                  false: suspended
//	externalId              as it is
//	userType                employee (also nothing), contractor or guest
//	enterprise manager      the id of another user here
//
// emails and groups are answered and cannot be set: the address is userName,
// and who is in a group is the group's.
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

type users struct{ *Service }

func (u users) resource(r *http.Request, p person.Record, groups []person.Group) lib.Resource {
	in := make([]any, 0, len(groups))
	for _, g := range groups {
		in = append(in, map[string]any{"value": string(g.ID), "display": g.Name, "$ref": u.Origin + Path + "/Groups/" + string(g.ID)})
	}
	a := lib.ResourceAttributes{
		"userName": p.Email, "displayName": p.Name, "name": map[string]any{"formatted": p.Name},
		"active":   p.Status != person.Suspended && !p.Ended(u.Clock()),
		"emails":   []any{map[string]any{"value": p.Email, "type": "work", "primary": true}},
		"userType": string(p.Employment),
	}
	if len(in) > 0 {
		a["groups"] = in
	}
	if p.Manager != "" {
		a[enterprise] = map[string]any{"manager": map[string]any{"value": string(p.Manager), "$ref": u.Origin + Path + "/Users/" + string(p.Manager)}}
	}
	out := lib.Resource{ID: string(p.ID), Attributes: a, Meta: lib.Meta{Created: &p.Created}}
	if p.ExternalID != "" {
		out.ExternalID = optional.NewString(p.ExternalID)
	}
	return out
}

// one is a person with their groups, for who may see those.
func (u users) one(r *http.Request, p person.Record) (lib.Resource, error) {
	if !may(r, authority.GroupsRead) {
		return u.resource(r, p, nil), nil
	}
	groups, err := u.Store.GroupsOf(r.Context(), p.ID)
	return u.resource(r, p, groups), u.problem(r, err)
}

func (u users) Create(r *http.Request, a lib.ResourceAttributes) (lib.Resource, error) {
	said := govern.Provisioned{Active: true}
	if err := describe(&said, a); err != nil {
		return lib.Resource{}, u.problem(r, err)
	}
	p, err := u.Govern.Provision(r.Context(), by(r), said)
	if err != nil {
		return lib.Resource{}, u.problem(r, err)
	}
	return u.one(r, p)
}

func (u users) find(r *http.Request, id string) (person.Record, error) {
	p, err := u.Store.Person(r.Context(), holdfast.PersonID(id))
	if err == nil && p.Status == person.Erased || holdfast.KindOf(err) == holdfast.NotFound {
		return p, scimerrors.ScimErrorResourceNotFound(id)
	}
	return p, u.problem(r, err)
}

func (u users) Get(r *http.Request, id string) (lib.Resource, error) {
	p, err := u.find(r, id)
	if err != nil {
		return lib.Resource{}, err
	}
	return u.one(r, p)
}

// Replace sets what the request says; what it leaves out goes back to its
// default, except the manager and the user type, which few directories send, and
// active: leaving it out must not let in whom an administrator keeps out.
func (u users) Replace(r *http.Request, id string, a lib.ResourceAttributes) (lib.Resource, error) {
	return u.change(r, id, func(said *govern.Provisioned) error {
		if _, ok := get(a, "externalId"); !ok {
			said.ExternalID = ""
		}
		return describe(said, a)
	})
}

func (u users) Patch(r *http.Request, id string, operations []lib.PatchOperation) (lib.Resource, error) {
	return u.change(r, id, func(said *govern.Provisioned) error {
		for _, op := range operations {
			if err := patchUser(said, op); err != nil {
				return err
			}
		}
		return nil
	})
}

func (u users) change(r *http.Request, id string, change func(*govern.Provisioned) error) (lib.Resource, error) {
	if _, err := u.find(r, id); err != nil {
		return lib.Resource{}, err
	}
	p, err := u.Govern.Reprovision(r.Context(), by(r), holdfast.PersonID(id), change)
	if err != nil {
		return lib.Resource{}, u.problem(r, err)
	}
	return u.one(r, p)
}

// Delete erases the person. A directory that only ends access says
// active:false, which can be taken back.
func (u users) Delete(r *http.Request, id string) error {
	if _, err := u.find(r, id); err != nil {
		return err
	}
	return u.problem(r, u.Govern.Erase(r.Context(), by(r), holdfast.PersonID(id)))
}

// patchUser applies one operation (RFC 7644 §3.5.2). An attribute that is not
// kept is dropped, as in a PUT.
func patchUser(said *govern.Provisioned, op lib.PatchOperation) error {
	if op.Path == nil {
		a, ok := op.Value.(map[string]any)
		if !ok {
			return scimerrors.ScimErrorInvalidValue
		}
		return describe(said, a)
	}
	name := op.Path.AttributePath.AttributeName
	sub := op.Path.AttributePath.SubAttributeName()
	if op.Path.SubAttribute != nil {
		sub = *op.Path.SubAttribute
	}
	value := op.Value
	if op.Op == lib.PatchOperationRemove {
		return remove(said, name)
	}
	if sub != "" {
		value = map[string]any{sub: value}
	}
	if strings.EqualFold(op.Path.AttributePath.URI(), enterprise) {
		return describe(said, lib.ResourceAttributes{enterprise: map[string]any{name: value}})
	}
	return describe(said, lib.ResourceAttributes{name: value})
}

func remove(said *govern.Provisioned, name string) error {
	switch strings.ToLower(name) {
	case "username", "active":
		return scimerrors.ScimErrorMutability
	case "externalid":
		said.ExternalID = ""
	case "manager":
		said.Manager = ""
	case "usertype":
		said.Employment = ""
	}
	return nil
}

// describe takes from attributes what is kept of a user.
func describe(said *govern.Provisioned, a lib.ResourceAttributes) error {
	for name, to := range map[string]*string{"userName": &said.Email, "externalId": &said.ExternalID} {
		if v, ok := get(a, name); ok {
			s, ok := v.(string)
			if !ok {
				return scimerrors.ScimErrorInvalidValue
			}
			*to = s
		}
	}
	if v, ok := get(a, "active"); ok {
		b, ok := v.(bool)
		if !ok {
			return scimerrors.ScimErrorInvalidValue
		}
		said.Active = b
	}
	if v, ok := get(a, "userType"); ok {
		said.Employment = person.Employment(strings.ToLower(fmt.Sprint(v)))
	}
	describeName(said, a)
	describeManager(said, a)
	if said.Name == "" {
		said.Name = said.Email // RFC 7643 §4.1: no name is required
	}
	return nil
}

func describeName(said *govern.Provisioned, a lib.ResourceAttributes) {
	if v, _ := get(a, "displayName"); text(v) != "" {
		said.Name = text(v)
		return
	}
	v, _ := get(a, "name")
	parts, _ := v.(map[string]any)
	if f, _ := get(parts, "formatted"); text(f) != "" {
		said.Name = text(f)
		return
	}
	given, _ := get(parts, "givenName")
	family, _ := get(parts, "familyName")
	if whole := strings.TrimSpace(text(given) + " " + text(family)); whole != "" {
		said.Name = whole
	}
}

func describeManager(said *govern.Provisioned, a lib.ResourceAttributes) {
	v, ok := a[enterprise]
	if !ok {
		v, ok = get(a, enterprise)
	}
	more, _ := v.(map[string]any)
	m, has := get(more, "manager")
	if !ok || !has {
		return
	}
	switch m := m.(type) {
	case string: // as some directories say it
		said.Manager = holdfast.PersonID(m)
	case map[string]any:
		id, _ := get(m, "value")
		said.Manager = holdfast.PersonID(text(id))
	case nil:
		said.Manager = ""
	}
}

// get finds an attribute: names are compared without case (RFC 7643 §2.1).
func get(a map[string]any, name string) (any, bool) {
	if v, ok := a[name]; ok {
		return v, true
	}
	for n, v := range a {
		if strings.EqualFold(n, name) {
			return v, true
		}
	}
	return nil, false
}

func text(v any) string {
	s, _ := v.(string)
	return strings.TrimSpace(s)
}
