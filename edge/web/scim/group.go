package scim

import (
	"net/http"
	"slices"
	"strings"

	lib "github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	parser "github.com/scim2/filter-parser/v2"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/flow/govern"
)

// groups: displayName, externalId and members, each by the id of a user here.
type groups struct{ *Service }

// one is a group, with its members unless the request says that it does not
// want them (RFC 7644 §3.9): a large group is asked for without them often.
func (g groups) one(r *http.Request, group person.Group) (lib.Resource, error) {
	a := lib.ResourceAttributes{"displayName": group.Name}
	if !slices.ContainsFunc(strings.Split(r.URL.Query().Get("excludedAttributes"), ","), func(s string) bool {
		return strings.EqualFold(strings.TrimSpace(s), "members")
	}) {
		members, err := g.members(r, group)
		if err != nil {
			return lib.Resource{}, g.problem(r, err)
		}
		a["members"] = members
	}
	out := lib.Resource{ID: string(group.ID), Attributes: a, Meta: lib.Meta{Created: &group.Created}}
	if group.ExternalID != "" {
		out.ExternalID = optional.NewString(group.ExternalID)
	}
	return out, nil
}

func (g groups) members(r *http.Request, group person.Group) ([]any, error) {
	in, err := g.Store.MembershipsOfGroup(r.Context(), group.ID)
	if err != nil {
		return nil, err
	}
	ids := make([]holdfast.PersonID, len(in))
	for i, m := range in {
		ids[i] = m.Person
	}
	names := map[holdfast.PersonID]person.Record{}
	named := may(r, authority.PeopleRead)
	for some := range slices.Chunk(ids, 500) {
		if !named {
			break
		}
		found, err := g.Store.PeopleByID(r.Context(), some)
		if err != nil {
			return nil, err
		}
		for id, p := range found {
			names[id] = p
		}
	}
	out := make([]any, 0, len(in))
	for _, id := range ids {
		m := map[string]any{"value": string(id), "type": "User", "$ref": g.Origin + Path + "/Users/" + string(id)}
		if named {
			m["display"] = names[id].Name
		}
		out = append(out, m)
	}
	return out, nil
}

func (g groups) Create(r *http.Request, a lib.ResourceAttributes) (lib.Resource, error) {
	var said govern.ProvisionedGroup
	if err := describeGroup(&said, a); err != nil {
		return lib.Resource{}, err
	}
	group, err := g.Govern.ProvisionGroup(r.Context(), by(r), said)
	if err != nil {
		return lib.Resource{}, g.problem(r, err)
	}
	return g.one(r, group)
}

func (g groups) find(r *http.Request, id string) (person.Group, error) {
	group, err := g.Store.Group(r.Context(), holdfast.GroupID(id))
	if holdfast.KindOf(err) == holdfast.NotFound {
		return group, scimerrors.ScimErrorResourceNotFound(id)
	}
	return group, g.problem(r, err)
}

func (g groups) Get(r *http.Request, id string) (lib.Resource, error) {
	group, err := g.find(r, id)
	if err != nil {
		return lib.Resource{}, err
	}
	return g.one(r, group)
}

func (g groups) Replace(r *http.Request, id string, a lib.ResourceAttributes) (lib.Resource, error) {
	return g.change(r, id, func(said *govern.ProvisionedGroup) error {
		said.ExternalID, said.Members = "", nil
		return describeGroup(said, a)
	})
}

func (g groups) Patch(r *http.Request, id string, operations []lib.PatchOperation) (lib.Resource, error) {
	return g.change(r, id, func(said *govern.ProvisionedGroup) error {
		for _, op := range operations {
			if err := patchGroup(said, op); err != nil {
				return err
			}
		}
		return nil
	})
}

func (g groups) change(r *http.Request, id string, change func(*govern.ProvisionedGroup) error) (lib.Resource, error) {
	if _, err := g.find(r, id); err != nil {
		return lib.Resource{}, err
	}
	group, err := g.Govern.ReprovisionGroup(r.Context(), by(r), holdfast.GroupID(id), change)
	if err != nil {
		return lib.Resource{}, g.problem(r, err)
	}
	return g.one(r, group)
}

func (g groups) Delete(r *http.Request, id string) error {
	if _, err := g.find(r, id); err != nil {
		return err
	}
	return g.problem(r, g.Govern.RemoveGroup(r.Context(), by(r), holdfast.GroupID(id)))
}

// describeGroup takes from attributes what is kept of a group.
func describeGroup(said *govern.ProvisionedGroup, a lib.ResourceAttributes) error {
	if v, ok := get(a, "displayName"); ok {
		said.Name = text(v)
	}
	if v, ok := get(a, "externalId"); ok {
		said.ExternalID = text(v)
	}
	if v, ok := get(a, "members"); ok {
		ids, err := memberIDs(v)
		if err != nil {
			return err
		}
		said.Members = ids
	}
	return nil
}

// patchGroup applies one operation (RFC 7644 §3.5.2).
func patchGroup(said *govern.ProvisionedGroup, op lib.PatchOperation) error {
	if op.Path == nil {
		a, ok := op.Value.(map[string]any)
		if !ok {
			return scimerrors.ScimErrorInvalidValue
		}
		if v, ok := get(a, "members"); ok && op.Op == lib.PatchOperationAdd {
			ids, err := memberIDs(v)
			if err != nil {
				return err
			}
			said.Members = append(said.Members, ids...)
			delete(a, "members")
		}
		return describeGroup(said, a)
	}
	switch strings.ToLower(op.Path.AttributePath.AttributeName) {
	case "displayname":
		if op.Op == lib.PatchOperationRemove {
			return scimerrors.ScimErrorMutability
		}
		said.Name = text(op.Value)
	case "externalid":
		said.ExternalID = text(op.Value) // nothing, where it is removed
	case "members":
		return patchMembers(said, op)
	}
	return nil
}

func patchMembers(said *govern.ProvisionedGroup, op lib.PatchOperation) error {
	if op.Path.ValueExpression != nil {
		id, ok := oneMember(op.Path.ValueExpression)
		if !ok || op.Op != lib.PatchOperationRemove {
			return scimerrors.ScimErrorInvalidFilter
		}
		said.Members = slices.DeleteFunc(said.Members, func(m holdfast.PersonID) bool { return m == id })
		return nil
	}
	var ids []holdfast.PersonID
	if op.Value != nil {
		var err error
		if ids, err = memberIDs(op.Value); err != nil {
			return err
		}
	}
	switch op.Op {
	case lib.PatchOperationAdd:
		said.Members = append(said.Members, ids...)
	case lib.PatchOperationReplace:
		said.Members = ids
	default: // without a value, all of them; some directories name those to remove
		gone := make(map[holdfast.PersonID]bool, len(ids)) // of two long lists
		for _, id := range ids {
			gone[id] = true
		}
		said.Members = slices.DeleteFunc(said.Members, func(m holdfast.PersonID) bool { return op.Value == nil || gone[m] })
	}
	return nil
}

// oneMember reads members[value eq "per_…"].
func oneMember(e parser.Expression) (holdfast.PersonID, bool) {
	a, ok := e.(*parser.AttributeExpression)
	if !ok || a.Operator != parser.EQ || !strings.EqualFold(a.AttributePath.AttributeName, "value") {
		return "", false
	}
	id, ok := a.CompareValue.(string)
	return holdfast.PersonID(id), ok
}

func memberIDs(v any) ([]holdfast.PersonID, error) {
	list, ok := v.([]any)
	if !ok {
		if list, ok = []any{v}, v != nil; !ok {
			return nil, nil
		}
	}
	ids := make([]holdfast.PersonID, 0, len(list))
	for _, each := range list {
		m, ok := each.(map[string]any)
		id, _ := get(m, "value")
		if !ok || text(id) == "" {
			return nil, scimerrors.ScimErrorInvalidValue
		}
		ids = append(ids, holdfast.PersonID(text(id)))
	}
	return ids, nil
}
