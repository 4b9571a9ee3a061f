package sanitize

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// hiddenPayload is a file that an attacker wants one reader to see and another
// to miss.
var hiddenPayload = []byte("PK\x03\x04 not really an archive, \x00\x01\x02 but bytes enough to make several lines of base64 \xff\xfe and then some more to go on with.")

// wrapped is b in base64, in lines of n characters.
func wrapped(b []byte, n int) string {
	s := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	for len(s) > n {
		out.WriteString(s[:n] + "\n")
		s = s[n:]
	}
	return out.String() + s + "\n"
}

// quotedPayload is b in quoted-printable, every byte escaped, soft breaks after
// each 24.
func quotedPayload(b []byte) string {
	var out strings.Builder
	for i, c := range b {
		fmt.Fprintf(&out, "=%02X", c)
		if i%24 == 23 {
			out.WriteString("=\n")
		}
	}
	return out.String() // a line end would be part of the file
}

// payload is what an attacker hides, and how to tell that it was found.
type payload struct {
	name   string
	header string // of its part, without the transfer encoding
	body   []byte
	found  func(Facts) bool
}

// hiddenURL is a link that an attacker wants one reader to see and another to
// miss.
const hiddenURL = "https://hidden.evil.example/payload/login"

// payloads are a file, a page and a text.
func payloads() []payload {
	want := digest(hiddenPayload)
	url := func(f Facts) bool { return tellsURL(f, hiddenURL) }
	return []payload{
		{"file", "Content-Type: application/zip; name=\"x.zip\"\nContent-Disposition: attachment; filename=\"x.zip\"\n", hiddenPayload, func(f Facts) bool {
			return slices.ContainsFunc(f.Attachments, func(a Attachment) bool { return a.SHA256 == want })
		}},
		{"page", "Content-Type: text/html\n", []byte("<html><body><p>Your mailbox is full.</p><p><a href=\"" + hiddenURL + "\">Log in</a></p></body></html>"), url},
		{"text", "Content-Type: text/plain; charset=utf-8\n", []byte("Your mailbox is full. Log in at\n" + hiddenURL + "\nbefore it is closed for ever.\n"), url},
	}
}

func tellsURL(f Facts, url string) bool {
	return slices.ContainsFunc(f.Indicators, func(i Indicator) bool { return i.Type == TypeURL && i.Value == url })
}

func saysAmbiguous(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Code == ProblemAmbiguous })
}

// nestedHead begins n multiparts in one another.
func nestedHead(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=deep%d\n\n--deep%d\n", i, i)
	}
	return b.String()
}

// splitEscape breaks the first escape after each soft line break in two.
func splitEscape(qp string) string {
	parts := strings.Split(qp, "=\n=")
	for i := 1; i < len(parts); i++ {
		parts[i] = "=" + parts[i][:1] + "=\n" + parts[i][1:]
	}
	return strings.Join(parts, "")
}

type evasion struct{ class, name, mail string }

const ordinaryMixed = `Content-Type: multipart/mixed; boundary="bound42"`

// oddEncodings are ways to say base64 that not every reader understands.
var oddEncodings = map[string]string{
	"duplicate, last":           "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n",
	"duplicate, first":          "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n",
	"duplicate, quoted":         "Content-Transfer-Encoding: quoted-printable\nContent-Transfer-Encoding: base64\n",
	"two values, comma":         "Content-Transfer-Encoding: 7bit, base64\n",
	"two values, semicolon":     "Content-Transfer-Encoding: base64; 7bit\n",
	"two values, blank":         "Content-Transfer-Encoding: base64 7bit\n",
	"blank before the colon":    "Content-Transfer-Encoding : base64\n",
	"tab before the colon":      "Content-Transfer-Encoding\t: base64\n",
	"NUL before the colon":      "Content-Transfer-Encoding\x00: base64\n",
	"blank before the name":     "X-A: y\n Content-Transfer-Encoding: base64\n",
	"NUL before the name":       "\x00Content-Transfer-Encoding: base64\n",
	"no blank":                  "Content-Transfer-Encoding:base64\n",
	"colon in the next line":    "Content-Transfer-Encoding\n : base64\n",
	"name in two lines":         "Content-Transfer-\n Encoding: base64\n",
	"value in the next line":    "Content-Transfer-Encoding:\n base64\n",
	"value in two lines":        "Content-Transfer-Encoding: ba\n se64\n",
	"comment before":            "Content-Transfer-Encoding: (7bit) base64\n",
	"comment after":             "Content-Transfer-Encoding: base64 (really)\n",
	"comment, folded":           "Content-Transfer-Encoding: (x\n y) base64\n",
	"encoded word":              "Content-Transfer-Encoding: =?utf-8?Q?base64?=\n",
	"encoded word, B":           "Content-Transfer-Encoding: =?us-ascii?B?YmFzZTY0?=\n",
	"mixed case":                "Content-Transfer-Encoding: BaSe64\n",
	"mixed case in the name":    "cOnTeNt-TrAnSfEr-EnCoDiNg: base64\n",
	"quotes":                    "Content-Transfer-Encoding: \"base64\"\n",
	"junk behind":               "Content-Transfer-Encoding: base64foo\n",
	"NUL in the value":          "Content-Transfer-Encoding: bas\x00e64\n",
	"behind a line of blanks":   " \t\nContent-Transfer-Encoding: base64\n",
	"behind a line of no field": "what is this\nContent-Transfer-Encoding: base64\n",
	"behind a bare CR":          "X-A: y\rContent-Transfer-Encoding: base64\n",
	"missing":                   "",
	"empty":                     "Content-Transfer-Encoding:\n",
	"unknown":                   "Content-Transfer-Encoding: x-token\n",
	"comment before the colon":  "Content-Transfer-Encoding (x): base64\n",
	"comment in the name":       "Content-Transfer(x)-Encoding: base64\n",
	"comment around the colon":  "Content-Transfer-Encoding (:): base64\n",
	"comment, glued":            "Content-Transfer-Encoding(x): base64\n",
	"comment, name folded":      "Content-Transfer-Encoding (x\n y): base64\n",
	"comment around a field":    "Content-Transfer-Encoding: (\nContent-Transfer-Encoding: base64\n)\n",
	"comment, half":             "Content-Transfer-Encoding: (base64\n",
	"comment, half behind":      "Content-Transfer-Encoding: base64 (x\n",
	"comment, half, folded":     "Content-Transfer-Encoding: (\n base64\n",
	"comment, only its end":     "Content-Transfer-Encoding: base64)\n",
	"comment inside":            "Content-Transfer-Encoding: ba(x)se64\n",
	"comment, nested":           "Content-Transfer-Encoding: ((7bit) quoted-printable) base64\n",
	"comment, the value":        "Content-Transfer-Encoding: (base64)\n",
	"comment with a backslash":  "Content-Transfer-Encoding: (\\) base64\n",
	"form feed behind":          "Content-Transfer-Encoding: base64\f\n",
	"vertical tab before":       "Content-Transfer-Encoding:\vbase64\n",
	"NUL behind":                "Content-Transfer-Encoding: base64\x00\n",
	"NUL before":                "Content-Transfer-Encoding: \x00base64\n",
	"NUL before the value":      "Content-Transfer-Encoding:\x00 base64\n",
	"NUL in the name":           "Content-Trans\x00fer-Encoding: base64\n",
	"no-break space":            "Content-Transfer-Encoding:\u00a0base64\n",
	"zero-width space":          "Content-Transfer-Encoding: base64\u200b\n",
	"8 bit in the name":         "Content-Transfer-Encoding\xa0: base64\n",
	"two colons":                "Content-Transfer-Encoding:: base64\n",
	"equals for the colon":      "Content-Transfer-Encoding= base64\n",
	"no colon":                  "Content-Transfer-Encoding base64\n",
	"semicolon in the name":     "Content-Transfer-Encoding;: base64\n",
	"underscores":               "Content_Transfer_Encoding: base64\n",
	"no hyphens":                "ContentTransferEncoding: base64\n",
	"name as an encoded word":   "=?utf-8?Q?Content-Transfer-Encoding?=: base64\n",
	"value not folded":          "Content-Transfer-Encoding:\nbase64\n",
	"name not folded":           "Content-Transfer-\nEncoding: base64\n",
	"angle brackets":            "Content-Transfer-Encoding: <base64>\n",
	"single quotes":             "Content-Transfer-Encoding: 'base64'\n",
	"quotes, half":              "Content-Transfer-Encoding: \"base64\n",
	"a parameter":               "Content-Transfer-Encoding: base64; x=y\n",
	"as a parameter":            "Content-Transfer-Encoding: encoding=base64\n",
	"x-base64":                  "Content-Transfer-Encoding: x-base64\n",
	"base-64":                   "Content-Transfer-Encoding: base-64\n",
	"base 64":                   "Content-Transfer-Encoding: base 64\n",
	"full width":                "Content-Transfer-Encoding: ｂａｓｅ６４\n",
	"dotless i, long s":         "Content-Transfer-Encoding: ba\u017fe64\n",
	"backslash":                 "Content-Transfer-Encoding: base\\64\n",
	"three fields":              "Content-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: binary\nContent-Transfer-Encoding: base64\n",
	"encoded word, half":        "Content-Transfer-Encoding: =?utf-8?Q?ba?=se64\n",
	"encoded words, split":      "Content-Transfer-Encoding: =?utf-8?Q?ba?= =?utf-8?Q?se64?=\n",
	"encoded word, no end":      "Content-Transfer-Encoding: =?utf-8?Q?base64\n",
	"blank line of tabs before": "\t\t\nContent-Transfer-Encoding: base64\n",
	"a colon first":             ": x\nContent-Transfer-Encoding: base64\n",
	"a boundary as a line":      "--x\nContent-Transfer-Encoding: base64\n",
	"From line before":          "From me\nContent-Transfer-Encoding: base64\n",
	"behind a long field":       "X-A: " + strings.Repeat("y", 70_000) + "\nContent-Transfer-Encoding: base64\n",
	"behind many fields":        strings.Repeat("X-A: y\n", 1001) + "Content-Transfer-Encoding: base64\n",
}

// oddTypes are ways to say multipart/mixed that not every reader understands.
var oddTypes = map[string]string{
	"duplicate, last":         "Content-Type: text/plain\n" + ordinaryMixed,
	"duplicate, first":        ordinaryMixed + "\nContent-Type: text/plain",
	"duplicate boundaries":    "Content-Type: multipart/mixed; boundary=\"other\"\n" + ordinaryMixed,
	"comma before":            "Content-Type: text/plain, multipart/mixed; boundary=bound42",
	"comment before":          "Content-Type: (text/plain) multipart/mixed; boundary=bound42",
	"comment inside":          "Content-Type: multipart/(x)mixed; boundary=bound42",
	"comment behind":          "Content-Type: multipart/mixed (x); boundary=bound42",
	"blank in the type":       "Content-Type: multi part/mixed; boundary=bound42",
	"blank around the slash":  "Content-Type: multipart / mixed; boundary=bound42",
	"folded type":             "Content-Type: multipart/\n mixed; boundary=bound42",
	"encoded word":            "Content-Type: =?utf-8?Q?multipart/mixed?=; boundary=bound42",
	"name in two lines":       "Content-\n Type: multipart/mixed; boundary=bound42",
	"colon in the next line":  "Content-Type\n : multipart/mixed; boundary=bound42",
	"blank before the colon":  "Content-Type : multipart/mixed; boundary=bound42",
	"blank before the name":   "X-A: y\n Content-Type: multipart/mixed; boundary=bound42",
	"unknown multipart":       "Content-Type: multipart/foo; boundary=bound42",
	"no subtype":              "Content-Type: multipart; boundary=bound42",
	"quoted type":             "Content-Type: \"multipart/mixed\"; boundary=bound42",
	"semicolon first":         "Content-Type: ; multipart/mixed; boundary=bound42",
	"two semicolons":          "Content-Type: multipart/mixed;; boundary=bound42",
	"no semicolon":            "Content-Type: multipart/mixed boundary=bound42",
	"comment before colon":    "Content-Type (x): multipart/mixed; boundary=bound42",
	"comment, half":           "Content-Type: (multipart/mixed; boundary=bound42",
	"comment, half behind":    "Content-Type: multipart/mixed (; boundary=bound42",
	"comment in a parameter":  "Content-Type: multipart/mixed; (boundary=other) boundary=bound42",
	"comment in the name":     "Content-Type: multipart/mixed; bound(x)ary=bound42",
	"comment at the equals":   "Content-Type: multipart/mixed; boundary(x)=(y)bound42",
	"colon for the slash":     "Content-Type: multipart:mixed; boundary=bound42",
	"backslash for slash":     "Content-Type: multipart\\mixed; boundary=bound42",
	"two slashes":             "Content-Type: multipart//mixed; boundary=bound42",
	"three levels":            "Content-Type: multipart/mixed/x; boundary=bound42",
	"empty type":              "Content-Type: ; boundary=bound42",
	"only a parameter":        "Content-Type: boundary=bound42",
	"nothing":                 "Content-Type:",
	"missing":                 "X-A: y",
	"text with a boundary":    "Content-Type: text/plain; boundary=bound42",
	"application/mixed":       "Content-Type: application/mixed; boundary=bound42",
	"message/mixed":           "Content-Type: message/mixed; boundary=bound42",
	"message/rfc822":          "Content-Type: message/rfc822; boundary=bound42",
	"tab for the blank":       "Content-Type:\tmultipart/mixed;\tboundary=bound42",
	"upper case":              "CONTENT-TYPE: MULTIPART/MIXED; BOUNDARY=bound42",
	"NUL in the type":         "Content-Type: multi\x00part/mixed; boundary=bound42",
	"NUL behind the type":     "Content-Type: multipart/mixed\x00; boundary=bound42",
	"NUL before the colon":    "Content-Type\x00: multipart/mixed; boundary=bound42",
	"form feed":               "Content-Type: multipart/mixed;\fboundary=bound42",
	"vertical tab":            "Content-Type: multipart/mixed;\vboundary=bound42",
	"no-break space":          "Content-Type: multipart/mixed;\u00a0boundary=bound42",
	"comma for semicolon":     "Content-Type: multipart/mixed, boundary=bound42",
	"colon for semicolon":     "Content-Type: multipart/mixed: boundary=bound42",
	"colon for equals":        "Content-Type: multipart/mixed; boundary:bound42",
	"not folded":              "Content-Type: multipart/mixed;\nboundary=bound42",
	"folded by an empty line": "Content-Type: multipart/mixed;\n \n boundary=bound42",
	"folded, CR":              "Content-Type: multipart/mixed;\r boundary=bound42",
	"folded name":             "Content-Type: multipart/mixed; bound\n ary=bound42",
	"in an X field":           "X-A: y\n\tContent-Type: multipart/mixed; boundary=bound42",
	"after a bare CR":         "X-A: y\rContent-Type: multipart/mixed; boundary=bound42",
	"quoted type and all":     "Content-Type: \"multipart/mixed; boundary=bound42\"",
	"quotes open before":      "Content-Type: multipart/mixed; x=\"; boundary=bound42",
	"boundary in quotes":      "Content-Type: multipart/mixed; x=\"; boundary=other; y=\"; boundary=bound42",
	"charset first":           "Content-Type: multipart/mixed; charset=\"utf-8\";;; boundary=\"bound42\"",
	"MIME-Version missing":    "X-Mime: 1.0\nContent-Type: multipart/mixed; boundary=bound42",
	"three types":             "Content-Type: text/plain\nContent-Type: text/html\nContent-Type: multipart/mixed; boundary=bound42",
}

// oddBoundaries are ways to name the boundary bound42.
var oddBoundaries = map[string]string{
	"duplicate, last":          `boundary="other"; boundary="bound42"`,
	"duplicate, first":         `boundary="bound42"; boundary="other"`,
	"comma inside":             `boundary=bound42,other`,
	"comma inside quotes":      `boundary="bound42,other"`,
	"comma behind quotes":      `boundary="bound42",other`,
	"quotes in the middle":     `boundary=bou"nd"42`,
	"quotes half":              `boundary="bound42`,
	"quotes half, behind":      `boundary=bound42"`,
	"quotes, then more":        `boundary="bound"42`,
	"single quotes":            `boundary='bound42'`,
	"blank before":             `boundary=" bound42"`,
	"blank behind":             `boundary="bound42 "`,
	"blank around the equals":  `boundary = bound42`,
	"semicolon in quotes":      `boundary="bound42;x"`,
	"backslash":                `boundary="bo\und42"`,
	"comment behind":           `boundary=bound42 (x)`,
	"comment before":           `boundary=(x)bound42`,
	"encoded word":             `boundary="=?utf-8?Q?bound42?="`,
	"RFC 2231":                 `boundary*=us-ascii''bound42`,
	"RFC 2231, split":          `boundary*0=bound; boundary*1=42`,
	"RFC 2231, percent":        `boundary*=utf-8''bound%34%32`,
	"folded":                   "boundary=\n bound42",
	"folded inside":            "boundary=\"bou\n nd42\"",
	"empty":                    `boundary=""`,
	"missing":                  `charset=utf-8`,
	"case of the name":         `BOUNDARY=bound42`,
	"behind another parameter": `type=x boundary=bound42`,
	"comma, then the same":     `boundary=bound42,bound42`,
	"comma before":             `boundary=,bound42`,
	"comma in front quoted":    `boundary=",bound42"`,
	"comma behind":             `boundary=bound42,`,
	"other first, comma":       `boundary=other,bound42`,
	"two fields, comma":        `boundary=bound42, boundary=other`,
	"two fields, comma, last":  `boundary=other, boundary=bound42`,
	"semicolon, then more":     `boundary=bound42;other`,
	"two semicolons":           `boundary=bound42;;`,
	"encoded word, unquoted":   `boundary==?utf-8?Q?bound42?=`,
	"encoded word behind":      `boundary="bound42=?utf-8?Q?x?="`,
	"encoded word, unquoted 2": `boundary=bound42=?utf-8?Q?x?=`,
	"encoded word, empty":      `boundary="bound42=?utf-8?Q??="`,
	"encoded word, B":          `boundary="=?utf-8?B?Ym91bmQ0Mg==?="`,
	"quotes, empty, then more": `boundary=""bound42`,
	"quotes, twice":            `boundary="bound42" "other"`,
	"quotes, escaped":          `boundary="bound\"42"`,
	"quotes of quotes":         `boundary=""bound42""`,
	"backslash, quoted all":    `boundary="\b\o\u\n\d\4\2"`,
	"backslash at the end":     `boundary="bound42\"`,
	"equals twice":             `boundary==bound42`,
	"equals in it":             `boundary=bound42=x`,
	"blanks, quoted both":      `boundary="  bound42  "`,
	"tab behind":               "boundary=\"bound42\t\"",
	"blank, then more":         `boundary=bound42 other`,
	"comment, half":            `boundary=bound42(x`,
	"comment inside":           `boundary=bou(x)nd42`,
	"comment in quotes":        `boundary="bound42(x)"`,
	"RFC 2231 and plain":       `boundary=other; boundary*=us-ascii''bound42`,
	"plain and RFC 2231":       `boundary=bound42; boundary*=us-ascii''other`,
	"RFC 2231, no charset":     `boundary*=''bound42`,
	"RFC 2231, no quotes":      `boundary*=bound42`,
	"RFC 2231, split, order":   `boundary*1=42; boundary*0=bound`,
	"RFC 2231, split, quoted":  `boundary*0="bound"; boundary*1="42"`,
	"RFC 2231, split, coded":   `boundary*0*=utf-8''bou%6Ed; boundary*1=42`,
	"RFC 2231, one only":       `boundary*0=bound42`,
	"RFC 2231, gap":            `boundary*0=bound; boundary*2=42`,
	"RFC 2231, coded, plain":   `boundary*0=bound42; boundary=other`,
	"NUL inside":               "boundary=bou\x00nd42",
	"NUL behind":               "boundary=\"bound42\x00\"",
	"NUL, then more":           "boundary=\"bound42\x00other\"",
	"NUL before":               "boundary=\x00bound42",
	"CR inside":                "boundary=\"bound42\rx\"",
	"line end inside":          "boundary=\"bound42\n\"",
	"form feed behind":         "boundary=bound42\f",
	"angle brackets":           `boundary=<bound42>`,
	"name in quotes":           `"boundary"=bound42`,
	"name, misspelt":           `boundry=bound42`,
	"name with a blank":        `bound ary=bound42`,
	"hyphens too":              `boundary=--bound42`,
	"hyphens too, quoted":      `boundary="--bound42"`,
	"upper case":               `boundary=BOUND42`,
	"long":                     `boundary=bound42` + strings.Repeat("x", 300),
	"long quoted, other":       `boundary="` + strings.Repeat("x", 3000) + `"; boundary=bound42`,
	"after many parameters":    strings.Repeat("x=y; ", 120) + `boundary=bound42`,
	"8 bit":                    "boundary=\"bound42\xa0\"",
	"percent":                  `boundary="bound%34%32"`,
	"the same twice":           `boundary=bound42; boundary=bound42`,
	"charset behind, no blank": `boundary=bound42;charset=utf-8`,
}

// evasions are mails of every class of parser differential around a payload:
// fields that contradict each other or are written oddly, structure
// that can be split in several ways, encodings that decoders treat differently.
func evasions(hidden payload) []evasion {
	var all []evasion
	b64, qp := wrapped(hidden.body, 60), quotedPayload(hidden.body)
	add := func(class, name, mail string) { all = append(all, evasion{class, name, mail}) }
	top := "From: a@evil.example\nTo: b@member.example\nSubject: x\nMIME-Version: 1.0\n"
	// mail is a multipart around a part with the given header and body.
	mail := func(ctype, header, body string) string {
		return top + ctype + "\n\n--bound42\nContent-Type: text/plain\n\nhello\n--bound42\n" + header + "\n" + body + "\n--bound42--\n"
	}
	mixed := ordinaryMixed
	file := hidden.header

	// C1: fields.
	for name, cte := range oddEncodings {
		add("C1 encoding", name, mail(mixed, file+cte, b64))
		add("C1 encoding, top", name, top+file+cte+"\n"+b64)
	}
	for name, ctype := range oddTypes {
		add("C1 type", name, mail(ctype, file+"Content-Transfer-Encoding: base64\n", b64))
	}
	// C2: structure.
	for name, b := range oddBoundaries {
		add("C2 boundary", name, mail("Content-Type: multipart/mixed; "+b, file+"Content-Transfer-Encoding: base64\n", b64))
	}
	full := file + "Content-Transfer-Encoding: base64\n\n" + b64
	text := "--bound42\nContent-Type: text/plain\n\nhello\n"
	for name, body := range map[string]string{
		"in the preamble":               full + text + "--bound42--\n",
		"in the epilogue":               text + "--bound42--\n" + full,
		"behind the end, at a boundary": text + "--bound42--\n--bound42\n" + full,
		"no end":                        text + "--bound42\n" + full,
		"no end, no line end":           text + "--bound42\n" + strings.TrimSpace(full),
		"blank behind the boundary":     text + "--bound42   \n" + full + "--bound42--\n",
		"tab behind the boundary":       text + "--bound42\t\n" + full + "--bound42--\n",
		"NUL behind the boundary":       text + "--bound42\x00\n" + full + "--bound42--\n",
		"text behind the boundary":      text + "--bound42 x\n" + full + "--bound42--\n",
		"header behind the boundary":    text + "--bound42 " + full + "--bound42--\n",
		"header glued to the boundary":  text + "--bound42Content-Type: application/zip\n" + full + "--bound42--\n",
		"blank before the boundary":     text + " --bound42\n" + full + "--bound42--\n",
		"text before the boundary":      text + "x --bound42\n" + full + "--bound42--\n",
		"CR before the boundary":        text + "x\r--bound42\n" + full + "--bound42--\n",
		"CR behind the boundary":        text + "--bound42\r" + full + "--bound42--\n",
		"empty line behind":             text + "--bound42\n\n" + full + "--bound42--\n",
		"three hyphens":                 text + "---bound42\n" + full + "--bound42--\n",
		"one hyphen":                    text + "-bound42\n" + full + "--bound42--\n",
		"half an end":                   text + "--bound42-\n" + full + "--bound42--\n",
		"end with a blank":              text + "--bound42 --\n" + full + "--bound42--\n",
		"another boundary":              text + "--bound43\n" + full + "--bound43--\n--bound42--\n",
		"upper case":                    text + "--BOUND42\n" + full + "--BOUND42--\n",
		"longer boundary":               text + "--bound42x\n" + full + "--bound42--\n",
		"inner boundary is the outer":   text + "--bound42\nContent-Type: multipart/mixed; boundary=bound42\n\n--bound42\n" + full + "--bound42--\n--bound42--\n",
		"inner, no end":                 text + "--bound42\nContent-Type: multipart/mixed; boundary=in\n\n--in\n" + full + "--bound42--\n",
		"inner in base64":               text + "--bound42\nContent-Type: multipart/mixed; boundary=in\nContent-Transfer-Encoding: base64\n\n" + wrapped([]byte("--in\n"+full+"--in--\n"), 76) + "--bound42--\n",
		"inner said to be in base64":    text + "--bound42\nContent-Type: multipart/mixed; boundary=in\nContent-Transfer-Encoding: base64\n\n--in\n" + full + "--in--\n--bound42--\n",
		"mail in base64":                text + "--bound42\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + wrapped([]byte("Subject: y\nFrom: c@evil.example\n"+full), 76) + "--bound42--\n",
		"no empty line":                 text + "--bound42\n" + file + "Content-Transfer-Encoding: base64\n" + b64 + "--bound42--\n",
		"blanks for the empty line":     text + "--bound42\n" + file + "Content-Transfer-Encoding: base64\n \n" + b64 + "--bound42--\n",
		"CR for the empty line":         text + "--bound42\n" + file + "Content-Transfer-Encoding: base64\n\r" + b64 + "--bound42--\n",
		"NUL for the empty line":        text + "--bound42\n" + file + "Content-Transfer-Encoding: base64\n\x00\n" + b64 + "--bound42--\n",
		"two empty lines":               text + "--bound42\n" + file + "Content-Transfer-Encoding: base64\n\n\n" + b64 + "--bound42--\n",
		"part before the delimiter":     "Content-Type: application/zip\n" + text + "--bound42\n" + full + "--bound42--\n",
		"delimiter twice":               text + "--bound42\n--bound42\n" + full + "--bound42--\n",
		"delimiter as first line":       "--bound42\n" + full + "--bound42--\n",
		"end first":                     "--bound42--\n" + full,
		"end first, then a part":        "--bound42--\n--bound42\n" + full + "--bound42--\n",
		"only ends":                     text + "--bound42--\n" + full + "--bound42--\n",
		"ends at a part's line":         text + "--bound42\n" + file + "Content-Transfer-Encoding: base64\n\n" + strings.TrimSpace(b64) + "--bound42--\n",
		"delimiter in a header":         text + "--bound42\nX-A: y\n--bound42\n" + full + "--bound42--\n",
		"delimiter folded":              text + "--bound\n 42\n" + full + "--bound42--\n",
		"delimiter in quotes":           text + "\"--bound42\"\n" + full + "--bound42--\n",
		"delimiter quoted":              text + "> --bound42\n" + full + "--bound42--\n",
		"comma behind the boundary":     text + "--bound42,\n" + full + "--bound42--\n",
		"semicolon behind":              text + "--bound42;\n" + full + "--bound42--\n",
		"hyphens behind":                text + "--bound42---\n" + full + "--bound42--\n",
		"end and more":                  text + "--bound42--x\n" + full + "--bound42--\n",
		"end, then a header":            text + "--bound42--" + full,
		"NUL before the boundary":       text + "\x00--bound42\n" + full + "--bound42--\n",
		"NUL in the boundary":           text + "--bou\x00nd42\n" + full + "--bound42--\n",
		"form feed before":              text + "\f--bound42\n" + full + "--bound42--\n",
		"form feed behind":              text + "--bound42\f\n" + full + "--bound42--\n",
		"8 bit behind":                  text + "--bound42\xa0\n" + full + "--bound42--\n",
		"LF CR behind":                  text + "--bound42\n\r" + full + "--bound42--\n",
		"CR CR behind":                  text + "--bound42\r\r" + full + "--bound42--\n",
		"NUL for a line end":            text + "--bound42\x00" + full + "--bound42--\n",
		"vertical tab for a line end":   text + "--bound42\v" + full + "--bound42--\n",
		"in a comment":                  text + "(\n--bound42\n" + full + ")\n--bound42--\n",
		"inside a mail":                 text + "--bound42\nContent-Type: message/rfc822\n\nFrom: c@evil.example\nSubject: y\n" + full + "--bound42--\n",
		"inside a mail, no header":      text + "--bound42\nContent-Type: message/rfc822\n\n" + full + "--bound42--\n",
		"in a multipart in a mail":      text + "--bound42\nContent-Type: message/rfc822\n\nSubject: y\nContent-Type: multipart/mixed; boundary=bound42\n\n--bound42\n" + full + "--bound42--\n",
		"inner with the end of outer":   text + "--bound42\nContent-Type: multipart/mixed; boundary=in\n\n--bound42--\n--in\n" + full + "--in--\n",
		"inner is a prefix":             text + "--bound42\nContent-Type: multipart/mixed; boundary=bound4\n\n--bound4\n" + full + "--bound4--\n--bound42--\n",
		"inner is longer":               text + "--bound42\nContent-Type: multipart/mixed; boundary=bound42x\n\n--bound42x\n" + full + "--bound42x--\n--bound42--\n",
		"inner without a boundary":      text + "--bound42\nContent-Type: multipart/mixed\n\n--in\n" + full + "--in--\n--bound42--\n",
		"inner in quoted-printable":     text + "--bound42\nContent-Type: multipart/mixed; boundary=in\nContent-Transfer-Encoding: quoted-printable\n\n" + strings.ReplaceAll("--in\n"+full+"--in--\n", "=", "=3D") + "--bound42--\n",
		"inner, 25 deep":                text + "--bound42\n" + nestedHead(25) + full + "--bound42--\n",
		"digest":                        text + "--bound42\nContent-Type: multipart/digest; boundary=in\n\n--in\n\nSubject: y\n" + full + "--in--\n--bound42--\n",
		"alternative":                   text + "--bound42\nContent-Type: multipart/alternative; boundary=in\n\n--in\n" + full + "--in--\n--bound42--\n",
		"related, start elsewhere":      text + "--bound42\nContent-Type: multipart/related; boundary=in; start=\"<a>\"\n\n--in\n" + full + "--in--\n--bound42--\n",
		"appledouble":                   text + "--bound42\nContent-Type: multipart/appledouble; boundary=in\n\n--in\nContent-Type: application/applefile\n\nx\n--in\n" + full + "--in--\n--bound42--\n",
		"header only at the end":        text + "--bound42\n\n" + full,
		"LF in a CRLF mail":             strings.ReplaceAll(text, "\n", "\r\n") + "--bound42\n" + full + "--bound42--\r\n",
		"LF CR everywhere":              strings.ReplaceAll(text+"--bound42\n"+full+"--bound42--\n", "\n", "\n\r"),
		"blank before each line":        " " + strings.ReplaceAll(text+"--bound42\n"+full+"--bound42--\n", "\n", "\n "),
		"quoted":                        "> " + strings.ReplaceAll(text+"--bound42\n"+full+"--bound42--\n", "\n", "\n> "),
		"many empty parts before":       text + strings.Repeat("--bound42\n\n", 600) + "--bound42\n" + full + "--bound42--\n",
		"all CR":                        strings.ReplaceAll(text+"--bound42\n"+full+"--bound42--\n", "\n", "\r"),
		"CRCRLF":                        strings.ReplaceAll(text+"--bound42\n"+full+"--bound42--\n", "\n", "\r\r\n"),
	} {
		add("C2 structure", name, top+mixed+"\n\n"+body)
	}
	// C3: decoding.
	flat := base64.StdEncoding.EncodeToString(hidden.body)
	split := func(n int, with string) string {
		var out strings.Builder
		for i := 0; i < len(flat); i += n {
			out.WriteString(flat[i:min(i+n, len(flat))] + with)
		}
		return out.String() + "\n"
	}
	blocks := func(n int) string { // each padded
		var out strings.Builder
		for b := range slices.Chunk(hidden.body, n) {
			out.WriteString(base64.StdEncoding.EncodeToString(b) + "\n")
		}
		return out.String()
	}
	for name, body := range map[string]string{
		"one line":               flat + "\n",
		"no line end":            flat,
		"lines of 3":             split(3, "\n"),
		"lines of 5":             split(5, "\n"),
		"lines of 61":            split(61, "\n"),
		"blank after each":       split(1, " "),
		"tabs":                   split(10, "\t"),
		"junk":                   split(7, "!*"),
		"junk, 8 bit":            split(7, "\x80"),
		"junk lines":             split(60, "\n!!!!\n"),
		"NUL":                    split(9, "\x00"),
		"empty lines":            split(40, "\n\n"),
		"padding inside":         split(8, "="),
		"padding at line ends":   split(60, "=\n"),
		"padded blocks":          blocks(10),
		"padded blocks, in line": strings.ReplaceAll(blocks(10), "\n", ""),
		"no padding":             strings.TrimRight(flat, "=") + "\n",
		"too much padding":       flat + "====\n",
		"padding first":          "====" + flat + "\n",
		"text behind":            flat + "\nThis is a footer of a list.\n",
		"text before":            "see below:\n" + flat + "\n",
		"URL alphabet":           base64.URLEncoding.EncodeToString(hidden.body) + "\n",
		"dash boundary in it":    flat[:40] + "\n--\n" + flat[40:] + "\n",
		"hyphens around":         "-----BEGIN-----\n" + flat + "\n-----END-----\n",
		"CR only":                split(60, "\r"),
		"first character alone":  flat[:1] + "\n" + flat[1:] + "\n",
		"lines of 1":             split(1, "\n"),
		"lines of 2, indented":   split(2, "\n  "),
		"long lines":             split(998, "\n"),
		"quoted":                 "> " + split(60, "\n> "),
		"padding after 4":        flat[:4] + "=" + flat[4:] + "\n",
		"two signs after 8":      flat[:8] + "==" + flat[8:] + "\n",
		"padding inside a block": flat[:9] + "=" + flat[9:] + "\n",
		"padding, then junk":     flat + "=!!!!\n",
		"padding and a line":     flat + "\n====\n" + "QUJD\n",
		"8-bit line first":       "\x80\x81\x82\n" + flat + "\n",
		"comma":                  split(16, ","),
		"comment":                split(20, "(x)"),
		"hyphen":                 split(11, "-"),
		"percent":                split(11, "%0A"),
		"equals twenty":          split(4, "=3D"),
		"encoded word":           "=?utf-8?B?" + flat + "?=\n",
		"colon line":             "Version: 1\n\n" + flat + "\n",
		"LF CR":                  split(60, "\n\r"),
		"vertical tab":           split(60, "\v"),
		"dot lines":              split(60, "\n.\n"),
		"BOM first":              "\ufeff" + flat + "\n",
	} {
		add("C3 base64", name, mail(mixed, file+"Content-Transfer-Encoding: base64\n", body))
	}
	for name, body := range map[string]string{
		"plain":               qp,
		"lower case":          strings.ToLower(qp),
		"blanks behind":       strings.ReplaceAll(qp, "=\n", "= \n"),
		"tabs behind":         strings.ReplaceAll(qp, "=\n", "=\t\t\n"),
		"one line":            strings.ReplaceAll(qp, "=\n", ""),
		"CRLF":                strings.ReplaceAll(qp, "\n", "\r\n"),
		"CR":                  strings.ReplaceAll(qp, "=\n", "=\r"),
		"NUL behind the sign": strings.ReplaceAll(qp, "=\n", "=\x00\n"),
		"short escape":        strings.Replace(qp, "=\n", "=4=\n", 1),
		"sign at the end":     strings.TrimSpace(qp) + "=",
		"double sign":         strings.ReplaceAll(qp, "=\n", "==\n"),
		"sign and junk":       strings.ReplaceAll(qp, "=\n", "=x\n"),
		"sign, blanks, CR":    strings.ReplaceAll(qp, "=\n", "= \r\n"),
		"CRCRLF":              strings.ReplaceAll(qp, "=\n", "=\r\r\n"),
		"LFCR":                strings.ReplaceAll(qp, "=\n", "=\n\r"),
		"sign, empty line":    strings.ReplaceAll(qp, "=\n", "=\n\n"),
		"form feed behind":    strings.ReplaceAll(qp, "=\n", "=\f\n"),
		"escape over a line":  splitEscape(qp),
		"no-break behind":     strings.ReplaceAll(qp, "=\n", "=\xa0\n"),
		"blank in an escape":  strings.Replace(qp, "=4", "= 4", 1),
		"mixed case":          strings.Replace(strings.ToLower(qp), "=5", "=5", 1),
	} {
		add("C3 quoted-printable", name, mail(mixed, file+"Content-Transfer-Encoding: quoted-printable\n", body))
	}
	slices.SortFunc(all, func(a, b evasion) int { return strings.Compare(a.class+a.name, b.class+b.name) })
	return all
}

// No reader may be fooled in silence: the payload is found, or the mail is said to
// be ambiguous, whatever is hidden and however the lines end.
func TestEvasions(t *testing.T) {
	type score struct{ found, flagged, all int }
	scores := map[string]*score{}
	for _, hidden := range payloads() {
		for _, e := range evasions(hidden) {
			for ending, end := range map[string]string{"LF": "\n", "CRLF": "\r\n", "CR": "\r"} {
				s := scores[e.class]
				if s == nil {
					s = &score{}
					scores[e.class] = s
				}
				s.all++
				facts, problems := Sanitize(Original{Raw: []byte(strings.ReplaceAll(e.mail, "\n", end))}, Policy{})
				found, flagged := hidden.found(facts), saysAmbiguous(problems)
				if strings.Contains(e.name, "many") { // what lies behind a limit waits for an operator too
					flagged = flagged || slices.ContainsFunc(problems, func(p Problem) bool { return p.Code == ProblemLimit })
				}
				if found {
					s.found++
				}
				if flagged {
					s.flagged++
				}
				if !found && !flagged {
					t.Errorf("%s, %s, %s, %s: neither found nor said to be ambiguous; attachments %d, problems %v", e.class, e.name, hidden.name, ending, len(facts.Attachments), problems)
				}
			}
		}
	}
	for class, s := range scores {
		t.Logf("%-22s %4d mails, payload found in %4d, ambiguous %4d", class, s.all, s.found, s.flagged)
	}
}

// Several oddities at once are no more than one: each way to say the encoding with
// each to say the structure.
func TestEvasionsTogether(t *testing.T) {
	hidden := payloads()
	n := 0
	types := maps.Clone(oddTypes)
	for name, b := range oddBoundaries {
		types["boundary, "+name] = "Content-Type: multipart/mixed; " + b
	}
	for _, encoding := range slices.Sorted(maps.Keys(oddEncodings)) {
		for _, ctype := range slices.Sorted(maps.Keys(types)) {
			n++
			p := hidden[n%len(hidden)]
			mail := "From: a@evil.example\nTo: b@member.example\nSubject: x\nMIME-Version: 1.0\n" + types[ctype] +
				"\n\n--bound42\nContent-Type: text/plain\n\nhello\n--bound42\n" + p.header + oddEncodings[encoding] + "\n" + wrapped(p.body, 40) + "\n--bound42--\n"
			mail = strings.ReplaceAll(mail, "\n", []string{"\n", "\r\n"}[n%2])
			facts, problems := Sanitize(Original{Raw: []byte(mail)}, Policy{})
			if !p.found(facts) && !saysAmbiguous(problems) && !strings.Contains(encoding, "many") {
				t.Errorf("encoding %q and type %q, %s: neither found nor said to be ambiguous; problems %v", encoding, ctype, p.name, problems)
			}
		}
	}
	t.Logf("%d mails", n)
}

// A boundary with something odd in it, in the field and in the delimiters, or in
// one of them only.
func TestEvasiveBoundaries(t *testing.T) {
	const base = "bound42"
	hiding, n := payloads(), 0
	for _, odd := range []string{
		",", ";", ":", "=", " ", "\t", "\x00", "\v", "\\", "'", "\"", "(x)", "(", ")", "<>", "?", "@", "--", "-", "*", "%20", "\x80", "\u200b",
		"=?utf-8?Q?x?=", "=?utf-8?Q??=", "=?us-ascii?B?eA==?=", ",x", ";x", " x", "\x00x", "\\x", "\"x\"", "\n ", "\r", "&#44;",
	} {
		for place, inField := range map[string]string{"behind": base + odd, "before": odd + base, "inside": base[:3] + odd + base[3:]} {
			for _, quotes := range []string{"", "\"", "'"} {
				for which, inBody := range map[string]string{"both": inField, "the field": base, "both, decoded": decodeWords(inField), "half": base[:3]} {
					hidden := hiding[(len(odd)+len(place)+len(quotes)+len(which))%len(hiding)]
					n++
					mail := "From: a@evil.example\nSubject: x\nContent-Type: multipart/mixed; boundary=" + quotes + inField + quotes + "\n\n--" + inBody +
						"\nContent-Type: text/plain\n\nhello\n--" + inBody + "\n" + hidden.header + "Content-Transfer-Encoding: base64\n\n" + wrapped(hidden.body, 60) + "--" + inBody + "--\n"
					facts, problems := Sanitize(Original{Raw: []byte(mail)}, Policy{})
					if !hidden.found(facts) && !saysAmbiguous(problems) {
						t.Errorf("%q %s in %s, quotes %q, %s: neither found nor said to be ambiguous; problems %v", odd, place, which, quotes, hidden.name, problems)
					}
				}
			}
		}
	}
	t.Logf("%d mails", n)
}
