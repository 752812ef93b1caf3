package doctor

import (
	"context"

	"holdfast/edge/notify"
)

// Mail connects to the mail server, greets, encrypts and signs in; it sends
// nothing. m is nil where no mail is configured, and err says why it could not
// be made.
func Mail(ctx context.Context, m *notify.Mailer, err error) Finding {
	const code = "mail"
	if err != nil {
		return failed(code, err.Error(), "Mend mail in the configuration.")
	}
	if m == nil {
		return warn(code, "no mail is sent: nobody is told when a passkey is added to their account, and invitations are handed over by hand",
			"Set mail in the configuration, and try it by holdfast mail test --to ADDRESS.")
	}
	protection, err := m.Check(ctx)
	if err != nil {
		return failed(code, err.Error(), "See host, port, tls, username and password_file of mail; holdfast mail test sends a message.")
	}
	if protection == "" {
		protection = "plain text on this host"
	}
	return ok(code, m.Server()+" would take mail, by "+protection)
}
