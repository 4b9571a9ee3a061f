package markup

import (
	"fmt"
	"slices"
	"testing"
)

// tokens writes the tokens of a page, one to a line. Where an attribute stands
// twice, browsers take the first, and only that is written unless all are wanted.
func tokens(page string) []string { return write(page, false) }

func write(page string, all bool) []string {
	var out []string
	z := New(page)
	for {
		switch kind := z.Next(); kind {
		case End:
			return out
		case Text:
			out = append(out, "text "+z.Text())
		case Comment:
			out = append(out, "comment "+z.Text())
		case Doctype:
			out = append(out, "doctype "+z.Text())
		case Unclosed:
			out = append(out, "unclosed "+z.Raw())
		case EndTag:
			out = append(out, "end "+z.Name())
		case StartTag:
			t := "start "
			if z.SelfClosing() {
				t = "closed "
			}
			t += z.Name()
			seen := map[string]bool{}
			for {
				name, value, ok := z.Attr()
				if !ok {
					break
				}
				if seen[name] && !all {
					continue
				}
				seen[name] = true
				t += fmt.Sprintf(" %s=%q", name, value)
			}
			out = append(out, t)
		}
	}
}

func TestTokens(t *testing.T) {
	for _, c := range []struct {
		name, page string
		want       []string
	}{
		{"nothing", "", nil},
		{"text", "a &lt; b&nbsp;c", []string{"text a < b\u00a0c"}},
		{"tags", "<p>x</p>", []string{"start p", "text x", "end p"}},
		{"names in capitals", "<P CLASS=A>x</P >", []string{`start p class="A"`, "text x", "end p"}},
		{"attributes", `<a href="u" TARGET='_b' x=1 y z=>`, []string{`start a href="u" target="_b" x="1" y="" z=""`}},
		{"blanks around the sign", "<a href\n=\t'u'>", []string{`start a href="u"`}},
		{"slashes between", `<img/src="u"/alt=x/>`, []string{`start img src="u" alt="x/"`}},
		{"closed", `<br/><img src="u" />`, []string{"closed br", `closed img src="u"`}},
		{"twice", `<a href="1" href="2">`, []string{`start a href="1" href="2"`}},
		{"a sign in front", `<a =x=1>`, []string{`start a =x="1"`}},
		{"entities in attributes", `<a href="?a=1&amp;b=2&copy=3&copy;&#x2e;&#46.&notit;&lt">`, []string{`start a href="?a=1&b=2&copy=3©..` + `.&notit;<"`}},
		{"a bracket in quotes", `<a title="a>b" href=u>`, []string{`start a title="a>b" href="u"`}},
		{"comments", "<!--a--><!-- b --!><!--><!---><!-- c > d -->", []string{"comment a", "comment  b ", "comment ", "comment ", "comment  c > d "}},
		{"a comment without end", "<!-- a --", []string{"comment  a "}},
		{"no comment", "<!x><?php y?></ z></>", []string{"comment x", "comment ?php y?", "comment  z", "comment "}},
		{"doctype", "<!doctype  html>", []string{"doctype html"}},
		{"conditional", "<!--[if mso]><td><![endif]-->", []string{"comment [if mso]><td><![endif]"}},
		{"no markup", "a<b c< d <3 </", []string{"text a", "unclosed <b c< d <3 </"}},
		{"signs only", "1 < 2 <> <3 </", []string{"text 1 < 2 <> <3 ", "text </"}},
		{"a tag without end", `x<a href="https://a.example/`, []string{"text x", `unclosed <a href="https://a.example/`}},
		{"script", "<script>if (a<b) '</p>'</script>x", []string{"start script", "text if (a<b) '</p>'", "end script", "text x"}},
		{"script in a script's comment", "<script><!--<script></script>--></script>x", []string{"start script", "text <!--<script></script>-->", "end script", "text x"}},
		{"script's comment", "<script><!-- a < b --></script>x", []string{"start script", "text <!-- a < b -->", "end script", "text x"}},
		{"script that ends in a comment", "<script><!--</script>x", []string{"start script", "text <!--", "end script", "text x"}},
		{"style", "<style>a{}</styles></STYLE >x", []string{"start style", "text a{}</styles>", "end style", "text x"}},
		{"title", "<title>a &amp; <b></title>", []string{"start title", "text a & <b>", "end title"}},
		{"nobody runs scripts", `<noscript><a href=u></noscript>`, []string{"start noscript", `start a href="u"`, "end noscript"}},
		{"to the end", "<plaintext></plaintext><a>", []string{"start plaintext", "text </plaintext><a>"}},
		{"line ends", "<a title='a\r\nb\rc'>d\r\ne", []string{`start a title="a\nb\nc"`, "text d\ne"}},
		{"NUL", "<a\x00b c\x00=d\x00><!--e\x00-->", []string{"start a\ufffdb c\ufffd=\"d\ufffd\"", "comment e\ufffd"}},
	} {
		if got := write(c.page, true); !slices.Equal(got, c.want) {
			t.Errorf("%s: tokens of %q =\n%q\nwant\n%q", c.name, c.page, got, c.want)
		}
	}
}
