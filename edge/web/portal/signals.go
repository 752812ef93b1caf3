package portal

import (
	"encoding/base64"

	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
)

// signals are the arguments of signalAllAcceptedCredentials and
// signalCurrentUserDetails (WebAuthn L3 §5.1.10.3 and §5.1.10.4). A suspended
// passkey stays accepted here: a provider may delete what is not listed, and a
// suspension can be lifted.
func signals(rpID string, who person.Record, creds []credential.Record) *page.Signals {
	s := &page.Signals{
		RPID: rpID, UserID: base64.RawURLEncoding.EncodeToString(who.Handle),
		Name: who.Email, DisplayName: who.Name,
	}
	for _, c := range creds {
		if c.Status != credential.Removed {
			s.Credentials = append(s.Credentials, string(c.ID))
		}
	}
	return s
}
