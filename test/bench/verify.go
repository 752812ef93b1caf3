package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"holdfast/spec/webauthn"
	"holdfast/test/softkey"
)

// verify compares one assertion, from the JSON that a browser sends to the
// verdict, with the bare signature check inside of it. Short runs of both take
// turns, so that a busy moment falls on both.
func (b *bench) verify(context.Context) error {
	full, bare, err := assertion()
	if err != nil {
		return err
	}
	const pairs, each = 200, 25
	var ratios []float64
	var fulls, bares []time.Duration
	for i := range pairs {
		a, z := full, bare
		if i%2 == 1 { // neither is always the second
			a, z = bare, full
		}
		first, second := timed(a, each), timed(z, each)
		if i%2 == 1 {
			first, second = second, first
		}
		fulls, bares = append(fulls, first), append(bares, second)
		ratios = append(ratios, float64(first)/float64(second))
	}
	b.printf("verify    one ES256 assertion, parsed and checked: %s (least %s); ecdsa.VerifyASN1 alone: %s (least %s)\n",
		round(median(fulls)), round(slices.Min(fulls)), round(median(bares)), round(slices.Min(bares)))
	b.printf("          ratio %.3f (median of %d pairs), %.3f (least to least); allocations %.0f, of which the signature check makes %.0f\n\n",
		median(ratios), pairs, float64(slices.Min(fulls))/float64(slices.Min(bares)),
		testing.AllocsPerRun(100, full), testing.AllocsPerRun(100, bare))
	return nil
}

func timed(f func(), n int) time.Duration {
	began := time.Now()
	for range n {
		f()
	}
	return time.Since(began) / time.Duration(n)
}

// assertion gives the check of one answer as the door makes it, and the bare
// signature check over the same bytes. Both end the program if they refuse.
func assertion() (full, bare func(), err error) {
	const origin = "https://login.example.org"
	challenge := make([]byte, 32)
	key := softkey.New(softkey.Config{Origin: origin, BE: true, BS: true})
	private, err := softkey.NewKey(softkey.ES256)
	if err != nil {
		return nil, nil, err
	}
	cose, err := private.COSE()
	if err != nil {
		return nil, nil, err
	}
	handle := make([]byte, 32)
	key.Add(&softkey.Credential{ID: make([]byte, 32), RPID: "example.org", UserHandle: handle, Key: private})
	options, err := json.Marshal(webauthn.RequestOptions{Challenge: challenge, RPID: "example.org", UserVerification: "required"})
	if err != nil {
		return nil, nil, err
	}
	answer, err := key.Get(options)
	if err != nil {
		return nil, nil, err
	}
	be := true
	want := webauthn.Authentication{
		RP: webauthn.RelyingParty{ID: "example.org", Origins: []string{origin}}, Challenge: challenge, RequireUV: true,
		Discoverable: true, Credential: webauthn.Stored{ID: make([]byte, 32), PublicKey: cose, UserHandle: handle, BE: &be},
	}
	full = func() {
		r, err := webauthn.ParseAuthenticationResponse(answer)
		if err == nil {
			_, err = webauthn.VerifyAuthentication(want, r)
		}
		if err != nil {
			panic(fmt.Sprintf("bench: a good assertion was refused: %v", err))
		}
	}
	r, err := webauthn.ParseAuthenticationResponse(answer)
	if err != nil {
		return nil, nil, err
	}
	client := sha256.Sum256(r.ClientDataJSON)
	hash := sha256.Sum256(append(slices.Clone(r.AuthenticatorData), client[:]...))
	public := private.Private.Public().(*ecdsa.PublicKey)
	return full, func() {
		if !ecdsa.VerifyASN1(public, hash[:], r.Signature) {
			panic("bench: a good signature was refused")
		}
	}, nil
}
