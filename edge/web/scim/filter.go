package scim

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strings"

	lib "github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/filter"
	"github.com/elimity-com/scim/schema"
	parser "github.com/scim2/filter-parser/v2"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/edge/store"
)

// GetAll answers the questions that directories ask all day, one user by
// userName, externalId or id, from an index, and any other filter by looking
// through everybody.
func (u users) GetAll(r *http.Request, q lib.ListRequestParams) (lib.Page, error) {
	count, start := window(q)
	if q.FilterValidator == nil {
		people, total, err := u.Store.PeopleWhere(r.Context(), store.PeopleFilter{}, store.Page{Offset: start, Limit: count})
		if err != nil {
			return lib.Page{}, u.problem(r, err)
		}
		return u.page(r, people, int(total))
	}
	asked := unescaped(q.FilterValidator.GetFilter())
	if mentions(asked, "groups") { // who is in a group is asked of the group
		return lib.Page{}, scimerrors.ScimErrorInvalidFilter
	}
	v := filter.NewFilterValidator(spread(asked), userSchema(), schema.ExtensionEnterpriseUser())
	if p, ok, err := u.indexed(r, asked); ok || err != nil {
		if err != nil {
			return lib.Page{}, u.problem(r, err)
		}
		if p, err = u.passing(r, p, &v); err != nil {
			return lib.Page{}, err
		}
		if len(p) > 0 && (start > 0 || count == 0) {
			return lib.Page{TotalResults: 1, Resources: []lib.Resource{}}, nil
		}
		return u.page(r, p, len(p))
	}
	return u.scan(r, &v, start, count)
}

// window is what of the matches is wanted: the library's defaults are its own.
func window(q lib.ListRequestParams) (count, start int) {
	return min(max(q.Count, 0), maxResults), max(q.StartIndex, 1) - 1
}

func (u users) page(r *http.Request, people []person.Record, total int) (lib.Page, error) {
	out := lib.Page{TotalResults: total, Resources: []lib.Resource{}}
	for _, p := range people {
		resource, err := u.one(r, p)
		if err != nil {
			return lib.Page{}, err
		}
		out.Resources = append(out.Resources, resource)
	}
	return out, nil
}

// indexed finds who alone can pass a filter that has userName, externalId,
// emails.value or id eq something as a condition of its whole.
func (u users) indexed(r *http.Request, e parser.Expression) ([]person.Record, bool, error) {
	switch e := e.(type) {
	case *parser.LogicalExpression:
		if e.Operator != parser.AND {
			return nil, false, nil
		}
		if p, ok, err := u.indexed(r, e.Left); ok || err != nil {
			return p, ok, err
		}
		return u.indexed(r, e.Right)
	case *parser.AttributeExpression:
		value, isText := e.CompareValue.(string)
		if e.Operator != parser.EQ || !isText {
			return nil, false, nil
		}
		var p person.Record
		var err error
		switch strings.ToLower(e.AttributePath.AttributeName + "." + e.AttributePath.SubAttributeName()) {
		case "username.", "emails.value", "emails.":
			p, err = u.Store.PersonByEmail(r.Context(), strings.ToLower(value))
		case "externalid.":
			p, err = u.Store.PersonByExternalID(r.Context(), value)
		case "id.":
			p, err = u.Store.Person(r.Context(), holdfast.PersonID(value))
		default:
			return nil, false, nil
		}
		if holdfast.KindOf(err) == holdfast.NotFound || err == nil && p.Status == person.Erased {
			return nil, true, nil
		}
		return []person.Record{p}, true, err
	}
	return nil, false, nil
}

// passing leaves those whom the whole filter lets through.
func (u users) passing(r *http.Request, people []person.Record, v *filter.Validator) (out []person.Record, err error) {
	for _, p := range people {
		ok, err := passes(v, u.resource(r, p, nil))
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// escape is one escape of a JSON string; of letters by number, one or a pair.
var escape = regexp.MustCompile(`\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)`)

// spelt writes letters out that a filter names by number, which the parser does
// not read.
func spelt(filter string) string {
	return escape.ReplaceAllStringFunc(filter, func(written string) string {
		var letter string
		if written[1] != 'u' || json.Unmarshal([]byte(`"`+written+`"`), &letter) != nil {
			return written
		}
		if letter == `"` || letter == `\` {
			return `\` + letter
		}
		return letter
	})
}

// unescaped reads the strings of a filter, which are JSON's (RFC 7644 §3.4.2.2:
// compValue) and which the parser leaves as they were written.
func unescaped(e parser.Expression) parser.Expression {
	switch e := e.(type) {
	case *parser.LogicalExpression:
		return &parser.LogicalExpression{Left: unescaped(e.Left), Right: unescaped(e.Right), Operator: e.Operator}
	case *parser.NotExpression:
		return &parser.NotExpression{Expression: unescaped(e.Expression)}
	case *parser.ValuePath:
		return &parser.ValuePath{AttributePath: e.AttributePath, ValueFilter: unescaped(e.ValueFilter)}
	case *parser.AttributeExpression:
		written, ok := e.CompareValue.(string)
		var read string
		if !ok || json.Unmarshal([]byte(`"`+written+`"`), &read) != nil {
			return e
		}
		plain := *e
		plain.CompareValue = read
		return &plain
	}
	return e
}

// spread turns emails.value eq "x" into emails[value eq "x"], which is what it
// means (RFC 7644 §3.4.2.2) and what the library can hold against a list.
func spread(e parser.Expression) parser.Expression {
	switch e := e.(type) {
	case *parser.LogicalExpression:
		return &parser.LogicalExpression{Left: spread(e.Left), Right: spread(e.Right), Operator: e.Operator}
	case *parser.NotExpression:
		return &parser.NotExpression{Expression: spread(e.Expression)}
	case *parser.AttributeExpression:
		switch strings.ToLower(e.AttributePath.AttributeName) {
		case "emails", "members", "groups":
			inner := *e
			inner.AttributePath = parser.AttributePath{AttributeName: cmp.Or(e.AttributePath.SubAttributeName(), "value")}
			return &parser.ValuePath{AttributePath: parser.AttributePath{AttributeName: e.AttributePath.AttributeName}, ValueFilter: &inner}
		}
	}
	return e
}

// passes holds a filter against a resource. A comparison that has no meaning,
// such as of name itself, which has parts, is an invalid filter: the library
// panics there.
func passes(v *filter.Validator, resource lib.Resource) (ok bool, err error) {
	defer func() {
		if recover() != nil {
			ok, err = false, scimerrors.ScimErrorInvalidFilter
		}
	}()
	a := maps.Clone(resource.Attributes)
	a["id"] = resource.ID
	if resource.ExternalID.Present() {
		a["externalId"] = resource.ExternalID.Value()
	}
	return v.PassesFilter(a) == nil, nil
}

// scan holds the filter against everybody, in parts that are each found by where
// they begin.
func (u users) scan(r *http.Request, v *filter.Validator, start, count int) (lib.Page, error) {
	const step = 500
	all, err := u.Store.CountPeopleWhere(r.Context(), store.PeopleFilter{}, maxScanned)
	if err != nil {
		return lib.Page{}, u.problem(r, err)
	}
	if all > maxScanned {
		return lib.Page{}, scimerrors.ScimErrorTooMany
	}
	var found []person.Record
	total, part := 0, store.Span{Limit: step}
	for more := true; more; {
		var people []person.Record
		if people, more, err = u.Store.PeoplePart(r.Context(), store.PeopleFilter{}, part); err != nil {
			return lib.Page{}, u.problem(r, err)
		}
		pass, err := u.passing(r, people, v)
		if err != nil {
			return lib.Page{}, err
		}
		for _, p := range pass {
			if total >= start && len(found) < count {
				found = append(found, p)
			}
			total++
		}
		if len(people) > 0 {
			part.After = string(people[len(people)-1].ID)
		}
	}
	return u.page(r, found, total)
}

// GetAll lists groups: there are few, so a filter is held against each.
func (g groups) GetAll(r *http.Request, q lib.ListRequestParams) (lib.Page, error) {
	count, start := window(q)
	all, err := g.Store.Groups(r.Context())
	if err != nil {
		return lib.Page{}, g.problem(r, err)
	}
	var v *filter.Validator
	if q.FilterValidator != nil {
		whole := filter.NewFilterValidator(spread(unescaped(q.FilterValidator.GetFilter())), groupSchema())
		v = &whole
	}
	out := lib.Page{Resources: []lib.Resource{}}
	for _, group := range all {
		match, err := g.matches(r, group, v)
		if err != nil {
			return lib.Page{}, err
		}
		if !match {
			continue
		}
		if out.TotalResults >= start && len(out.Resources) < count {
			resource, err := g.one(r, group)
			if err != nil {
				return lib.Page{}, err
			}
			out.Resources = append(out.Resources, resource)
		}
		out.TotalResults++
	}
	return out, nil
}

// matches reads the members of a group only for a filter that asks about them.
func (g groups) matches(r *http.Request, group person.Group, v *filter.Validator) (bool, error) {
	if v == nil {
		return true, nil
	}
	resource := lib.Resource{ID: string(group.ID), Attributes: lib.ResourceAttributes{"displayName": group.Name, "externalId": group.ExternalID}}
	if mentions(v.GetFilter(), "members") {
		members, err := g.members(r, group)
		if err != nil {
			return false, g.problem(r, err)
		}
		resource.Attributes["members"] = members
	}
	return passes(v, resource)
}

// userSchema and groupSchema are the specification's, with the common
// attributes that the library leaves out and filters ask for (RFC 7643 §3.1).
func userSchema() schema.Schema { return withCommon(schema.CoreUserSchema()) }

func groupSchema() schema.Schema { return withCommon(schema.CoreGroupSchema()) }

func withCommon(s schema.Schema) schema.Schema {
	s.Attributes = append(s.Attributes,
		schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "externalId", CaseExact: true})),
		schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "id", CaseExact: true,
			Mutability: schema.AttributeMutabilityReadOnly(), Returned: schema.AttributeReturnedAlways()})))
	return s
}

func mentions(e parser.Expression, attribute string) bool {
	switch e := e.(type) {
	case *parser.LogicalExpression:
		return mentions(e.Left, attribute) || mentions(e.Right, attribute)
	case *parser.NotExpression:
		return mentions(e.Expression, attribute)
	case *parser.ValuePath:
		return strings.EqualFold(e.AttributePath.AttributeName, attribute)
	case *parser.AttributeExpression:
		return strings.EqualFold(e.AttributePath.AttributeName, attribute)
	}
	return false
}
