package sanitize

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func FuzzObserve(f *testing.F) {
	for _, s := range []string{"", "詳細はhttps://evil.example/a。", "<http://a.example/\nb>", `<a href="data:text/html;base64,PGE+">`, "a@b.example", "hxxp[:]//a(dot)example",
		"http://[::1]/", "http://1.2/", "://@@::..", "<style>url(url(", "<!--<!--<!--<a href=//x.example>", "ｈｔｔｐ：／／ａ．ｊｐ／", "http://%%%/", "www.\u200b.www.", "2001:db8::1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := newObservables(Limits{Indicators: 50, LineBytes: 1 << 12}.orDefault())
		at := place{where: "x", role: RoleText, confidence: "low"}
		o.text(s, at)
		o.html(s, at, 0)
		for _, v := range o.list {
			if !utf8.ValidString(v.value) || len(v.value) > o.limits.URLBytes+300 {
				t.Errorf("in %q was seen the %s %q: not UTF-8, or too long", s, v.typ, v.value)
			}
			if v.typ == TypeURL {
				if again, _, ok := canonicalURL(v.value); !ok || again != v.value {
					t.Errorf("in %q was seen the URL %q, which reads again as %q, %v", s, v.value, again, ok)
				}
			}
		}
	})
}

func FuzzRedact(f *testing.F) {
	for _, s := range []string{"", "青嶺電力", "taro.yamada@aone-denryoku.example", "<person>", "https://a.example/?x=%41", "山\u200b田太郎", "\xff\xfe", "ANA\u0301", "%25%32%35", "=?utf-8?B?", `\u5c71\ud842\udfb7`} {
		f.Add(s)
	}
	r := testRedactor()
	f.Fuzz(func(t *testing.T, s string) {
		in := cleanText(s, 2000)
		once, _ := r.text(in)
		if kind, found := r.reveals(once); found {
			t.Errorf("redacting %q gives %q, which reveals a %s", in, once, kind)
		}
		if again, _ := r.text(once); again != once {
			t.Errorf("redacting %q gives %q, and again %q", in, once, again)
		}
		if u, _, ok := canonicalURL("https://evil.example/" + s); ok && len(u) < 2000 {
			once, _, verdict := r.url(u)
			if _, found := r.reveals(once); found {
				t.Errorf("redacting the URL %q gives %q, which reveals", u, once)
			}
			if again, _, _ := r.url(once); verdict == urlTold && again != once {
				t.Errorf("redacting the URL %q gives %q, and again %q", u, once, again)
			}
		}
	})
}

func FuzzGate(f *testing.F) {
	f.Add([]byte("From: a@b.example\r\n\r\nANA"))
	f.Add([]byte(`{"a":"\u9752\u5dba\u96fb\u529b"}`))
	f.Add([]byte("\x00\xff=?x?=%%%&#x;\\u"))
	g := NewGate(testRegistry)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return
		}
		g.Check(b)
		Live(b)
		planted := append(append([]byte{}, b...), "\r\n\r\n taro.yamada@aone-denryoku.example "...)
		if len(g.Check(planted)) == 0 {
			t.Errorf("the gate does not find an address at the end of %q", planted)
		}
	})
}

func FuzzDefang(f *testing.F) {
	for _, s := range []string{"", "http://evil.example", "www.evil.com", "a@b", "hxxp[://]evil[.]example", "mailto:x", `\\a\b`, "例え.jp", "１.２.３.４", "http：／／evil．com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = cleanText(s, 1000)
		for _, once := range []string{Defang(s), DefangURL(s)} {
			if twice := Defang(once); twice != once {
				t.Errorf("Defang(%q) = %q, and again %q", s, once, twice)
			}
			l := &liveCheck{told: map[Problem]bool{}}
			if l.text(once, "text"); len(l.out) > 0 {
				t.Errorf("Defang(%q) = %q, which is live: %+v", s, once, l.out)
			}
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a\u0301", "\x1b[31m", "<\u0338", "\u202e", "ｶﾞ", "\ufffe"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = max(0, n%500)
		once := cleanText(s, n)
		if twice := cleanText(once, n); twice != once {
			t.Errorf("cleanText(%q, %d) = %q, and again %q", s, n, once, twice)
		}
		if !utf8.ValidString(once) || !norm.NFC.IsNormalString(once) || strings.ContainsAny(once, "<>\r\n\t") || strings.ContainsFunc(once, invisible) {
			t.Errorf("cleanText(%q, %d) = %q, which is not clean", s, n, once)
		}
		if n > 0 && utf8.RuneCountInString(once) > n {
			t.Errorf("cleanText(%q, %d) = %q, which is too long", s, n, once)
		}
	})
}

func FuzzSanitize(f *testing.F) {
	files, err := filepath.Glob("testdata/facts/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("From: a@ANA.example\nSubject: \xff\n\n<a href=http://a.example>"))
	addCorpus(f)
	policy := Policy{Registry: testRegistry}.Compile()
	gate := NewGate(testRegistry)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return
		}
		policy := policy
		policy.Learned = Learn(Unpacked{Outer: &Part{}, Originals: []Original{{Raw: b}}})
		facts, _ := Sanitize(Original{Raw: b}, policy)
		if facts.Indicators == nil || facts.Attachments == nil || facts.Redactions == nil {
			t.Error("a list of the facts is nil, which JSON tells as null")
		}
		for _, i := range facts.Indicators {
			if leaks := gate.Check([]byte(i.Value)); len(leaks) > 0 {
				t.Errorf("the %s %q leaks %+v", i.Type, i.Value, leaks[0])
			}
		}
	})
}
