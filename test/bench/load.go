package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// identity is somebody who can sign in.
type identity struct {
	id     string // of the credential, base64url
	handle string // user handle, base64url
	key    *ecdsa.PrivateKey
}

// loaded is what one load did.
type loaded struct {
	signIns int
	errors  int
	first   error // the first of them
	took    time.Duration
	each    []time.Duration // begin to session, in no order
}

func (l loaded) rate() float64 { return float64(l.signIns) / l.took.Seconds() }

// load has people sign in, one after the other on each of n connections, for
// length. next gives the person of each sign-in; it is called concurrently.
func load(ctx context.Context, s *server, n int, length time.Duration, next func(connection, i int) identity) (loaded, error) {
	parts := make([]loaded, n)
	visitors := make([]*visitor, n)
	for i := range visitors {
		v, err := s.node(i).visitor()
		if err != nil {
			return loaded{}, err
		}
		defer v.Close()
		visitors[i] = v
	}
	began := time.Now()
	var wg sync.WaitGroup
	for i, v := range visitors {
		wg.Go(func() { parts[i] = v.keepSigningIn(ctx, began.Add(length), func(k int) identity { return next(i, k) }) })
	}
	wg.Wait()
	sum := loaded{took: time.Since(began)}
	for _, p := range parts {
		sum.signIns += p.signIns
		sum.errors += p.errors
		sum.each = append(sum.each, p.each...)
		if sum.first == nil {
			sum.first = p.first
		}
	}
	return sum, ctx.Err()
}

// visitor is a browser, as lean as can be.
type visitor struct {
	*wire
	begin    []byte // the whole request
	finish   []byte // its head as far as Content-Length
	origin   string
	rpIDHash [32]byte
	request  []byte
	content  []byte
}

// userAgent is that of a usual browser: it is stored with each session.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

func (s *server) visitor() (*visitor, error) {
	w, err := dial(s.addr)
	if err != nil {
		return nil, err
	}
	head := func(path string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(s.origin, "http://") +
			"\r\nUser-Agent: " + userAgent + "\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br\r\nOrigin: " + s.origin +
			"\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nContent-Type: application/json\r\nContent-Length: "
	}
	return &visitor{
		wire: w, origin: s.origin, rpIDHash: sha256.Sum256([]byte("localhost")),
		begin: []byte(head("/door/signin/begin") + "2\r\n\r\n{}"), finish: []byte(head("/door/signin/finish")),
	}, nil
}

func (v *visitor) keepSigningIn(ctx context.Context, until time.Time, next func(int) identity) (l loaded) {
	for i := 0; ctx.Err() == nil; i++ {
		began := time.Now()
		if began.After(until) {
			return l
		}
		if err := v.signIn(next(i)); err != nil {
			if l.errors++; l.first == nil {
				l.first = err
			}
			if l.errors > 100 {
				return l
			}
			continue
		}
		l.signIns++
		l.each = append(l.each, time.Since(began))
	}
	return l
}

// signIn is begin, a signature, finish.
func (v *visitor) signIn(who identity) error {
	status, body, err := v.do(v.begin)
	if err != nil {
		return err
	}
	if status != 200 {
		return fmt.Errorf("begin: %d %s", status, body)
	}
	id, err := member(body, "id")
	if err != nil {
		return err
	}
	challenge, err := member(body, "challenge")
	if err != nil {
		return err
	}
	if err := v.answer(who, id, challenge); err != nil {
		return err
	}
	if status, body, err = v.do(v.request); err != nil {
		return err
	}
	if status != 200 {
		return fmt.Errorf("finish: %d %s", status, body)
	}
	_, err = member(body, "redirect")
	return err
}

// answer makes v.request: an assertion by who (WebAuthn L3 §6.1, §6.3.3).
func (v *visitor) answer(who identity, id, challenge []byte) error {
	client := fmt.Appendf(nil, `{"type":"webauthn.get","challenge":"%s","origin":"%s","crossOrigin":false}`, challenge, v.origin)
	clientHash := sha256.Sum256(client)
	const upUVBEBS = 0x1d
	authData := append(v.rpIDHash[:len(v.rpIDHash):len(v.rpIDHash)], upUVBEBS, 0, 0, 0, 0)
	signed := sha256.Sum256(append(authData[:37:37], clientHash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, who.key, signed[:])
	if err != nil {
		return err
	}
	b := append(append(append(v.content[:0], `{"id":"`...), id...), `","credential":{"id":"`...)
	b = append(append(append(append(b, who.id...), `","rawId":"`...), who.id...), `","type":"public-key","authenticatorAttachment":"platform","clientExtensionResults":{},"response":{"clientDataJSON":"`...)
	b = append(base64.RawURLEncoding.AppendEncode(b, client), `","authenticatorData":"`...)
	b = append(base64.RawURLEncoding.AppendEncode(b, authData), `","signature":"`...)
	b = append(base64.RawURLEncoding.AppendEncode(b, sig), `","userHandle":"`...)
	b = append(append(b, who.handle...), `"}}}`...)
	v.content = b
	v.request = append(strconv.AppendInt(append(v.request[:0], v.finish...), int64(len(b)), 10), "\r\n\r\n"...)
	v.request = append(v.request, b...)
	return nil
}
