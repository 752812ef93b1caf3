// Package config is the configuration file: one struct, strict YAML, a default
// for everything but the origin. It refuses unknown keys, and says which known
// one is nearest.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Config is everything that a deployment says of itself. Secrets stand in
// files of their own, named by the keys that end in _file.
type Config struct {
	// Origin is where people reach Holdfast: scheme, name and, where it is not
	// the usual one, port. It is also the OpenID Connect issuer. https, or http
	// on localhost.
	Origin string `yaml:"origin"`

	// RPID is the WebAuthn relying party id: the name of the origin, or a parent
	// domain of it. It can never be changed without losing every passkey.
	RPID string `yaml:"rp_id"`

	// Listen is the address of the web server, host:port. Default localhost:8080.
	Listen string `yaml:"listen"`

	// Data is the folder for the embedded database, the master key and the host
	// socket.
	Data string `yaml:"data"`

	// DatabaseURLFile names a file that holds a PostgreSQL connection string.
	// Without it the embedded SQLite in Data is used.
	DatabaseURLFile string `yaml:"database_url_file"`

	// MasterKeyFile names the file with the master key, the same on every node:
	// 32 bytes, base64. Default: master.key in Data, made together with the
	// database.
	MasterKeyFile string `yaml:"master_key_file"`

	// TLS serves https itself. Without it something in front of Holdfast does.
	TLS TLS `yaml:"tls"`

	// TrustedProxies are the addresses (CIDR) whose X-Forwarded-For is believed,
	// and who may ask for the applications behind them (docs/apps).
	TrustedProxies []string `yaml:"trusted_proxies"`

	// DeviceCAFiles hold the certificates (PEM) of the CAs that issue client
	// certificates to the organisation's devices. With them, and with TLS, browsers
	// are asked for one.
	DeviceCAFiles []string `yaml:"device_ca_files"`

	// DeviceCertHeader is the header in which trusted proxies put the client
	// certificate that they were shown: Client-Cert (RFC 9440), or nginx's
	// $ssl_client_escaped_cert under any name. From others it is ignored.
	DeviceCertHeader string `yaml:"device_cert_header"`

	// Networks are the organisation's own (CIDR), by the names that the policy
	// uses. Of those that an address is in the narrowest counts.
	Networks map[string][]string `yaml:"networks"`

	// GeoDatabaseFiles are databases of countries and networks in the MaxMind
	// format. Without them the country of a request is unknown.
	GeoDatabaseFiles []string `yaml:"geo_database_files"`

	// OutgoingAllow are addresses (CIDR) of this host and its link that logout
	// receivers may be at. All others there are refused.
	OutgoingAllow []string `yaml:"outgoing_allow"`

	// MetricsListen is a further address, host:port, that answers only /metrics,
	// /livez and /readyz. Without it /metrics is open to this host alone.
	MetricsListen string `yaml:"metrics_listen"`

	// Migrate is auto or manual: whether the server brings an older database up
	// to date when it starts, or refuses until holdfast migrate has. Default auto.
	Migrate string `yaml:"migrate"`

	// Log is text or json, to standard error. Default text.
	Log string `yaml:"log"`

	// LogLevel is the least that is logged: debug, info, warn or error. Default info.
	LogLevel string `yaml:"log_level"`

	// Mail is sent by an SMTP server. Without it none is.
	Mail Mail `yaml:"mail"`

	// MDSSource is where FIDO metadata come from: a file, a folder in which the
	// newest counts, or an https address. It is looked at every hour. Without it
	// they are imported by hand.
	MDSSource string `yaml:"mds_source"`

	// MDSRootFiles name files with the roots (PEM) that may vouch for metadata,
	// beside FIDO's own.
	MDSRootFiles []string `yaml:"mds_root_files"`

	// MDSCRLFiles name revocation lists (PEM or DER) for the signers of
	// metadata. None is fetched.
	MDSCRLFiles []string `yaml:"mds_crl_files"`

	// MDSMaxAge is how long metadata may be overdue before it is an alarm: 30d.
	MDSMaxAge string `yaml:"mds_max_age"`
}

// TLS names the files of a certificate and its key, PEM.
type TLS struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// MasterKeyName is the master key's file in the data folder.
const MasterKeyName = "master.key"

// Read parses a file and checks it. Relative file names in it are relative to it.
func Read(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read the configuration: %w", err)
	}
	c, err := Parse(text)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	for _, f := range []*string{&c.Data, &c.DatabaseURLFile, &c.MasterKeyFile, &c.TLS.CertFile, &c.TLS.KeyFile,
		&c.Mail.PasswordFile, &c.Mail.CAFile} {
		if *f != "" && !filepath.IsAbs(*f) {
			*f = filepath.Join(filepath.Dir(path), *f)
		}
	}
	c.relativeMDS(filepath.Dir(path))
	for _, list := range [][]string{c.DeviceCAFiles, c.GeoDatabaseFiles} {
		for i, f := range list {
			if f != "" && !filepath.IsAbs(f) {
				list[i] = filepath.Join(filepath.Dir(path), f)
			}
		}
	}
	return c, nil
}

// Parse reads strict YAML. It neither fills in defaults nor checks values: see Complete.
func Parse(text []byte) (Config, error) {
	var c Config
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	err := d.Decode(&c)
	if errors.Is(err, io.EOF) {
		return c, nil // an empty file is a file of defaults
	}
	if err != nil {
		return c, explain(err)
	}
	if err := d.Decode(new(Config)); !errors.Is(err, io.EOF) {
		return c, errors.New("there is more than one document (---) in the file: keep one")
	}
	return c, nil
}

// Complete fills in defaults and checks every value.
func (c Config) Complete() (Config, error) {
	if c.Listen == "" {
		c.Listen = "localhost:8080"
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
		return c, fmt.Errorf("listen: %q is not host:port", c.Listen)
	}
	if c.Origin == "" {
		_, port, _ := net.SplitHostPort(c.Listen)
		c.Origin = "http://localhost:" + port
	}
	if c.Data == "" {
		c.Data = "holdfast-data"
	}
	if c.MasterKeyFile == "" {
		c.MasterKeyFile = filepath.Join(c.Data, MasterKeyName)
	}
	switch c.Log {
	case "":
		c.Log = "text"
	case "text", "json":
	default:
		return c, fmt.Errorf("log: %q is neither text nor json", c.Log)
	}
	if c.LogLevel == "" {
		c.LogLevel = "info"
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		return c, fmt.Errorf("log_level: %q is none of debug, info, warn, error", c.LogLevel)
	}
	switch c.Migrate {
	case "":
		c.Migrate = "auto"
	case "auto", "manual":
	default:
		return c, fmt.Errorf("migrate: %q is neither auto nor manual", c.Migrate)
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		return c, errors.New("tls: cert_file and key_file go together")
	}
	mail, err := c.Mail.complete()
	if err != nil {
		return c, err
	}
	c.Mail = mail
	if c, err = c.completeMDS(); err != nil {
		return c, err
	}
	for _, p := range c.OutgoingAllow {
		if _, err := netip.ParsePrefix(p); err != nil {
			return c, fmt.Errorf("outgoing_allow: %q is no network: write 127.0.0.0/8, or 127.0.0.1/32 for one address", p)
		}
	}
	for _, p := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			return c, fmt.Errorf("trusted_proxies: %q is no network: write 10.0.0.0/8, or 10.1.2.3/32 for one address", p)
		}
	}
	if err := c.checkDevices(); err != nil {
		return c, err
	}
	return c.checkOrigin()
}

func (c Config) checkOrigin() (Config, error) {
	u, err := url.Parse(c.Origin)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil ||
		c.Origin != strings.ToLower(c.Origin) {
		return c, fmt.Errorf("origin: %q is not scheme://name[:port] in small letters, without a path", c.Origin)
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return c, fmt.Errorf("origin: %q names an address; passkeys need a name", c.Origin)
	}
	loopback := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback) {
		return c, fmt.Errorf("origin: %q must be https; http works on localhost only", c.Origin)
	}
	if u.Port() == "443" && u.Scheme == "https" || u.Port() == "80" && u.Scheme == "http" {
		return c, fmt.Errorf("origin: leave out the usual port in %q", c.Origin)
	}
	if c.RPID == "" {
		c.RPID = host
	}
	if c.RPID != host && !(strings.HasSuffix(host, "."+c.RPID) && strings.Contains(c.RPID, ".")) {
		return c, fmt.Errorf("rp_id: %q is neither %q nor a parent domain of it", c.RPID, host)
	}
	return c, nil
}

// PossibleRPIDs are the RP IDs that the origin may have: its name and the
// parent domains of it, the longest first.
func (c Config) PossibleRPIDs() []string {
	u, err := url.Parse(c.Origin)
	if err != nil {
		return nil
	}
	names := []string{u.Hostname()}
	for name := u.Hostname(); ; names = append(names, name) {
		_, parent, _ := strings.Cut(name, ".")
		if !strings.Contains(parent, ".") {
			return names
		}
		name = parent
	}
}

// Secure says whether people reach Holdfast over https.
func (c Config) Secure() bool { return strings.HasPrefix(c.Origin, "https://") }

// DatabaseURL reads the PostgreSQL connection string, or "" for SQLite.
func (c Config) DatabaseURL() (string, error) {
	if c.DatabaseURLFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(c.DatabaseURLFile)
	if err != nil {
		return "", fmt.Errorf("database_url_file: %w", err)
	}
	dsn := strings.TrimSpace(string(text))
	if dsn == "" {
		return "", fmt.Errorf("database_url_file: %s is empty", c.DatabaseURLFile)
	}
	return dsn, nil
}
