package scim

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"

	"holdfast"
)

// maxFilter bounds a filter and a path, in bytes: what reads them takes a time
// that grows with the square of their length, and a filter is held against
// everybody. Directories send some hundred.
const maxFilter = 1000

var (
	errFilter = holdfast.Errorf(holdfast.Invalid, "filter_too_long", "A filter has at most %d bytes, and is there once.", maxFilter)
	errPath   = holdfast.Errorf(holdfast.Invalid, "path_too_long", "A path has at most %d bytes.", maxFilter)
	errTwice  = holdfast.Errorf(holdfast.Invalid, "attribute_twice", "An operation names an attribute in two ways: which is meant?")
)

// short refuses a filter that takes long to read, and one beside another.
func short(q url.Values) error {
	if filters := q["filter"]; len(filters) > 1 || len(q.Get("filter")) > maxFilter {
		return errFilter
	}
	return nil
}

const (
	core      = "urn:ietf:params:scim:schemas:core:2.0:User"
	coreGroup = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

// plain makes of a PATCH what it means, where directories say it in another way:
// attributes with their schema before them, or below it, and the words "True"
// and "False" for active. What the library does not know in such a form it drops
// without a word, and somebody would not be suspended.
func plain(body []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc map[string]any
	if d.Decode(&doc) != nil {
		return body, nil // the library says what is wrong
	}
	for name, value := range doc {
		operations, _ := value.([]any)
		if !strings.EqualFold(name, "Operations") {
			continue
		}
		for _, each := range operations {
			if op, ok := each.(map[string]any); ok {
				if err := plainOne(op); err != nil {
					return nil, err
				}
			}
		}
	}
	whole, err := json.Marshal(doc)
	if err != nil {
		return body, nil
	}
	return whole, nil
}

func plainOne(op map[string]any) error {
	var path string
	for name, value := range op {
		if strings.EqualFold(name, "path") {
			path, _ = value.(string)
			if len(path) > maxFilter {
				return errPath
			}
			if path != "" {
				path = bare(path)
				op[name] = path
			}
		}
	}
	for name, value := range op {
		if !strings.EqualFold(name, "value") {
			continue
		}
		if strings.EqualFold(path, "active") {
			op[name] = truth(value)
		}
		if attributes, ok := value.(map[string]any); ok && path == "" {
			named, err := plainly(attributes)
			if err != nil {
				return err
			}
			op[name] = named
		}
	}
	return nil
}

// plainly names attributes without their schema, each once.
func plainly(attributes map[string]any) (map[string]any, error) {
	out, seen := map[string]any{}, map[string]bool{}
	put := func(name string, value any) error {
		lower := strings.ToLower(name)
		if seen[lower] {
			return errTwice
		}
		seen[lower] = true
		if lower == "active" {
			value = truth(value)
		}
		out[name] = value
		return nil
	}
	for name, value := range attributes {
		below, ok := value.(map[string]any)
		if !ok || !strings.EqualFold(name, core) && !strings.EqualFold(name, coreGroup) {
			if err := put(bare(name), value); err != nil {
				return nil, err
			}
			continue
		}
		for inner, value := range below {
			if err := put(inner, value); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// bare is the name of an attribute without the schema of users or groups.
func bare(name string) string {
	for _, schema := range []string{core, coreGroup} {
		if len(name) > len(schema)+1 && strings.EqualFold(name[:len(schema)+1], schema+":") {
			return name[len(schema)+1:]
		}
	}
	return name
}

func truth(v any) any {
	switch s, _ := v.(string); strings.ToLower(s) {
	case "true":
		return true
	case "false":
		return false
	}
	return v
}
