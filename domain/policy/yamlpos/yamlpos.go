// Package yamlpos decodes one YAML document into Go structs and remembers where
// every value stands. It reports all that is wrong, each with its place and a
// remedy, not only the first.
//
// Package yamlpos refuses what makes YAML surprising: invisible characters, anchors, aliases (and so
// alias bombs), merge keys, tags, a key that is there twice, a key that nobody
// knows, a word or number where another type belongs, an empty value, several
// documents in one file, and files that are too long or too deep.
package yamlpos

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"bytes"

	"go.yaml.in/yaml/v3"
)

const (
	// MaxBytes bounds a document: the parser keeps some hundred bytes for each
	// byte of a hostile one.
	MaxBytes = 1 << 20
	// MaxDepth bounds how deep it nests; the language needs eight.
	MaxDepth = 24
	// MaxProblems bounds how many are told at once.
	MaxProblems = 100
)

// Position is a place in a file. Lines and columns begin at 1; columns count
// characters.
type Position struct {
	File         string
	Line, Column int
}

// Problem is one thing that is wrong. Syntax is true where the text is no YAML,
// or YAML that is left out.
type Problem struct {
	At     Position
	Syntax bool
	Path   string
	Text   string
	Remedy string
}

// Wrong is what a ReadText returns when the text does not fit.
type Wrong struct{ Text, Remedy string }

func (w *Wrong) Error() string { return w.Text + "; " + w.Remedy }

// Scalar is a type that reads itself from the text of one value.
type Scalar interface{ ReadText(string) error }

// Worded is a string that takes one of some words.
type Worded interface{ Words() []string }

// Mapping is a type with names for keys: put takes the pointer that zero is,
// once it is filled.
type Mapping interface {
	Entries() (zero any, put func(name string, value any))
}

// Dotted is a Mapping whose names may have dots: those of fields, "user.title".
type Dotted interface{ Dotted() }

// Listed is a slice for which a single value may stand.
type Listed interface{ OneOrMore() }

// Decode reads text into the struct that into points to. Fields carry
// `yaml:"name"`, with `,required`, `,min=` and `,max=` where it applies; a field
// `yaml:",key"` takes the name under which its struct stands in a Mapping.
func Decode(name string, text []byte, into any) (*Places, []Problem) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors begin with it
	d := &decoder{places: newPlaces(name, text), fields: map[reflect.Type][]field{}}
	if root := d.parse(text); root != nil {
		d.refuse(root, "", 0)
		if len(d.problems) == 0 {
			d.value(root, "", reflect.ValueOf(into).Elem())
		}
	}
	if d.more > 0 {
		last := d.problems[len(d.problems)-1]
		d.problems = append(d.problems, Problem{At: last.At, Text: fmt.Sprintf("and %d more", d.more), Remedy: "mend the first ones and try again"})
	}
	return d.places, d.problems
}

type decoder struct {
	places   *Places
	problems []Problem
	more     int
	fields   map[reflect.Type][]field
}

func (d *decoder) wrong(n *yaml.Node, path, remedy, format string, args ...any) {
	d.report(Problem{At: d.places.position(n.Line, n.Column), Path: path, Text: fmt.Sprintf(format, args...), Remedy: remedy})
}

func (d *decoder) syntax(line, column int, path, remedy, format string, args ...any) {
	d.report(Problem{At: d.places.position(line, column), Syntax: true, Path: path, Text: fmt.Sprintf(format, args...), Remedy: remedy})
}

func (d *decoder) report(p Problem) {
	if len(d.problems) >= MaxProblems {
		d.more++
		return
	}
	d.problems = append(d.problems, p)
}

// parse is the one document of text, nil where there is not exactly one.
func (d *decoder) parse(text []byte) *yaml.Node {
	if len(text) > MaxBytes {
		d.syntax(1, 1, "", "split nothing: a policy of this size cannot be reviewed", "the file has %d bytes, more than %d", len(text), MaxBytes)
		return nil
	}
	if line, column, r := unreadable(text); line > 0 {
		if r == utf8.RuneError {
			d.syntax(line, column, "", "save the file as UTF-8", "this is no UTF-8")
		} else {
			d.syntax(line, column, "", "remove it", "an invisible character (%U) stands here", r)
		}
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, next yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF) || err == nil && (len(doc.Content) == 0 || doc.Content[0].ShortTag() == "!!null"):
		d.syntax(1, 1, "", "write a document", "the file is empty")
		return nil
	case err != nil:
		d.noYAML(err)
		return nil
	}
	switch err := dec.Decode(&next); {
	case err == nil:
		d.syntax(max(next.Line, 1), max(next.Column, 1), "", "keep one document in a file and remove this ---", "a second document begins here")
		return nil
	case !errors.Is(err, io.EOF):
		d.noYAML(err)
		return nil
	}
	return doc.Content[0]
}

var yamlError = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)$`)

// noYAML reports what the parser says. It knows the line alone, and of a block
// that breaks the one where the block begins.
func (d *decoder) noYAML(err error) {
	text, line := err.Error(), 1
	if m := yamlError.FindStringSubmatch(text); m != nil {
		text = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	remedy := "look at this line and the one before it: indentation, colons, quotes"
	if strings.HasPrefix(text, "did not find expected") {
		line = d.places.breaks(line + 1) // the parser of yaml/v3 counts these from 0
		if strings.HasSuffix(text, "indicator") || strings.HasSuffix(text, "key") {
			text = "this line does not continue what stands above it"
			remedy = "indent it as its neighbours are, and put what has both quotes and blanks into one pair of quotes"
		}
	}
	line = min(max(line, 1), len(d.places.lines))
	if indent := d.places.lines[line-1]; strings.HasPrefix(strings.TrimLeft(indent, " "), "\t") {
		text, remedy = "a tab stands here", "write blanks: YAML does not indent with tabs"
	}
	d.syntax(line, d.places.firstColumn(line), "", remedy, "this is no YAML: %s", text)
}

// unreadable finds the first character by which a reviewer would see another
// text than is read: no UTF-8, control characters, line ends that editors do not
// show, and what turns or hides text ("Trojan Source", CVE-2021-42574). A line of
// 0 is none.
func unreadable(text []byte) (line, column int, r rune) {
	line, column = 1, 1
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		switch {
		case r == utf8.RuneError && n == 1:
			return line, column, r
		case r == '\n':
			line, column = line+1, 1
			continue
		case r == '\t', r == '\r' && i < len(text) && text[i] == '\n':
		case r < ' ', r >= 0x7f && r <= 0x9f, invisible(r):
			return line, column, r
		}
		column++
	}
	return 0, 0, 0
}

// invisible: bidirectional controls, line ends of Unicode, and spaces of no width
// that stand alone.
func invisible(r rune) bool {
	switch {
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x2028, r == 0x2029, r == 0x200b, r == 0x2060, r == 0xfeff, r == 0xad:
		return true
	}
	return false
}

// refuse reports what the language leaves out of YAML, wherever it stands.
func (d *decoder) refuse(n *yaml.Node, path string, depth int) {
	if depth > MaxDepth {
		d.syntax(n.Line, n.Column, path, fmt.Sprintf("nest at most %d deep", MaxDepth), "this nests too deep")
		return
	}
	switch {
	case n.Kind == yaml.AliasNode:
		d.syntax(n.Line, n.Column, path, "write the value out", "aliases (*%s) are not read here", n.Value)
		return
	case n.Anchor != "":
		d.syntax(n.Line, n.Column, path, "remove it and write the value out where it is needed", "anchors (&%s) are not read here", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		d.syntax(n.Line, n.Column, path, "remove it; quote the value where it is text", "tags (%s) are not read here", n.Tag)
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for i, c := range n.Content {
			d.refuse(c, path+"["+strconv.Itoa(i)+"]", depth+1)
		}
	case yaml.MappingNode:
		d.refuseKeys(n, path, depth)
	}
}

func (d *decoder) refuseKeys(n *yaml.Node, path string, depth int) {
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch first, twice := seen[k.Value], seen[k.Value] != nil; {
		case k.Kind == yaml.AliasNode || k.Anchor != "" || k.Style&yaml.TaggedStyle != 0:
			d.refuse(k, path, depth+1)
			continue
		case k.Kind != yaml.ScalarNode:
			d.syntax(k.Line, k.Column, path, "write a name", "a key is a name")
			continue
		case k.ShortTag() == "!!merge":
			d.syntax(k.Line, k.Column, path, "write the keys out", "merge keys (<<) are not read here")
			continue
		case twice:
			d.syntax(k.Line, k.Column, join(path, k.Value), fmt.Sprintf("keep one: the first is in line %d", first.Line), "the key %s is here twice", shown(k.Value))
			continue
		}
		seen[k.Value] = k
		d.refuse(v, join(path, k.Value), depth+1)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// shown is a value as an error repeats it: quoted, and not too long.
func shown(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return strconv.Quote(s)
}

func list(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// Nearest is the known word that is meant by one that is not, if one is near.
func Nearest(word string, known []string) (string, bool) {
	best, most := "", max(1, min(len(word)/3, 4))
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d <= most && (best == "" || d < distance(strings.ToLower(word), strings.ToLower(best))) {
			best = k
		}
	}
	return best, best != ""
}

// distance is how many letters to change, add, drop or swap.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 99
	}
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// Meant is the remedy for a word that is not known.
func Meant(word string, known []string) string {
	if n, ok := Nearest(word, known); ok {
		return fmt.Sprintf("did you mean `%s`?", n)
	}
	sorted := slices.Clone(known)
	return "write " + list(sorted)
}
