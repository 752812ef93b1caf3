package mutate

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build makes one binary with all mutants in it, into dir.
func Build(root, dir string) (string, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	texts := map[string]string{"mutant/mutant.go": switches}
	for _, e := range Edits() {
		if texts[e.File] == "" {
			text, err := os.ReadFile(filepath.Join(root, e.File))
			if err != nil {
				return "", err
			}
			first, rest, _ := strings.Cut(string(text), "\nimport ")
			texts[e.File] = first + "\nimport \"holdfast/mutant\"\n\nimport " + rest
		}
		if n := strings.Count(texts[e.File], e.Old); n != 1 {
			return "", fmt.Errorf("the check has moved: %q is %d times in %s and not once; update the list of mutations", e.Old, n, e.File)
		}
		texts[e.File] = strings.Replace(texts[e.File], e.Old, e.New, 1)
	}
	for file, text := range texts {
		to := filepath.Join(dir, strings.ReplaceAll(file, "/", "-"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		overlay.Replace[filepath.Join(root, file)] = to
	}
	text, err := json.Marshal(overlay)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "overlay.json"), text, 0o600)
	}
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "holdfast-mutants")
	cmd := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "./cmd/holdfast")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the mutants: %w\n%s", err, out)
	}
	return binary, nil
}
