package script

import (
	"encoding/base64"
	"errors"
	"fmt"

	"holdfast/test/softkey"
)

// key NAME=on|off…: another authenticator of this kind; "key another" is an
// honest one. Known are uv, be, bs, discoverable.
func (p *person) key(l line) error {
	c := softkey.Config{Origin: p.stage.world.Base, Careless: p.name == "mallory"}
	for name, value := range l.named() {
		on := value == "on"
		switch name {
		case "uv":
			c.NoUV, c.Careless = !on, true
		case "be":
			c.BE = on
		case "bs":
			c.BS = on
		case "discoverable":
			c.NotDiscoverable = !on
		default:
			return fmt.Errorf("a key has no %q", name)
		}
	}
	if l.word(0) == "same" { // the same credentials, other manners
		p.browser.Key.Config = c
		return nil
	}
	p.browser.Key = softkey.New(c)
	return nil
}

// forges-id-of NAME: the next passkey that is made says that it is NAME's.
func (p *person) forgesID(l line) error {
	victim, err := p.other(l)
	if err != nil {
		return err
	}
	id := victim.browser.Key.Credentials()[0].ID
	encoded := base64.RawURLEncoding.EncodeToString(id)
	p.browser.Key.Config.Tamper = softkey.Tamper{
		// §6.5.1: rpIdHash 32, flags 1, signCount 4, AAGUID 16, length 2, id.
		AuthData: func(b []byte) []byte {
			if len(b) > 55+len(id) {
				copy(b[55:], id)
			}
			return b
		},
		Credential: func(m map[string]any) { m["id"], m["rawId"] = encoded, encoded },
	}
	return nil
}

// borrows-handle-of NAME: assertions say that they are NAME's.
func (p *person) borrowsHandle(l line) error {
	victim, err := p.other(l)
	if err != nil {
		return err
	}
	handle := victim.browser.Key.Credentials()[0].UserHandle
	p.browser.Key.Config.Tamper = softkey.Tamper{UserHandle: func([]byte) []byte { return handle }}
	return nil
}

// shows-id [VARIABLE]: the id of one's newest passkey.
func (p *person) showsID(l line) error {
	all := p.browser.Key.Credentials()
	if len(all) == 0 {
		return errors.New("no passkey")
	}
	id := base64.RawURLEncoding.EncodeToString(all[len(all)-1].ID)
	if l.word(0) != "" {
		l.ts.Setenv(l.word(0), id)
	}
	l.say("%s", id)
	return nil
}
