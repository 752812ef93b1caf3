package config

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"os"
	"strings"
	"time"
)

// Mail is the server that takes the organisation's mail. Without a host no
// mail is sent, and an administrator hands invitations over.
type Mail struct {
	// Host is the name of the SMTP server; its certificate must say the same.
	Host string `yaml:"host"`

	// Port is its TCP port. Default 587, or 465 with tls: implicit, or 25 with
	// tls: none.
	Port int `yaml:"port"`

	// From is who the mail is from: Holdfast <holdfast@example.org>.
	From string `yaml:"from"`

	// Username signs in at the server. Without it nobody does.
	Username string `yaml:"username"`

	// PasswordFile names a file that holds its password.
	PasswordFile string `yaml:"password_file"`

	// TLS is starttls, implicit or none. Default starttls; none is for a relay
	// on this very host, and sends no password.
	TLS string `yaml:"tls"`

	// CAFile names a file with the certificates (PEM) that vouch for the
	// server, instead of the system's.
	CAFile string `yaml:"ca_file"`

	// Timeout bounds connecting, and again handing over: 30s. Default 20s.
	Timeout time.Duration `yaml:"timeout"`
}

// On says whether mail is sent.
func (m Mail) On() bool { return m.Host != "" }

func (m Mail) complete() (Mail, error) {
	if !m.On() {
		if m != (Mail{}) {
			return m, errors.New("mail: there is no host")
		}
		return m, nil
	}
	ports := map[string]int{"starttls": 587, "implicit": 465, "none": 25}
	if m.TLS == "" {
		m.TLS = "starttls"
	}
	port, known := ports[m.TLS]
	if !known {
		return m, fmt.Errorf("mail: tls: %q is neither starttls nor implicit nor none", m.TLS)
	}
	if m.Port == 0 {
		m.Port = port
	}
	if m.Timeout == 0 {
		m.Timeout = 20 * time.Second
	}
	_, err := mail.ParseAddress(m.From)
	switch {
	case m.Port < 1 || m.Port > 65535:
		return m, fmt.Errorf("mail: port: %d is no port", m.Port)
	case m.Timeout < time.Second || m.Timeout > 5*time.Minute:
		return m, fmt.Errorf("mail: timeout: %s is not between 1s and 5m", m.Timeout)
	case err != nil:
		return m, fmt.Errorf("mail: from: %q is no address: write Holdfast <holdfast@example.org>", m.From)
	case (m.Username == "") != (m.PasswordFile == ""):
		return m, errors.New("mail: username and password_file go together")
	case m.TLS == "none" && m.Username != "":
		return m, errors.New("mail: tls: a password is not sent in plain text: use starttls or implicit")
	case m.TLS == "none" && !thisHost(m.Host):
		return m, errors.New("mail: tls: none is for a relay on this very host, localhost or 127.0.0.1")
	case strings.ContainsAny(m.Host, "/: \t\r\n") && !isAddress(m.Host):
		return m, fmt.Errorf("mail: host: %q is no name: leave out scheme and port", m.Host)
	}
	return m, nil
}

func thisHost(name string) bool {
	a, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && a.IsLoopback()
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// Password reads the password, or "" where none is wanted.
func (m Mail) Password() (string, error) {
	if m.PasswordFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(m.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("mail: password_file: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" {
		return "", fmt.Errorf("mail: password_file: %s is empty", m.PasswordFile)
	}
	return password, nil
}
