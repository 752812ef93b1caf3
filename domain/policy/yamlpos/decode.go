package yamlpos

import (
	"errors"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// field is one key that a struct takes.
type field struct {
	name     string
	index    int
	key      bool // takes the name in the Mapping
	required bool
	min, max *float64
}

func (d *decoder) fieldsOf(t reflect.Type) []field {
	if fs, ok := d.fields[t]; ok {
		return fs
	}
	var fs []field
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("yaml")
		if !ok {
			continue
		}
		parts := strings.Split(tag, ",")
		f := field{name: parts[0], index: i}
		for _, p := range parts[1:] {
			f.option(p)
		}
		fs = append(fs, f)
	}
	d.fields[t] = fs
	return fs
}

func (f *field) option(o string) {
	name, value, _ := strings.Cut(o, "=")
	n, _ := strconv.ParseFloat(value, 64)
	switch name {
	case "required":
		f.required = true
	case "key":
		f.key = true
	case "min":
		f.min = &n
	case "max":
		f.max = &n
	default:
		panic("yamlpos: internal error: no such option: " + o)
	}
}

// value decodes n into v; what does not fit is reported and left as it was.
func (d *decoder) value(n *yaml.Node, path string, v reflect.Value) {
	d.places.put(path, n)
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		d.wrong(n, path, "write a value or leave the key out", "nothing is written here")
		return
	}
	if v.Kind() == reflect.Pointer {
		fresh := reflect.New(v.Type().Elem())
		d.value(n, path, fresh.Elem())
		v.Set(fresh)
		return
	}
	switch t := v.Addr().Interface().(type) {
	case Scalar:
		d.scalar(n, path, t)
		return
	case Mapping:
		d.mapping(n, path, t)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, path, v)
	case reflect.Slice:
		d.slice(n, path, v)
	default:
		d.plain(n, path, v)
	}
}

func (d *decoder) scalar(n *yaml.Node, path string, t Scalar) {
	if n.Kind != yaml.ScalarNode {
		d.wrong(n, path, "write a single value", "a single value belongs here, not %s", kind(n))
		return
	}
	err := t.ReadText(n.Value)
	var w *Wrong
	switch {
	case errors.As(err, &w):
		d.wrong(n, path, w.Remedy, "%s", w.Text)
	case err != nil:
		d.wrong(n, path, "", "%s", err)
	}
}

// Names have no dots and brackets, so that a path is read in one way.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_+-]{0,63}$`)

func (d *decoder) mapping(n *yaml.Node, path string, t Mapping) {
	if n.Kind != yaml.MappingNode {
		d.wrong(n, path, "write name: value, one a line", "names and values belong here, not %s", kind(n))
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, c := n.Content[i], n.Content[i+1]
		at := join(path, k.Value)
		form := k.Value
		if _, ok := t.(Dotted); ok {
			form = strings.ReplaceAll(form, ".", "_")
		}
		if !nameForm.MatchString(form) {
			d.wrong(k, path, "use 1 to 64 letters, digits, -, _ and +", "%s is no name", shown(k.Value))
			continue
		}
		zero, put := t.Entries()
		v := reflect.ValueOf(zero).Elem()
		d.value(c, at, v)
		d.places.putKey(at, k)
		d.named(v, k.Value)
		put(k.Value, zero)
	}
}

// named writes the name into the field that takes it.
func (d *decoder) named(v reflect.Value, name string) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return
	}
	for _, f := range d.fieldsOf(v.Type()) {
		if f.key {
			v.Field(f.index).SetString(name)
		}
	}
}

func (d *decoder) structure(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.wrong(n, path, "write key: value, one a line", "keys and values belong here, not %s", kind(n))
		return
	}
	fields, known := map[string]field{}, []string{}
	for _, f := range d.fieldsOf(v.Type()) {
		if !f.key {
			fields[f.name] = f
			known = append(known, f.name)
		}
	}
	written := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, c := n.Content[i], n.Content[i+1]
		at := join(path, k.Value)
		f, ok := fields[k.Value]
		if !ok {
			d.wrong(k, path, Meant(k.Value, known), "there is no key %s here", shown(k.Value))
			continue
		}
		written[k.Value] = true
		d.value(c, at, v.Field(f.index))
		d.places.putKey(at, k)
		d.bounds(c, at, f, v.Field(f.index))
	}
	for _, name := range known {
		if fields[name].required && !written[name] {
			d.wrong(n, path, "add `"+name+": …`", "the key `%s` is missing", name)
		}
	}
}

// bounds checks a number against the field's min and max.
func (d *decoder) bounds(n *yaml.Node, path string, f field, v reflect.Value) {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	var x float64
	switch {
	case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" && n.ShortTag() != "!!float":
		return
	case v.CanInt():
		if _, err := strconv.ParseInt(n.Value, 10, 32); err != nil {
			return // said already
		}
		x = float64(v.Int())
	case v.CanFloat():
		x = v.Float()
	default:
		return
	}
	low, high := math.Inf(-1), math.Inf(1)
	remedy := ""
	if f.min != nil {
		low, remedy = *f.min, "write at least "+number(*f.min)
	}
	if f.max != nil {
		high, remedy = *f.max, "write at most "+number(*f.max)
	}
	if f.min != nil && f.max != nil {
		remedy = "write " + number(low) + " to " + number(high)
	}
	if x < low || x > high {
		d.wrong(n, path, remedy, "%s is out of range", n.Value)
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (d *decoder) slice(n *yaml.Node, path string, v reflect.Value) {
	_, single := v.Addr().Interface().(Listed)
	switch {
	case n.Kind == yaml.SequenceNode:
	case single && n.Kind == yaml.ScalarNode:
		one := reflect.MakeSlice(v.Type(), 1, 1)
		d.value(n, path, one.Index(0))
		v.Set(one)
		return
	default:
		d.wrong(n, path, "write a list: [a, b]", "a list belongs here, not %s", kind(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		d.value(c, path+"["+strconv.Itoa(i)+"]", out.Index(i))
	}
	v.Set(out)
}

// plain decodes strings, booleans and numbers.
func (d *decoder) plain(n *yaml.Node, path string, v reflect.Value) {
	if w, ok := v.Interface().(Worded); ok {
		d.word(n, path, v, w.Words())
		return
	}
	tag := n.ShortTag()
	if n.Kind != yaml.ScalarNode {
		tag = ""
	}
	switch v.Kind() {
	case reflect.String:
		d.text(n, path, v, tag)
	case reflect.Bool:
		if tag != "!!bool" {
			d.wrong(n, path, "write true or false", "true or false belongs here, not %s", kind(n))
			return
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(n.Value, 10, 32)
		if tag != "!!int" || err != nil {
			d.wrong(n, path, "write a whole number: 2", "a whole number belongs here, not %s", kind(n))
			return
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if tag != "!!float" && tag != "!!int" || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			d.wrong(n, path, "write a number: 0.02", "a number belongs here, not %s", kind(n))
			return
		}
		v.SetFloat(f)
	default:
		panic("yamlpos: internal error: no decoder for " + v.Type().String())
	}
}

// maxText bounds one text; an expression that is longer cannot be read.
const maxText = 8192

func (d *decoder) text(n *yaml.Node, path string, v reflect.Value, tag string) {
	switch {
	case tag == "":
		d.wrong(n, path, "write a single value", "text belongs here, not %s", kind(n))
	case tag != "!!str":
		d.wrong(n, path, "put it in quotes: "+strconv.Quote(n.Value), "text belongs here, not %s", kind(n))
	case len(n.Value) > maxText:
		d.wrong(n, path, "write less than "+strconv.Itoa(maxText)+" bytes", "the text is too long")
	case strings.TrimSpace(n.Value) == "":
		d.wrong(n, path, "write a value or leave the key out", "the text is empty")
	default:
		v.SetString(n.Value)
	}
}

func (d *decoder) word(n *yaml.Node, path string, v reflect.Value, known []string) {
	if n.Kind != yaml.ScalarNode {
		d.wrong(n, path, "write "+list(known), "a word belongs here, not %s", kind(n))
		return
	}
	for _, w := range known {
		if n.Value == w {
			v.SetString(w)
			return
		}
	}
	d.wrong(n, path, Meant(n.Value, known), "%s is none of the words for this key", shown(n.Value))
}

// kind names what stands there, for an error.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return "the number " + shown(n.Value)
	case "!!bool":
		return "the yes or no " + shown(n.Value)
	case "!!timestamp":
		return "the date " + shown(n.Value)
	}
	return "the text " + shown(n.Value)
}
