package oracle

import (
	"bytes"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// mutation changes a sample; false if it has nothing to change there.
type mutation struct {
	name  string
	apply func(*sample, *rand.Rand) bool
}

func mutations() []mutation {
	return append(append(jsonMutations(), clientMutations()...), binaryMutations()...)
}

// always is a mutation that suits every sample.
func always(name string, apply func(*sample, *rand.Rand)) mutation {
	return mutation{name, func(s *sample, r *rand.Rand) bool { apply(s, r); return true }}
}

func jsonMutations() []mutation {
	set := func(name string, outer, inner object) mutation {
		return always(name, func(s *sample, _ *rand.Rand) { s.outer, s.inner = outer, inner })
	}
	return []mutation{
		set("no id", object{"id": nil}, nil),
		set("no rawId", object{"rawId": nil}, nil),
		set("neither id nor rawId", object{"id": nil, "rawId": nil}, nil),
		set("another id", object{"id": "AAAA"}, nil),
		set("another id and rawId", object{"id": "AAAA", "rawId": "AAAA"}, nil),
		set("no type", object{"type": nil}, nil),
		set("another type", object{"type": "password"}, nil),
		set("unsolicited appid", object{"clientExtensionResults": object{"appid": false}}, nil),
		set("unsolicited largeBlob", object{"clientExtensionResults": object{"largeBlob": object{"supported": true}}}, nil),
		set("malformed credProps", object{"clientExtensionResults": object{"credProps": 1}}, nil),
		set("extension results of the wrong type", object{"clientExtensionResults": 1}, nil),
		set("unknown members", object{"x": 1}, object{"y": []int{}}),
		set("attachment of the wrong type", object{"authenticatorAttachment": 1}, nil),
		set("unknown attachment", object{"authenticatorAttachment": "implanted"}, nil),
		set("client data missing", nil, object{"clientDataJSON": nil}),
		set("client data in two spellings", nil, object{"ClientDataJSON": "e30"}),
		set("unknown transport", nil, object{"transports": []string{"pigeon"}}),
		set("transports of the wrong type", nil, object{"transports": "usb"}),
		set("authenticatorData that disagrees", nil, object{"authenticatorData": "AAAA"}),
		set("publicKeyAlgorithm that disagrees", nil, object{"publicKeyAlgorithm": -999}),
		set("publicKey that disagrees", nil, object{"publicKey": "AAAA"}),
		always("client data with padding", func(s *sample, _ *rand.Rand) {
			s.inner = object{"clientDataJSON": b64(s.client) + strings.Repeat("=", (4-len(b64(s.client))%4)%4)}
		}),
		always("client data with a line break", func(s *sample, _ *rand.Rand) {
			s.inner = object{"clientDataJSON": b64(s.client)[:8] + "\n" + b64(s.client)[8:]}
		}),
		{"signature missing", func(s *sample, _ *rand.Rand) bool {
			s.inner = object{"signature": nil}
			return s.kind == "authentication"
		}},
		{"a long user handle", func(s *sample, _ *rand.Rand) bool {
			s.inner = object{"userHandle": b64(make([]byte, 65))}
			return s.kind == "authentication"
		}},
	}
}

func clientMutations() []mutation {
	replace := func(name, old, new string) mutation {
		return mutation{name, func(s *sample, _ *rand.Rand) bool {
			changed := bytes.Replace(s.client, []byte(old), []byte(new), 1)
			ok := !bytes.Equal(changed, s.client)
			s.client = changed
			return ok
		}}
	}
	origin := func(name string, change func(string) string) mutation {
		return always(name, func(s *sample, _ *rand.Rand) {
			s.client = bytes.Replace(s.client, []byte(`"`+s.rp.Origins[0]+`"`), []byte(`"`+change(s.rp.Origins[0])+`"`), 1)
		})
	}
	return []mutation{
		replace("a member more", "{", `{"x":[1,{"y":null}],`),
		replace("type twice", "{", `{"type":"webauthn.x",`),
		replace("type twice, another case", "{", `{"Type":"webauthn.x",`),
		replace("challenge twice", "{", `{"challenge":"AAAA",`),
		replace("crossOrigin twice, another case", "{", `{"CrossOrigin":true,`),
		replace("an unknown member twice", "{", `{"x":1,"x":2,`),
		replace("type only in another case", `"type"`, `"Type"`),
		replace("challenge only in another case", `"challenge"`, `"CHALLENGE"`),
		replace("origin only in another case", `"origin"`, `"Origin"`),
		replace("type escaped", `"type"`, `"\u0074ype"`),
		replace("another type", `"webauthn.`, `"WebAuthn.`),
		replace("crossOrigin null", `"crossOrigin":`, `"crossOrigin":null,"y":`),
		replace("crossOrigin text", `"crossOrigin":`, `"crossOrigin":"true","y":`),
		replace("topOrigin null", "{", `{"topOrigin":null,`),
		replace("topOrigin empty", "{", `{"topOrigin":"",`),
		replace("topOrigin not listed", "{", `{"topOrigin":"https://evil.example",`),
		replace("token binding", "{", `{"tokenBinding":{"status":"supported"},`),
		replace("token binding malformed", "{", `{"tokenBinding":"none",`),
		replace("token binding unknown", "{", `{"tokenBinding":{"status":"x"},`),
		replace("bad UTF-8", "{", "{\"x\":\"\xff\","),
		replace("surrogate alone", "{", `{"x":"\ud800",`),
		replace("depth", "{", `{"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`,`),
		always("data after it", func(s *sample, _ *rand.Rand) { s.client = append(bytes.Clone(s.client), "{}"...) }),
		always("white space after it", func(s *sample, _ *rand.Rand) { s.client = append(bytes.Clone(s.client), " \n"...) }),
		always("byte order mark", func(s *sample, _ *rand.Rand) { s.client = append([]byte("\uFEFF"), s.client...) }),
		always("crossOrigin not allowed", func(s *sample, _ *rand.Rand) { s.rp.AllowCrossOrigin = false }),
		always("too long", func(s *sample, _ *rand.Rand) {
			s.client = bytes.Replace(s.client, []byte("{"), []byte(`{"x":"`+strings.Repeat("x", 9<<10)+`",`), 1)
		}),
		origin("origin with a path", func(o string) string { return o + "/" }),
		origin("origin with a longer path", func(o string) string { return o + "/a?b#c" }),
		origin("origin in another case", strings.ToUpper),
		origin("origin with userinfo", func(o string) string { return strings.Replace(o, "://", "://a@", 1) }),
		origin("origin with the default port", func(o string) string { return o + ":443" }),
		origin("origin of a subdomain", func(o string) string { return strings.Replace(o, "://", "://a.", 1) }),
		always("another challenge", func(s *sample, _ *rand.Rand) { s.challenge = []byte("another") }),
		always("another RP ID", func(s *sample, _ *rand.Rand) { s.rp.ID = "example.net" }),
		always("user verification required", func(s *sample, _ *rand.Rand) { s.requireUV = true }),
	}
}

func binaryMutations() []mutation {
	part := func(name string, get func(*sample) *[]byte) mutation {
		return mutation{"a byte of " + name, func(s *sample, r *rand.Rand) bool {
			b := get(s)
			if len(*b) == 0 {
				return false
			}
			*b = bytes.Clone(*b)
			(*b)[r.IntN(len(*b))] ^= byte(1 << r.IntN(8))
			return true
		}}
	}
	cut := func(name string, get func(*sample) *[]byte) mutation {
		return mutation{"the end of " + name, func(s *sample, r *rand.Rand) bool {
			b := get(s)
			if len(*b) == 0 {
				return false
			}
			if r.IntN(2) == 0 {
				*b = append(bytes.Clone(*b), byte(r.IntN(256)))
			} else {
				*b = (*b)[:r.IntN(len(*b))]
			}
			return true
		}}
	}
	client := func(s *sample) *[]byte { return &s.client }
	attestation := func(s *sample) *[]byte { return &s.attestation }
	authData := func(s *sample) *[]byte { return &s.authData }
	signature := func(s *sample) *[]byte { return &s.signature }
	key := func(s *sample) *[]byte { return &s.key }
	return []mutation{
		part("the client data", client), part("the attestation object", attestation), part("the attestation object, again", attestation),
		part("the authenticator data", authData), part("the signature", signature), part("the key", key),
		cut("the client data", client), cut("the attestation object", attestation),
		cut("the authenticator data", authData), cut("the signature", signature), cut("the key", key),
		{"a high S", highS},
		{"a signature in BER", longForm},
		{"flags", flags},
		{"no basic constraints", func(s *sample, _ *rand.Rand) bool {
			changed := bytes.ReplaceAll(s.attestation, []byte{0x55, 0x1d, 0x13}, []byte{0x55, 0x1d, 0x7f})
			changed = bytes.ReplaceAll(changed, []byte{0x55, 0x1d, 0x7f, 1, 1, 0xff}, []byte{0x55, 0x1d, 0x7f, 1, 1, 0})
			ok := !bytes.Equal(changed, s.attestation)
			s.attestation = changed
			return ok
		}},
		inObject("attestation none", func(o object, _ *rand.Rand) { o["fmt"], o["attStmt"] = "none", object{} }),
		inObject("attestation none with a statement", func(o object, _ *rand.Rand) { o["fmt"], o["attStmt"] = "none", object{"x": 1} }),
		inObject("another format", func(o object, r *rand.Rand) {
			o["fmt"] = []string{"packed", "fido-u2f", "tpm", "apple", "android-key", "android-safetynet", "compound", "Packed", "unknown", ""}[r.IntN(10)]
		}),
		inObject("a member more in the object", func(o object, _ *rand.Rand) { o["epAtt"] = true }),
		inObject("statement missing", func(o object, _ *rand.Rand) { delete(o, "attStmt") }),
		inObject("a member more in the statement", func(o object, _ *rand.Rand) { statement(o)["x"] = 1 }),
		inObject("no x5c", func(o object, _ *rand.Rand) { delete(statement(o), "x5c") }),
		inObject("x5c empty", func(o object, _ *rand.Rand) { statement(o)["x5c"] = []any{} }),
		inObject("another alg in the statement", func(o object, r *rand.Rand) { statement(o)["alg"] = []int{-7, -8, -35, -36, -257, -65535}[r.IntN(6)] }),
		inObject("rubbish in the chain", func(o object, _ *rand.Rand) {
			if x5c, ok := statement(o)["x5c"].([]any); ok {
				statement(o)["x5c"] = append(x5c, []byte("rubbish"))
			}
		}),
		inAuthData("AAGUID", func(b []byte, r *rand.Rand) []byte { b[37+r.IntN(16)] ^= 1; return b }),
		inAuthData("credential id too long", func(b []byte, _ *rand.Rand) []byte {
			n := int(binary.BigEndian.Uint16(b[53:]))
			long := append(bytes.Clone(b[:53]), 4, 0)
			return append(append(long, make([]byte, 1024)...), b[55+n:]...)
		}),
		inAuthData("extensions announced but not there", func(b []byte, _ *rand.Rand) []byte { b[32] |= 0x80; return b }),
		inAuthData("extensions", func(b []byte, _ *rand.Rand) []byte { b[32] |= 0x80; return append(b, 0xa1, 0x61, 'x', 1) }),
		inAuthData("extensions no map", func(b []byte, _ *rand.Rand) []byte { b[32] |= 0x80; return append(b, 1) }),
		inAuthData("extensions with a duplicate", func(b []byte, _ *rand.Rand) []byte {
			b[32] |= 0x80
			return append(b, 0xa2, 0x61, 'x', 1, 0x61, 'x', 2)
		}),
		inAuthData("a byte more", func(b []byte, _ *rand.Rand) []byte { return append(b, 0) }),
		inAuthData("another key", anotherKey),
		inAuthData("a key with its members in another order", func(b []byte, _ *rand.Rand) []byte {
			return bytes.Replace(b, []byte{0xa5, 1, 2, 3, 0x26}, []byte{0xa5, 3, 0x26, 1, 2}, 1)
		}),
	}
}

func flags(s *sample, r *rand.Rand) bool {
	bit := byte(1 << r.IntN(8))
	if s.kind == "authentication" {
		s.authData = bytes.Clone(s.authData)
		s.authData[32] ^= bit
		return true
	}
	return inAuthData("", func(b []byte, _ *rand.Rand) []byte { b[32] ^= bit; return b }).apply(s, r)
}

// highS replaces s by n - s, where the curve is P-256.
func highS(s *sample, _ *rand.Rand) bool {
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(s.signature, &rs); err != nil || len(rest) > 0 || len(s.signature) > 72 {
		return false
	}
	n, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	rs.S.Sub(n, rs.S)
	s.signature, _ = asn1.Marshal(rs)
	return true
}

// longForm writes the length of the outer sequence in two bytes.
func longForm(s *sample, _ *rand.Rand) bool {
	if len(s.signature) == 0 || s.signature[0] != 0x30 || s.signature[1] > 0x7f {
		return false
	}
	s.signature = append([]byte{0x30, 0x81}, s.signature[1:]...)
	return true
}

// inObject changes the attestation object as a map and encodes it again.
func inObject(name string, change func(object, *rand.Rand)) mutation {
	return mutation{name, func(s *sample, r *rand.Rand) bool {
		var o object
		if cbor.Unmarshal(s.attestation, &o) != nil {
			return false
		}
		change(o, r)
		mode, err := cbor.CTAP2EncOptions().EncMode()
		if err != nil {
			panic(err)
		}
		s.attestation, err = mode.Marshal(o)
		return err == nil
	}}
}

func statement(o object) map[any]any {
	m, ok := o["attStmt"].(map[any]any)
	if !ok {
		m = map[any]any{}
		o["attStmt"] = m
	}
	return m
}

// inAuthData changes the authenticator data of a registration, and drops the
// statement that covered it, so that the change itself is judged.
func inAuthData(name string, change func([]byte, *rand.Rand) []byte) mutation {
	return mutation{"authenticator data: " + name, func(s *sample, r *rand.Rand) bool {
		return inObject("", func(o object, r *rand.Rand) {
			b, ok := o["authData"].([]byte)
			if ok && len(b) > 55 && len(b) > 55+int(binary.BigEndian.Uint16(b[53:])) {
				o["authData"] = change(bytes.Clone(b), r)
			}
			o["fmt"], o["attStmt"] = "none", object{}
		}).apply(s, r)
	}}
}

// anotherKey puts an unsound or unusual key into authenticator data.
func anotherKey(b []byte, r *rand.Rand) []byte {
	mode, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	point := func(first byte) []byte { return append([]byte{first}, make([]byte, 31)...) }
	x, y := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	odd := func(n int) []byte { b := bytes.Repeat([]byte{0xff}, n); return b }
	keys := []map[int]any{
		{1: 1, 3: -8, -1: 6, -2: point(1)},
		{1: 1, 3: -8, -1: 6, -2: point(0)},
		{1: 1, 3: -8, -1: 6, -2: point(2)},
		{1: 1, 3: -8, -1: 6, -2: append(bytes.Repeat([]byte{0xff}, 31), 0x7f)},
		{1: 1, 3: -8, -1: 6, -2: make([]byte, 31)},
		{1: 1, 3: -8, -1: 7, -2: make([]byte, 57)},
		{1: 2, 3: -7, -1: 1, -2: x, -3: y},
		{1: 2, 3: -7, -1: 1, -2: x},
		{1: 2, 3: -7, -1: 1, -2: x, -3: true},
		{1: 2, 3: -7, -1: 2, -2: x, -3: y},
		{1: 2, 3: -7, -1: 1, -2: make([]byte, 32), -3: make([]byte, 32)},
		{1: 3, 3: -257, -1: odd(256), -2: []byte{1, 0, 1}},
		{1: 3, 3: -257, -1: odd(128), -2: []byte{1, 0, 1}},
		{1: 3, 3: -257, -1: odd(256), -2: []byte{1}},
		{1: 3, 3: -257, -1: odd(256), -2: []byte{3}},
		{1: 3, 3: -257, -1: odd(256), -2: []byte{1, 0, 2}},
		{1: 3, 3: -257, -1: odd(1100), -2: []byte{1, 0, 1}},
		{1: 3, 3: -257, -1: append([]byte{0}, odd(256)...), -2: []byte{1, 0, 1}},
		{1: 1, 3: -53, -1: 7, -2: make([]byte, 57)},
		{1: 2, 3: -47, -1: 8, -2: x, -3: y},
		{1: 4, 3: -7, -1: x},
	}
	key, err := mode.Marshal(keys[r.IntN(len(keys))])
	if err != nil {
		panic(err)
	}
	n := int(binary.BigEndian.Uint16(b[53:]))
	b[32] &^= 0x80
	return append(b[:55+n:55+n], key...)
}

func (m mutation) String() string { return fmt.Sprintf("%q", m.name) }
