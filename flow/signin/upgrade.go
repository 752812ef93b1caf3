package signin

import (
	"context"
	"slices"

	"holdfast/domain/credential"
	"holdfast/spec/webauthn"
)

// mostForUpgrade is with how many passkeys nobody is given another unasked.
const mostForUpgrade = 5

// upgrades says whether the browser may make a passkey for this device by
// itself: the one that was used is on another device, which is the fallback
// that there is today, and its owner has few. What the response says of its
// attachment is a claim; all that hangs on it is an offer, which the new
// passkey's own ceremony judges by the session.
//
// Only where a synced passkey was used: a new one is as a rule synced too, and
// somebody whose passkeys are bound to devices must not get a weaker one
// without having asked. A failing store is no reason to fail a sign-in that is
// over: there is no offer then.
func (f *Flow) upgrades(ctx context.Context, used credential.Record, response *webauthn.AuthenticationResponse) bool {
	onAnotherDevice := response.AuthenticatorAttachment == "cross-platform" &&
		(slices.Contains(used.Transports, "hybrid") || slices.Contains(used.Transports, "internal"))
	if !onAnotherDevice || !used.BE {
		return false
	}
	have, err := f.Store.CredentialsOf(ctx, used.Person)
	return err == nil && len(usable(have)) < mostForUpgrade
}
