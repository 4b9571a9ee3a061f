package rtf

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

func seeds() []string {
	return []string{
		`{\rtf1\ansi\ansicpg932\deff0{\fonttbl{\f0\fcharset128 MS Mincho;}}\uc2\u26085\'93\'fa\u-10179?{\b x\par}}`,
		outlookHead + `{\*\htmltag84 <a href="https://a.example/">}\htmlrtf {\htmlrtf0 \f3\'93\'fa}}`,
		`{\rtf1{\field{\*\fldinst DDEAUTO {\field{\*\fldinst QUOTE 104 116}}"\\\"x"}{\fldrslt y}}{\*\template http://a.example/}}`,
		`{\rtf1{\object\objupdate{\*\objclass Package}{\*\objdata 0105000002000000080000005061636b616765000000000000000000040000000200612e00\bin2 ab}}}`,
	}
}

func FuzzDecompress(f *testing.F) {
	for _, s := range seeds() {
		f.Add(compress([]byte(s)))
		f.Add(header(typeMELA, len(s), []byte(s)))
	}
	for _, b := range corpusCompressed(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 20
		if out, _ := Decompress(b, limit); len(out) > limit || len(out) > 9*len(b) {
			t.Errorf("Decompress of %d bytes = %d bytes", len(b), len(out))
		}
	})
}

func FuzzDocument(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	for _, b := range corpusCompressed(f) {
		if doc, err := Decompress(b, 1<<20); err == nil && len(doc) < 100<<10 {
			f.Add(doc)
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		const limit = 1 << 16
		html, ok := HTML(doc, limit)
		if len(html) > limit || !utf8.Valid(html) || !ok && html != nil {
			t.Errorf("HTML = %d bytes, %v, valid UTF-8 %v", len(html), ok, utf8.Valid(html))
		}
		if text := Text(doc, limit); len(text) > limit || !utf8.ValidString(text) {
			t.Errorf("Text = %d bytes, valid UTF-8 %v", len(text), utf8.ValidString(text))
		}
		found := Scan(doc, Limits{Links: 10, Objects: 10, ObjectBytes: 1000, FieldBytes: 100})
		n := 0
		for _, o := range found.Objects {
			n += len(o.Data)
		}
		if n > 1000 || len(found.Links) > 10 || len(found.Objects) > 10 {
			t.Errorf("Scan = %d bytes, %d links, %d objects; want no more than the limits", n, len(found.Links), len(found.Objects))
		}
		for _, l := range found.Links {
			if !utf8.ValidString(l.URL) {
				t.Errorf("link %q is not valid UTF-8", l.URL)
			}
		}
		if IsRTF(doc) && bytes.IndexByte(doc, '{') < 0 {
			t.Error("IsRTF of a document without a brace")
		}
	})
}
