package config

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// defaultMDSMaxAge is how long FIDO metadata may be overdue, where nothing else
// is said.
const defaultMDSMaxAge = "30d"

// mostMDSAge bounds it: ten years are for ever.
const mostMDSAge = 3650 * 24 * time.Hour

func (c Config) completeMDS() (Config, error) {
	if c.MDSMaxAge == "" {
		c.MDSMaxAge = defaultMDSMaxAge
	}
	age, err := days(c.MDSMaxAge)
	if err != nil || age < 0 || age > mostMDSAge {
		return c, fmt.Errorf("mds_max_age: %q is no duration: write 30d or 720h", c.MDSMaxAge)
	}
	if strings.Contains(c.MDSSource, "://") {
		u, err := url.Parse(c.MDSSource)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return c, fmt.Errorf("mds_source: %q is neither a file nor a folder nor an https address", c.MDSSource)
		}
	}
	return c, nil
}

// days reads 30d, or what time.ParseDuration does.
func days(s string) (time.Duration, error) {
	if n, ok := strings.CutSuffix(s, "d"); ok {
		d, err := strconv.ParseUint(n, 10, 16)
		return time.Duration(d) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}

// MDSAge is MDSMaxAge of a complete configuration.
func (c Config) MDSAge() time.Duration {
	age, _ := days(c.MDSMaxAge) // Complete has checked it
	return age
}

// relativeMDS makes file names relative to the folder of the configuration.
func (c *Config) relativeMDS(folder string) {
	for _, list := range [][]string{c.MDSRootFiles, c.MDSCRLFiles} {
		for i, f := range list {
			if f != "" && !filepath.IsAbs(f) {
				list[i] = filepath.Join(folder, f)
			}
		}
	}
	if c.MDSSource != "" && !strings.Contains(c.MDSSource, "://") && !filepath.IsAbs(c.MDSSource) {
		c.MDSSource = filepath.Join(folder, c.MDSSource)
	}
}

// MDSTrust reads the roots and revocation lists that it names.
func (c Config) MDSTrust() (roots []*x509.Certificate, crls []*x509.RevocationList, err error) {
	for _, name := range c.MDSRootFiles {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, fmt.Errorf("mds_root_files: %w", err)
		}
		more, err := Certificates(text)
		if err != nil {
			return nil, nil, fmt.Errorf("mds_root_files: %s: %w", name, err)
		}
		roots = append(roots, more...)
	}
	for _, name := range c.MDSCRLFiles {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, fmt.Errorf("mds_crl_files: %w", err)
		}
		if block, _ := pem.Decode(text); block != nil {
			text = block.Bytes
		}
		crl, err := x509.ParseRevocationList(text)
		if err != nil {
			return nil, nil, fmt.Errorf("mds_crl_files: %s: %w", name, err)
		}
		crls = append(crls, crl)
	}
	return roots, crls, nil
}

// Certificates reads one certificate in DER, or one or more in PEM.
func Certificates(text []byte) (all []*x509.Certificate, err error) {
	if c, err := x509.ParseCertificate(text); err == nil {
		return []*x509.Certificate{c}, nil
	}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("it holds %s, not only certificates", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, errors.New("it holds no certificate")
	}
	return all, nil
}
