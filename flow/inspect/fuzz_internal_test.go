package inspect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// FuzzJudge goes round the recover of Judge: no input may make it panic.
func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		`{"name":"a","kind":"registration","rpId":"example.org","origins":["https://example.org"],"challenge":"AA","algs":[-7],"at":"2026-01-01T00:00:00Z","trust":{"roots":["-----BEGIN CERTIFICATE-----"],"mds":"x"},"response":{"response":{"clientDataJSON":"e30","attestationObject":"oA"}}}`,
		`{"name":"a","kind":"authentication","publicKey":"oA","storedBE":null,"storedSignCount":4294967295,"userHandle":"AA","discoverable":true,"allowCredentials":["AA"],"response":{"id":"AA","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}}`,
		`[]`, `null`, `{"kind":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v := New(time.Unix(0, 0)).judge(data)
		if v.Verdict != "accept" && (v.Verdict != "reject" || v.Step == "" || v.Reason == "") || v.Notes == nil {
			t.Fatalf("%s: no verdict: %+v", data, v)
		}
		if _, err := json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzSplit holds that a good batch is cut where encoding/json cuts it, and
// that a bad one ends too.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{`[]`, `[{"a":"]"},[1,2],"\"]"]`, `[1,,2]`, `[1`, `x`, `[1]x`, "\uFEFF[1]", `[{]}]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var elements [][]byte
		var wrong []error
		err := split(bufio.NewReader(bytes.NewReader(data)), func(element []byte, w error) bool {
			if w != nil {
				wrong = append(wrong, w)
			} else {
				elements = append(elements, element)
			}
			return len(elements) < 100
		})
		if err != nil {
			t.Fatal(err)
		}
		var want []json.RawMessage
		if json.Unmarshal(bytes.TrimPrefix(data, []byte("\uFEFF")), &want) != nil || want == nil || len(want) >= 100 {
			return
		}
		if len(wrong) > 0 || len(elements) != len(want) {
			t.Fatalf("%q: %d elements and %v, encoding/json sees %d", data, len(elements), wrong, len(want))
		}
		for i := range want {
			if !bytes.Equal(bytes.TrimSpace(want[i]), elements[i]) {
				t.Fatalf("%q: element %d is %q, not %q", data, i, elements[i], want[i])
			}
		}
	})
}
