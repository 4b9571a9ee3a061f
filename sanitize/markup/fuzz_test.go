package markup

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// FuzzTokens compares with golang.org/x/net/html, which reads as browsers do and
// is as old as Go. Where this package differs on purpose, the page is left out.
func FuzzTokens(f *testing.F) {
	for _, page := range []string{
		`<p class=a>x &amp; y</p><br/>`, `<a href='?a=1&copy=2&amp;b=&#x41;&#66;&notit;&lt'>`, "<!--a--!><!><!--->", "<script><!--<script></script>--></script>",
		"<style></styl</style>", "<title>&lt;</title>", "<a =x=1 b/c", "</a x=1></></ >", "<!doctype html><?xml ?>", "a\r\nb\x00<b\x00 c\x00=\r\n>",
	} {
		f.Add(page)
	}
	seedPages(f)
	f.Fuzz(func(t *testing.T, page string) {
		parts := ""
		z := New(page)
		for z.Next() != End {
			if z.Raw() == "" {
				t.Fatalf("an empty token in %q", page)
			}
			parts += z.Raw()
		}
		if parts != page {
			t.Fatalf("the tokens of %q are %q", page, parts)
		}
		folded := strings.ToLower(page)
		if strings.Contains(folded, "<noscript") || strings.Contains(folded, "<script") && strings.Contains(folded, "<!--") {
			return
		}
		got, want := tokens(page), others(page)
		for i := range want {
			// They take "<a b b=/>" for closed.
			if rest, ok := strings.CutPrefix(want[i], "closed "); ok && i < len(got) && got[i] == "start "+rest {
				got[i] = want[i]
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("tokens of %q =\n%q\nwant\n%q", page, got, want)
		}
	})
}

// seedPages seeds with the pages of a collection that is not ours to publish.
func seedPages(f *testing.F) {
	root := os.Getenv("KAIRAN_CORPUS")
	if root == "" {
		return
	}
	n := 0
	_ = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || n >= 60 {
			return nil
		}
		b, err := os.ReadFile(path)
		if i := bytes.Index(b, []byte("<html")); err == nil && i >= 0 && len(b) < 60<<10 {
			f.Add(string(b[i:]))
			n++
		}
		return nil
	})
}

// others are the tokens of a page as golang.org/x/net/html reads it, written as
// tokens writes them.
func others(page string) []string {
	var out []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if raw := z.Raw(); len(raw) > 0 {
				out = append(out, "unclosed "+string(raw))
			}
			return out
		case html.TextToken:
			out = append(out, "text "+string(z.Text()))
		case html.CommentToken:
			out = append(out, "comment "+string(z.Text()))
		case html.DoctypeToken:
			out = append(out, "doctype "+string(z.Text()))
		case html.EndTagToken:
			name, _ := z.TagName()
			out = append(out, "end "+string(name))
		case html.StartTagToken:
			out = append(out, "start "+otherTag(z))
		case html.SelfClosingTagToken:
			out = append(out, "closed "+otherTag(z))
		}
	}
}

func otherTag(z *html.Tokenizer) string {
	name, more := z.TagName()
	t := string(name)
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		t += fmt.Sprintf(" %s=%q", k, v)
	}
	return t
}
