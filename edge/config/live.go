package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// live are the keys that a running server takes over. mail is one as long as
// mail is sent before and after.
func live() []string {
	return []string{"tls", "trusted_proxies", "device_ca_files", "device_cert_header", "networks", "geo_database_files", "mail", "log_level", "mds_source", "mds_root_files", "mds_crl_files", "mds_max_age"}
}

// Reload is what a server that runs on c goes on with after its file was
// changed to next: all of next, or an error that names every key whose change
// takes a restart, and then nothing of it. Both must be complete.
func (c Config) Reload(next Config) (Config, error) {
	var fixed []string
	was, is := reflect.ValueOf(c), reflect.ValueOf(next)
	for i := range was.NumField() {
		key := was.Type().Field(i).Tag.Get("yaml")
		if slices.Contains(live(), key) || reflect.DeepEqual(was.Field(i).Interface(), is.Field(i).Interface()) {
			continue
		}
		fixed = append(fixed, key)
	}
	if c.Mail.On() != next.Mail.On() {
		fixed = append(fixed, "mail (on or off)")
	}
	if (c.TLS.CertFile == "") != (next.TLS.CertFile == "") {
		fixed = append(fixed, "tls (on or off)")
	}
	if len(fixed) > 0 {
		return c, fmt.Errorf("a new value of %s takes a restart; nothing was changed, the old settings stay", strings.Join(fixed, ", "))
	}
	return next, nil
}
