package main

import (
	"context"
	"crypto/fips140"
	"encoding/json"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

// built is what "holdfast version --json" prints.
type built struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source
	Modified bool   `json:"modified,omitempty"` // since then
	Go       string `json:"go"`
	Platform string `json:"platform"`
	FIPS     fips   `json:"fips140"`
}

// fips says which cryptographic module is in the binary, and whether it is in
// FIPS mode: self-tested, with approved algorithms alone in TLS.
type fips struct {
	Enabled  bool   `json:"enabled"`
	Enforced bool   `json:"enforced"`         // GODEBUG=fips140=only
	Module   string `json:"module,omitempty"` // "v1.0.0-c2097c7c"; empty: that of this Go, not frozen
}

func buildOf() built {
	b := built{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		FIPS: fips{Enabled: fips140.Enabled(), Enforced: fips140.Enforced()}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "GOFIPS140":
			b.FIPS.Module = s.Value
		}
	}
	if len(b.Revision) >= 12 && (b.Version == "" || b.Version == "(devel)") {
		b.Version = "development " + b.Revision[:12]
	}
	return b
}

func version() string {
	b := buildOf()
	return b.Version + " " + b.Go
}

func (f fips) String() string {
	module := "the module of this Go, which is not validated"
	if f.Module != "" {
		module = "Go Cryptographic Module " + f.Module
	}
	switch {
	case f.Enforced:
		return "FIPS 140-3 mode, enforced; " + module
	case f.Enabled:
		return "FIPS 140-3 mode; " + module
	case f.Module != "":
		return "no FIPS 140-3 mode, switched off by GODEBUG; " + module
	}
	return "no FIPS 140-3 mode"
}

func runVersion(_ context.Context, c console, args []string) error {
	fs := flag.NewFlagSet("holdfast version", flag.ContinueOnError)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(c, fs, args); err != nil {
		return err
	}
	b := buildOf()
	if *asJSON {
		return json.NewEncoder(c.out).Encode(b)
	}
	_, err := fmt.Fprintf(c.out, "holdfast %s\n%s\n%s\n", version(), b.Platform, b.FIPS)
	return err
}
