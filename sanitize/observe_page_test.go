package sanitize

import (
	"strings"
	"testing"
)

// Each page holds one link, written in a way that a browser or a mail client
// follows.
func TestLinksOfPages(t *testing.T) {
	const u = "https://evil.example/a"
	for _, in := range []string{
		`<a x=">" href="%">`, `<a x="1"href="%">`, "<a\fhref='%'>", `<a/x/href="%">`, "<a href=\"\x00%\">", `<a href="&#32;%">`, `<a href="&Tab;%">`, "<a href=\"\u00a0%\">", `<a href="%`,
		`<noembed><a href="%"></noembed>`, `<noframes><a href="%"></noframes>`, `<xmp><a href="%"></xmp>`, `<plaintext><a href="%">`, `<textarea><a href="%"></textarea>`, `<template><a href="%"></template>`,
		`<svg><a xlink:href="%">`, `<svg><set attributeName="href" to="%"/>`, `<svg><animate attributeName="href" values="#;%"/>`, `<svg><image href="%"/>`, `<math href="%">`,
		`<object data="%">`, `<object><param name="movie" value="%">`, `<applet archive="%">`, `<applet codebase="%">`, `<embed src=%>`, `<isindex action="%">`, `<input type=image src="%">`,
		`<link rel=preload imagesrcset="% 2x">`, `<img srcset="data:, 1x, % 2x">`, `<img lowsrc="%">`, `<img usemap="%">`, `<img data-original="%">`, `<a href="#" originalsrc="%">`, `<a href="#" ping="%">`, `<span itemid="%">`,
		`<meta http-equiv=refresh content="0 %">`, `<meta http-equiv=refresh content="0,url=%">`, `<meta http-equiv=refresh content="0;URL = '%'">`, `<meta http-equiv=" Refresh " content="0.5;url=%">`, `<meta http-equiv=refresh content="url=%">`, `<meta content="0;%" http-equiv=refresh>`,
		`<meta property="og:url" content="%">`, `<v:roundrect href="%">`, `<v:fill src="%">`, `<!--[if mso]><v:roundrect href="%"></v:roundrect><![endif]-->`, `<![if !mso]><a href="%"><![endif]>`, `<?xml-stylesheet href="%"?>`, `<!-- % -->`,
		`<div style="background:URL(&quot;%&quot;)">`, `<div style="width:expression(location='%')">`, `<style>@import"%"</style>`, `<style><!-- a{background:url( '%' )} --></style>`,
		`<a href="JaVa&#9;ScRiPt:location='%'">`, `<a href="view-source:%">`, `<a href="intent://x#Intent;S.browser_fallback_url=%;end">`, `<a href="ms-word:ofe|u|%">`, `<a href="mailto:?body=%">`, `<img src=x onerror="location=&quot;%&quot;">`,
		`<base href="https://evil.example/"><a href="a">`, `<a href="a"><base href="https://evil.example/">`, `<base href="https://evil.example/x/y"><a href="../a">`,
	} {
		page := strings.ReplaceAll(in, "%", u)
		o := newObservables(DefaultLimits())
		o.html(page, place{where: "test", role: RoleText, confidence: "medium"}, 0)
		got := map[string]bool{}
		for _, s := range o.list {
			if s.typ == TypeURL {
				got[s.value] = true
			}
		}
		for _, base := range []string{"https://evil.example/", "https://evil.example/x/y"} {
			if strings.Contains(in, "<base") {
				delete(got, base)
			}
		}
		if !got[u] || len(got) != 1 {
			t.Errorf("URLs of %q: %v; want %s", page, got, u)
		}
	}
}

// What clients write differently and follow all the same.
func TestHostsOfLinks(t *testing.T) {
	for _, href := range []string{
		"https:evil.example/a", "https:/evil.example/a", "https:///evil.example/a", `https:\\evil.example\a`, `https:/\evil.example/a`, "ht\ntps://ev\til.example/a", "HTTPS://EVIL.EXAMPLE/a",
		"https://evil。example/a", "https://evil．example/a", "https://ｅｖｉｌ.example/a", "https://𝐞𝐯𝐢𝐥.example/a", "https://ev\u00adil.example/a", "https://ev\u200dil.example/a", "https://%65vil.example/a", "https://evil%2eexample/a",
		"https://evil.example./a", "https://evil.example:/a", "//evil.example/a", `\\evil.example/a`, "/\t/evil.example/a", "https://www.bank.example%2Flogin@evil.example/a",
	} {
		o := newObservables(DefaultLimits())
		o.html(`<a href="`+href+`">`, place{where: "test", role: RoleText, confidence: "medium"}, 0)
		if got := sightings(o, TypeDomain); len(got) != 1 || got[0] != "domain evil.example" {
			t.Errorf("domains of the link %q: %q; want evil.example", href, got)
		}
	}
}

// Names that look like links, and that nobody follows.
func TestNoLinksOfPages(t *testing.T) {
	for _, page := range []string{
		`<style>p.name{color:red} a.info:hover{x:y} div.evil.net{}</style>`, `<script>window.open;document.in.me;a.com;b.net=1</script>`, `<div class="a.co b.com" id="x.com">`, `<img src="cid:image001.png@01D8A1B2.12345678">`,
		`<meta http-equiv="Content-Security-Policy" content="default-src https://cdn.example.com">`, `<div itemscope itemtype="https://vocabulary.example/Thing">`, `<a href="#top"><a href=""><a href="mailto:"><a href="tel:03-1234-5678"><a href="javascript:void(0)">`,
		`<img src="image.com.png"><a href="page.html">`, `<html xmlns:x="https://namespace.example/x">`, `<a href="http://localhost/x"><a href="file:///C:/x.htm">`,
	} {
		o := newObservables(DefaultLimits())
		o.html(page, place{where: "test", role: RoleText, confidence: "medium"}, 0)
		if got := sightings(o); len(got) > 0 {
			t.Errorf("in the page %q was seen %q", page, got)
		}
	}
}

func TestActivePages(t *testing.T) {
	for page, want := range map[string]bool{
		`<p style="color:red">x</p><a href="https://evil.example/">`: false, `<script>x</script>`: true, `<body onload="x()">`: true, `<iframe srcdoc="x">`: true, `<a href="data:text/html,x">`: true, `<a href="JavaScript:x">`: true,
	} {
		o := newObservables(DefaultLimits())
		o.html(page, place{}, 0)
		if o.active != want {
			t.Errorf("whether something runs in %q: %v, want %v", page, o.active, want)
		}
	}
}

func TestHidesText(t *testing.T) {
	for style, want := range map[string]bool{
		"display:none": true, "color:red; DISPLAY : None !important": true, "display:/**/none": true, "visibility:hidden": true, "font-size:0px": true, "font-size:0.0em": true, "opacity:0": true, "max-height:0;overflow:hidden": true, "mso-hide:all": true, "margin-left:-9999px": true,
		"display:block": false, "font-size:0.9em": false, "opacity:0.5": false, "max-height:100%": false, "color:#000": false, "": false, "display": false, "font-size:10px": false, "left:0": false,
	} {
		if got := hidesText(style); got != want {
			t.Errorf("hidesText(%q) = %v, want %v", style, got, want)
		}
	}
}
