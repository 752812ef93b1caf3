package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/test/client"
	"holdfast/test/mdsblob"
	"holdfast/test/need"
	"holdfast/test/softkey"
	"holdfast/test/story"
	"holdfast/test/world"
)

// appleManaged is the provider of the hospital's own accounts.
var appleManaged = [16]byte{0xdd, 0x4e, 0xc2, 0x89, 0xe0, 0x1d, 0x41, 0xc9, 0xbb, 0x89, 0x70, 0xfa, 0x84, 0x5d, 0x4b, 0xf2}

// hospital is docs/policies/hospital.yaml, as if it had been written today, with
// roots of a test.
func hospital(t *testing.T, maker *softkey.CA) (text []byte, files map[string][]byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(need.Root(t), "docs/policies/hospital.yaml"))
	must(t, err)
	written := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	later := time.Until(written.Add(24 * time.Hour)).Abs() // all its days come by as much later
	text = regexp.MustCompile(`20\d\d-\d\d-\d\d`).ReplaceAllFunc(text, func(day []byte) []byte {
		at, err := time.Parse(time.DateOnly, string(day))
		must(t, err)
		if time.Now().After(written) {
			at = at.Add(later)
		}
		return []byte(at.Format(time.DateOnly))
	})
	root := []byte(maker.PEM())
	return text, map[string][]byte{"roots/yubico.pem": root, "roots/badge-ca.pem": root}
}

// TestTheHospitalsPasskeys: under the hospital's policy a nurse makes a passkey,
// synced in an account of the hospital, only on a device of the hospital whose
// state is known, that was given to her to set up.
func TestTheHospitalsPasskeys(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, w *world.World) {
		maker, authority := newMaker(t), mdsblob.New("evidence")
		root := administrator(t, w, maker)
		a := w.App(t, "Wards", callback)
		must(t, importBlob(t, w, authority, 1, mdsblob.Certified(story.Model, maker.Root, "FIDO_CERTIFIED_L2")))
		mdm := newMDM(t, w)
		text, files := hospital(t, maker)
		apply(t, w, text, files)
		eventually(t, "the administrator's key is proven", func() bool {
			b, err := enter(t, root, w.Base)
			must(t, err)
			acr, _ := claims(t, b, a)
			return acr == "phrh"
		})

		invitation := w.Invite(t, "Nora", "nora@brigid.example")
		try := func(b *client.Client) error {
			_, err := b.Enrol(t.Context(), invitation.Ticket)
			return err
		}
		fresh := func() *client.Client { return browser(t, w, appleManaged) }
		t.Run("not from home", func(t *testing.T) { refused(t, try(fresh()), "policy_not_managed_device") })
		t.Run("not from a device of which nobody has heard lately", func(t *testing.T) {
			mdm.report(t, "old-1", `{"managed": true, "compliant": true, "os": "macos", "reported_at": %q}`, time.Now().Add(-25*time.Hour).UTC().Format(time.RFC3339))
			w.CLI(t, nil, "device", "onboard", "old-1", "nora@brigid.example")
			b := fresh()
			join(t, w, b, "old-1")
			refused(t, try(b), "policy_not_managed_device")
		})
		t.Run("not from one that is not managed", func(t *testing.T) {
			mdm.report(t, "own-1", `{"managed": false, "compliant": true, "os": "ios"}`)
			b := fresh()
			join(t, w, b, "own-1")
			refused(t, try(b), "policy_not_managed_device")
		})
		ward := fresh()
		mdm.report(t, "ward-7", `{"managed": true, "compliant": false, "os": "macos"}`)
		join(t, w, ward, "ward-7")
		t.Run("not from one that is not hers to set up", func(t *testing.T) { refused(t, try(ward), "device_not_onboarding") })
		w.CLI(t, nil, "device", "onboard", "ward-7", "nora@brigid.example")
		t.Run("not from one that is not in good order", func(t *testing.T) { refused(t, try(ward), "policy_enrolment_procedure") })
		mdm.report(t, "ward-7", `{"managed": true, "compliant": true, "os": "macos"}`)
		t.Run("not into an account of her own", func(t *testing.T) {
			ward.Key.Config.AAGUID = [16]byte{0xfb, 0xfc, 0x30, 0x07, 0x15, 0x4e, 0x4e, 0xcc, 0x8c, 0x0b, 0x6e, 0x02, 0x05, 0x57, 0xd7, 0xbd}
			ward.Key.Config.Transports = []string{"hybrid"} // it stays on her phone
			defer func() { ward.Key.Config.AAGUID, ward.Key.Config.Transports = appleManaged, nil }()
			if try(ward) == nil {
				t.Error("it was accepted")
			}
		})
		t.Run("from the ward's", func(t *testing.T) {
			must(t, try(ward))
			all := ask[[]struct {
				MadeOn string `json:"made_on"`
				Synced bool
			}](t, w, "credential", "list", "nora@brigid.example")
			if len(all) != 1 || all[0].MadeOn != "managed:ward-7" || !all[0].Synced {
				t.Errorf("she has %+v", all)
			}
			acr, amr := claims(t, ward, a)
			if acr != "phr" || slices.Contains(amr, "hwk") || !slices.Contains(amr, "swk") {
				t.Errorf("her token says %s %q", acr, amr)
			}
			_, err := enter(t, ward, w.Base) // she has it with her
			must(t, err)
		})
		t.Run("and no second one by it", func(t *testing.T) {
			other := w.Invite(t, "Olga", "olga@brigid.example")
			b := fresh()
			b.HTTP.Jar = ward.HTTP.Jar
			_, err := b.Enrol(t.Context(), other.Ticket)
			refused(t, err, "device_not_onboarding")
		})
	})
}

// mdm is the device management, which reports by the API.
type mdm struct{ base, token string }

func newMDM(t *testing.T, w *world.World) mdm {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	w.CLI(t, nil, "token", "create", "--name", "MDM", "--owner", "root@brigid.example", "--scope", "devices:write", "--out", file)
	token, err := os.ReadFile(file)
	must(t, err)
	return mdm{w.Base, strings.TrimSpace(string(token))}
}

func (m mdm) report(t *testing.T, device, format string, args ...any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.base+"/api/v1/devices/"+device+"/posture", strings.NewReader(fmt.Sprintf(format, args...)))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+m.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		text, _ := io.ReadAll(answer.Body)
		t.Fatalf("the report is answered with %s: %s", answer.Status, bytes.TrimSpace(text))
	}
}

// join opens a device's link in a browser.
func join(t *testing.T, w *world.World, b *client.Client, device string) {
	t.Helper()
	link := ask[struct{ URL string }](t, w, "device", "link", device)
	_, secret, _ := strings.Cut(link.URL, "#")
	var joined json.RawMessage
	must(t, b.PostJSON(t.Context(), "/door/join", map[string]string{"ticket": secret}, &joined))
}
