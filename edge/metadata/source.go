package metadata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"holdfast"
	"holdfast/spec/mds"
)

// Found is a BLOB at a source, not verified.
type Found struct {
	Name string // of the file, or the address
	JWT  []byte
	No   int64 // that it claims
}

// maxFiles bounds how many BLOBs of a folder are read.
const maxFiles = 200

// Read gives the BLOBs at a source: a file, a folder (its files *.jwt and
// *.blob), or an https address. The one that claims the highest number is the
// first. Nothing is verified.
func Read(ctx context.Context, client *http.Client, source string) ([]Found, error) {
	if IsAddress(source) {
		f, _, err := fetch(ctx, client, source, "")
		return []Found{f}, err
	}
	names, _, err := files(source)
	if err != nil {
		return nil, err
	}
	return readFiles(names)
}

// IsAddress says whether a source is no file or folder.
func IsAddress(source string) bool { return strings.Contains(source, "://") }

// files lists a file, or those of a folder, and gives a stamp that changes when
// one of them does.
func files(source string) (names []string, stamp string, err error) {
	info, err := os.Stat(source)
	if err != nil {
		return nil, "", missing(err)
	}
	if names = []string{source}; info.IsDir() {
		if names, err = inFolder(source); err != nil {
			return nil, "", err
		}
	}
	var b strings.Builder
	for _, n := range names {
		info, err := os.Stat(n)
		if err != nil {
			return nil, "", missing(err)
		}
		fmt.Fprintf(&b, "%s %d %d\n", n, info.Size(), info.ModTime().UnixNano())
	}
	return names, b.String(), nil
}

func inFolder(folder string) (names []string, err error) {
	for _, pattern := range []string{"*.jwt", "*.blob"} {
		more, err := filepath.Glob(filepath.Join(escapeGlob(folder), pattern))
		if err != nil {
			return nil, err
		}
		names = append(names, more...)
	}
	switch {
	case len(names) == 0:
		return nil, holdfast.Errorf(holdfast.NotFound, "mds_source", "There is no BLOB (*.jwt or *.blob) in the folder %s. Put one there.", folder)
	case len(names) > maxFiles:
		return nil, holdfast.Errorf(holdfast.Invalid, "mds_source", "There are %d BLOBs in the folder %s; at most %d are read. Remove old ones.", len(names), folder, maxFiles)
	}
	return names, nil
}

func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(s)
}

func missing(err error) error {
	return holdfast.Errorf(holdfast.NotFound, "mds_source", "The source of metadata cannot be read: %v. See that it is there, and that Holdfast may read it.", err)
}

// readFiles reads them all. One that makes no sense comes last: whoever imports
// it hears why.
func readFiles(names []string) (all []Found, err error) {
	for _, n := range names {
		jwt, err := readFile(n)
		if err != nil {
			return nil, err
		}
		f := Found{Name: n, JWT: jwt, No: -1}
		if no, err := mds.ClaimedNumber(jwt); err == nil {
			f.No = no
		}
		all = append(all, f)
	}
	slices.SortStableFunc(all, func(a, b Found) int { return cmp.Compare(b.No, a.No) })
	return all, nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, missing(err)
	}
	defer f.Close()
	jwt, err := io.ReadAll(io.LimitReader(f, mds.MaxBytes+1)) // mds says what is too large
	if err != nil {
		return nil, missing(err)
	}
	return jwt, nil
}

// errUnchanged says that an address still has what it had.
var errUnchanged = errors.New("nothing new")

// fetch asks an address, which may say that it has nothing newer than etag.
func fetch(ctx context.Context, client *http.Client, address, etag string) (Found, string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" {
		return Found{}, "", holdfast.Errorf(holdfast.Invalid, "mds_source", "Metadata are fetched over https alone, not from %.100q.", address)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Found{}, "", err
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	resp, err := client.Do(req)
	if err != nil {
		return Found{}, "", unreachable(address, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified && etag != "":
		return Found{}, etag, errUnchanged
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return Found{}, "", unreachable(address, fmt.Errorf("it sends on to %.200q: name that address, if it is right", resp.Header.Get("Location")))
	case resp.StatusCode != http.StatusOK:
		return Found{}, "", unreachable(address, errors.New("it answers "+resp.Status))
	}
	jwt, err := io.ReadAll(io.LimitReader(resp.Body, mds.MaxBytes+1))
	if err != nil {
		return Found{}, "", unreachable(address, err)
	}
	f := Found{Name: address, JWT: jwt, No: -1}
	if no, err := mds.ClaimedNumber(jwt); err == nil {
		f.No = no
	}
	return f, resp.Header.Get("ETag"), nil
}

func unreachable(address string, err error) error {
	return holdfast.Errorf(holdfast.Unavailable, "mds_source", "Metadata cannot be fetched from %.200s: %v.", address, err)
}
