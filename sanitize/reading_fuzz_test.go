package sanitize

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// small are limits that a fuzzer's inputs meet.
var small = Limits{HeaderBytes: 2000, HeaderFields: 20, FieldBytes: 500, MultipartDepth: 4, MessageDepth: 3, Parts: 30, TextBytes: 2000, DecodedBytes: 5000, Originals: 4}

func addMails(f *testing.F) {
	f.Add([]byte(attack))
	f.Add([]byte(mailWith("a@member.example", "Fwd: x", "b", "t", "Content-Type: message/rfc822\r\n\r\n"+mailWith("a@member.example", "x", "c", "t", "Content-Type: message/rfc822\r\n\r\n"+attack))))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b; boundary*0=\" c\"\n\n--b\n\n--b--\nContent-Type: text/html\n\n<p>From: a<br>Subject: b"))
	f.Add([]byte("Content-Transfer-Encoding: base64\nContent-Type: multipart/mixed; boundary=b\n\nLS1iCgpvbmUKLS1iLS0K"))
	files, _ := filepath.Glob("testdata/read/*.txt")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte("From: taro@member.example\nContent-Type: text/plain; charset=utf-8\n\n"), text...))
	}
	addCorpus(f)
}

// addCorpus adds the smaller files of the collection that KAIRAN_CORPUS names.
func addCorpus(f *testing.F) {
	dir := os.Getenv("KAIRAN_CORPUS")
	if dir == "" {
		return
	}
	const most = 12 << 10 // the fuzzer changes every byte of a seed
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "warninglists") {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && len(b) <= most {
			f.Add(b)
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
}

func FuzzRead(f *testing.F) {
	addMails(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, problems := Read(raw, small)
		parts, text := 0, 0
		p.Walk(func(c *Part) { parts++; text += len(c.Text) })
		if parts > small.Parts || text > small.DecodedBytes || len(problems) > maxProblems {
			t.Errorf("%d parts, %d bytes of text, %d problems: over the limits", parts, text, len(problems))
		}
		checkPart(t, "fuzz", p)
	})
}

func FuzzUnpack(f *testing.F) {
	addMails(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		u := Unpack(raw, small)
		if u.Outer == nil || len(u.Originals) > small.Originals {
			t.Fatalf("outer %v, %d originals", u.Outer, len(u.Originals))
		}
		if len(u.Originals) == 0 && len(u.Problems) == 0 {
			t.Error("neither an original nor a problem")
		}
		if !utf8.ValidString(u.ReporterText) {
			t.Error("the reporter's text is not valid UTF-8")
		}
		for _, o := range u.Originals {
			if len(o.Through) >= small.MessageDepth {
				t.Errorf("an original behind %d mails", len(o.Through))
			}
			if o.Inline {
				if p, _ := Read(o.Raw, Limits{}); len(p.Header.Mailboxes("From")) == 0 && len(p.Header) < 2 {
					t.Errorf("an inline original without fields: %q", o.Raw)
				}
			}
		}
	})
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"=?utf-8?B?5pel?= =?utf-8?Q?=E6?=", "=?iso-2022-jp?B?GyRCJDM=?=", "=?a*b?q??=", "\x1b$B\x1b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := decodeWords(s)
		if !utf8.ValidString(got) {
			t.Errorf("decodeWords(%q) = %q, not valid UTF-8", s, got)
		}
		if isPlainASCII(s) && len(s) < 2 && got != s {
			t.Errorf("decodeWords(%q) = %q", s, got)
		}
		if strings.ContainsAny(got, "\x1b\ufeff") {
			return // read as JIS, or as a byte order mark, under any label
		}
		again := decodeWords(encodeWords(got))
		if again != got {
			t.Errorf("decodeWords(encodeWords(%q)) = %q", got, again)
		}
	})
}

func FuzzCharset(f *testing.F) {
	for _, label := range []string{"", "utf-8", "iso-2022-jp", "shift_jis", "euc-jp", "utf-7", "utf-16", "windows-1252", "hz-gb-2312", "gb18030", "big5", "iso-2022-kr", "utf-32"} {
		f.Add([]byte("\x1b$B$3\x0eA\x0f\x82\xa0\xa4\xa2+AGE-"), label)
	}
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		text, ok := decode(b, label)
		if !utf8.ValidString(text) {
			t.Errorf("decode(%q, %q) = %q, %v: not valid UTF-8", b, label, text, ok)
		}
		// Three bytes for a half-width kana or U+FFFD, and broken JIS is spelt
		// with more escapes.
		if len(text) > 8*len(b)+16 {
			t.Errorf("decode(%d bytes, %q) = %d bytes", len(b), label, len(text))
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte("From a\nFrom : b\r\n c\rContent-Type: text/plain; name*0*=utf-8''%41; name*1=\"b\r\n\r\nbody"))
	f.Add([]byte("\xef\xbb\xbf\n\nA\x00: b\n \n:\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, mail := range []bool{true, false} {
			r := newReader(small)
			h, body := r.readHeader(raw, mail, "")
			if body < 0 || body > len(raw) || len(h) > small.HeaderFields {
				t.Fatalf("readHeader(%q) = %d fields, body at %d of %d", raw, len(h), body, len(raw))
			}
			for _, field := range h {
				if field.Name == "" || len(field.Value) > small.FieldBytes {
					t.Errorf("field %q with %d bytes", field.Name, len(field.Value))
				}
				_, params := parseParams(field.Value)
				for _, p := range params {
					if v, _ := value(params, p.name); !utf8.ValidString(v) {
						t.Errorf("parameter %q = %q, not valid UTF-8", p.name, v)
					}
				}
			}
		}
	})
}

func FuzzAddresses(f *testing.F) {
	for _, s := range []string{`"a" <b@c>, d: e@f (g);`, "=?utf-8?B?5bGx55SwIDxhQGV4YW1wbGUuanA+?=", "<<a@b>", `"a\" <b@c`, "a が b@c の代理で送信", "Doe, J <mailto:a@b>", "'   "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, boxes := range [][]Mailbox{ParseMailboxes(s), quotedMailboxes(s)} {
			if len(boxes) > maxMailboxes {
				t.Errorf("%d mailboxes", len(boxes))
			}
			for _, m := range boxes {
				if !utf8.ValidString(m.Name) || !utf8.ValidString(m.Address) || m == (Mailbox{}) {
					t.Errorf("ParseMailboxes(%q) yields %+v", s, m)
				}
			}
		}
		cutLabels(s)
		cutLabel(s)
		quotedFields{"From": s}.splitDelegate()
	})
}
