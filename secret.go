package holdfast

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// SecretBytes is the strength of every bearer secret: 256 bits, above the
// 112 bits that NIST SP 800-63B-4 §4.1.2.2 asks of a binding code and the 64
// that §5.1 asks of a session secret.
const SecretBytes = 32

// NewSecret returns a bearer secret, base64url. It is shown once; only its
// HashSecret is ever stored.
func NewSecret() string {
	var b [SecretBytes]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// HashSecret is what is stored of a bearer secret. A plain SHA-256 is enough:
// the input has 256 random bits, so there is nothing to guess.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
