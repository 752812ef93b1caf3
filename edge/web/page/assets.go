package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// assets are the embedded files under names that change with their contents,
// so that browsers may keep them for ever.
type assets struct {
	base   string            // "/assets/"
	hashed map[string]string // "holdfast.css" → "holdfast.1a2b3c4d.css"
	bytes  map[string][]byte // by hashed name
}

func readAssets(base string) (*assets, error) {
	as := &assets{base: base, hashed: map[string]string{}, bytes: map[string][]byte{}}
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return nil, fmt.Errorf("page: list the assets: %w", err)
	}
	for _, e := range entries {
		if err := as.add(e.Name()); err != nil {
			return nil, err
		}
	}
	return as, nil
}

// imported finds what a script imports.
var imported = regexp.MustCompile(`(?m)^import .* from "\./([a-z]+\.js)";$`)

// add reads an asset and what it imports, which it then names by hash: a
// browser that kept an old script never mixes it with a new one.
func (as *assets) add(name string) error {
	if as.hashed[name] != "" {
		return nil
	}
	b, err := fs.ReadFile(assetFiles, "assets/"+name)
	if err != nil {
		return fmt.Errorf("page: read asset %s: %w", name, err)
	}
	for _, m := range imported.FindAllSubmatch(b, -1) {
		if err := as.add(string(m[1])); err != nil {
			return err
		}
		b = bytes.ReplaceAll(b, []byte(`"./`+string(m[1])+`";`), []byte(`"./`+as.hashed[string(m[1])]+`";`))
	}
	sum := sha256.Sum256(b)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:4]) + ext
	as.hashed[name], as.bytes[hashed] = hashed, b
	return nil
}

// url is the address of an asset.
func (as *assets) url(name string) (string, error) {
	h, ok := as.hashed[name]
	if !ok {
		return "", fmt.Errorf("page: no asset %q", name)
	}
	return as.base + h, nil
}

// AssetURL is the address of an asset, such as "holdfast.css"; empty for an
// unknown name.
func (ps *Pages) AssetURL(name string) string {
	u, err := ps.assets.url(name)
	if err != nil {
		return ""
	}
	return u
}

// AssetFiles gives every asset by the name that pages use, for static output.
func (ps *Pages) AssetFiles() map[string][]byte { return ps.assets.bytes }

// Assets serves the assets, under PathAssets. Only names with the present hash
// exist; they never change, so they may be kept for a year.
func (ps *Pages) Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "assets can only be read", http.StatusMethodNotAllowed)
			return
		}
		b, ok := ps.assets.bytes[strings.TrimPrefix(r.URL.Path, PathAssets)]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", contentType(r.URL.Path))
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox") // an SVG opened by itself
		w.Write(b)
	})
}

// contentType does not ask the host's MIME table, which differs between machines.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}
