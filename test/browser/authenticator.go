package browser

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"holdfast/test/need"
)

// Kind is a kind of virtual authenticator.
type Kind = webauthn.VirtualAuthenticatorOptions

// Synced is a platform passkey of a provider: BE=1, BS=1.
var Synced = Kind{Protocol: "ctap2", Ctap2version: "ctap2_1", Transport: "internal", HasResidentKey: true, HasUserVerification: true,
	IsUserVerified: true, AutomaticPresenceSimulation: true, HasPrf: true, DefaultBackupEligibility: true, DefaultBackupState: true}

// DeviceBound is a security key with a PIN: BE=0.
var DeviceBound = Kind{Protocol: "ctap2", Ctap2version: "ctap2_1", Transport: "usb", HasResidentKey: true, HasUserVerification: true,
	IsUserVerified: true, AutomaticPresenceSimulation: true}

// Phone is a phone nearby with a synced passkey, reached by a scanned code.
var Phone = Kind{Protocol: "ctap2", Ctap2version: "ctap2_1", Transport: "hybrid", HasResidentKey: true, HasUserVerification: true,
	IsUserVerified: true, AutomaticPresenceSimulation: true, DefaultBackupEligibility: true, DefaultBackupState: true}

// Authenticator is a virtual authenticator in a tab.
type Authenticator struct {
	tab *Tab
	id  webauthn.AuthenticatorID
}

// Add puts a virtual authenticator into the tab.
func (tab *Tab) Add(k Kind) *Authenticator {
	tab.t.Helper()
	a := &Authenticator{tab: tab}
	tab.run("add an authenticator", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		got, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &k})
		a.id = got.AuthenticatorID
		return err
	}))
	return a
}

// Credential is a passkey in a virtual authenticator.
type Credential = webauthn.Credential

// Credentials are the passkeys that the authenticator holds.
func (a *Authenticator) Credentials() []*Credential {
	a.tab.t.Helper()
	var out []*Credential
	a.tab.run("read credentials", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		got, err := chromedp.Call(ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id})
		out = got.Credentials
		return err
	}))
	return out
}

// Until waits until what the authenticator holds is right: the browser passes
// signals on after the page has forgotten them.
func (a *Authenticator) Until(what string, right func([]*Credential) bool) {
	a.tab.t.Helper()
	ctx, cancel := context.WithTimeout(a.tab.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		held := a.Credentials()
		if right(held) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			a.tab.failed("until the authenticator "+what, fmt.Errorf("it holds %+v", held))
		}
	}
}

// only is the one passkey that the authenticator holds.
func (a *Authenticator) only(t need.T) *Credential {
	t.Helper()
	held := a.Credentials()
	if len(held) != 1 {
		t.Fatalf("the authenticator holds %d passkeys, want 1", len(held))
	}
	return held[0]
}

// Put adds a passkey, such as one that another device has synced.
func (a *Authenticator) Put(c *Credential) {
	a.tab.t.Helper()
	// The generated parameters always name an extension, which Chromium then
	// refuses where the authenticator lacks it.
	type credential struct {
		ID         []byte  `json:"credentialId"`
		Resident   bool    `json:"isResidentCredential"`
		RPID       string  `json:"rpId"`
		PrivateKey []byte  `json:"privateKey"`
		UserHandle []byte  `json:"userHandle,omitempty"`
		Count      float64 `json:"signCount"`
		BE         bool    `json:"backupEligibility"`
		BS         bool    `json:"backupState"`
		Name       string  `json:"userName,omitempty"`
		Display    string  `json:"userDisplayName,omitempty"`
	}
	type params struct {
		Authenticator webauthn.AuthenticatorID `json:"authenticatorId"`
		Credential    credential               `json:"credential"`
	}
	add := cdp.Command[params, struct{}]{Method: webauthn.CommandAddCredential}
	a.tab.run("add a credential", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, add, params{a.id, credential{c.CredentialID, c.IsResidentCredential, c.RpID, c.PrivateKey,
			c.UserHandle, c.SignCount, c.BackupEligibility, c.BackupState, c.UserName, c.UserDisplayName}})
		return err
	}))
}

// Presence says whether the person touches the authenticator when asked.
func (a *Authenticator) Presence(on bool) {
	a.tab.t.Helper()
	a.tab.run("presence", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: a.id, Enabled: on})
		return err
	}))
}

// Override makes the authenticator answer wrongly.
func (a *Authenticator) Override(bogusSignature, noUV, noUP bool) {
	a.tab.t.Helper()
	a.tab.run("override", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, webauthn.SetResponseOverrideBits, webauthn.SetResponseOverrideBitsParams{
			AuthenticatorID: a.id, IsBogusSignature: &bogusSignature, IsBadUV: &noUV, IsBadUP: &noUP})
		return err
	}))
}

// Remove takes the authenticator out of the tab.
func (a *Authenticator) Remove() {
	a.tab.t.Helper()
	a.tab.run("remove the authenticator", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: a.id})
		return err
	}))
}
