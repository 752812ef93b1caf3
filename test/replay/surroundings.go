package replay

import (
	"path/filepath"

	"holdfast/test/need"
)

// surroundings declares what is around Holdfast.
func (b *builder) surroundings() {
	b.t.Helper()
	b.w.CLI(b.t, nil, "surroundings", "import", filepath.Join(need.Root(b.t), "test/replay/testdata/surroundings.yaml"))
	for _, k := range b.Keys {
		if k.Name == "alice" {
			k.Device = k.Owner.ID + "/phone" // as it is declared
		}
	}
}
