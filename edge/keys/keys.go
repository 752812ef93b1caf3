// Package keys holds the master key of a deployment and what is derived from
// it: the key that seals ceremonies, the key of decoys, the signer of the
// audit log, and the wrapping of the keys that sign tokens. All nodes share
// one master key; a database alone is worth nothing to whoever steals it.
//
// Package keys refuses a master key that others on the host may read.
package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Master is the 256-bit secret from which the deployment's own keys come.
type Master struct{ key []byte }

// Load reads the master key from a file: 32 bytes, base64. With create, a file
// that is missing is made, readable by its owner only.
func Load(path string, create bool) (Master, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && create {
		return generate(path)
	}
	if err != nil {
		return Master{}, fmt.Errorf("read the master key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && !(Handed(path) && mode&0o037 == 0) {
		return Master{}, fmt.Errorf("the master key %s can be read by others (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Master{}, fmt.Errorf("read the master key: %w", err)
	}
	m, err := Parse(text)
	if err != nil {
		return Master{}, fmt.Errorf("the master key %s is not 32 bytes in base64: restore it from your backup", path)
	}
	return m, nil
}

// Handed says whether a file was handed over by the service manager
// (LoadCredential in systemd.exec(5)): the folder is the service's alone, and
// the list by which its user may read the file shows as its group's bits.
func Handed(path string) bool {
	given := os.Getenv("CREDENTIALS_DIRECTORY")
	return given != "" && filepath.Dir(path) == filepath.Clean(given) || strings.HasPrefix(filepath.Clean(path), "/run/credentials/")
}

// Parse reads what a master key's file holds.
func Parse(text []byte) (Master, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return Master{}, errors.New("the master key is not 32 bytes in base64")
	}
	return Master{key}, nil
}

// Text is what Parse reads.
func (m Master) Text() string { return base64.StdEncoding.EncodeToString(m.key) + "\n" }

// Equal says whether both are one key, in a time that says nothing else.
func (m Master) Equal(other Master) bool { return subtle.ConstantTimeCompare(m.key, other.key) == 1 }

// Place writes the key to path, whole or not at all. A file that is there
// already must hold this key; placed says that there was none.
func (m Master) Place(path string) (placed bool, err error) {
	have, err := Load(path, false)
	switch {
	case err == nil && have.Equal(m):
		return false, nil
	case err == nil:
		return false, fmt.Errorf("another master key is in %s: move it away, or name another file", path)
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	have, err = m.write(path)
	if err == nil && !have.Equal(m) {
		err = fmt.Errorf("another master key has just been made in %s: end the other Holdfast", path)
	}
	return err == nil, err
}

// generate makes a new key.
func generate(path string) (Master, error) {
	key := make([]byte, 32)
	rand.Read(key)
	return Master{key}.write(path)
}

// write puts the key there whole or not at all: a half-written key after a
// crash would be a new, wrong key. Where another process was first, it gives
// that one's.
func (m Master) write(path string) (Master, error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".master-*")
	if err != nil {
		return Master{}, fmt.Errorf("make the master key: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(m.Text())
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return Master{}, fmt.Errorf("make the master key: %w", err)
	}
	// Link, not Rename: another process that was first keeps its key.
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		return Load(path, false)
	} else if err != nil {
		return Master{}, fmt.Errorf("make the master key: %w", err)
	}
	return m, nil
}

// Derive gives the 32-byte key for a use. Different labels give keys that say
// nothing of each other.
func (m Master) Derive(label string) []byte {
	k, err := hkdf.Key(sha256.New, m.key, nil, "holdfast v1 "+label, 32)
	if err != nil {
		panic("keys: internal error: " + err.Error())
	}
	return k
}

func (m Master) aead() cipher.AEAD {
	block, err := aes.NewCipher(m.Derive("wrap"))
	if err != nil {
		panic("keys: internal error: " + err.Error())
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("keys: internal error: " + err.Error())
	}
	return a
}

// Wrap seals secret so that it opens only under the same name.
func (m Master) Wrap(name string, secret []byte) []byte {
	return m.aead().Seal(nil, nil, secret, []byte(name))
}

// Unwrap is the reverse of Wrap.
func (m Master) Unwrap(name string, wrapped []byte) ([]byte, error) {
	secret, err := m.aead().Open(nil, nil, wrapped, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("unwrap key %s: it was wrapped under another master key", name)
	}
	return secret, nil
}

// Log gives the signer of the audit log's checkpoints and its verifier, and
// the verifier's key in the note format, for whoever checks an export
// elsewhere.
func (m Master) Log(origin string) (note.Signer, note.Verifier, string, error) {
	private := ed25519.NewKeyFromSeed(m.Derive("audit log"))
	vkey, err := note.NewEd25519VerifierKey(origin, private.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, nil, "", fmt.Errorf("make the log's verifier key: %w", err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, nil, "", err
	}
	const ed25519Algorithm = 1 // C2SP signed-note
	seed := append([]byte{ed25519Algorithm}, private.Seed()...)
	skey := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", origin, verifier.KeyHash(), base64.StdEncoding.EncodeToString(seed))
	signer, err := note.NewSigner(skey)
	return signer, verifier, vkey, err
}
