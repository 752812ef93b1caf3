package jwk

import (
	"errors"
	"strings"
	"testing"
)

// The key of RFC 7638 §3.1 and that of RFC 8037 appendix A.
const (
	rsaKey = `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`
	okpKey = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	ecKey  = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","kid":"1"}` // RFC 7517 appendix A.1
)

func TestThumbprint(t *testing.T) {
	for text, want := range map[string]string{
		rsaKey: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
		okpKey: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
	} {
		k, err := Parse([]byte(text))
		if err != nil || k.Thumbprint != want {
			t.Errorf("%q, %v, want %q", k.Thumbprint, err, want)
		}
	}
	if k, err := Parse([]byte(ecKey)); err != nil || k.Algorithm != "ES256" || k.ID != "1" {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":                               `{`,
		"no object":                             `[]`,
		"a member twice":                        `{"kty":"RSA",` + ecKey[1:],
		"RFC 7518 §6.4: a symmetric key":        `{"kty":"oct"}`,
		"a curve that is not offered":           strings.Replace(ecKey, "P-256", "secp256k1", 1),
		"a point off the curve":                 strings.Replace(ecKey, `"y":"4`, `"y":"5`, 1),
		"RFC 7518 §6.2.1.2: a short coordinate": strings.Replace(ecKey, `"x":"MKBC`, `"x":"`, 1),
		"a key for encryption":                  strings.Replace(ecKey, `"sig"`, `"enc"`, 1),
		"an alg of another type":                strings.Replace(rsaKey, "RS256", "ES256", 1),
		"alg none":                              strings.Replace(rsaKey, "RS256", "none", 1),
		"an RSA key of 1024 bits":               `{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("v", 171) + `w"}`,
		"an even exponent":                      strings.Replace(rsaKey, "AQAB", "AQAC", 1),
		"an exponent of one":                    strings.Replace(rsaKey, "AQAB", "AQ", 1),
		"an Ed25519 key of 31 bytes":            strings.Replace(okpKey, "11qY", "", 1),
		"base64url with padding":                strings.Replace(okpKey, `HURo"`, `HURo="`, 1),
		"base64url with bits to spare":          strings.Replace(okpKey, `HURo"`, `HURp"`, 1),
		"base64url with a line end":             strings.Replace(okpKey, `HURo"`, `HURo\n"`, 1),
		"a kid that is a number":                strings.Replace(ecKey, `"kid":"1"`, `"kid":1`, 1),
		"too long":                              `{"kty":"` + strings.Repeat("E", MaxBytes) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if k, err := Parse([]byte(text)); err == nil {
				t.Errorf("read as %+v", k)
			}
		})
	}
	for _, member := range []string{"d", "k", "p", "oth"} {
		if _, err := Parse([]byte(`{"` + member + `":"AA",` + ecKey[1:])); !errors.Is(err, ErrPrivate) {
			t.Errorf("a key with %s: %v, want ErrPrivate", member, err)
		}
	}
}

func TestParseSet(t *testing.T) {
	keys, err := ParseSet([]byte(`{"keys":[` + ecKey + `,` + rsaKey + `]}`))
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for name, text := range map[string]string{
		"no keys":       `{"keys":[]}`,
		"a single key":  ecKey,
		"one kid twice": `{"keys":[` + ecKey + `,` + ecKey + `]}`,
		"eleven keys":   `{"keys":[` + strings.Repeat(okpKey+",", 10) + okpKey + `]}`,
	} {
		if keys, err := ParseSet([]byte(text)); err == nil {
			t.Errorf("%s: read as %d keys", name, len(keys))
		}
	}
}

// Whatever is read names itself by a thumbprint of one length.
func FuzzParse(f *testing.F) {
	for _, s := range []string{rsaKey, okpKey, ecKey, `{"kty":"oct","k":"AA"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := Parse(text)
		if err == nil && (len(k.Thumbprint) != 43 || k.Public == nil) {
			t.Errorf("%q: %+v", text, k)
		}
	})
}
