package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var unknownField = regexp.MustCompile(`^line (\d+): field (\S+) not found in type (\S+)$`)

// explain turns the decoder's words into ours: which key, in which line, and
// what was probably meant.
func explain(err error) error {
	te, ok := errors.AsType[*yaml.TypeError](err)
	if !ok {
		return err
	}
	var all []error
	for _, e := range te.Errors {
		m := unknownField.FindStringSubmatch(e)
		if m == nil {
			all = append(all, errors.New(e))
			continue
		}
		all = append(all, fmt.Errorf("line %s: there is no key %q%s", m[1], m[2], nearest(m[2], keysOf(m[3]))))
	}
	return errors.Join(all...)
}

func keysOf(goType string) []string {
	t := reflect.TypeFor[Config]()
	for _, within := range []reflect.Type{reflect.TypeFor[TLS](), reflect.TypeFor[Mail]()} {
		if strings.HasSuffix(goType, "."+within.Name()) {
			t = within
		}
	}
	var keys []string
	for i := range t.NumField() {
		keys = append(keys, t.Field(i).Tag.Get("yaml"))
	}
	return keys
}

func nearest(key string, known []string) string {
	best, least := "", len(key)/2+2
	for _, k := range known {
		d := distance(key, k)
		if strings.HasPrefix(k, key) {
			d = 1
		}
		if d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return "; known are " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is the edit distance of a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
