package visit

import (
	"encoding/base64"
	"net/http"

	"holdfast"
	"holdfast/domain/device"
)

// deviceName of the cookie that tells one browser of a person from another. It
// opens nothing.
func (vs *Visits) deviceName() string { return vs.cookieName() + "-device" }

// Device is the hash of what the browser's device cookie carries, or "" where
// it has none.
func (vs *Visits) Device(r *http.Request) string {
	// Two cookies of our name: somebody planted one. Take none.
	if cs := r.CookiesNamed(vs.deviceName()); len(cs) == 1 && len(cs[0].Value) == base64.RawURLEncoding.EncodedLen(holdfast.SecretBytes) {
		return holdfast.HashSecret(cs[0].Value)
	}
	return ""
}

// KeepDevice gives the browser its device cookie, at a sign-in: a new one, or
// the one that it has for as long again.
func (vs *Visits) KeepDevice(w http.ResponseWriter, r *http.Request) {
	secret := holdfast.NewSecret()
	if vs.Device(r) != "" {
		secret = r.CookiesNamed(vs.deviceName())[0].Value
	}
	http.SetCookie(w, vs.cookie(vs.deviceName(), secret, int(device.Life.Seconds())))
}
