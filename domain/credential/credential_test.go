package credential_test

import (
	"testing"
	"time"

	"holdfast/domain/credential"
)

// Two responses may be verified at once against BE=0. The one with BE=1 counts,
// whichever is written last: what can be synced is never bound again.
func TestBackupEligibilityStays(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	r := credential.Record{Status: credential.Active}
	for _, be := range []bool{true, false} {
		var err error
		if r, _, err = credential.Observe(r, credential.Use{UV: true, BE: be}, now); err != nil {
			t.Fatal(err)
		}
	}
	if !r.BE {
		t.Error("BE went back to 0")
	}
}
