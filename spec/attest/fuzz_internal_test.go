package attest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"holdfast/spec/cose"
)

// FuzzVerify: nothing that a stranger sends is Verified, since nobody is
// trusted, and whatever is refused has a reason.
func FuzzVerify(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	public, err := cose.ParseKey(append(append(append([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33]...), 0x22, 0x58, 32), point[33:]...))
	if err != nil {
		f.Fatal(err)
	}
	for _, format := range registered() {
		f.Add(format, []byte{0xa0})
	}
	f.Add("compound", []byte("\x82\xa2cfmtdnonegattStmt\xa0\xa2cfmtfpackedgattStmt\xa2calg&csigA0"))
	f.Add("tpm", []byte("\xa6calg&csigA0cverc2.0cx5c\x81A0gpubAreaA0hcertInfoA0"))
	f.Add("android-safetynet", []byte("\xa2cverc2.0hresponseEe30.e30.AA"))
	f.Fuzz(func(t *testing.T, format string, statement []byte) {
		o := Object{Format: format, Statement: statement, AuthData: make([]byte, 37), Key: public}
		j, err := Verify(o, Trust{}, time.Unix(1e9, 0))
		if j.Kind == Verified || j.Reason == "" || j.Why == "" || (err != nil) != (j.Kind == Invalid) {
			t.Errorf("%+v, %v", j, err)
		}
	})
}

func put(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		binary.Write(&b, binary.BigEndian, v)
	}
	return b.Bytes()
}

func sized(b []byte) []byte { return append(put(uint16(len(b))), b...) }

// FuzzPubArea: what is read has one spelling.
func FuzzPubArea(f *testing.F) {
	ecc := bytes.Join([][]byte{put(uint16(tpmECC), uint16(tpmSHA256), uint32(0x40072)), sized(nil), put(uint16(tpmNull), uint16(tpmNull), uint16(3), uint16(tpmNull)), sized(make([]byte, 32)), sized(make([]byte, 32))}, nil)
	f.Add(ecc)
	f.Add(bytes.Join([][]byte{put(uint16(tpmRSA), uint16(tpmSHA384), uint32(0x40072)), sized([]byte("policy")), put(uint16(tpmNull), uint16(tpmSSA), uint16(tpmSHA256), uint16(2048), uint32(0)), sized(make([]byte, 256))}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parsePubArea(b)
		if err != nil {
			return
		}
		scheme := put(p.scheme)
		if p.scheme != tpmNull {
			scheme = put(p.scheme, p.schemeHash)
		}
		policy := b[8 : 10+binary.BigEndian.Uint16(b[8:])] // not kept
		again := bytes.Join([][]byte{put(p.kind, p.nameAlg, p.attributes), policy, put(uint16(tpmNull)), scheme}, nil)
		if p.kind == tpmRSA {
			again = bytes.Join([][]byte{again, put(p.bits, p.exponent), sized(p.x)}, nil)
		} else {
			again = bytes.Join([][]byte{again, put(p.curve, uint16(tpmNull)), sized(p.x), sized(p.y)}, nil)
		}
		if !bytes.Equal(again, b) {
			t.Errorf("%x is read as %x", b, again)
		}
	})
}

func FuzzCertInfo(f *testing.F) {
	f.Add(bytes.Join([][]byte{put(uint32(tpmGenerated), uint16(tpmAttestCertify)), sized([]byte("signer")), sized([]byte("extra")), make([]byte, 25), sized([]byte("name")), sized(nil)}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseCertInfo(b)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(b, put(uint32(tpmGenerated), uint16(tpmAttestCertify))) || len(b) < len(c.extraData)+len(c.name)+39 {
			t.Errorf("%x is read as %+v", b, c)
		}
	})
}

// tlv is DER of fewer than 128 bytes.
func tlv(tag string, value ...string) string {
	joined := strings.Join(value, "")
	return tag + string([]byte{byte(len(joined))}) + joined
}

func FuzzTPMManufacturer(f *testing.F) {
	f.Add([]byte{0x30, 0})
	name := func(n, value string) string {
		return tlv("\x30", tlv("\x06", "\x67\x81\x05\x02", n), tlv("\x0c", value))
	}
	good := []byte(tlv("\x30", tlv("\xa4", tlv("\x30", tlv("\x31", name("\x01", "id:49465800"), name("\x02", "SLB9670"), name("\x03", "id:000D"))))))
	if text, err := tpmManufacturer(good); err != nil || text != "id:49465800" {
		f.Fatalf("%q, %v", text, err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, san []byte) {
		if text, err := tpmManufacturer(san); err == nil && (len(text) != 11 || !strings.HasPrefix(text, "id:")) {
			t.Errorf("%x is read as %q", san, text)
		}
	})
}

// FuzzKeyDescription: a description that passes says what it has to say.
func FuzzKeyDescription(f *testing.F) {
	level, version, none := tlv("\x0a", "\x01"), tlv("\x02", "\x01\x2c"), tlv("\x30")
	hardware := tlv("\x30", tlv("\xa1", tlv("\x31", tlv("\x02", "\x02"))), tlv("\xa2", tlv("\x02", "\x03")), tlv("\xbf\x85\x3e", tlv("\x02", "\x00")))
	good := []byte(tlv("\x30", version, level, version, level, tlv("\x04", "hash"), tlv("\x04"), none, hardware))
	if d, err := parseKeyDescription(good); err != nil || d.check() != nil || d.protection() != TEE {
		f.Fatalf("%+v, %v", d, err)
	}
	f.Add(good)
	f.Add([]byte(none))
	f.Fuzz(func(t *testing.T, der []byte) {
		d, err := parseKeyDescription(der)
		if err != nil || d.check() != nil {
			return
		}
		d.hardware.bootNotes()
		if bytes.Contains(der, []byte("\xbf\x84\x58\x02\x05\x00")) && (d.software[kmTagAllApplications] != nil || d.hardware[kmTagAllApplications] != nil) {
			t.Errorf("%x is for all applications", der)
		}
		if p := d.protection(); p != Software && (d.hardware[kmTagOrigin] == nil || d.hardware[kmTagPurpose] == nil || d.keyLevel == kmSoftware || d.attestationLevel == kmSoftware) {
			t.Errorf("%x is %s", der, p)
		}
	})
}

func FuzzJWS(f *testing.F) {
	f.Add([]byte("e30.e30.AA"))
	f.Add([]byte("eyJhbGciOiJSUzI1NiIsIng1YyI6WyJNQT09Il19.e30.AA"))
	f.Fuzz(func(t *testing.T, compact []byte) {
		if _, _, err := verifyJWS(compact); err == nil && bytes.Count(compact, []byte(".")) != 2 {
			t.Errorf("%q passes", compact)
		}
	})
}
