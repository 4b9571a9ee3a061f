package sanitize

import (
	"strings"
	"testing"
)

// seenIn is what is observed in a text: the sightings without the domains of its
// URLs, joined by " | ".
func seenIn(s string, wraps bool) string {
	o := newObservables(DefaultLimits())
	o.text(s, place{where: "test", role: RoleText, confidence: "medium", wraps: wraps})
	hosts := map[string]bool{}
	for _, s := range o.list {
		if p, ok := splitURL(s.value); s.typ == TypeURL && ok {
			hosts[strings.Trim(p.host[strings.LastIndexByte(p.host, '@')+1:], "[]")] = true
		}
	}
	var got []string
	for _, s := range sightings(o) {
		if typ, value, _ := strings.Cut(s, " "); typ != TypeURL && hosts[value] {
			continue
		}
		got = append(got, s)
	}
	return strings.Join(got, " | ")
}

// Each is one way in which people write that a URL is not to be clicked.
func TestRefangedSchemes(t *testing.T) {
	for _, in := range []string{
		"hxxp://evil.com/a", "hXXp://evil.com/a", "h**p://evil.com/a", "h++p://evil.com/a", "h--p://evil.com/a", "h__p://evil.com/a", "h..p://evil.com/a",
		"hxtp://evil.com/a", "htxp://evil.com/a", "hxxxp://evil.com/a", "hzzp://evil.com/a", "h11p://evil.com/a", "htp://evil.com/a", "xxxx://evil.com/a",
		"ttp://evil.com/a", "h[tt]p://evil.com/a", "h[x]xp://evil.com/a", "[http]://evil.com/a", "(http)://evil.com/a", "[hxxp]://evil.com/a", "meow://evil.com/a",
		"http[:]//evil.com/a", "http(:)//evil.com/a", "http{:}//evil.com/a", "http<:>//evil.com/a", "http[://]evil.com/a", "http(://)evil.com/a", "http<://>evil.com/a",
		"http:[//]evil.com/a", "http:[/][/]evil.com/a", "hxxp[:][/][/]evil.com/a", "http[colon]//evil.com/a", "http(colon)(slash)(slash)evil.com/a",
		`http:\\evil.com/a`, `http:\\evil.com\a`, `http\://evil.com/a`, `http:\/\/evil.com\/a`, "http：//evil.com/a", "ｈｘｘｐ：／／evil.com/a",
		"http: //evil.com/a", "http ://evil.com/a", "http :// evil.com/a", "hxxp:// evil.com/a", "http//evil.com/a", "http;//evil.com/a", "http_//evil.com/a",
		"http:evil.com/a", "http:/evil.com/a", "http://[evil.com]/a",
	} {
		if got, want := seenIn("IOC: "+in+" end", false), "url http://evil.com/a"; got != want {
			t.Errorf("in %q was seen %s; want %s", in, got, want)
		}
	}
}

func TestRefangedDots(t *testing.T) {
	for _, dot := range []string{
		"[.]", "(.)", "{.}", "<.>", "[dot]", "(dot)", "{dot}", "<dot>", "[DOT]", "[d0t]", "[punkt]", "(point)", " [.] ", " (dot) ", "[.", ".]", "(.", ".)",
		`\.`, "_dot_", "[ . ]", "[ dot ]", "( dot)", "[[.]]", "((.))", "．", "。", "｡", "․", "[。]", "（.）", "［.］", "【.】", "〔.〕", "(ドット)", "[点]",
	} {
		in := "IOC: a" + dot + "evil" + dot + "com end"
		if got, want := seenIn(in, false), "domain a.evil.com"; got != want {
			t.Errorf("in %q was seen %s; want %s", in, got, want)
		}
		if strings.Contains(dot, "_") {
			continue
		}
		in = "IOC: 192" + dot + "0" + dot + "2" + dot + "77 end"
		if got, want := seenIn(in, false), "ipv4 192.0.2.77"; got != want {
			t.Errorf("in %q was seen %s; want %s", in, got, want)
		}
	}
	for _, in := range []string{"evil dot com", "evil DOT com", "evil . com"} {
		if got, want := seenIn(in, false), "domain evil.com"; got != want {
			t.Errorf("in %q was seen %s; want %s", in, got, want)
		}
	}
}

func TestRefangedAddresses(t *testing.T) {
	for _, at := range []string{
		"[@]", "(@)", "{@}", "<@>", "[at]", "(at)", "{AT}", "<at>", "_at_", " [at] ", " (at) ", " @ ", "＠", "[＠]", "（at）", "(アット)", "[アットマーク]", "[ at ]", "(@", "@]",
	} {
		for _, in := range []string{"who" + at + "evil.com", "who" + at + "evil[.]com"} {
			if got, want := seenIn("mail "+in+" end", false), "email who@evil.com"; got != want {
				t.Errorf("in %q was seen %s; want %s", in, got, want)
			}
		}
	}
}

// Texts without a disguise stay as they are, to the byte.
func TestRefangLeavesOthers(t *testing.T) {
	for _, s := range []string{
		"", "a", "arrays: x[i], f(a, b), {k: v}", "see the end [1] and <b>", `C:\Users\taro\a.txt`, "We are here. (Not there.)",
		"end of line.\nNext dot comes", "文章です。次の文章。", "（注）会議は［1］時から。", "snake_case_works", "a · b ・ c",
	} {
		if got := refang(s); got != s {
			t.Errorf("refang(%q) = %q", s, got)
		}
	}
}
