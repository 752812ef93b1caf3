package scim

import (
	"encoding/json"
	"errors"
	"net/http"

	scimerrors "github.com/elimity-com/scim/errors"

	"holdfast"
	"holdfast/edge/web/visit"
)

// problem is err as SCIM says it (RFC 7644 §3.12). What is not for outsiders is
// logged by whoever made it, and is an internal error here.
func (s *Service) problem(r *http.Request, err error) error {
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[scimerrors.ScimError](err); ok {
		return own
	}
	e, ok := errors.AsType[*holdfast.Error](err)
	if !ok || e.Kind == holdfast.Internal {
		s.Log.ErrorContext(r.Context(), "scim failed", "method", r.Method, "path", r.URL.Path, "error", err)
		return scimerrors.ScimErrorInternal
	}
	s.Log.InfoContext(r.Context(), "refused", "method", r.Method, "path", r.URL.Path, "code", e.Code, "error", err)
	p := scimerrors.ScimError{Detail: e.Text + " (" + e.Code + ")", Status: visit.StatusOf(e.Kind)}
	switch {
	case e.Code == "email_taken" || e.Code == "group_taken":
		p.ScimType, p.Status = scimerrors.ScimTypeUniqueness, http.StatusConflict
	case e.Code == errFilter.Code:
		p.ScimType = scimerrors.ScimTypeInvalidFilter
	case e.Code == errPath.Code:
		p.ScimType = scimerrors.ScimTypeInvalidPath
	case e.Kind == holdfast.Invalid:
		p.ScimType = scimerrors.ScimTypeInvalidValue
	case e.Kind == holdfast.Expired: // 410 is not for SCIM
		p.Status = http.StatusBadRequest
	case e.Kind == holdfast.Conflict:
		p.ScimType, p.Status = scimerrors.ScimTypeMutability, http.StatusBadRequest
	}
	return p
}

// refuse answers err before the library is asked.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r, err)
	status := http.StatusInternalServerError
	if e, ok := errors.AsType[scimerrors.ScimError](p); ok {
		status = e.Status
	}
	challenge := `Bearer realm="holdfast"`
	switch {
	case status == http.StatusUnauthorized && r.Header.Get("Authorization") == "": // RFC 6750 §3.1: no error code then
		w.Header().Set("WWW-Authenticate", challenge)
	case status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", challenge+`, error="invalid_token"`)
	case holdfast.CodeOf(err) == "scope_missing":
		w.Header().Set("WWW-Authenticate", challenge+`, error="insufficient_scope"`)
	case status == http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "60")
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(p)
}
