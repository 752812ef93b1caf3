// Package upgrade proves that data of every schema that was ever released goes
// on working: a backup made at that schema, by the Holdfast of that day, is
// restored and migrated by today's, on both engines, and its people sign in
// with the passkeys that they had. Package make beside it made the backups. It
// refuses to make them anew: what counts is what the old program wrote.
package upgrade

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"

	"holdfast/test/softkey"
)

// Fixture is what people and applications held when the backup was made. Its
// secrets open nothing but the fixture.
type Fixture struct {
	Ground  string // version of the Holdfast that wrote the data
	Step    int64
	Records int64
	People  []Person
	App     App
}

// Person is somebody with their passkey.
type Person struct {
	Name, Email, ID string
	Passkey         Passkey
	Refused         string `json:",omitempty"` // the code with which they are turned away, or "" for who signs in
	Administrator   bool   `json:",omitempty"`
}

// Passkey is a softkey's credential.
type Passkey struct {
	ID, UserHandle []byte
	RPID           string
	Alg            int
	Private        []byte // PKCS #8
	Count          uint32
	BE             bool
}

// App is a confidential application with tokens of the first person's.
type App struct {
	ClientID, ClientSecret, RedirectURI string
	Refresh                             string // the newest refresh token
	Retired                             string // one that was replaced: who brings it back ends the family
	Other                               string // of a second grant, for Retired
}

// Keep is what a Passkey holds of c.
func Keep(c *softkey.Credential, be bool) (Passkey, error) {
	private, err := x509.MarshalPKCS8PrivateKey(c.Key.Private)
	return Passkey{ID: c.ID, UserHandle: c.UserHandle, RPID: c.RPID, Alg: int(c.Key.Alg), Private: private, Count: c.Count, BE: be}, err
}

// Key is an authenticator with the passkey, in a browser at origin.
func (p Passkey) Key(origin string) (*softkey.Authenticator, error) {
	private, err := x509.ParsePKCS8PrivateKey(p.Private)
	if err != nil {
		return nil, err
	}
	a := softkey.New(softkey.Config{Origin: origin, BE: p.BE, BS: p.BE})
	a.Add(&softkey.Credential{ID: p.ID, RPID: p.RPID, UserHandle: p.UserHandle, Count: p.Count,
		Key: &softkey.Key{Alg: softkey.Alg(p.Alg), Private: private.(crypto.Signer)}})
	return a, nil
}

// Names of a fixture's files.
func names(step int64) (backup, held string) {
	return fmt.Sprintf("step-%04d.gz", step), fmt.Sprintf("step-%04d.json", step)
}

// Save writes what people hold, and answers the name that the backup must have.
func (f Fixture) Save(dir string) (backup string, err error) {
	backup, held := names(f.Step)
	text, err := json.MarshalIndent(f, "", "\t")
	if err == nil {
		err = os.WriteFile(dir+"/"+held, append(text, '\n'), 0o644)
	}
	return dir + "/" + backup, err
}

// Load reads the fixture of a step.
func Load(dir string, step int64) (f Fixture, backup string, err error) {
	backup, held := names(step)
	text, err := os.ReadFile(dir + "/" + held)
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	return f, dir + "/" + backup, err
}
