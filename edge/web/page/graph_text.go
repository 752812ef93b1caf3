package page

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// broken ends a line that breaks a word: what is read aloud has no gap there.
const broken = "\u2060"

// wrap breaks text into at most most lines of at most width, at a font of size
// em. Where words are left over, the last line ends in an ellipsis, behind a
// whole word if it has one.
func wrap(text string, em, width float64, most int) []string {
	var lines []string
	words := strings.Fields(strings.ToValidUTF8(text, "?"))
	for len(words) > 0 {
		if len(lines) == most {
			lines[most-1] = cut(strings.TrimSuffix(lines[most-1], broken)+" …", em, width)
			break
		}
		line := words[0]
		words = words[1:]
		for len(words) > 0 && extent(line+" "+words[0], em) <= width {
			line += " " + words[0]
			words = words[1:]
		}
		if extent(line, em) > width { // one long word
			head, rest := part(line, em, width)
			switch line = head; {
			case rest != "" && len(lines) == most-1 && most > 1:
				// A part of a word says less than that there is more.
				lines[most-2] = cut(strings.TrimSuffix(lines[most-2], broken)+" …", em, width)
				return lines
			case rest != "":
				line, words = head+broken, append([]string{rest}, words...)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// part is as much of a word as fits, and the rest of it.
func part(word string, em, width float64) (head, rest string) {
	end := 0
	for i, r := range word {
		if end = i + utf8.RuneLen(r); extent(word[:end], em) > width && i > 0 {
			return word[:i], word[i:]
		}
	}
	return word, ""
}

// cut ends a line that is too long with an ellipsis.
func cut(line string, em, width float64) string {
	for extent(line, em) > width && strings.Count(line, " ") > 1 {
		short := strings.TrimSuffix(line, " …")
		line = short[:strings.LastIndexByte(short, ' ')] + " …"
	}
	for extent(line, em) > width {
		short := strings.TrimRight(strings.TrimSuffix(line, "…"), " ")
		_, n := utf8.DecodeLastRuneInString(short)
		if short = short[:len(short)-n]; short == "" {
			return "…"
		}
		line = short + "…"
	}
	return line
}

// extent is how wide text is at most in the sans faces of the usual systems:
// nobody knows here which one a browser takes.
func extent(text string, em float64) float64 {
	n := 0.0
	for _, r := range text {
		switch {
		case r == '\u2060':
		case strings.ContainsRune("ijl|.,:;'!’‘", r):
			n += 0.31
		case strings.ContainsRune(" ftr()[]-/“”\"", r):
			n += 0.41
		case strings.ContainsRune("mwMW@%—…", r):
			n += 0.97
		case r >= 0x2e80: // East Asian
			n += 1.05
		case unicode.IsUpper(r):
			n += 0.72
		default:
			n += 0.615
		}
	}
	return n * em
}
