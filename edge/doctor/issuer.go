package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"holdfast"
	"holdfast/edge/certificate"
)

// Outside looks at the server as applications and browsers do: by its origin,
// through whatever stands in front.
type Outside struct {
	Origin  string
	Key     []byte // for markers
	Clock   holdfast.Clock
	Running bool // a server runs here: then the origin has to answer

	// CertFile is the certificate that the server serves itself, or "".
	CertFile string
}

// maxAnswer bounds what is read of an answer: discovery is some 3 kB.
const maxAnswer = 64 << 10

const lookTimeout = 10 * time.Second

// Look asks, and judges the answers.
func (o Outside) Look(ctx context.Context) (all []Finding) {
	ctx, cancel := context.WithTimeout(ctx, 3*lookTimeout)
	defer cancel()
	before := o.Clock()
	answer, body, _, err := o.get(ctx, "/.well-known/openid-configuration", "")
	if err != nil {
		return []Finding{o.unreachable(err)}
	}
	all = append(all, discovery(o.Origin, answer.StatusCode, answer.Header.Get("Location"), body))
	if answer.TLS != nil {
		all = append(all, served(answer.TLS.PeerCertificates[0], o.Clock(), o.CertFile)...)
	}
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		all = append(all, Skew("clock_issuer", "whoever answers at the origin", date, before, o.Clock(), time.Second))
	}
	return append(all, o.way(ctx)...)
}

func (o Outside) unreachable(err error) Finding {
	const code = "issuer"
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return failed("tls_certificate", "this host does not trust the certificate at "+o.Origin+": "+unknown.Error(),
			"Serve the whole chain (fullchain.pem), or have applications, and this host, trust your own authority.")
	case errors.As(err, &name), errors.As(err, &invalid):
		return failed("tls_certificate", "the certificate at "+o.Origin+" is refused: "+err.Error(), "Renew it for the origin's name.")
	case !o.Running:
		return warn(code, "nobody answers at "+o.Origin+", and no server runs here", "Start the server, and run holdfast doctor again.")
	}
	return failed(code, fmt.Sprintf("the server runs, but %s is not reached from here: %v", o.Origin, err),
		"See that the name resolves here, that the proxy in front runs, and that no firewall is in between: applications on this host have to reach it too.")
}

// get asks by a connection of its own. sender is our end of it.
func (o Outside) get(ctx context.Context, path, marker string) (answer *http.Response, body []byte, sender string, err error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { sender = i.Conn.LocalAddr().String() }})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.Origin+path, nil)
	if err != nil {
		return nil, nil, "", err
	}
	if marker != "" {
		r.Header.Set(Marker, marker)
		r.Header.Set("X-Forwarded-For", forged)
	}
	client := http.Client{Timeout: lookTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true,
			DialContext: (&net.Dialer{Timeout: lookTimeout}).DialContext, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}}
	answer, err = client.Do(r)
	if err != nil {
		return nil, nil, "", err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	return answer, body, sender, err
}

// discovery judges the answer to OpenID Connect Discovery §4.1.
func discovery(origin string, status int, location string, body []byte) Finding {
	const code = "issuer"
	var said struct {
		Issuer string `json:"issuer"`
	}
	err := json.Unmarshal(body, &said)
	switch {
	case status >= 300 && status < 400:
		return failed(code, fmt.Sprintf("%s sends on to %s", origin, location),
			"Set origin to the address that people see at last, and have the proxy pass the Host header on: applications follow no redirects here.")
	case status != http.StatusOK || err != nil || said.Issuer == "":
		return failed(code, fmt.Sprintf("%s answers (status %d), but not as Holdfast does", origin, status), "Have the proxy pass everything at this name to Holdfast.")
	case said.Issuer != origin: // §4.3: must be exactly the same
		return failed(code, fmt.Sprintf("%s says that the issuer is %s: applications refuse that", origin, said.Issuer),
			"Start the server again, on this configuration, or mend origin.")
	}
	return ok(code, origin+" answers as the issuer")
}

// served judges the certificate that was shown at the origin; file holds the
// one that the server serves itself.
func served(leaf *x509.Certificate, now time.Time, file string) (all []Finding) {
	const code = "tls_certificate"
	left := leaf.NotAfter.Sub(now)
	found := fmt.Sprintf("the certificate at the origin ends in %s, on %s", age(left), leaf.NotAfter.UTC().Format(time.DateOnly))
	switch {
	case left < 0:
		all = append(all, failed(code, "the certificate at the origin is over", "Renew it."))
	case left < 3*24*time.Hour:
		all = append(all, failed(code, found, "Renew it now."))
	case left < 14*24*time.Hour:
		all = append(all, warn(code, found, "See why it was not renewed yet."))
	default:
		all = append(all, ok(code, found))
	}
	if file == "" {
		return all
	}
	here, err := certificate.Leaf(file)
	if err == nil && !here.Equal(leaf) {
		all = append(all, warn(code, "the server shows another certificate than "+file+" holds",
			"Reload the server (systemctl reload holdfast). If the log refuses the file, mend it."))
	}
	return all
}

func (o Outside) way(ctx context.Context) []Finding {
	answer, body, sender, err := o.get(ctx, "/livez", Mark(o.Key, o.Clock()))
	var a Arrived
	switch {
	case err != nil:
		return []Finding{o.unreachable(err)}
	case answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") || json.Unmarshal(body, &a) != nil:
		return []Finding{warn("proxy_headers", "the server did not say what arrives of a request: the proxy drops unknown headers, or another master key is in use there",
			"Have the proxy pass the header "+Marker+" on, and use one master key on all nodes.")}
	}
	return Way(o.Origin, sender, a)
}
