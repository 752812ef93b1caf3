package webauthn

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
)

// FuzzClientData holds that client data which is read means to encoding/json
// what it means here: no second reader can be shown something else.
func FuzzClientData(f *testing.F) {
	for _, seed := range []string{
		`{"type":"webauthn.get","challenge":"AA","origin":"https://example.org","crossOrigin":false}`,
		"\uFEFF" + `{"type":"webauthn.create","challenge":"AA","origin":"o","crossOrigin":true,"topOrigin":"t","tokenBinding":{"status":"supported"}}`,
		`{"type":"a","type":"b","challenge":"","origin":""}`,
		`{"type":"\u0061","challenge":"\ud83d\ude00","origin":"","x":[[[[[[[[[]]]]]]]]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := decodeUTF8(data)
		if err != nil {
			return
		}
		c, err := parseClientData(text)
		if err != nil {
			return
		}
		var other map[string]any
		if err := json.Unmarshal(text, &other); err != nil {
			t.Fatalf("%q was read, but encoding/json says %v", data, err)
		}
		crossOrigin, _ := other["crossOrigin"].(bool)
		topOrigin, hasTopOrigin := other["topOrigin"].(string)
		if c.typ != other["type"] || c.challenge != other["challenge"] || c.origin != other["origin"] ||
			c.crossOrigin != crossOrigin || c.topOrigin != topOrigin || c.hasTopOrigin != hasTopOrigin {
			t.Fatalf("%q was read as %+v, by encoding/json as %v", data, c, other)
		}
	})
}

// FuzzAuthData holds that authenticator data which is read can be put together
// again from its parts, to the byte.
func FuzzAuthData(f *testing.F) {
	key := "\xa5\x01\x02\x03\x26\x20\x01\x21\x41\x00\x22\x41\x00"
	head := strings.Repeat("r", 32)
	f.Add([]byte(head + "\x05\x00\x00\x00\x07"))
	f.Add([]byte(head + "\x45\x00\x00\x00\x07" + strings.Repeat("a", 16) + "\x00\x02id" + key))
	f.Add([]byte(head + "\xdd\x00\x00\x00\x07" + strings.Repeat("a", 16) + "\x00\x02id" + key + "\xa1\x61x\x01"))
	f.Add([]byte(head + "\x80\x00\x00\x00\x07\xa0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ParseAuthData(data)
		if err != nil {
			return
		}
		var flags byte
		for bit, set := range map[byte]bool{flagUP: a.UP, flagUV: a.UV, flagBE: a.BE, flagBS: a.BS, flagAT: a.AT, flagED: a.ED} {
			if set {
				flags |= bit
			}
		}
		again := binary.BigEndian.AppendUint32(append(bytes.Clone(a.RPIDHash), flags|data[32]&0x22), a.SignCount)
		if a.AT {
			again = append(again, a.AAGUID[:]...)
			again = binary.BigEndian.AppendUint16(again, uint16(len(a.CredentialID)))
			again = append(append(again, a.CredentialID...), a.PublicKey...)
		}
		if again = append(again, a.Extensions...); !bytes.Equal(again, data) {
			t.Fatalf("%x was read as %+v, which is %x", data, a, again)
		}
	})
}
