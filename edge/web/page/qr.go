package page

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// maxQR bounds the text of a QR code: level M holds 2,331 bytes, but a picture
// that a phone reads from a screen should stay far below.
const maxQR = 512

// QR draws text as a QR code, in inline SVG with a title, for a page's Picture
// field. It is dark on light in both colour schemes, since many readers refuse
// an inverted code, and has the quiet zone of four modules that ISO/IEC 18004
// asks for.
func QR(text, title string) (Picture, error) {
	if len(text) > maxQR {
		return "", fmt.Errorf("page: %d bytes are too many for a QR code of at most %d", len(text), maxQR)
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("page: QR code: %w", err)
	}
	side := code.Size + 8
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="qr" viewBox="0 0 %d %d" role="img" shape-rendering="crispEdges"><title>%s</title><rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="`,
		side, side, template.HTMLEscapeString(title), side, side)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := x
			for run < code.Size && code.Black(run, y) {
				run++
			}
			if run > x {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+4, y+4, run-x, run-x)
				x = run
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return Picture(b.String()), nil //nolint:gosec // numbers and an escaped title
}
