package sanitize

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// oddForms are mails in forms that are no MIME, or that few readers know. Each
// holds the page with hiddenURL, or the file hiddenPayload, or neither where it only
// says where it is to be had.
func oddForms() []struct{ name, mail, want string } {
	const top = "From: a@evil.example\nTo: b@member.example\nSubject: x\n"
	link := "Log in at " + hiddenURL + " today.\n"
	flat := base64.StdEncoding.EncodeToString(hiddenPayload)
	part := "Content-Type: application/zip; name=x.zip\nContent-Transfer-Encoding: base64\n\n" + wrapped(hiddenPayload, 60)
	long := strings.Repeat("word ", 400)
	return []struct{ name, mail, want string }{
		// what stands before the header
		{"a From line first", "From a@evil.example Mon Jan  1 00:00:00 2024\n" + top + "\n" + link, "url"},
		{"a From line and nothing behind", "From me\n" + top + "\n" + link, "url"},
		{"a quoted From line first", ">From a@evil.example Mon Jan  1 00:00:00 2024\n" + top + "\n" + link, "url"},
		{"a From line and a BOM", "\ufeffFrom a@evil.example Mon Jan  1 00:00:00 2024\n" + top + "\n" + link, "url"},
		{"a BOM first", "\ufeff" + top + "\n" + link, "url"},
		{"a BOM of UTF-16 first", "\xff\xfe" + top + "\n" + link, "url"},
		{"empty lines first", "\n\n\r\n" + top + "\n" + link, "url"},
		{"blanks first", "   \n\t\n" + top + "\n" + link, "url"},
		{"a continuation first", " x\n" + top + "\n" + link, "url"},
		{"junk first", "+OK 1234 octets\n" + top + "\n" + link, "url"},
		{"an IMAP literal first", "* 1 FETCH (BODY[] {1234}\n" + top + "\n" + link, "url"},
		{"NULs first", "\x00\x00\x00" + top + "\n" + link, "url"},
		{"two mails of an mbox", "From a@evil.example Mon Jan  1 00:00:00 2024\n" + top + "\nhello\n\nFrom a@evil.example Mon Jan  1 00:00:01 2024\n" + top + "\n" + link, "url"},
		{"two mails of an mbox, with a file", "From a@evil.example Mon Jan  1 00:00:00 2024\n" + top + "\nhello\n\nFrom a@evil.example Mon Jan  1 00:00:01 2024\n" + top + part, "file"},
		// the header
		{"no body", top + "X-Url: " + hiddenURL, "url"},
		{"no header", "\n" + link, "url"},
		{"no header at all", link, "url"},
		{"only a name", top + "X-A\nX-B:\n\n" + link, "url"},
		{"no empty line", top + link, "url"},
		{"no empty line, a text like a field", top + "Dear Sir: see " + hiddenURL + "\n", "url"},
		{"blanks for the empty line", top + "  \n" + link, "url"},
		{"NUL for the empty line", top + "\x00\n" + link, "url"},
		{"a line of 10,000", top + "X-A: " + strings.Repeat("y", 10_000) + "\n\n" + link, "url"},
		{"8 bit", top + "X-A: \xe3\x81\x82\xff\x80\n\n" + link, "url"},
		{"a name in 8 bit", top + "X-\xe3\x81\x82: y\n\n" + link, "url"},
		{"a name with a blank", top + "X A: y\n\n" + link, "url"},
		{"a name of 2,000", top + strings.Repeat("x", 2000) + ": y\n\n" + link, "url"},
		{"URL in a folded Subject", "From: a@evil.example\nSubject: see\n " + hiddenURL + "\n\nx", "url"},
		// lines
		{"one line of 998", top + "\n" + long[:900] + hiddenURL + " x\n", "url"},
		{"one line of 100,000", top + "\n" + strings.Repeat(long, 50) + hiddenURL + " x\n", "url"},
		{"LF and CRLF mixed", strings.ReplaceAll(top, "\n", "\r\n") + "\n" + "hello\r\n" + link + "x\r\n", "url"},
		{"CR in a text", top + "\nhello\rthere\r" + link + "x\r", "url"},
		{"NULs in a text", top + "\nhello\x00\x00 " + link, "url"},
		{"NUL in the URL", top + "\n" + strings.Replace(link, "hidden", "hid\x00den", 1), "url"},
		{"dot-stuffed", top + "\n..\n" + link + ".\n", "url"},
		{"quoted From", top + "\n>From here see " + hiddenURL + "\n", "url"},
		// MIME without its fields
		{"MIME in a plain text", top + "\n--b1234567\n" + part + "\n--b1234567--\n", "file"},
		{"MIME in a text, no version", top + "Content-Type: text/plain\n\nhello\n--b1234567\n" + part + "\n--b1234567--\n", "file"},
		{"MIME in a page", top + "Content-Type: text/html\n\n<p>hello</p>\n--b1234567\n" + part + "\n--b1234567--\n", "file"},
		{"base64 alone", top + "\n" + wrapped([]byte("<html><body><a href=\""+hiddenURL+"\">log in</a></body></html>"), 76), "url"},
		{"a preamble", top + ordinaryMixed + "\n\n" + link + "\n--bound42\n\nhello\n--bound42--\n", "url"},
		{"an epilogue", top + ordinaryMixed + "\n\n--bound42\n\nhello\n--bound42--\n" + link, "url"},
		{"an epilogue in base64", top + ordinaryMixed + "\n\n--bound42\n\nhello\n--bound42--\n" + part, "file"},
		{"only a preamble", top + ordinaryMixed + "\n\n" + link, "url"},
		// forms before MIME, and beside it
		{"uuencode", top + "\n" + uu("x.zip", hiddenPayload, "begin 644 x.zip\n"), "file"},
		{"uuencode, four digits", top + "\n" + uu("x.zip", hiddenPayload, "begin 0644 x.zip\n"), "file"},
		{"uuencode, no name", top + "\n" + uu("", hiddenPayload, "begin 644\n"), "file"},
		{"uuencode, no mode", top + "\n" + uu("", hiddenPayload, "begin x.zip\n"), "file"},
		{"uuencode, upper case", top + "\n" + uu("", hiddenPayload, "BEGIN 644 x.zip\n"), "file"},
		{"uuencode, two blanks", top + "\n" + uu("", hiddenPayload, "begin  644 x.zip\n"), "file"},
		{"uuencode, no end", top + "\n" + strings.TrimSuffix(uu("x.zip", hiddenPayload, "begin 644 x.zip\n"), "`\nend\n"), "file"},
		{"uuencode, base64", top + "\nbegin-base64 644 x.zip\n" + wrapped(hiddenPayload, 60) + "====\n", "file"},
		{"uuencode as the encoding", top + "Content-Type: application/zip; name=x.zip\nContent-Transfer-Encoding: x-uuencode\n\n" + uu("x.zip", hiddenPayload, "begin 644 x.zip\n"), "file"},
		{"uuencode as the encoding, no begin", top + "Content-Type: application/zip; name=x.zip\nContent-Transfer-Encoding: uuencode\n\n" + uu("", hiddenPayload, ""), "file"},
		{"uuencode in a page", top + "Content-Type: text/html\n\n<p>x</p>\n" + uu("x.zip", hiddenPayload, "begin 644 x.zip\n"), "file"},
		{"yEnc", top + "\n" + yenc("x.zip", hiddenPayload, ""), "file"},
		{"yEnc, of several mails", top + "\n" + yenc("x.zip", hiddenPayload, " part=1 total=3"), "name"},
		{"yEnc as the encoding", top + "Content-Type: application/octet-stream\nContent-Transfer-Encoding: x-yenc\n\n" + yenc("x.zip", hiddenPayload, ""), "file"},
		{"BinHex", top + "\n" + binHex("x.zip", hiddenPayload), "file"},
		{"BinHex as a type", top + "Content-Type: application/mac-binhex40; name=x.zip\n\n(This file must be converted with BinHex 4.0)\n:#d4KBh*SC@PXCA-!FQpXE'8ZN!!!!!\"`!!!!!3:\n", "name"},
		{"appledouble", top + "Content-Type: multipart/appledouble; boundary=in\n\n--in\nContent-Type: application/applefile; name=\"x.zip\"\nContent-Transfer-Encoding: base64\n\nAAUWBwACAAA=\n--in\n" + part + "--in--\n", "file"},
		{"a piece of a mail", top + "Content-Type: message/partial; id=\"i@evil.example\"; number=1; total=3\n\nFrom: c@evil.example\nSubject: whole\nContent-Type: text/plain\n\n" + link, "url"},
		{"a piece of a mail in base64", top + "Content-Type: message/partial; id=\"i@evil.example\"; number=2; total=3\n\n" + wrapped(hiddenPayload, 60), "problem"},
		{"elsewhere, by URL", top + "Content-Type: message/external-body; access-type=URL; URL=\"" + hiddenURL + "\"\n\nContent-Type: application/zip\n\n", "url"},
		{"elsewhere, by URL, folded", top + "Content-Type: message/external-body; access-type=URL;\n URL=\"https://hidden.evil\n .example/payload/login\"\n\nContent-Type: application/zip\n\n", "url"},
		{"elsewhere, by FTP", top + "Content-Type: message/external-body; access-type=anon-ftp; site=\"ftp.evil.example\"; directory=\"pub\"; name=\"x.zip\"\n\nContent-Type: application/zip\n\n", "name"},
		{"a digest", top + "Content-Type: multipart/digest; boundary=in\n\n--in\n\nFrom: c@evil.example\nSubject: y\n" + part + "--in--\n", "file"},
		{"a mail in plain text", top + "\n---- Forwarded\n\nFrom: c@evil.example\nSubject: y\nMIME-Version: 1.0\n" + part, "file"},
		{"a data URI", top + "Content-Type: text/html\n\n<a href=\"data:application/zip;base64," + flat + "\">x</a>", "file"},
		{"UTF-16", top + "Content-Type: text/plain; charset=utf-16\n\n" + utf16be(link), "url"},
		{"UTF-16 said to be ASCII", top + "Content-Type: text/plain; charset=us-ascii\n\n" + utf16be(link), "url"},
		{"UTF-7", top + "Content-Type: text/plain; charset=utf-7\n\nLog in at " + strings.ReplaceAll(hiddenURL, ":", "+ADo-") + " today.\n", "url"},
	}
}

func utf16be(s string) string {
	var b strings.Builder
	b.WriteString("\xfe\xff")
	for _, c := range []byte(s) {
		b.WriteByte(0)
		b.WriteByte(c)
	}
	return b.String()
}

// uu is a file in uuencode, as POSIX has it.
func uu(_ string, b []byte, begin string) string {
	var out strings.Builder
	out.WriteString(begin)
	put := func(v byte) { out.WriteByte((v&63-1)&63 + '!') }
	for line := range slices.Chunk(b, 45) {
		put(byte(len(line)))
		for three := range slices.Chunk(line, 3) {
			q := [3]byte{}
			copy(q[:], three)
			put(q[0] >> 2)
			put(q[0]<<4 | q[1]>>4)
			put(q[1]<<2 | q[2]>>6)
			put(q[2])
		}
		out.WriteByte('\n')
	}
	return out.String() + "`\nend\n"
}

// binHex is a file in BinHex 4.0 (RFC 1741), without a resource fork and with
// digests of zero.
func binHex(name string, b []byte) string {
	raw := append([]byte{byte(len(name))}, name...)
	raw = append(raw, "\x00TEXTttxt\x00\x00"...)
	raw = append(raw, 0, 0, byte(len(b)>>8), byte(len(b)), 0, 0, 0, 0, 0, 0)
	raw = append(append(raw, b...), 0, 0, 0, 0)
	raw = bytes.ReplaceAll(raw, []byte{0x90}, []byte{0x90, 0})
	const alphabet = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
	var out strings.Builder
	out.WriteString("(This file must be converted with BinHex 4.0)\n\n:")
	bits, n := 0, 0
	for _, c := range append(raw, 0, 0) {
		bits, n = bits<<8|int(c), n+8
		for ; n >= 6; n -= 6 {
			out.WriteByte(alphabet[bits>>(n-6)&63])
			if out.Len()%64 == 0 {
				out.WriteByte('\n')
			}
		}
		bits &= 63
	}
	return out.String() + ":\n"
}

// yenc is a file in yEnc, as news and some mailers have it.
func yenc(name string, b []byte, part string) string {
	var out strings.Builder
	out.WriteString("=ybegin line=128" + part + " size=123 name=" + name + "\n")
	if part != "" {
		out.WriteString("=ypart begin=1 end=123\n")
	}
	for i, c := range b {
		if c += 42; c == 0 || c == '\n' || c == '\r' || c == '=' || i%100 == 0 && c == '.' {
			out.WriteByte('=')
			c += 64
		}
		out.WriteByte(c)
		if i%100 == 99 {
			out.WriteByte('\n')
		}
	}
	return out.String() + "\n=yend size=123\n"
}

// Whatever form a mail is in, what it holds is found, or somebody is told to look.
func TestOddForms(t *testing.T) {
	want := digest(hiddenPayload)
	for _, f := range oddForms() {
		for ending, end := range map[string]string{"LF": "\n", "CRLF": "\r\n"} {
			if ending == "CRLF" && (strings.ContainsRune(f.mail, 0x0d) || !utf8.ValidString(f.mail)) {
				continue
			}
			facts, problems := Sanitize(Original{Raw: []byte(strings.ReplaceAll(f.mail, "\n", end))}, Policy{})
			ok := saysAmbiguous(problems) && f.want != "url"
			switch f.want {
			case "url":
				ok = tellsURL(facts, hiddenURL)
			case "file":
				ok = ok || slices.ContainsFunc(facts.Attachments, func(a Attachment) bool { return a.SHA256 == want })
			case "name":
				ok = ok || slices.ContainsFunc(facts.Attachments, func(a Attachment) bool { return a.Name == "x.zip" })
			}
			if !ok {
				t.Errorf("%s, lines ended by %s: the %s is neither found nor said to be ambiguous; attachments %v, problems %v", f.name, ending, f.want, facts.Attachments, problems)
			}
		}
	}
}
