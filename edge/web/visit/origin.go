package visit

import (
	"context"
	"net/http"
)

type originKey struct{}

// At is ctx of a request that came to a related origin, a further address of
// the door (WebAuthn L3 §5.11).
func At(ctx context.Context, origin string) context.Context {
	return context.WithValue(ctx, originKey{}, origin)
}

// Origin is the related origin to which r came, or "" for the server's own. A
// session is good at the origin where it was opened and at no other: a cookie
// that is taken at one address opens nothing at the others.
func Origin(r *http.Request) string {
	origin, _ := r.Context().Value(originKey{}).(string)
	return origin
}
