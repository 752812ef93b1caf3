package api_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/edge/web/api"
	"holdfast/spec/mds"
	"holdfast/test/mdsblob"
)

// blob is number no, of models that end in 0, 1, … with these statuses.
func (w *world) blob(a *mdsblob.Authority, no int64, statuses ...string) string {
	b := mdsblob.Blob{No: no, NextUpdate: w.Now().AddDate(0, 1, 0), Legal: "terms"}
	for i, s := range statuses {
		e := mdsblob.Certified([16]byte{0xaa, 15: byte(i)}, a.Root, s)
		e.Description = fmt.Sprintf("Key %d", i)
		b.Entries = append(b.Entries, e)
	}
	return string(a.Sign(b))
}

func (p *program) jose(query, text string) answer {
	return p.with("Content-Type", "application/jose").do("POST", "/mds"+query, text)
}

func TestMetadata(t *testing.T) {
	w := newWorld(t)
	admin := w.admin()
	var got api.Metadata
	admin.do("GET", "/mds", "").into(200, &got)
	if got.State != "none" || got.No != 0 || got.Skipped == nil {
		t.Errorf("before the first: %+v", got)
	}
	admin.do("GET", "/mds/models", "").refused(404, "mds_none")

	admin.jose("?from=blob.jwt", w.blob(w.fido, 7, "FIDO_CERTIFIED_L2", "REVOKED", "FIPS140_CERTIFIED_L3")).into(200, &got)
	if got.State != "current" || got.No != 7 || got.Models != 3 || got.Root != mds.Fingerprint(w.fido.Root) || got.Found != "blob.jwt" || got.Legal != "terms" {
		t.Errorf("imported: %+v", got)
	}
	stranger := mdsblob.New("stranger")
	admin.jose("", w.blob(w.fido, 6)).refused(409, "mds_older")
	admin.jose("", w.blob(stranger, 8)).refused(400, "mds_root")
	admin.jose("", w.blob(w.fido, 8)[:700]).refused(400, "mds_truncated")
	admin.do("POST", "/mds", w.blob(w.fido, 8)).refused(400, "content_type")
	admin.jose("", strings.Repeat("A", mds.MaxBytes+3)).refused(400, "body_too_large")
	root := base64.RawURLEncoding.EncodeToString(stranger.Root.Raw)
	admin.jose("?root="+root, w.blob(stranger, 8)).refused(403, "mds_root_by_host")
	if admin.do("GET", "/mds", "").into(200, &got); got.No != 7 {
		t.Errorf("what was refused is current: %+v", got)
	}

	var page api.List[api.Model]
	admin.do("GET", "/mds/models?limit=2", "").into(200, &page)
	names := []string{page.Items[0].Description, page.Items[1].Description}
	admin.do("GET", "/mds/models?limit=2&cursor="+page.Next, "").into(200, &page)
	if names = append(names, page.Items[0].Description); !cmp.Equal(names, []string{"Key 0", "Key 1", "Key 2"}) || page.Next != "" {
		t.Errorf("pages: %v, then %q", names, page.Next)
	}
	if page.Items[0].FIPS != 3 || page.Items[0].Level != "" || !page.Items[0].Hardware {
		t.Errorf("%+v", page.Items[0])
	}
	admin.do("GET", "/mds/models?bad=true", "").into(200, &page)
	if len(page.Items) != 1 || page.Items[0].Standing != "bad" || !cmp.Equal(page.Items[0].Bad, []string{"REVOKED"}) {
		t.Errorf("bad: %+v", page.Items)
	}
	if admin.do("GET", "/mds/models?query=key+0", "").into(200, &page); len(page.Items) != 1 || page.Items[0].Level != "FIDO_CERTIFIED_L2" {
		t.Errorf("by its name: %+v", page.Items)
	}
	var one api.ModelDetail
	admin.do("GET", "/mds/models/AA000000-0000-0000-0000-000000000001", "").into(200, &one)
	if one.AAGUID != "aa000000-0000-0000-0000-000000000001" || len(one.Anchors) != 1 || one.Anchors[0].SHA256 != mds.Fingerprint(w.fido.Root) || len(one.Reports) != 1 {
		t.Errorf("%+v", one)
	}
	admin.do("GET", "/mds/models/bb000000-0000-0000-0000-000000000000", "").refused(404, "no_such_model")
	admin.do("GET", "/mds/models/nonsense", "").refused(404, "no_such_model")
}

func TestMetadataTakesScopes(t *testing.T) {
	w := newWorld(t)
	reads, other := w.program(w.token(w.root, "policy:read")), w.program(w.token(w.root, "settings:write"))
	reads.do("GET", "/mds", "").want(http.StatusOK)
	reads.jose("", w.blob(w.fido, 7)).refused(403, "scope_missing")
	other.do("GET", "/mds", "").refused(403, "scope_missing")
	w.program(w.token(w.root, "policy:write")).jose("", w.blob(w.fido, 7)).want(http.StatusOK)
	if b, err := w.metadata.Newest(t.Context()); err != nil || b.No != 7 {
		t.Errorf("%v, %v", b, err)
	}
}
