package visit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"holdfast"
	"holdfast/edge/telemetry"
	"holdfast/edge/web/page"
	"holdfast/spec/ijson"
)

// maxBody bounds a JSON body: a registration with a long certificate chain is
// some 10 kB.
const maxBody = 128 << 10

// maxForm bounds a form.
const maxForm = 64 << 10

// Problem is an RFC 9457 problem.
type Problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail,omitempty"`
	Code   string  `json:"code"`
	Step   string  `json:"step,omitempty"`   // of the specification
	Reason string  `json:"reason,omitempty"` // what that step found
	Trace  string  `json:"trace,omitempty"`
	Errors []Fault `json:"errors,omitempty" nullable:"false"` // where more than one thing is wrong
}

// A Fault is one of several things that are wrong with a call.
type Fault struct {
	Location string `json:"location"` // "body.email", "query.limit", "line 3"
	Message  string `json:"message"`
}

// StatusOf is the HTTP status of a kind of error.
func StatusOf(k holdfast.Kind) int {
	switch k {
	case holdfast.Invalid:
		return http.StatusBadRequest
	case holdfast.Denied:
		return http.StatusForbidden
	case holdfast.Unsigned:
		return http.StatusUnauthorized
	case holdfast.NotFound:
		return http.StatusNotFound
	case holdfast.Conflict:
		return http.StatusConflict
	case holdfast.Expired:
		return http.StatusGone
	case holdfast.Throttled:
		return http.StatusTooManyRequests
	case holdfast.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// ProblemOf says what a stranger may know of err, and logs the rest.
func (vs *Visits) ProblemOf(r *http.Request, err error) Problem {
	e, ok := errors.AsType[*holdfast.Error](err)
	if !ok {
		e = holdfast.Errorf(holdfast.Internal, "internal", "Something went wrong on our side. Try again; if it stays, tell your administrator.")
	}
	p := Problem{Type: "about:blank", Status: StatusOf(e.Kind), Detail: e.Text, Code: e.Code, Step: e.Step, Reason: e.Reason}
	p.Title = http.StatusText(p.Status)
	level := slog.LevelInfo
	if p.Status >= 500 {
		level, p.Trace = slog.LevelError, telemetry.TraceOf(r.Context()).ID
	}
	if r.Context().Err() == nil {
		vs.Log.Log(r.Context(), level, "refused", "method", r.Method, "path", pathOf(r), "code", p.Code, "error", err)
	}
	return p
}

// pathOf is the path of r as it may stand in a log: the API takes people by
// their e-mail address.
func pathOf(r *http.Request) string {
	if strings.Contains(r.URL.Path, "@") {
		return r.Pattern
	}
	return r.URL.Path
}

// JSONError answers err as problem JSON.
func (vs *Visits) JSONError(w http.ResponseWriter, r *http.Request, err error) {
	p := vs.ProblemOf(r, err)
	page.Headers(w.Header())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// PageError answers err as a page. Who should sign in or confirm first is sent
// to the door instead and comes back.
func (vs *Visits) PageError(w http.ResponseWriter, r *http.Request, v Visit, err error) {
	p := vs.ProblemOf(r, err)
	if p.Status == http.StatusUnauthorized {
		vs.ToDoor(w, r, p.Code == "confirm_first" && v.SignedIn())
		return
	}
	vs.Render(w, r, p.Status, &page.Problem{Frame: vs.Frame(w, r, v), Status: p.Status,
		Text: p.Detail, Code: p.Code, Step: p.Step, Trace: p.Trace, At: vs.Clock()})
}

// ToDoor sends the visitor to sign in, or to confirm, and back to where they
// came from: the page itself, or the page whose form they sent.
func (vs *Visits) ToDoor(w http.ResponseWriter, r *http.Request, confirm bool) {
	back := r.URL.RequestURI()
	if r.Method != http.MethodGet {
		back = ""
		if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host {
			back = u.RequestURI()
		}
	}
	q := url.Values{}
	if back = LocalPath(back); back != "" {
		q.Set("return", back)
	}
	if confirm {
		q.Set("confirm", "1")
	}
	http.Redirect(w, r, page.PathSignIn+"?"+q.Encode(), http.StatusSeeOther)
}

// bodyLimits bound how a body may be nested: deeper than a registration with
// extensions never is.
var bodyLimits = ijson.Limits{Bytes: maxBody, Depth: 16}

// ReadJSON reads a bounded JSON object into v. Unknown members are refused,
// and so are repeated ones: two readers could see different things in them.
func ReadJSON(w http.ResponseWriter, r *http.Request, v any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return holdfast.Errorf(holdfast.Invalid, "content_type", "Send JSON, with Content-Type: application/json.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return holdfast.Errorf(holdfast.Invalid, "body_too_large", "The body is larger than %d bytes.", maxBody)
	}
	if err == nil {
		err = decode(body, v)
	}
	if err != nil {
		return holdfast.Errorf(holdfast.Invalid, "json", "The body is not the JSON object that this call takes; see docs/api.md.").Because(err)
	}
	return nil
}

// decode reads an object with exactly the members that v, a pointer to a
// struct, names in its tags. encoding/json alone takes null for an object, the
// last of repeated members, and NAME for name.
func decode(body []byte, v any) error {
	value, err := ijson.Parse(body, bodyLimits)
	if err != nil {
		return err
	}
	if value.Kind() != ijson.Object {
		return fmt.Errorf("the body is %s, not an object", value.Kind())
	}
	t := reflect.TypeOf(v).Elem()
	for name := range value.Names() {
		if !hasMember(t, name) {
			return fmt.Errorf("a member %q is not known", name)
		}
	}
	return json.Unmarshal(body, v)
}

// hasMember says whether a field of the struct t is tagged with name.
func hasMember(t reflect.Type, name string) bool {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("json") == name {
			return true
		}
	}
	return false
}

// WriteJSON answers 200 with v.
func WriteJSON(w http.ResponseWriter, v any) {
	page.Headers(w.Header())
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// Form reads a bounded form.
func Form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return holdfast.Errorf(holdfast.Invalid, "form", "The form could not be read. Go back and send it again.").Because(err)
	}
	return nil
}
