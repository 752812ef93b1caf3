package demo

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
)

// sealer keeps what the application knows in cookies that only it can read and
// make.
type sealer struct{ aead cipher.AEAD }

func newSealer() sealer {
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("demo: internal error: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("demo: internal error: " + err.Error())
	}
	return sealer{aead}
}

// sealed has its own end: a browser may keep a cookie for longer.
type sealed struct {
	Ends  time.Time       `json:"ends"`
	Value json.RawMessage `json:"value"`
}

// write sets the cookie. Its name is sealed in, so that none passes for
// another.
func (s sealer) write(w http.ResponseWriter, name string, v any, life time.Duration) {
	value, err := json.Marshal(v)
	if err == nil {
		value, err = json.Marshal(sealed{time.Now().Add(life), value})
	}
	if err != nil {
		panic("demo: internal error: " + err.Error())
	}
	http.SetCookie(w, cookie(name, base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, value, []byte(name))), int(life.Seconds())))
}

// read gives the cookie's value, or false where it is missing, over or not ours.
func (s sealer) read(r *http.Request, name string, v any) bool {
	c, err := r.Cookie(name)
	if err != nil {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return false
	}
	plain, err := s.aead.Open(nil, nil, raw, []byte(name))
	if err != nil {
		return false
	}
	var in sealed
	return json.Unmarshal(plain, &in) == nil && time.Now().Before(in.Ends) && json.Unmarshal(in.Value, v) == nil
}

func drop(w http.ResponseWriter, name string) { http.SetCookie(w, cookie(name, "", -1)) }

// cookie is not Secure: the demo is on plain http, on the loopback interface.
func cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}
