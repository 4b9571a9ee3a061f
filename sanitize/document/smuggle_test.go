package document

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// codesOf writes character codes as a script does.
func codesOf(s, format, sep string) string {
	var list []string
	for i := range len(s) {
		list = append(list, fmt.Sprintf(format, s[i]))
	}
	return strings.Join(list, sep)
}

type page struct {
	name, html string
	want       want
}

func pages() []page {
	zip := "PK\x03\x04\x14\x00\x00\x00 an archive of something"
	exe := "MZ\x90\x00\x03\x00\x00\x00" + strings.Repeat("\x00", 56) + "a program"
	form := `<html><body><form action="https://form.example/p"></form></body></html>`
	save := `var l=document.createElement("a");l.href=URL.createObjectURL(new Blob([d]));l.download="請求書.zip";l.click();`
	js := func(s string) string { return "<p>text</p><script>" + s + "</script>" }
	return []page{
		{"blob", js(`var f="` + b64(zip)[:20] + `"+'` + b64(zip)[20:] + `';var b=atob(f);` + save),
			want{notes: "html-smuggling script", files: []string{":" + zip[:30]}}},
		{"array", js(`var d=new Uint8Array([` + codesOf(exe, "%d", ",") + `]);` + save), want{notes: "html-smuggling script", files: []string{":" + exe[:30]}}},
		{"hex codes", js(`var d=[` + codesOf(exe, "0x%02X", ", ") + `];`), want{notes: "html-smuggling script", files: []string{":" + exe[:30]}}},
		{"hex string", js(`var h="` + codesOf(zip, "%02x", "") + `";`), want{notes: "html-smuggling script", files: []string{":" + zip[:30]}}},
		{"old browser", js(`navigator.msSaveOrOpenBlob(b, "a.zip")`), want{notes: "html-smuggling script"}},
		{"write unescape", js(`document.write(unescape('` + url.PathEscape(form) + `'));`), want{notes: "html-smuggling script", html: []string{`action="https://form.example/p"`}}},
		{"write atob", js(`document.write(atob("` + b64(form) + `"))`), want{notes: "html-smuggling script", html: []string{`action="https://form.example/p"`}}},
		{"twice", js(`eval(atob("` + b64(`document.write(atob('`+b64(form)+`'))`) + `"))`), want{notes: "html-smuggling script", html: []string{`action="https://form.example/p"`}}},
		{"three times", js(`eval(atob("` + b64(js(`eval(unescape("`+codesOf(`document.write("`+b64(form)+`")`, "%%%02x", "")+`"))`)) + `"))`), want{notes: "html-smuggling script", html: []string{`action="https://form.example/p"`}}},
		{"reversed", js(`document.write("` + reversed(strings.ReplaceAll(form, `"`, "'")) + `".split("").reverse().join(""))`), want{notes: "script", html: []string{`https://form.example/p`}}},
		{"reversed address", js(`x("moc.elpmaxe.live//:sptth")`), want{notes: "script", text: []string{"https://evil.example.com\n"}}},
		{"junk", js(`location.href="hXXtXXtpXXs://juXXnk.examXXple/".replace(/XX/g,"")`), want{notes: "script script-redirect", links: []string{"script https://junk.example/"}}},
		{"array join", js(`window.location=["https:/","/join",".example/"].join("")`), want{notes: "script script-redirect", links: []string{"script https://join.example/"}}},
		{"from codes", js(`top.location.replace(String.fromCharCode(` + codesOf("https://codes.example/", "%d", ",") + `))`), want{notes: "script script-redirect", links: []string{"script https://codes.example/"}}},
		{"variable", js("const host = 'var.example';\nlet u = `https://${host}/x`;\nwindow.open(u)"), want{notes: "script script-redirect", links: []string{"script https://var.example/x"}}},
		{"added", js(`var u="https:";u+="//added";u=u+".example/a";location.assign(u)`), want{notes: "script script-redirect", links: []string{"script https://added.example/a"}, text: []string{"https://added.example/a\n"}}},
		{"brackets", js(`window["location"]["href"]="https://br.example/"`), want{notes: "script script-redirect", links: []string{"script https://br.example/"}}},
		{"escapes", js(`location="\x68\x74\u0074\u{70}s://esc.example/"`), want{notes: "script script-redirect", links: []string{"script https://esc.example/"}}},
		{"handler", `<svg/onload="location.href='https://on.example/'">`, want{notes: "script script-redirect", links: []string{"script https://on.example/"}}},
		{"handler entities", `<body onload=&#108;ocation='https://ent.example/'>`, want{notes: "script script-redirect", links: []string{"script https://ent.example/"}}},
		{"javascript uri", `<a href="java&#9;script:location.replace('https://uri.example/')">javascript:</a>`, want{notes: "script script-redirect", links: []string{"script https://uri.example/"}}},
		{"download", `<a download="請求書.iso" href="data:application/octet-stream;base64,` + b64("any file at all") + `">x</a>`, want{notes: "html-smuggling", files: []string{"請求書.iso:any file at all"}}},
		{"data frame", `<iframe src="data:text/html;base64,` + b64(form) + `">`, want{notes: "html-smuggling", html: []string{"form.example"}}},
		{"data refresh", `<meta http-equiv=refresh content="0;url=data:text/html,` + url.PathEscape(form) + `">`, want{notes: "html-smuggling", html: []string{"form.example"}}},
		{"vbscript", `<script language=vbscript>u = "https://vb" & ".example/" & Chr(97)</script>`, want{notes: "script", text: []string{"https://vb.example/a\n"}}},
		{"picture", js(`var i="` + b64(png) + `"`), want{notes: "script", images: 1}},
		{"regexp", js(`var r=/"/g; var c='it"s'; x=1/2/3; location="https://re.example/"`), want{notes: "script script-redirect", links: []string{"script https://re.example/"}}},
		{"comment", js("// don't\n/* it's */ location='https://com.example/'"), want{notes: "script script-redirect", links: []string{"script https://com.example/"}}},
		{"unclosed", `<script>location = "https://un.example/"`, want{notes: "script script-redirect", links: []string{"script https://un.example/"}}},
		{"json", `<script type="application/ld+json">{"url":"https://json.example/"}</script>`, want{}},
		{"ordinary script", js(`function f(a,b){return a.length+b*3} f("hello world",'#id')`), want{notes: "script"}},
	}
}

func TestSmuggled(t *testing.T) {
	for _, p := range pages() {
		t.Run(p.name, func(t *testing.T) {
			p.want.kind = KindPage
			checkFindings(t, Smuggled([]byte(p.html), Limits{}), p.want)
		})
	}
}

// ordinaryPage is a page of 20 KB as mail has them, without any script.
func ordinaryPage() []byte {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html><head><meta charset="utf-8"><style>.description{color:#333;font-family:"Helvetica Neue",sans-serif}</style></head><body>`)
	for i := 0; b.Len() < 20<<10; i++ {
		fmt.Fprintf(&b, `<tr><td class="content-row" style="padding:10px 20px; border-bottom: 1px solid #ddd"><p>Your subscription number %d: data and description of the order, one of many. 担当者より</p><a href="https://www.example.com/order?id=%d" title="on the site">Open</a></td></tr>`, i, i)
	}
	return []byte(b.String())
}

func TestSmuggledRejects(t *testing.T) {
	for _, html := range []string{
		"", "x", "atop", string(ordinaryPage()), `<img src="data:image/png;base64,AAAA">`, "<p>transcript: description, prisoner=1, data-x=1</p>",
		`<p on=1>`, "<p>the only one = two</p>",
	} {
		if canAssemble([]byte(html)) {
			t.Errorf("canAssemble(%.60q) = true, want false", html)
		}
	}
	for _, html := range []string{"<SCRIPT>", "x<script", "jAvAscript:", "vbscript:", "Atob", "<a href=DATA:text/html,x", "<b onLoad =", "<svg:script>", "<p/onclick=", "<b\nonpointerover\n="} {
		if !canAssemble([]byte(html)) {
			t.Errorf("canAssemble(%q) = false, want true", html)
		}
	}
}

// A script must not cost more than its length allows, whatever its variables and
// brackets do. The work is counted, not timed.
func TestScriptsAreLinear(t *testing.T) {
	const n = 20_000
	for name, src := range map[string]string{
		"doubling":   `var a="aaaaaaaaaaaaaaaa";` + strings.Repeat("a=a+a;b=a;", n/10),
		"appending":  `var a="x";` + strings.Repeat(`a+="x";`, n/7),
		"self":       `var a="x";` + strings.Repeat(`a=a+"x";`, n/8),
		"replace":    `x="a"` + strings.Repeat(`.replace("a","aaaaaaaaa")`, n/25),
		"reverse":    `x="` + strings.Repeat("a", n/2) + `"` + strings.Repeat(`.split("").reverse().join("")`, n/60),
		"brackets":   strings.Repeat(`("a"+`, n/5),
		"atob":       strings.Repeat(`atob("a"+`, n/9),
		"lists":      strings.Repeat(`["a",`, n/5),
		"methods":    strings.Repeat(`"a".replace("b",`, n/16),
		"quotes":     strings.Repeat(`'\`, n/2),
		"templates":  "var a=`" + strings.Repeat("x", n/4) + "`;" + strings.Repeat("`${a}${a}`;", n/12),
		"slashes":    strings.Repeat("=/", n/2),
		"numbers":    strings.Repeat("1,", n/2),
		"many names": strings.Repeat("a.", n/2),
	} {
		total := 0
		foldScript(src, langJS, 1<<30, func(v value) { total += len(v.s) + 16 })
		if most := 64*len(src) + 1<<20; total > most {
			t.Errorf("%s: %d bytes of strings from a script of %d, want at most %d", name, total, len(src), most)
		}
		f := Smuggled([]byte("<script>"+src), Limits{Bytes: 1 << 20})
		if f.Decoded > 1<<20 || len(f.Text) > 1<<20 {
			t.Errorf("%s: %d decoded, %d of text, want at most 1 MiB each", name, f.Decoded, len(f.Text))
		}
	}
}

func TestFoldScript(t *testing.T) {
	for _, c := range []struct {
		lang language
		src  string
		want []string
	}{
		{langJS, `a("x" + "y", 'z')`, []string{"xy", "z"}},
		{langJS, "'a\\\r\nb'", []string{"ab"}},
		{langJS, `"a" + b + "c"`, []string{"a", "c"}},
		{langJS, `decodeURIComponent("%41%42") + "c"`, []string{"ABc"}},
		{langJS, `var s = "x"; f(s)`, []string{"x", "x"}},
		{langVB, `x = "a""b" & vbCrLf & "c"`, []string{`a"b`, "c"}},
		{langVB, `x = Replace("hxxp://a", "xx", "tt")`, []string{"http://a"}},
		{langVB, `y = Array("a", "b")`, []string{"a", "b"}},
		{langPS, `$a = ('a','b') -join ''; "$a!"`, []string{"ab", "ab!"}},
		{langPS, "'it''s' + [char]0x41 + [char](66)", []string{"it'sAB"}},
		{langPS, "\"a`tb``\" -replace 'a','c'", []string{"c\tb`"}},
	} {
		var got []string
		all := foldScript(c.src, c.lang, 1<<20, func(v value) { got = append(got, v.s) })
		if !slices.Equal(got, c.want) || !all {
			t.Errorf("foldScript(%q) = %q, %v; want %q, true", c.src, got, all, c.want)
		}
	}
}

func BenchmarkSmuggledOrdinary(b *testing.B) {
	page := ordinaryPage()
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		Smuggled(page, Limits{})
	}
}

func BenchmarkSmuggledScript(b *testing.B) {
	page := []byte("<script>var a='" + strings.Repeat("QUJD", 5000) + "';atob(a)</script>")
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		Smuggled(page, Limits{})
	}
}
