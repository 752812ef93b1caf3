package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"holdfast"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
)

// problem is an answer that refuses, in the shape of all of Holdfast's (RFC
// 9457).
type problem struct{ visit.Problem }

func (p *problem) Error() string             { return p.Detail }
func (p *problem) GetStatus() int            { return p.Status }
func (p *problem) ContentType(string) string { return "application/problem+json" }

// problem says of err what the caller may know.
func (a *API) problem(r *http.Request, err error) *problem {
	p := &problem{a.Visits.ProblemOf(r, err)}
	if rows, ok := errors.AsType[*govern.BadRows](err); ok {
		for _, row := range rows.Rows {
			p.Errors = append(p.Errors, visit.Fault{Location: fmt.Sprintf("line %d", row.Line), Message: row.Text})
		}
	}
	if bad, ok := errors.AsType[*govern.BadPolicy](err); ok {
		for _, q := range bad.Problems {
			at := q.At.String()
			p.Errors = append(p.Errors, visit.Fault{Location: at, Message: strings.TrimPrefix(q.String(), at+": ")})
		}
	}
	return p
}

// ours makes the refusals of huma ours: stable codes, no values of the caller's
// in them.
func (a *API) ours(c huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	var faults []visit.Fault
	for _, e := range m.Errors {
		faults = append(faults, visit.Fault{Location: e.Location, Message: e.Message})
	}
	p := &problem{a.Visits.ProblemOf(callOf(c.Context()).request, notAsTold(m.Status, faults))}
	p.Errors = faults
	return p, nil
}

func notAsTold(status int, faults []visit.Fault) error {
	switch status {
	case http.StatusUnsupportedMediaType:
		return holdfast.Errorf(holdfast.Invalid, "content_type", "Send JSON, with Content-Type: application/json.")
	case http.StatusBadRequest:
		return holdfast.Errorf(holdfast.Invalid, "json", "The body is not the JSON object that this call takes%s", sayAll(faults))
	case http.StatusUnprocessableEntity:
		return holdfast.Errorf(holdfast.Invalid, "invalid_field", "The call is not as the document has it%s", sayAll(faults))
	}
	return fmt.Errorf("api: huma answers %d: %v", status, faults)
}

// sayAll is as much of the faults as a sentence carries.
func sayAll(faults []visit.Fault) string {
	const most = 5
	var said []string
	for _, f := range faults[:min(len(faults), most)] {
		said = append(said, f.Location+": "+f.Message)
	}
	switch {
	case len(said) == 0:
		return "; see /api/v1/openapi.yaml."
	case len(faults) > most:
		said = append(said, fmt.Sprintf("and %d more", len(faults)-most))
	}
	return ": " + strings.Join(said, "; ") + "."
}
