// Package notify hands the organisation's mail to an SMTP server: plain text
// to one recipient at a time, over TLS. What waits for a server that is away
// waits in the outbox; package notify sends once and says whether trying again
// can help.
//
// It refuses to send a password over a connection that is not encrypted and
// verified, to speak plain text to anything but this host, to write a name or
// a subject that could end a header or turn the text around it, and to follow
// an address that is more than an address.
package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"holdfast/edge/outbox"
)

// Security is how the connection to the SMTP server is protected.
type Security string

const (
	StartTLS Security = "starttls" // plain text first, then TLS or nothing (RFC 3207), usually port 587
	Implicit Security = "implicit" // TLS from the first byte (RFC 8314 §3.3), usually port 465
	None     Security = "none"     // a relay on this very host, without a password
)

// Config says which server takes the mail.
type Config struct {
	Host     string
	Port     int
	From     string // "Holdfast <holdfast@example.org>"
	Username string // empty: no authentication
	Password string
	Security Security
	Timeout  time.Duration  // for connecting, and again for the message
	Hello    string         // our name in EHLO (RFC 5321 §4.1.1.1)
	Roots    *x509.CertPool // who may vouch for the server; nil: the system's
}

// Mailer sends mail. It may be used concurrently: each message has a
// connection of its own.
type Mailer struct {
	cfg  Config
	from *netmail.Address
	addr string
}

// New makes a Mailer, or says what of the configuration cannot be.
func New(c Config) (*Mailer, error) {
	from, err := netmail.ParseAddress(c.From)
	switch {
	case err != nil:
		return nil, fmt.Errorf("mail: from %q is no address: write Holdfast <holdfast@example.org>", c.From)
	case c.Host == "" || c.Port < 1 || c.Port > 65535:
		return nil, fmt.Errorf("mail: %q, port %d is no server", c.Host, c.Port)
	case c.Timeout <= 0:
		return nil, errors.New("mail: there is no timeout")
	case (c.Username == "") != (c.Password == ""):
		return nil, errors.New("mail: username and password go together")
	case c.Security == None && c.Username != "":
		return nil, errors.New("mail: a password is sent over TLS only: set tls to starttls or implicit")
	case c.Security != None && c.Security != StartTLS && c.Security != Implicit:
		return nil, fmt.Errorf("mail: tls %q is neither starttls nor implicit nor none", c.Security)
	}
	return &Mailer{c, from, net.JoinHostPort(c.Host, strconv.Itoa(c.Port))}, nil
}

// Server is the address of the SMTP server, host:port.
func (m *Mailer) Server() string { return m.addr }

// failure judges what go-mail says. Trying again is of no use where the server
// has refused this recipient or this message for good (RFC 5321 §4.2.1, 5yz). A
// wrong password or sender is not of this kind: the operator mends those, and
// the mail goes.
func failure(err error) error {
	if err == nil {
		return nil
	}
	why := fmt.Errorf("send mail: %w", err)
	if se, ok := errors.AsType[*mail.SendError](err); ok {
		ofMessage := se.Reason == mail.ErrSMTPRcptTo || se.Reason == mail.ErrSMTPData || se.Reason == mail.ErrSMTPDataClose
		if ofMessage && se.ErrorCode() >= 500 {
			return outbox.Permanent(why)
		}
	}
	return why
}

// send hands over one message. Once the server has taken it, nothing that goes
// wrong while saying goodbye makes it fail: it would be sent twice.
func (m *Mailer) send(ctx context.Context, msg *mail.Msg) error {
	return m.session(ctx, func(c *mail.Client, s *smtp.Client) error {
		if err := c.SendWithSMTPClient(s, msg); err != nil && !msg.IsDelivered() {
			return failure(err)
		}
		return nil
	})
}

// Check connects, greets, encrypts and signs in as for a message, and sends none.
// It says how the connection is protected: "TLS 1.3", or "" for none.
func (m *Mailer) Check(ctx context.Context) (protection string, err error) {
	err = m.session(ctx, func(_ *mail.Client, s *smtp.Client) error {
		if state, ok := s.TLSConnectionState(); ok {
			protection = tls.VersionName(state.Version)
		}
		return s.Noop()
	})
	return protection, err
}

// session opens a connection for do, and closes it whatever happens: go-mail
// leaves it open when the greeting fails.
func (m *Mailer) session(ctx context.Context, do func(*mail.Client, *smtp.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*m.cfg.Timeout)
	defer cancel()
	unwatch := func() bool { return true }
	defer func() { unwatch() }()
	var open net.Conn
	options := []mail.Option{
		mail.WithPort(m.cfg.Port), mail.WithTimeout(m.cfg.Timeout), mail.WithHELO(m.cfg.Hello),
		mail.WithTLSConfig(m.tls()), mail.WithoutNoop(),
		mail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			c, err := m.dial(dialing, network, address)
			if err == nil { // go-mail looks at the context while it connects only
				open, unwatch = c, context.AfterFunc(ctx, func() { c.Close() })
			}
			return c, err
		}),
	}
	if m.cfg.Security == StartTLS {
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	} else {
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if m.cfg.Username != "" {
		// Without CRAM-MD5 and NTLM, which are weaker than what TLS carries.
		options = append(options, mail.WithUsername(m.cfg.Username), mail.WithPassword(m.cfg.Password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256PLUS, mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	c, err := mail.NewClient(m.cfg.Host, options...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	s, err := c.DialToSMTPClientWithContext(ctx)
	if open != nil {
		defer open.Close()
	}
	if err != nil {
		return fmt.Errorf("reach the mail server %s: %w", m.addr, err)
	}
	err = do(c, s)
	s.Quit() // the answer changes nothing
	return err
}

func (m *Mailer) tls() *tls.Config {
	return &tls.Config{ServerName: m.cfg.Host, MinVersion: tls.VersionTLS12, RootCAs: m.cfg.Roots}
}

// dial connects. Plain text ends at this host, whatever its name resolves to.
func (m *Mailer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	switch m.cfg.Security {
	case Implicit:
		t := tls.Client(c, m.tls())
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		return t, nil
	case None:
		if !onThisHost(c.RemoteAddr().String()) {
			c.Close()
			return nil, fmt.Errorf("%s is not this host, and tls is none", c.RemoteAddr())
		}
	}
	return c, nil
}

func onThisHost(address string) bool {
	peer, err := netip.ParseAddrPort(address)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}
