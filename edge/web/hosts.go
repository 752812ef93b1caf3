package web

import (
	"net/http"
	"strings"

	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
	"holdfast/edge/web/wellknown"
)

// An organisation may serve its door under several names with the same
// passkeys: related origins, WebAuthn L3 §5.11. Each has the door and the
// portal, with cookies and sessions of its own. The console, the OpenID Connect
// issuer and every other part stay at the server's own origin alone.

// related is the mux of the related origins.
func (s *server) related() *route.Mux {
	mux := route.NewMux(s.Visits.Guard)
	mux.Handle("GET "+page.PathAssets, route.Anyone, s.Pages.Assets())
	for _, p := range s.Door {
		p(mux)
	}
	mux.HandleFunc("/", route.Anyone, s.toOrigin)
	return mux
}

// toOrigin sends whoever wants what is only there.
func (s *server) toOrigin(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || byAddress(r.Host) {
		http.Redirect(w, r, s.Origin+r.URL.RequestURI(), http.StatusTemporaryRedirect)
		return
	}
	s.Visits.JSONError(w, r, errWrongHost(s.Origin))
}

// otherHost answers under a name that is not the server's own: the RP ID's,
// where a proxy brings what clients ask of it, a related origin's, or one that
// nobody knows.
func (s *server) otherHost(root, door http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if asked := r.URL.Path; (asked == wellknown.PathRelated || asked == wellknown.PathEndpoints) && strings.EqualFold(r.Host, s.RPID) {
			root.ServeHTTP(w, r)
			return
		}
		origin, err := s.relatedOrigin(r)
		switch {
		case err != nil:
			s.Visits.PageError(w, r, visit.Visit{}, err)
		case origin == "":
			s.toOrigin(w, r)
		default:
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
			door.ServeHTTP(w, r.WithContext(visit.At(r.Context(), origin)))
		}
	}
}

// relatedOrigin is the related origin that r is for, or "". The list is read
// each time: all nodes follow a change at the next request.
func (s *server) relatedOrigin(r *http.Request) (string, error) {
	if s.Related == nil || byAddress(r.Host) {
		return "", nil
	}
	list, err := s.Related(r.Context())
	for _, origin := range list {
		if origin == "https://"+strings.ToLower(r.Host) {
			return origin, err
		}
	}
	return "", err
}
