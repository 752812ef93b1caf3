package visit

import (
	"encoding/base64"
	"net/http"

	"holdfast"
	"holdfast/domain/posture"
)

// managedName of the cookie that shows on which managed device a browser runs.
func (vs *Visits) managedName() string { return vs.cookieName() + "-managed" }

// Managed is the hash of what the browser's cookie of a managed device carries,
// or "" where it has none.
func (vs *Visits) Managed(r *http.Request) string {
	// Two cookies of our name: somebody planted one. Take none.
	if cs := r.CookiesNamed(vs.managedName()); len(cs) == 1 && len(cs[0].Value) == base64.RawURLEncoding.EncodedLen(holdfast.SecretBytes) {
		return holdfast.HashSecret(cs[0].Value)
	}
	return ""
}

// KeepManaged gives the browser the cookie of its managed device.
func (vs *Visits) KeepManaged(w http.ResponseWriter, secret string) {
	http.SetCookie(w, vs.cookie(vs.managedName(), secret, int(posture.CookieLife.Seconds())))
}
