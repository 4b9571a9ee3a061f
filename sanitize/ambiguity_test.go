package sanitize

import (
	"encoding/base64"
	"fmt"
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

type evasion struct{ class, name, mail string }

// evasions are mails of every class of parser differential in which the payload
// is a file: fields that contradict each other or are written oddly, structure
// that can be split in several ways, encodings that decoders treat differently.
func evasions() []evasion {
	var all []evasion
	b64, qp := wrapped(hiddenPayload, 60), quotedPayload(hiddenPayload)
	add := func(class, name, mail string) { all = append(all, evasion{class, name, mail}) }
	top := "From: a@evil.example\nTo: b@member.example\nSubject: x\nMIME-Version: 1.0\n"
	// mail is a multipart around a part with the given header and body.
	mail := func(ctype, header, body string) string {
		return top + ctype + "\n\n--bound42\nContent-Type: text/plain\n\nhello\n--bound42\n" + header + "\n" + body + "\n--bound42--\n"
	}
	mixed := `Content-Type: multipart/mixed; boundary="bound42"`
	file := "Content-Type: application/zip; name=\"x.zip\"\nContent-Disposition: attachment; filename=\"x.zip\"\n"

	// C1: fields.
	for name, cte := range map[string]string{
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
	} {
		add("C1 encoding", name, mail(mixed, file+cte, b64))
		add("C1 encoding, top", name, top+file+cte+"\n"+b64)
	}
	for name, ctype := range map[string]string{
		"duplicate, last":        "Content-Type: text/plain\n" + mixed,
		"duplicate, first":       mixed + "\nContent-Type: text/plain",
		"duplicate boundaries":   "Content-Type: multipart/mixed; boundary=\"other\"\n" + mixed,
		"comma before":           "Content-Type: text/plain, multipart/mixed; boundary=bound42",
		"comment before":         "Content-Type: (text/plain) multipart/mixed; boundary=bound42",
		"comment inside":         "Content-Type: multipart/(x)mixed; boundary=bound42",
		"comment behind":         "Content-Type: multipart/mixed (x); boundary=bound42",
		"blank in the type":      "Content-Type: multi part/mixed; boundary=bound42",
		"blank around the slash": "Content-Type: multipart / mixed; boundary=bound42",
		"folded type":            "Content-Type: multipart/\n mixed; boundary=bound42",
		"encoded word":           "Content-Type: =?utf-8?Q?multipart/mixed?=; boundary=bound42",
		"name in two lines":      "Content-\n Type: multipart/mixed; boundary=bound42",
		"colon in the next line": "Content-Type\n : multipart/mixed; boundary=bound42",
		"blank before the colon": "Content-Type : multipart/mixed; boundary=bound42",
		"blank before the name":  "X-A: y\n Content-Type: multipart/mixed; boundary=bound42",
		"unknown multipart":      "Content-Type: multipart/foo; boundary=bound42",
		"no subtype":             "Content-Type: multipart; boundary=bound42",
		"quoted type":            "Content-Type: \"multipart/mixed\"; boundary=bound42",
		"semicolon first":        "Content-Type: ; multipart/mixed; boundary=bound42",
		"two semicolons":         "Content-Type: multipart/mixed;; boundary=bound42",
		"no semicolon":           "Content-Type: multipart/mixed boundary=bound42",
	} {
		add("C1 type", name, mail(ctype, file+"Content-Transfer-Encoding: base64\n", b64))
	}
	// C2: structure.
	for name, b := range map[string]string{
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
	} {
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
		"all CR":                        strings.ReplaceAll(text+"--bound42\n"+full+"--bound42--\n", "\n", "\r"),
		"CRCRLF":                        strings.ReplaceAll(text+"--bound42\n"+full+"--bound42--\n", "\n", "\r\r\n"),
	} {
		add("C2 structure", name, top+mixed+"\n\n"+body)
	}
	// C3: decoding.
	flat := base64.StdEncoding.EncodeToString(hiddenPayload)
	split := func(n int, with string) string {
		var out strings.Builder
		for i := 0; i < len(flat); i += n {
			out.WriteString(flat[i:min(i+n, len(flat))] + with)
		}
		return out.String() + "\n"
	}
	blocks := func(n int) string { // each padded
		var out strings.Builder
		for b := range slices.Chunk(hiddenPayload, n) {
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
		"URL alphabet":           base64.URLEncoding.EncodeToString(hiddenPayload) + "\n",
		"dash boundary in it":    flat[:40] + "\n--\n" + flat[40:] + "\n",
		"hyphens around":         "-----BEGIN-----\n" + flat + "\n-----END-----\n",
		"CR only":                split(60, "\r"),
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
	} {
		add("C3 quoted-printable", name, mail(mixed, file+"Content-Transfer-Encoding: quoted-printable\n", body))
	}
	slices.SortFunc(all, func(a, b evasion) int { return strings.Compare(a.class+a.name, b.class+b.name) })
	return all
}

// No reader may be fooled in silence: the file is found, or the mail is said to
// be ambiguous.
func TestEvasions(t *testing.T) {
	want := digest(hiddenPayload)
	type score struct{ found, flagged, all int }
	scores := map[string]*score{}
	for _, e := range evasions() {
		s := scores[e.class]
		if s == nil {
			s = &score{}
			scores[e.class] = s
		}
		s.all++
		facts, problems := Sanitize(Original{Raw: []byte(e.mail)}, Policy{})
		found := slices.ContainsFunc(facts.Attachments, func(a Attachment) bool { return a.SHA256 == want })
		flagged := slices.ContainsFunc(problems, func(p Problem) bool { return p.Code == ProblemAmbiguous })
		if found {
			s.found++
		}
		if flagged {
			s.flagged++
		}
		if !found && !flagged {
			t.Errorf("%s, %s: neither found nor said to be ambiguous; attachments %d, problems %v", e.class, e.name, len(facts.Attachments), problems)
		} else if !found {
			t.Logf("%s, %s: ambiguous only", e.class, e.name)
		}
	}
	for class, s := range scores {
		t.Logf("%-22s %3d mails, payload found in %3d, ambiguous %3d", class, s.all, s.found, s.flagged)
	}
}
