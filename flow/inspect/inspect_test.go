package inspect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"holdfast/flow/inspect"
)

func TestMalformedCasesAreVerdicts(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                    ``,
		"not JSON":                   `registration`,
		"an array":                   `[]`,
		"null":                       `null`,
		"no kind":                    `{"name":"n"}`,
		"unknown kind":               `{"name":"n","kind":"login","response":{}}`,
		"kind is a number":           `{"name":"n","kind":1}`,
		"no response":                `{"name":"n","kind":"registration"}`,
		"response is text":           `{"name":"n","kind":"registration","response":"{}"}`,
		"response is empty":          `{"name":"n","kind":"registration","response":{}}`,
		"challenge not base64url":    `{"name":"n","kind":"registration","challenge":"a+b/","response":{}}`,
		"challenge with padding":     `{"name":"n","kind":"registration","challenge":"AA==","response":{}}`,
		"origins is text":            `{"name":"n","kind":"registration","origins":"https://example.org","response":{}}`,
		"origins hold a number":      `{"name":"n","kind":"registration","origins":[1],"response":{}}`,
		"requireUV is a number":      `{"name":"n","kind":"registration","requireUV":1,"response":{}}`,
		"algs hold text":             `{"name":"n","kind":"registration","algs":["ES256"],"response":{}}`,
		"algs hold a fraction":       `{"name":"n","kind":"registration","algs":[-7.5],"response":{}}`,
		"at is no instant":           `{"name":"n","kind":"registration","at":"yesterday","response":{}}`,
		"trust is an array":          `{"name":"n","kind":"registration","trust":[],"response":{}}`,
		"root is no PEM":             `{"name":"n","kind":"registration","trust":{"roots":["x"]},"response":{}}`,
		"root is a key":              `{"name":"n","kind":"registration","trust":{"roots":["-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]},"response":{}}`,
		"root is rubbish":            `{"name":"n","kind":"registration","trust":{"roots":["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]},"response":{}}`,
		"no public key":              `{"name":"n","kind":"authentication","response":{}}`,
		"storedSignCount negative":   `{"name":"n","kind":"authentication","publicKey":"oA","storedSignCount":-1,"response":{}}`,
		"storedSignCount too great":  `{"name":"n","kind":"authentication","publicKey":"oA","storedSignCount":4294967296,"response":{}}`,
		"storedBE is text":           `{"name":"n","kind":"authentication","publicKey":"oA","storedBE":"no","response":{}}`,
		"allowCredentials is broken": `{"name":"n","kind":"authentication","publicKey":"oA","allowCredentials":["*"],"response":{}}`,
		"duplicate member":           `{"name":"n","kind":"registration","rpId":"a","rpId":"b","response":{}}`,
		"too deep":                   `{"name":"n","x":` + strings.Repeat("[", 100_000),
		"not UTF-8":                  "{\"name\":\"\xff\"}",
		"data after the case":        `{"name":"n"}{}`,
		"too long":                   `{"name":"` + strings.Repeat("n", inspect.MaxCase) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			v := testBench().Judge([]byte(text))
			if v.Verdict != "reject" || v.Step != "input" || v.Reason == "" || v.Notes == nil {
				t.Errorf("got %+v", v)
			}
			if strings.HasPrefix(text, `{"name":"n","kind"`) && name != "duplicate member" && v.Name != "n" {
				t.Errorf("the name is lost: %+v", v)
			}
		})
	}
}

func TestVerdictHasEveryMember(t *testing.T) {
	text, err := json.Marshal(testBench().Judge(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":"","verdict":"reject","step":"input","reason":"the case: JSON at byte 0: ends where a value should be","fmt":"","attestation":"",` +
		`"attestationReason":"","anchor":"","aaguidProven":false,"keyProtection":"","deviceSerial":"","aaguid":"",` +
		`"alg":null,"up":null,"uv":null,"be":null,"bs":null,"signCount":null,"credentialId":"","publicKey":"","notes":[]}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatTheCaseDoesNotSayIsNoted(t *testing.T) {
	list, _ := l3(t)
	c := list[0].authentication()
	delete(c, "credentialId")
	response := c["response"].(object)
	delete(response, "id")
	response["response"].(object)["userHandle"] = "AAAA"
	got := judge(t, c)
	if !got.Accepted() || len(got.Notes) != 2 {
		t.Errorf("got %s at %s (%s), notes %q", got.Verdict, got.Step, got.Reason, got.Notes)
	}
	c["userHandle"] = "BBBB"
	if got := judge(t, c); got.Step != "7.2-6" {
		t.Errorf("another user handle: got %s at %s", got.Verdict, got.Step)
	}
	delete(response["response"].(object), "userHandle")
	c["discoverable"] = true
	if got := judge(t, c); got.Step != "7.2-6" {
		t.Errorf("discoverable without a user handle: got %s at %s", got.Verdict, got.Step)
	}
	registration := list[0].registration()
	registration["trust"] = object{"mds": "blob.jwt"}
	if got := judge(t, registration); !got.Accepted() || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "mds") {
		t.Errorf("metadata is not consulted, and nobody was told: %q", got.Notes)
	}
}

// summary is a batch's verdicts in short.
func summary(t *testing.T, text string) (lines []string) {
	t.Helper()
	err := testBench().Batch(iotest.OneByteReader(strings.NewReader(text)), 2, func(v inspect.Verdict) error {
		lines = append(lines, fmt.Sprintf("%s %s %s", v.Name, v.Verdict, v.Reason))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestBatch(t *testing.T) {
	kind := ` reject kind is "", neither "registration" nor "authentication"`
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"empty", ` [ ] `, nil},
		{"in order", `[{"name":"a"},{"name":"b"},{"name":"c]"}]`, []string{"a" + kind, "b" + kind, "c]" + kind}},
		{"byte order mark", "\uFEFF[{\"name\":\"a\"}]\n", []string{"a" + kind}},
		{"a bad one harms no other", `[{"name":"a"},{"x":},{"name":"b"}]`, []string{"a" + kind, " reject the case: JSON at byte 5: no value begins with '}'", "b" + kind}},
		{"nothing between commas", `[{"name":"a"},,{"name":"b"}]`, []string{"a" + kind, " reject nothing between two commas of the batch", "b" + kind}},
		{"comma at the end", `[{"name":"a"},]`, []string{"a" + kind, " reject nothing between two commas of the batch"}},
		{"cut off between elements", `[{"name":"a"},`, []string{"a" + kind, " reject the batch is cut off: its closing bracket is missing"}},
		{"cut off inside an element", `[{"name":"a"},{"name":"b`, []string{"a" + kind, " reject the case: JSON at byte 10: unfinished string", " reject the batch is cut off: its closing bracket is missing"}},
		{"data after it", `[{"name":"a"}] x`, []string{"a" + kind, " reject data follows the batch"}},
		{"no array", `{"name":"a"}`, []string{" reject the batch is not a JSON array"}},
		{"nothing", ``, []string{" reject the batch is not a JSON array"}},
		{"other values", `[1,"x",null,[{}]]`, []string{" reject the case is a number, not an object", " reject the case is a string, not an object", " reject the case is null, not an object", " reject the case is an array, not an object"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, summary(t, test.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("too long a case", func(t *testing.T) {
		got := summary(t, `["`+strings.Repeat("x", inspect.MaxCase+10)+`",{"name":"b"}]`)
		if diff := cmp.Diff([]string{" reject the case is too long", "b" + kind}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBatchPassesErrorsOn(t *testing.T) {
	lost := errors.New("lost")
	text := strings.NewReader(`[` + strings.Repeat(`{},`, 1000) + `{}]`)
	if err := testBench().Batch(text, 2, func(inspect.Verdict) error { return lost }); !errors.Is(err, lost) {
		t.Errorf("got %v from the writer", err)
	}
	broken := io.MultiReader(strings.NewReader(`[{},`), iotest.ErrReader(lost))
	verdicts := 0
	if err := testBench().Batch(broken, 2, func(inspect.Verdict) error { verdicts++; return nil }); !errors.Is(err, lost) || verdicts != 2 {
		t.Errorf("got %v and %d verdicts from the reader", err, verdicts)
	}
}

// TestTenThousandCases judges a large batch; how long it takes is for
// BenchmarkBatch to say.
func TestTenThousandCases(t *testing.T) {
	text := tenThousand(t)
	accepted, rejected := 0, 0
	err := testBench().Batch(strings.NewReader(text), 2, func(v inspect.Verdict) error {
		if want := fmt.Sprint(accepted + rejected); v.Name != want {
			return fmt.Errorf("verdict %s comes where %s should", v.Name, want)
		}
		if v.Accepted() {
			accepted++
		} else {
			rejected++
		}
		return nil
	})
	if err != nil || accepted != 8929 || rejected != 1071 {
		t.Errorf("%d accepted, %d rejected, %v", accepted, rejected, err)
	}
}

func BenchmarkBatch10000(b *testing.B) {
	text := tenThousand(b)
	for b.Loop() {
		if err := testBench().Batch(strings.NewReader(text), 2, func(inspect.Verdict) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func tenThousand(t testing.TB) string {
	list, root := l3(t)
	var b strings.Builder
	for i := range 10_000 {
		v := list[i/2%14] // all formats, and Ed448, which is refused
		c := v.registration()
		if i%2 == 1 {
			c = v.authentication()
		}
		c["name"], c["trust"] = fmt.Sprint(i), object{"roots": []string{root}}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(text)
	}
	return "[" + b.String() + "]"
}
