package exposure

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/spec/ijson"
)

// keys says which keys an object of a file has. encoding/json takes "Goal" for
// "goal" and leaves alone what is missing; a file that says something else than
// its author meant would be answered, and wrongly.
type keys []key

type key struct {
	name  string
	is    what
	needs bool
	of    keys // of an object, or of the objects in a list
}

// what is the type of a key's value.
type what string

const (
	aName    what = "a string that is not empty"
	aNumber  what = "a whole number, without point or exponent"
	aBool    what = "true or false"
	aList    what = "a list of names"
	objects  what = "a list of objects"
	anObject what = "an object"
)

func fileKeys() keys {
	return keys{
		{"atoms", objects, true, keys{
			{"id", aName, true, nil}, {"class", aName, true, nil}, {"ial", aNumber, false, nil}, {"key", aName, false, nil}, {"phishable", aBool, false, nil},
			{"pool", anObject, false, keys{{"of", aName, true, nil}, {"k", aNumber, true, nil}}},
		}},
		{"edges", objects, true, keys{
			{"id", aName, true, nil}, {"head", aName, true, nil}, {"body", aList, true, nil}, {"k", aNumber, false, nil},
			{"recovery", aBool, false, nil}, {"nist", aBool, false, nil},
		}},
		{"given", aList, false, nil},
		{"goal", aName, true, nil},
		{"required", anObject, true, keys{{"aal", aNumber, true, nil}, {"phr", aBool, false, nil}}},
		{"equivalence", anObject, false, keys{{"dual_control", aNumber, false, nil}, {"onsite", aNumber, false, nil}}},
	}
}

func (ks keys) String() string {
	names := make([]string, len(ks))
	for i, k := range ks {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

// check says what of an object is not as it should be, and where.
func (ks keys) check(v ijson.Value, at string) error {
	if v.Kind() != ijson.Object {
		return invalid("graph_type", "%s is %s; it is an object with %v.", place(at, "the file"), v.Kind(), ks)
	}
	for name := range v.Names() {
		if !slices.ContainsFunc(ks, func(k key) bool { return k.name == name }) {
			return invalid("graph_key", "%s: there is no key %.40q. The keys are %v.", place(at, "the file"), name, ks)
		}
	}
	for _, k := range ks {
		if err := k.check(v.Get(k.name), under(at, k.name)); err != nil {
			return err
		}
	}
	return nil
}

// check of one key. Null is as if it were not there.
func (k key) check(v ijson.Value, at string) error {
	if v.Kind() == ijson.Missing || v.Kind() == ijson.Null {
		if k.needs {
			return invalid("graph_missing", "%s is missing: it is %s.", at, k.is)
		}
		return nil
	}
	if !k.is.fits(v) {
		return invalid("graph_type", "%s is %s; it is %s.", at, said(v), k.is)
	}
	switch k.is {
	case anObject:
		return k.of.check(v, at)
	case objects:
		for i, o := range v.List() {
			if err := k.of.check(o, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case aList:
		for i, name := range v.List() {
			if !aName.fits(name) {
				return invalid("graph_type", "%s[%d] is %s; it is %s.", at, i, said(name), aName)
			}
		}
	}
	return nil
}

func (w what) fits(v ijson.Value) bool {
	switch w {
	case aName:
		return v.Kind() == ijson.String && v.Text() != ""
	case aNumber:
		n, ok := v.Int()
		return ok && n == int64(int32(n))
	case aBool:
		return v.Kind() == ijson.True || v.Kind() == ijson.False
	case aList, objects:
		return v.Kind() == ijson.Array
	}
	return v.Kind() == ijson.Object
}

func said(v ijson.Value) string {
	switch v.Kind() {
	case ijson.Number:
		return fmt.Sprintf("%.40s", v.Text())
	case ijson.String:
		return fmt.Sprintf("%.40q", v.Text())
	}
	return v.Kind().String()
}

func place(at, whole string) string {
	if at == "" {
		return whole
	}
	return at
}

func under(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
