package rtf

import (
	"strings"
	"testing"
	"unicode/utf8"
)

const outlookHead = `{\rtf1\ansi\ansicpg1252\fromhtml1 \fbidi \deff0{\fonttbl` + "\r\n" +
	`{\f0\fswiss Arial;}{\f1\fmodern Courier New;}{\f2\fnil\fcharset2 Symbol;}{\f3\fmodern\fcharset128 "MS PGothic";}` +
	`{\f4\fswiss\fcharset204 "Arial Cyr";}{\f5\fnil\fcharset134 SimSun;}{\f6\fnil\fcharset129 Gulim;}{\f7\fnil\fcharset136 PMingLiU;}{\f8\fswiss\fcharset0 Calibri{\*\falt Arial};}}` + "\r\n" +
	`{\colortbl\red0\green0\blue0;\red0\green0\blue255;}` + "\r\n" + `{\*\generator Writer;}\uc1\pard\plain\deftab360 \f0\fs24 ` + "\r\n"

func TestHTML(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"tags and text", `{\*\htmltag19 <html>}{\*\htmltag50 <body>}{\*\htmltag64}{\htmlrtf {\htmlrtf0 Hi{\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 there{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0 \htmlrtf }\htmlrtf0 {\*\htmltag58 </body>}`, "<html><body>Hi<b>there</b></body>"},
		{"breaks", `{\*\htmltag241 <!--\par\tab x-->}a\par b\line c\tab d`, "<!--\r\n\tx-->a\r\nb\r\nc\td"},
		{"suppressed", `a\htmlrtf b\par\'41\u66?\lquote \htmlrtf0 c`, "ac"},
		{"suppression ends with its group", `a{\htmlrtf b}c`, "ac"},
		{"escapes", `\{\}\\ \~\_`, "{}\\ \u00a0\u2011"},
		{"typography", `\lquote a\rquote\ldblquote b\rdblquote\bullet\endash\emdash`, "‘a’“b”•–—"},
		{"mhtmltag", `{\*\htmltag84 <img src="cid:a">}{\*\mhtmltag84 <img src="mhtml:rewritten">}`, `<img src="cid:a">`},
		{"link", `{\*\htmltag84 <a href="https://a.example/?q=1&amp;r=%7b">}`, `<a href="https://a.example/?q=1&amp;r=%7b">`},
		{"braces in a style", `{\*\htmltag241 p \{margin:0\}}`, `p {margin:0}`},
		{"1252", `caf\'e9 \'80`, "café €"},
		{"cp932 split", `\f3\'93\'fa\'96\'7b`, "日本"},
		{"cp932 with a plain second byte", `\f3\'83A\'83\\`, "アソ"},
		{"cp932 across groups", `{\f3 \'93}{\f3\'fa}`, "日"},
		{"half-width kana", `\f3\'c3\'bd\'c4`, "ﾃｽﾄ"},
		{"vendor characters", `\f3\'87\'40\'fb\'fc`, "①髙"},
		{"cp1251", `\f4\'cf\'f0\'e8`, "При"},
		{"gbk", `\f5\'d6\'d0\'b9\'fa`, "中国"},
		{"cp949", `\f6\'c7\'d1\'b1\'db`, "한글"},
		{"big5", `\f7\'a4\'a4\'a4\'e5`, "中文"},
		{"font of the group", `{\f3 \'93\'fa}\'e9`, "日é"},
		{"symbol font", `\f2\'b7\tab x`, "·\tx"},
		{"unknown font", `\f99\'e9`, "é"},
		{"plain goes back to the default font", `\f3\plain\'e9`, "é"},
		{"unicode", `\u26085?\u-27002?`, "日" + string(rune(65536-27002))},
		{"unicode fallback of two bytes", `\uc2\f3\u26085\'93\'fa\u26412\'96\'7b!`, "日本!"},
		{"unicode without fallback", `\uc0\u26085\u26412 x`, "日本x"},
		{"unicode that forgot its fallback", `\u26085\u26412{\*\htmltag <b>}x`, "日本<b>x"},
		{"fallback control word", `\u8217\rquote s`, "’s"},
		{"fallback of the group", `{\uc0\u233 }\u233?`, "éé"},
		{"surrogates", `\u-10179?\u-8704?`, "😀"},
		{"lone surrogates", `\u-10179?x\u-8704?`, "\uFFFDx\uFFFD"},
		{"unicode beyond 16 bits", `\u-65432?`, "h"},
		{"unicode in a tag", `{\*\htmltag84 title="\u26085?"}`, `title="日"`},
		{"tag bytes are of the default code page", `\f3{\*\htmltag84 \'e9}`, "é"},
		{"binary", `a\bin4 {{{}b`, "ab"},
		{"numbered tag whose text begins with a digit", `{\*\htmltag84 5}{\*\htmltag 6}`, "56"},
		{"unknown destinations", `a{\*\listtable b}{\*\whatever {c}d}{\pict 00}{\info{\title e}}f`, "af"},
		{"line breaks of the file", "a\r\nb", "ab"},
		{"escaped line break", "a\\\nb", "a\r\nb"},
		{"bad escape", `a\'zzb\'}c`, "ab"},
	} {
		got, ok := HTML([]byte(outlookHead+c.in+"}"), 1<<20)
		if !ok || string(got) != c.want {
			t.Errorf("%s: HTML(%s) = %q, %v; want %q", c.name, c.in, got, ok, c.want)
		}
	}
}

// A Japanese Outlook declares 932 for the document; fonts may be missing, or
// claim to be Western.
func TestHTMLJapaneseDefault(t *testing.T) {
	const head = `{\rtf1\ansi\ansicpg932\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fswiss\fcharset0 Calibri;}{\f2\fnil\fcharset1 X;}{\f3\fnil\fcharset134 SimSun;}}`
	for _, c := range []struct{ in, want string }{
		{`\f0\'93\'fa\'96\'7b`, "日本"},
		{`\f1\'93\'fa\'96\'7b`, "日本"},
		{`\f1 caf\'e9 \'96 x`, "café – x"},
		{`\f2\'93\'fa`, "日"},
		{`\f3\'c8\'d5`, "日"},
		{`\f3{\*\htmltag84 alt="\'93\'fa"}`, `alt="日"`},
	} {
		got, ok := HTML([]byte(head+c.in+"}"), 1<<20)
		if !ok || string(got) != c.want {
			t.Errorf("HTML(%s) = %q, %v; want %q", c.in, got, ok, c.want)
		}
	}
}

func TestHTMLNot(t *testing.T) {
	for _, in := range []string{"", "x", `{\rtf1\ansi x}`, `{\rtf1\fromtext x}`, `{\rtf1\fromhtml0 x}`, `{\rtf1{\info \fromhtml1} x}`, `{\rtf1\ansi \\fromhtml1 x}`} {
		if got, ok := HTML([]byte(in), 100); ok {
			t.Errorf("HTML(%s) = %q, true; want false", in, got)
		}
	}
}

func TestHTMLLimit(t *testing.T) {
	in := []byte(outlookHead + strings.Repeat(`\u26085?{\*\htmltag <b>}`, 100) + "}")
	for limit := 1; limit < 60; limit++ {
		got, ok := HTML(in, limit)
		if !ok || len(got) > limit || len(got)+3 < limit || !utf8.Valid(got) {
			t.Errorf("HTML with a limit of %d = %q, %v; want as much valid UTF-8", limit, got, ok)
		}
	}
}

func TestText(t *testing.T) {
	const head = `{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fnil\fcharset128 MS Mincho;}}{\stylesheet{\s0 Normal;}}`
	for _, c := range []struct{ name, in, want string }{
		{"paragraphs", `one\par two\line three`, "one\ntwo\nthree"},
		{"table", `a\cell b\cell\row c`, "a\tb\t\nc"},
		{"hidden", `a{\v secret}\v x\v0 b`, "ab"},
		{"field shows its result", `{\field{\*\fldinst HYPERLINK "https://a.example/"}{\fldrslt here}}`, "here"},
		{"text box", `{\shp{\*\shpinst\shpleft0{\sp{\sn fLine}{\sv 0}}{\shptxt boxed}}{\shprslt boxed again}}`, "boxed"},
		{"header and note", `{\header top}body{\footnote note}`, "topbodynote"},
		{"object shows its result", `{\object\objemb{\*\objclass Package}{\*\objdata 0105}{\result seen}}`, "seen"},
		{"picture", `{\*\shppict{\pict\pngblip 89504e47}}x`, "x"},
		{"Japanese", `\f1\'82\'a0`, "あ"},
		{"behind the end", `a}b{c`, "a"},
		{"unterminated", `a{b{c`, "abc"},
		{"escaped end", `a\`, "a}"},
	} {
		if got := Text([]byte(head+c.in+"}"), 1<<20); got != c.want {
			t.Errorf("%s: Text(%s) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
	if got := Text([]byte(`{\rtf1\ansi\fromtext \fbidi \deff0{\fonttbl{\f0 Arial;}}\uc1\pard\plain\f0\fs20 Hi\par {\*\x no}there}`), 100); got != "Hi\nthere" {
		t.Errorf("Text of encapsulated text = %q, want %q", got, "Hi\nthere")
	}
	if got := Text([]byte(`{\rtf1 `+strings.Repeat("abc", 50)+`}`), 10); got != "abcabcabca" {
		t.Errorf("Text with a limit of 10 = %q", got)
	}
}

func TestIsRTF(t *testing.T) {
	for in, want := range map[string]bool{
		`{\rtf1 x}`: true, `{\rt  x}`: true, `{\rtfxyz`: true, "\xef\xbb\xbf{\\rtf": true, " \r\n\t{\\rt": true, "{\n\\rtf1": true,
		"": false, "{": false, `{\r`: false, `\rtf1`: false, "{{\\rtf": false, `x{\rtf1`: false, strings.Repeat(" ", 100) + `{\rtf1`: false,
	} {
		if got := IsRTF([]byte(in)); got != want {
			t.Errorf("IsRTF(%q) = %v, want %v", in, got, want)
		}
	}
}

// A document that declares UTF-8 may still escape bytes of 1252.
func TestHTMLUTF8(t *testing.T) {
	for in, want := range map[string]string{`\'e6\'97\'a5`: "日", `x\'a0y`: "x\u00a0y"} {
		if got, _ := HTML([]byte(`{\rtf1\ansi\ansicpg65001\fromhtml1 `+in+`}`), 100); string(got) != want {
			t.Errorf("HTML(%s) = %q, want %q", in, got, want)
		}
	}
}
