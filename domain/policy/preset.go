package policy

import (
	"embed"
	"path"
	"strings"
)

// DefaultPreset is the policy of a fresh installation.
const DefaultPreset = "nist-aal2"

//go:embed presets/*.yaml
var presets embed.FS

// PresetText is a policy that comes with the program.
type PresetText struct {
	Name string
	Text []byte
}

// Presets lists them, the default first and then from the mildest to the
// strictest.
func Presets() []PresetText {
	var out []PresetText
	for _, name := range []string{DefaultPreset, "phr-required", "hybrid", "federal-enterprise"} {
		text, err := presets.ReadFile(path.Join("presets", name+".yaml"))
		if err != nil {
			panic("policy: internal error: " + err.Error())
		}
		out = append(out, PresetText{Name: name, Text: text})
	}
	return out
}

// Preset is the text of one; its name may carry ".yaml".
func Preset(name string) ([]byte, bool) {
	for _, p := range Presets() {
		if p.Name == strings.TrimSuffix(name, ".yaml") {
			return p.Text, true
		}
	}
	return nil, false
}
