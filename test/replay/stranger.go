package replay

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/cookiejar"

	"holdfast/test/client"
	"holdfast/test/softkey"
)

// What anybody may try who holds nothing: forged and stolen answers, sessions
// that are over. The model gives no edge for any of it, so nothing of it may
// ever succeed.

// strangers are the attacks on p that take nothing.
func (o *Organisation) strangers(p *Person) []*Attack {
	var out []*Attack
	for _, c := range o.Stale {
		if c.Person == p {
			out = append(out, &Attack{Name: "use a session of " + p.Name + " that is over", Target: p, Needs: nothing,
				do: func(s *scene) (*client.Client, error) { return s.stolen(c) }})
		}
	}
	for _, k := range o.keysOf(p) {
		out = append(out, &Attack{Name: "forge the signature of " + k.Name, Target: p, Key: k, Needs: nothing,
			do: func(s *scene) (*client.Client, error) { return s.forge(k) }})
		if !p.Honest {
			continue
		}
		for name, do := range map[string]func(*scene, *Passkey) (*client.Client, error){
			"lure the owner of " + k.Name + " to another site":                   (*scene).lure,
			"lure the owner of " + k.Name + " to another site that owns a name":  (*scene).lureElsewhere,
			"send again what " + k.Name + " has answered":                        (*scene).again,
			"answer a new question with what " + k.Name + " answered to another": (*scene).answered,
		} {
			out = append(out, &Attack{Name: name, Target: p, Key: k, Needs: nothing,
				do: func(s *scene) (*client.Client, error) { return do(s, k) }})
		}
	}
	return out
}

// stolen uses a cookie.
func (s *scene) stolen(c Cookie) (*client.Client, error) {
	b, err := s.stranger(nil)
	if err != nil {
		return nil, err
	}
	b.HTTP.Jar.SetCookies(b.Base, []*http.Cookie{{Name: "holdfast", Value: c.Secret, Path: "/"}})
	return b, nil
}

// answer begins a sign-in and finishes it with what answered makes of it.
func (s *scene) answer(answered func(client.Begun) ([]byte, error)) (*client.Client, error) {
	c, err := s.stranger(nil)
	if err != nil {
		return nil, err
	}
	b, err := c.BeginSignIn(s.ctx, "", "")
	if err != nil {
		return nil, err
	}
	credential, err := answered(b)
	if err != nil {
		return nil, err
	}
	_, err = c.FinishSignIn(s.ctx, b.ID, credential)
	return c, err
}

// forge answers in the name of k with a key of the attacker's own.
func (s *scene) forge(k *Passkey) (*client.Client, error) {
	a := k.on(s.base, true)
	own, err := softkey.NewKey(k.Key.Key.Alg)
	if err != nil {
		return nil, err
	}
	forged := *k.Key
	forged.Key = own
	return s.answer(func(b client.Begun) ([]byte, error) { return a.GetWith(&forged, b.PublicKey) })
}

// lure has the owner of k sign in at the attacker's site, which asks the
// question that it got from the server, and sends on what comes.
func (s *scene) lure(k *Passkey) (*client.Client, error) {
	a := k.on("https://example.attacker.test", true)
	a.Config.Careless = true // no browser would do it
	return s.answer(func(b client.Begun) ([]byte, error) { return a.Get(b.PublicKey) })
}

// lureElsewhere: the page shows the right origin and has the passkey answer for
// another name.
func (s *scene) lureElsewhere(k *Passkey) (*client.Client, error) {
	a := k.on(s.base, true)
	a.Config.Tamper.AuthData = func(b []byte) []byte {
		other := sha256.Sum256([]byte("example.attacker.test"))
		return append(other[:], b[len(other):]...)
	}
	return s.answer(func(b client.Begun) ([]byte, error) { return a.Get(b.PublicKey) })
}

// again sends what the owner has just sent.
func (s *scene) again(k *Passkey) (*client.Client, error) {
	c, err := s.stranger(k.on(s.base, true))
	if err != nil {
		return nil, err
	}
	b, credential, err := s.signedIn(c)
	if err != nil {
		return nil, err
	}
	if c.HTTP.Jar, err = cookiejar.New(nil); err != nil {
		return nil, err
	}
	_, err = c.FinishSignIn(s.ctx, b.ID, credential)
	return c, err
}

// answered sends the owner's answer to another question.
func (s *scene) answered(k *Passkey) (*client.Client, error) {
	c, err := s.stranger(k.on(s.base, true))
	if err != nil {
		return nil, err
	}
	old, credential, err := s.signedIn(c)
	if err != nil {
		return nil, err
	}
	return s.answer(func(b client.Begun) ([]byte, error) {
		if bytes.Equal(b.PublicKey, old.PublicKey) {
			return nil, errors.New("the server asks the same twice")
		}
		return credential, nil
	})
}

// signedIn is an honest sign-in that somebody wrote down.
func (s *scene) signedIn(c *client.Client) (client.Begun, []byte, error) {
	b, err := c.BeginSignIn(s.ctx, "", "")
	if err != nil {
		return b, nil, err
	}
	credential, err := c.Key.Get(b.PublicKey)
	if err != nil {
		return b, nil, err
	}
	_, err = c.FinishSignIn(s.ctx, b.ID, credential)
	return b, credential, err
}
