package inspect_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"holdfast/spec/webauthn"
)

// fields names each byte of a structure, for a list that people read.
type fields []string

func (f fields) name(from, to int, name string) {
	for i := from; i < to; i++ {
		f[i] = name
	}
}

// attestationFields names the bytes of an attestation object.
func attestationFields(t testing.TB, b []byte) fields {
	f := make(fields, len(b))
	if end := walk(f, b, 0, "attestationObject"); end != len(b) {
		t.Fatalf("walked %d of %d bytes", end, len(b))
	}
	for i, name := range f {
		if name == "attestationObject.authData" {
			authDataFields(t, f, b, i)
			break
		}
	}
	return f
}

// authDataFields names the bytes of authenticator data that fills the rest of
// its field from i on.
func authDataFields(t testing.TB, f fields, b []byte, i int) {
	f.name(i, i+32, "authData.rpIdHash")
	f.name(i+32, i+33, "authData.flags")
	f.name(i+33, i+37, "authData.signCount")
	if len(b)-i == 37 {
		return
	}
	n := int(binary.BigEndian.Uint16(b[i+53:]))
	f.name(i+37, i+53, "authData.aaguid")
	f.name(i+53, i+55, "authData.credentialIdLength")
	f.name(i+55, i+55+n, "authData.credentialId")
	if end := walk(f, b, i+55+n, "authData.credentialPublicKey"); end != len(b) {
		t.Fatalf("authenticator data ends at %d of %d", end, len(b))
	}
}

// walk names the bytes of one CBOR item and returns where it ends.
func walk(f fields, b []byte, i int, name string) int {
	major, arg, n := b[i]>>5, int(b[i]&31), 1
	switch arg {
	case 24:
		arg, n = int(b[i+1]), 2
	case 25:
		arg, n = int(binary.BigEndian.Uint16(b[i+1:])), 3
	}
	f.name(i, i+n, name+" (head)")
	if i += n; major < 2 {
		f.name(i-n, i, name)
	}
	switch major {
	case 2, 3:
		f.name(i, i+arg, name)
		return i + arg
	case 4:
		for k := range arg {
			i = walk(f, b, i, fmt.Sprintf("%s[%d]", name, k))
		}
	case 5:
		for range arg {
			key := i
			i = walk(f, b, i, name+" (member name)")
			member := fmt.Sprintf("%x", b[key:i])
			if b[key]>>5 == 3 {
				member = string(b[key+1 : i])
			}
			if b[key]>>5 < 2 {
				member = label(b[key])
			}
			i = walk(f, b, i, name+"."+member)
		}
	}
	return i
}

func label(b byte) string {
	if b>>5 == 1 {
		return fmt.Sprint(-1 - int(b&31))
	}
	return fmt.Sprint(b & 31)
}

// clientFields names the bytes of clientDataJSON, which is flat in every vector.
func clientFields(b []byte) fields {
	f := make(fields, len(b))
	f.name(0, len(b), "clientDataJSON (punctuation)")
	for i := 0; i < len(b); {
		if b[i] != '"' {
			i++
			continue
		}
		end := closing(b, i)
		name := string(b[i+1 : end-1])
		f.name(i, end, "clientDataJSON."+name+" (name)")
		i = end + 1 // the colon
		end = i
		if b[i] == '"' {
			end = closing(b, i)
		} else {
			for b[end] != ',' && b[end] != '}' {
				end++
			}
		}
		f.name(i, end, "clientDataJSON."+name)
		i = end
	}
	return f
}

func closing(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func assertionFields(t testing.TB, b []byte) fields {
	if _, err := webauthn.ParseAuthData(b); err != nil {
		t.Fatal(err)
	}
	f := make(fields, len(b))
	authDataFields(t, f, b, 0)
	return f
}
