package jwk

import (
	"strings"
	"testing"
)

// The JWS of RFC 8037 appendix A.4 has no JSON for a payload; those of RFC 7515
// appendix A.2 (RS256) and A.3 (ES256) have.
const (
	rs256JWS = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
		"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
	rs256Key = `{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}`
	es256JWS = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	es256Key = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
)

func TestVerify(t *testing.T) {
	for _, c := range []struct{ jws, key, other string }{{rs256JWS, rs256Key, es256Key}, {es256JWS, es256Key, rs256Key}} {
		s, err := ReadJWT(c.jws)
		if err != nil {
			t.Fatal(err)
		}
		key, _ := Parse([]byte(c.key))
		other, _ := Parse([]byte(c.other))
		if !s.Verify(key) || s.Verify(other) || s.Claims.Get("iss").Text() != "joe" {
			t.Errorf("%s: verifies %v, by another key %v", s.Algorithm(), s.Verify(key), s.Verify(other))
		}
		payload := strings.Replace(c.jws, ".eyJpc3Mi", ".eyJpc3Mj", 1)
		if s, err := ReadJWT(payload); err == nil && s.Verify(key) {
			t.Error("a changed payload verifies")
		}
	}
	pinned, _ := Parse([]byte(strings.Replace(rs256Key, `"RSA"`, `"RSA","alg":"PS256"`, 1)))
	if s, _ := ReadJWT(rs256JWS); s.Verify(pinned) {
		t.Error("a key for PS256 verified RS256")
	}
}

func TestReadJWTRefuses(t *testing.T) {
	rest := es256JWS[strings.Index(es256JWS, "."):]
	for name, text := range map[string]string{
		"nothing":                   "",
		"two parts":                 "e30.e30",
		"four parts":                "e30.e30.e30.e30",
		"RFC 7515 §4.1.1: no alg":   "e30" + rest,
		"RFC 7515 §4: alg twice":    "eyJhbGciOiJub25lIiwiYWxnIjoiRVMyNTYifQ" + rest, // {"alg":"none","alg":"ES256"}
		"RFC 7515 §4.1.11: crit":    "eyJhbGciOiJFUzI1NiIsImNyaXQiOlsieCJdLCJ4IjoxfQ" + rest,
		"RFC 7797: b64":             "eyJhbGciOiJFUzI1NiIsImI2NCI6ZmFsc2V9" + rest,
		"a header that is an array": "W10" + rest,
		"padding":                   es256JWS + "=",
		"a line end":                es256JWS + "\n",
		"a payload that is no JSON": "eyJhbGciOiJFUzI1NiJ9.AAAA.AA",
	} {
		if _, err := ReadJWT(text); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

// What is read verifies by no key that did not sign it.
func FuzzReadJWT(f *testing.F) {
	f.Add(es256JWS)
	f.Add(rs256JWS)
	f.Add("e30.e30.")
	var keys []Key
	for _, text := range []string{okpKey, ecKey, rsaKey} {
		k, err := Parse([]byte(text))
		if err != nil {
			f.Fatal(err)
		}
		keys = append(keys, k)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ReadJWT(text)
		if err != nil {
			return
		}
		for _, k := range keys {
			if s.Verify(k) {
				t.Errorf("%q verifies", text)
			}
		}
	})
}
