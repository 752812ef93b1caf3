package metadata

import (
	"crypto/x509"
	_ "embed"
	"encoding/pem"
)

// GlobalSign Root CA - R3, under which FIDO signs. Its SHA-256 fingerprint, as
// GlobalSign publishes it, is CB:B5:22:D7:B7:F1:27:AD:6A:01:13:86:5B:DF:1C:D4:
// 10:2E:7D:07:59:AF:63:5A:7C:F4:72:0D:C9:63:C5:3B. It is that of a public CA:
// spec/mds takes nobody under it but FIDO's own name.
//
//go:embed globalsign-r3.pem
var globalSignR3 []byte

// FIDORoot is the root of FIDO's own metadata service.
func FIDORoot() *x509.Certificate {
	block, _ := pem.Decode(globalSignR3)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic("metadata: internal error: " + err.Error())
	}
	return c
}
