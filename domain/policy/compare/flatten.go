package compare

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"holdfast/domain/policy"
)

// flat is a document as paths and values, with names in place of numbers.
type flat struct {
	values map[string]leaf
	names  map[string][]string // of named things, in the order of the text
}

// leaf is one value. The zero leaf is not written.
type leaf struct {
	text  string
	set   []string // where it is a list, sorted
	list  bool
	value any
	order int // of the text
}

func flatten(d *policy.Document) *flat {
	f := &flat{values: map[string]leaf{}, names: map[string][]string{}}
	f.structure("", *d, d)
	return f
}

func (f *flat) put(path string, l leaf) {
	l.order = len(f.values)
	f.values[path] = l
}

// structure walks the keys of the language by their tags.
func (f *flat) structure(path string, s any, d *policy.Document) {
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if !field.IsExported() || name == "" {
			continue
		}
		at := name
		if path != "" {
			at = path + "." + name
		}
		f.value(at, v.Field(i), d)
	}
}

func (f *flat) value(path string, v reflect.Value, d *policy.Document) {
	switch x := v.Interface().(type) {
	case policy.Duration, policy.Date, policy.Rate:
		f.scalar(path, v)
		return
	case []policy.AAGUIDRef:
		f.words(path, reflect.ValueOf(d.AAGUIDsOf(x)))
		return
	case []*policy.Step:
		f.steps(path, x, d)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Elem().Kind() != reflect.Struct { // a zero that is written is no zero that is not
			f.put(path, leaf{text: fmt.Sprint(v.Elem().Interface()), value: v.Elem().Interface()})
			return
		}
		f.value(path, v.Elem(), d)
	case reflect.Struct:
		if names := v.FieldByName("Names"); names.IsValid() && v.FieldByName("Of").IsValid() {
			f.mapping(path, names.Interface().([]string), v.FieldByName("Of"), d)
			return
		}
		f.structure(path, v.Interface(), d)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Pointer {
			f.named(path, v, d)
			return
		}
		f.words(path, v)
	default:
		f.scalar(path, v)
	}
}

func (f *flat) scalar(path string, v reflect.Value) {
	if v.IsZero() {
		return
	}
	f.put(path, leaf{text: fmt.Sprint(v.Interface()), value: v.Interface()})
}

func (f *flat) words(path string, v reflect.Value) {
	if v.Len() == 0 {
		return
	}
	l := leaf{list: true}
	for i := range v.Len() {
		l.set = append(l.set, fmt.Sprint(v.Index(i).Interface()))
	}
	slices.Sort(l.set)
	l.set = slices.Compact(l.set)
	l.text = strings.Join(l.set, ", ")
	f.put(path, l)
}

func (f *flat) mapping(path string, names []string, of reflect.Value, d *policy.Document) {
	f.names[path] = names
	for _, n := range names {
		f.value(path+"."+n, of.MapIndex(reflect.ValueOf(n)), d)
	}
}

// named is a list of things that have a name of some kind. Two of one name are
// told apart by their number.
func (f *flat) named(path string, v reflect.Value, d *policy.Document) {
	seen := map[string]int{}
	for i := range v.Len() {
		e := v.Index(i).Elem()
		name := ""
		for _, key := range []string{"Name", "For", "What"} {
			if k := e.FieldByName(key); k.IsValid() {
				name = fmt.Sprint(k.Interface())
				break
			}
		}
		if seen[name]++; seen[name] > 1 {
			name += fmt.Sprintf("#%d", seen[name])
		}
		f.names[path] = append(f.names[path], name)
		f.value(path+"."+name, e, d)
	}
}

// steps: where there are as many of the same kinds, each is compared with its
// counterpart; "kinds" tells the rest.
func (f *flat) steps(path string, steps []*policy.Step, d *policy.Document) {
	var kinds []string
	for i, s := range steps {
		kind := "device"
		switch {
		case s.Proof != nil:
			kind = "proof"
		case s.Approve != nil:
			kind = "approve"
		case s.Code != nil:
			kind = "code"
		}
		kinds = append(kinds, kind)
		f.structure(fmt.Sprintf("%s.%d", path, i+1), *s, d)
	}
	f.put(path, leaf{text: strings.Join(kinds, ", ")})
}

func duration(l leaf) (time.Duration, bool) {
	d, ok := l.value.(policy.Duration)
	return d.D(), ok
}
