package doctor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"holdfast"
)

// Marker is the header of a request that asks the server what arrived of it:
// "UNIX-SECONDS.MAC". Only who holds the master key can make one, so a
// stranger learns nothing, and any node behind the same name answers.
const Marker = "Holdfast-Doctor"

// markerLife is how long a marker is good: for the way, and for clocks that
// differ. Whoever catches one learns until then what they sent themselves.
const markerLife = 2 * time.Minute

// Mark makes a marker under key, which is derived for the doctor alone.
func Mark(key []byte, now time.Time) string {
	at := strconv.FormatInt(now.Unix(), 10)
	return at + "." + mac(key, at)
}

func mac(key []byte, at string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("holdfast doctor " + at))
	return hex.EncodeToString(h.Sum(nil))
}

func genuine(key []byte, marker string, now time.Time) bool {
	at, sum, _ := strings.Cut(marker, ".")
	sec, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !hmac.Equal([]byte(sum), []byte(mac(key, at))) {
		return false
	}
	return now.Sub(time.Unix(sec, 0)).Abs() <= markerLife
}

// Arrived is what a server saw of a marked request.
type Arrived struct {
	Version   string    `json:"version"`
	Now       time.Time `json:"now"`
	Host      string    `json:"host"`
	Peer      string    `json:"peer"` // address and port of who connected
	TLS       bool      `json:"tls"`
	Trusted   bool      `json:"trusted"`   // the peer is one of trusted_proxies
	Forwarded []string  `json:"forwarded"` // X-Forwarded-For, each header
	Proto     string    `json:"proto"`     // X-Forwarded-Proto
	Client    string    `json:"client"`    // the address that is taken for the client's
}

// Echo answers marked requests, whatever they ask for and at whatever name,
// and leaves all others to next.
func Echo(next http.Handler, key []byte, clock holdfast.Clock, version string, trusted func(*http.Request) bool, client func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		marker := r.Header.Get(Marker)
		if marker == "" || !genuine(key, marker, clock()) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(Arrived{Version: version, Now: clock(), Host: r.Host, Peer: r.RemoteAddr, TLS: r.TLS != nil,
			Trusted: trusted(r), Forwarded: r.Header.Values("X-Forwarded-For"), Proto: r.Header.Get("X-Forwarded-Proto"), Client: client(r)})
	})
}
