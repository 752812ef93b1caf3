package grant

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast"
)

const publicKeys = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}` // RFC 8037 appendix A.2

func good() Draft {
	return Draft{Name: "Wiki", RedirectURIs: []string{redirect}}
}

func TestCheckDraft(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Draft)
		want string // empty: it is good
	}{
		{"as it was before", func(*Draft) {}, ""},
		{"everything at once", func(d *Draft) {
			d.AuthMethod, d.JWKS, d.RequirePAR, d.RequireDPoP = MethodKey, publicKeys, true, true
			d.LogoutURI, d.MinAAL, d.RequireACR, d.MaxAge = "https://wiki.example.org/logout", holdfast.AAL2, "phrh", 3600
			d.Groups, d.Owners, d.Domains = []string{"grp_a"}, []string{"per_a"}, []string{"wiki.example.org", "wiki.example.org:8443"}
			d.Confidential, d.Kinds = true, slices.Clone(Kinds)
		}, ""},
		{"a method that does not exist", func(d *Draft) { d.AuthMethod = "password" }, "app_auth_method"},
		{"private_key_jwt without keys", func(d *Draft) { d.AuthMethod = MethodKey }, "app_jwks_missing"},
		{"private_key_jwt with a private key", func(d *Draft) {
			d.AuthMethod, d.JWKS = MethodKey, strings.Replace(publicKeys, `"crv"`, `"d":"AA","crv"`, 1)
		}, "app_jwks_private"},
		{"private_key_jwt with nonsense", func(d *Draft) { d.AuthMethod, d.JWKS = MethodKey, `{"keys":{}}` }, "app_jwks"},
		{"keys and no use for them", func(d *Draft) { d.JWKS = publicKeys }, "app_jwks"},
		{"plain http for sign-out notices", func(d *Draft) { d.LogoutURI = "http://wiki.example.org/logout" }, "app_logout_uri"},
		{"a level that does not exist", func(d *Draft) { d.MinAAL = 4 }, "app_min_aal"},
		{"a level below all", func(d *Draft) { d.MinAAL = -1 }, "app_min_aal"},
		{"an acr that is not to be required", func(d *Draft) { d.RequireACR = "aal2" }, "app_require_acr"},
		{"a negative age", func(d *Draft) { d.MaxAge = -1 }, "app_max_age"},
		{"an age that nobody is in time for", func(d *Draft) { d.MaxAge = 5 }, "app_max_age"},
		{"an age beyond the family's", func(d *Draft) { d.MaxAge = 1 << 40 }, "app_max_age"},
		{"a grant type that does not exist", func(d *Draft) { d.Kinds = []string{"password"} }, "app_kinds"},
		{"a grant type twice", func(d *Draft) { d.Kinds = []string{"device", "device"} }, "app_kinds"},
		{"client_credentials, which nobody serves", func(d *Draft) { d.Kinds = []string{"client_credentials"} }, "app_kinds"},
		{"RFC 8693: token exchange without a credential", func(d *Draft) { d.Kinds = []string{"token_exchange"} }, "app_kinds_public"},
		{"a device needs no address", func(d *Draft) { d.Kinds, d.RedirectURIs = []string{"device"}, nil }, ""},
		{"nothing else does without", func(d *Draft) { d.RedirectURIs = nil }, "redirect_uri_missing"},
		{"a group by name", func(d *Draft) { d.Groups = []string{"Nurses"} }, "app_groups"},
		{"a group twice", func(d *Draft) { d.Groups = []string{"grp_a", "grp_a"} }, "app_groups"},
		{"an owner by e-mail", func(d *Draft) { d.Owners = []string{"ada@example.org"} }, "app_owners"},
		{"a domain with a path", func(d *Draft) { d.Domains = []string{"wiki.example.org/x"} }, "app_domains"},
		{"a domain with a scheme", func(d *Draft) { d.Domains = []string{"https://wiki.example.org"} }, "app_domains"},
		{"a domain for all", func(d *Draft) { d.Domains = []string{"*.example.org"} }, "app_domains"},
		{"a domain in capitals", func(d *Draft) { d.Domains = []string{"Wiki.example.org"} }, "app_domains"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := good()
			c.edit(&d)
			err := CheckDraft(d)
			if c.want == "" && err != nil || c.want != "" && holdfast.CodeOf(err) != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestChange(t *testing.T) {
	a, _, err := CreateApp("app_wiki", Draft{Name: "Wiki", RedirectURIs: []string{redirect}, Confidential: true}, "hash", noon)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("nothing changed", func(t *testing.T) {
		b, events, err := Change(a, DraftOf(a), noon)
		if d := cmp.Diff(a, b); d != "" || events != nil || err != nil {
			t.Errorf("%s %v %v", d, events, err)
		}
	})
	t.Run("what changed is in the event, and nothing else", func(t *testing.T) {
		d := DraftOf(a)
		d.MinAAL, d.Groups = holdfast.AAL2, []string{"grp_nurses"}
		b, events, err := Change(a, d, noon)
		if err != nil || len(events) != 1 || events[0].Type != AppChanged || !events[0].Puts[0].Partial {
			t.Fatalf("%v %v", events, err)
		}
		var names []string
		for _, c := range events[0].Puts[0].Columns {
			names = append(names, c.Name)
		}
		if diff := cmp.Diff([]string{"min_aal", "groups"}, names); diff != "" || b.MinAAL != holdfast.AAL2 || b.SecretHash != "hash" {
			t.Errorf("%s%+v", diff, b)
		}
	})
	t.Run("a secret goes with its use", func(t *testing.T) {
		d := DraftOf(a)
		d.AuthMethod, d.JWKS = MethodKey, publicKeys
		b, _, err := Change(a, d, noon)
		if err != nil || b.SecretHash != "" || b.Method() != MethodKey || !b.Confidential {
			t.Errorf("%+v %v", b, err)
		}
		if _, _, err := ChangeSecret(b, "new", noon); holdfast.CodeOf(err) != "app_public" {
			t.Errorf("a secret for a key: %v", err)
		}
	})
	t.Run("nonsense changes nothing", func(t *testing.T) {
		d := DraftOf(a)
		d.MaxAge = -1
		if b, events, err := Change(a, d, noon); cmp.Diff(a, b) != "" || events != nil || holdfast.CodeOf(err) != "app_max_age" {
			t.Errorf("%v %v", events, err)
		}
	})
	t.Run("a removed application", func(t *testing.T) {
		gone := a
		gone.Removed = noon
		if _, _, err := Change(gone, DraftOf(a), noon); holdfast.CodeOf(err) != "no_such_app" {
			t.Error(err)
		}
	})
}
