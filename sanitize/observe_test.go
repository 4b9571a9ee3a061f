package sanitize

import (
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sightings are what o saw, as "type value", sorted; only of the given types if
// any are given.
func sightings(o *observables, types ...string) []string {
	out := []string{}
	for _, s := range o.list {
		if len(types) == 0 || strings.Contains(" "+strings.Join(types, " ")+" ", " "+s.typ+" ") {
			mark := ""
			if s.benign {
				mark = " benign"
			}
			out = append(out, s.typ+" "+s.value+mark)
		}
	}
	sort.Strings(out)
	return out
}

func TestObserveText(t *testing.T) {
	for _, c := range []struct {
		in   string
		want string // sightings without the domains of URLs, joined by " | "
	}{
		{"詳細はhttps://evil.example/a/b。", "url https://evil.example/a/b"},
		{"（https://evil.example/a）", "url https://evil.example/a"},
		{"【https://evil.example/a】と「http://evil.example」、", "url http://evil.example | url https://evil.example/a"},
		{"＜http://evil.co.jp/a＞", "url http://evil.co.jp/a"},
		{"こちらhttp://evil.example/aをクリック", "url http://evil.example/a"},
		{"こちらhttp://evil.exampleをクリック", "url http://evil.example"},
		{"→https://evil.example/a", "url https://evil.example/a"},
		{"ｈｔｔｐ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ／ａ１", "url http://evil.example/a1"},
		{"See <https://evil.example/a> now", "url https://evil.example/a"},
		{"<https://evil.example/aaaa\r\nbbbb>", "url https://evil.example/aaaabbbb"},
		{`Go to "http://evil.example/a".`, "url http://evil.example/a"},
		{"https://evil.example/a, or; (http://evil.example/b_(x)) [http://evil.example/c]", "url http://evil.example/b_(x) | url http://evil.example/c | url https://evil.example/a"},
		{"確認 www.evil.example/login まで", "url http://www.evil.example/login"},
		{"確認 evil7.example/login まで", "url http://evil7.example/login"},
		{"call evil-site.com today", "domain evil-site.com"},
		{"hxxp://evil[.]example/a hxxps[://]evil2.example h**p://evil3.example ｈxxp://evil4．example/x", "url http://evil.example/a | url http://evil3.example | url http://evil4.example/x | url https://evil2.example"},
		{`hxxp[:]//evil5(dot)example/a http://evil6\.example/b`, "url http://evil5.example/a | url http://evil6.example/b"},
		{"C2: 198[.]51[.]100[.]7 と 203.0.113.9、", "ipv4 198.51.100.7 | ipv4 203.0.113.9"},
		{"IPv6 2001:db8::dc40.", "ipv6 2001:db8::dc40"},
		{"http://[2001:db8::1]:8080/x", "ipv6 2001:db8::1 | url http://[2001:db8::1]:8080/x"},
		{"http://3405803951/x http://0xCB0071AE/y", "ipv4 203.0.113.174 | ipv4 203.0.113.175 | url http://203.0.113.174/y | url http://203.0.113.175/x"},
		{"https://user:pass@EVIL.example:8443/A?b=C#d", "url https://user:pass@evil.example:8443/A?b=C#d"},
		{"http://%65vil.example/x", "url http://evil.example/x"},
		{"http://例え.jp/x", "url http://xn--r8jz45g.jp/x"},
		{"mail fraud@evil.example。", "email fraud@evil.example"},
		{"メールはfraud+1@evil.co.jpまで", "email fraud+1@evil.co.jp"},
		{"d41d8cd98f00b204e9800998ecf8427e", "md5 d41d8cd98f00b204e9800998ecf8427e"},
		{"http://r.evil.example/c?u=https%3A%2F%2Fevil.example%2Fx%3Fa%3D1", "url http://r.evil.example/c?u=https%3A%2F%2Fevil.example%2Fx%3Fa%3D1 | url https://evil.example/x?a=1"},
		{"http://www.w3.org/1999/xhtml", "domain www.w3.org benign | url http://www.w3.org/1999/xhtml benign"},
		// What is none.
		{"添付の invoice.zip と readme.md と 報告書.doc を確認。setup.exe は v1.2.3.4 です。Version 10.0.19041.1", ""},
		{"確認しました.It is ok.so we go.To be sure e.g. this.is not a.link", ""},
		{"10.1.2.3 127.0.0.1 http://192.168.0.1/a http://localhost/x 169.254.1.1", ""},
		{"12:34:56 00:11:22:33:44:55 a@b :// http:// https://。 www.", ""},
	} {
		o := newObservables(DefaultLimits())
		o.text(c.in, place{where: "test", role: RoleText, confidence: "medium"})
		hosts := map[string]bool{}
		for _, s := range o.list {
			if s.typ == TypeURL && !s.benign {
				p, _ := splitURL(s.value)
				hosts[strings.Trim(p.host, "[]")] = true
			}
		}
		var got []string
		for _, s := range sightings(o) {
			typ, value, _ := strings.Cut(s, " ")
			if typ == TypeDomain && hosts[value] {
				continue
			}
			got = append(got, s)
		}
		if joined := strings.Join(got, " | "); joined != c.want {
			t.Errorf("in the text %q\nwas seen %s\n    want %s", c.in, joined, c.want)
		}
	}
}

func TestObserveHTML(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"link", `<a href='http://evil.example/a?id=1&amp;k=2'>x</a>`, "http://evil.example/a?id=1&k=2"},
		{"unquoted", `<a href=http://evil.example/a>x</a>`, "http://evil.example/a"},
		{"entities", `<a href="https:&#x2f;/evil.&#x65;xample/a">x</a>`, "https://evil.example/a"},
		{"line ends", "<a\nhref=\"https://ev\r\n\til.example/a\">x</a>", "https://evil.example/a"},
		{"leading control", "<a href=\"\x01 http://evil.example/a\">x</a>", "http://evil.example/a"},
		{"one slash", `<a href="http:/evil.example/a">x</a>`, "http://evil.example/a"},
		{"backslashes", `<a href="http:\\evil.example\a">x</a>`, "http://evil.example/a"},
		{"no scheme", `<a href="//evil.example/a">x</a>`, "http://evil.example/a"},
		{"the first of two", `<a href="http://evil.example/a" href="https://www.example.jp/">x</a>`, "http://evil.example/a"},
		{"background", `<table background="http://evil.example/a">`, "http://evil.example/a"},
		{"style", `<div style="background:url('http://evil.example/a?x=1&amp;y=2')">`, "http://evil.example/a?x=1&y=2"},
		{"style sheet", `<style>.a{background:url(https://evil.example/a)}@import "http://evil.example/b";</style>`, "http://evil.example/b https://evil.example/a"},
		{"refresh", `<meta http-equiv="refresh" content="0; URL='https://evil.example/a?x=1&amp;y=2'">`, "https://evil.example/a?x=1&y=2"},
		{"frame", `<iframe src="https://evil.example/a"></iframe>`, "https://evil.example/a"},
		{"form", `<form action="https://evil.example/a"><button formaction="https://evil.example/b">`, "https://evil.example/a https://evil.example/b"},
		{"area and base", `<base href="https://evil.example/"><area href="https://evil.example/b">`, "https://evil.example/ https://evil.example/b"},
		{"script", `<script>location.href="http:\/\/evil.example\/a?x=1"</script>`, "http://evil.example/a?x=1"},
		{"event", `<a href="#" onclick="window.open('https://evil.example/a')">`, "https://evil.example/a"},
		{"svg", `<svg xmlns="http://www.w3.org/2000/svg"><a xlink:href="https://evil.example/a">`, "https://evil.example/a"},
		{"unclosed", `<a href="https://evil.example/a" <p>x`, "https://evil.example/a"},
		{"never closed", `<p>x</p><a href="https://evil.example/a"`, "https://evil.example/a"},
		{"data", `<a href="data:text/html,%3Ca%20href%3D%22https%3A//evil.example/a%22%3Ex">`, "https://evil.example/a"},
		{"data in base64", `<iframe src="data:text/html;base64,PGEgaHJlZj0iaHR0cHM6Ly9ldmlsLmV4YW1wbGUvYSI+eDwvYT4=">`, "https://evil.example/a"},
		{"javascript", `<a href="javascript:location=%22http://evil.example/a%22">`, "http://evil.example/a"},
		{"zero width", "<a href=\"http://ev\u200bil.example/a\">", "http://evil.example/a"},
		{"conditional comment", `<!--[if mso]><a href="https://evil.example/a">x</a><![endif]-->`, "https://evil.example/a"},
		{"namespaces", `<!DOCTYPE html PUBLIC "x" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd"><html xmlns="http://www.w3.org/1999/xhtml">`, ""},
		{"source set", `<img srcset="https://evil.example/1.png 1x, https://evil.example/2.png 2x">`, "https://evil.example/1.png https://evil.example/2.png"},
	} {
		o := newObservables(DefaultLimits())
		o.html(c.in, place{where: "test", role: RoleText, confidence: "medium"}, 0)
		var got []string
		for _, s := range sightings(o, TypeURL) {
			got = append(got, strings.TrimPrefix(s, "url "))
		}
		if diff := cmp.Diff(strings.Fields(c.want), got, cmp.Transformer("none", func(s []string) string { return strings.Join(s, " ") })); diff != "" {
			t.Errorf("%s: URLs of %q (-want +got):\n%s", c.name, c.in, diff)
		}
	}
}

func TestRolesInHTML(t *testing.T) {
	o := newObservables(DefaultLimits())
	o.html(`<img src="https://a.example/i.png"><a href="https://b.example/"><form action="https://c.example/"><link href="https://d.example/x.css"><script src="https://e.example/j.js">`,
		place{where: "part 1 text/html", role: RoleText, confidence: "medium"}, 0)
	got := map[string]string{}
	for _, s := range o.list {
		if s.typ == TypeDomain {
			got[s.value] = s.role + " " + s.confidence + " " + strings.Join(s.where, ",")
		}
	}
	want := map[string]string{
		"a.example": "resource low part 1 text/html img src", "b.example": "link high part 1 text/html a href", "c.example": "link high part 1 text/html form action",
		"d.example": "resource low part 1 text/html link href", "e.example": "link high part 1 text/html script src",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles, confidence and places (-want +got):\n%s", diff)
	}
}
