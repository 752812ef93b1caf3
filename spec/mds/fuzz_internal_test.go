package mds

import (
	"encoding/base64"
	"testing"
	"time"
)

// FuzzPayload reads whatever a good signature may stand under: no crypto is in
// the way of the entries.
func FuzzPayload(f *testing.F) {
	f.Add([]byte(`{"no":1,"nextUpdate":"2026-04-01","entries":[{"aaguid":"d8522d9f-0100-0000-0000-000000000000",
		"statusReports":[{"status":"REVOKED","effectiveDate":"2026-01-01","certificate":"AAAA"},{"status":"FIPS140_CERTIFIED_L3"}],
		"metadataStatement":{"attestationRootCertificates":["AAAA"],"keyProtection":["hardware"],"userVerificationDetails":[[{"userVerificationMethod":"passcode_internal"}]],
		"authenticatorGetInfo":{"versions":["FIDO_2_1"],"options":{"rk":"true","uv":false}}}}]}`))
	f.Add([]byte(`{"no":1,"nextUpdate":"2026-04-01T00:00:00Z","entries":[{"aaid":"4e4e#4005","statusReports":[]},
		{"attestationCertificateKeyIdentifiers":["0123456789abcdef0123456789abcdef01234567"],"statusReports":[{"status":"FIDO_CERTIFIED_L1plus","sunsetDate":"2027-01-01"}]}]}`))
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text []byte) {
		b := &Blob{byAAGUID: map[[16]byte]int{}, byKeyID: map[string]int{}}
		if err := b.readPayload([]byte(base64.RawURLEncoding.EncodeToString(text))); err != nil {
			return
		}
		for _, e := range b.Entries {
			s := e.Status(now)
			if e.Name() == "" || len(s.Bad) > len(e.Reports) || s.Level.String() == "" && s.Level != Uncertified {
				t.Errorf("%+v: %+v", e, s)
			}
			if got, ok := b.Model(e.AAGUID); e.AAGUID != [16]byte{} && (!ok || got.Name() != e.Name()) {
				t.Errorf("%s is not found", e.Name())
			}
			b.For(now)("packed", e.AAGUID, nil)
		}
	})
}
