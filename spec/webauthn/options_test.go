package webauthn_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/spec/webauthn"
)

func TestOptionsAreWhatBrowsersParse(t *testing.T) {
	for _, test := range []struct {
		name    string
		options any
		want    string
	}{
		{"creation", webauthn.CreationOptions{
			RP: webauthn.RPEntity{ID: "example.org", Name: "Example"}, User: webauthn.UserEntity{ID: []byte{0xfb, 0xff}, Name: "ada", DisplayName: "Ada"},
			Challenge: []byte{0xff, 0xef}, PubKeyCredParams: webauthn.Parameters(webauthn.DefaultAlgorithms()), Timeout: 300_000,
			ExcludeCredentials:     []webauthn.Descriptor{{Type: "public-key", ID: []byte{1}, Transports: []string{"usb"}}},
			AuthenticatorSelection: &webauthn.AuthenticatorSelection{ResidentKey: "required", RequireResidentKey: true, UserVerification: "required"},
			Hints:                  []string{"security-key"}, Attestation: "direct", AttestationFormats: []string{"packed"},
			Extensions: &webauthn.Extensions{CredProps: true, PRF: &webauthn.PRF{}},
		}, `{"rp":{"id":"example.org","name":"Example"},"user":{"id":"-_8","name":"ada","displayName":"Ada"},"challenge":"_-8",` +
			`"pubKeyCredParams":[{"type":"public-key","alg":-7},{"type":"public-key","alg":-8},{"type":"public-key","alg":-35},{"type":"public-key","alg":-36},{"type":"public-key","alg":-257}],` +
			`"timeout":300000,"excludeCredentials":[{"type":"public-key","id":"AQ","transports":["usb"]}],` +
			`"authenticatorSelection":{"residentKey":"required","requireResidentKey":true,"userVerification":"required"},` +
			`"hints":["security-key"],"attestation":"direct","attestationFormats":["packed"],"extensions":{"credProps":true,"prf":{}}}`},
		{"request", webauthn.RequestOptions{
			Challenge: []byte{1}, RPID: "example.org", UserVerification: "required",
			Extensions: &webauthn.Extensions{PRF: &webauthn.PRF{Eval: &webauthn.PRFValues{First: []byte{2}}, EvalByCredential: map[string]webauthn.PRFValues{"AQ": {First: []byte{3}, Second: []byte{4}}}}},
		}, `{"challenge":"AQ","rpId":"example.org","userVerification":"required","extensions":{"prf":{"eval":{"first":"Ag"},"evalByCredential":{"AQ":{"first":"Aw","second":"BA"}}}}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := json.Marshal(test.options)
			must(t, err)
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBytesReadBackStrictly(t *testing.T) {
	var b webauthn.Bytes
	must(t, json.Unmarshal([]byte(`"-_8"`), &b))
	if diff := cmp.Diff(webauthn.Bytes{0xfb, 0xff}, b); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`"-_8="`, `"-_9"`, `"+/8"`, `"-_\n8"`, `"-"`} {
		if err := json.Unmarshal([]byte(bad), &b); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
