package pdf

import (
	"slices"
	"strings"
)

// describe tells the URLs in what the file says of itself (§14.3): not those of
// the software that wrote it.
func (r *reader) describe() {
	seen := map[string]bool{}
	for _, t := range r.trailer {
		info := r.dict(t["Info"])
		if !r.spend(16 * len(info)) { // a thousand trailers may have the same
			return
		}
		var said []string
		for k, v := range info {
			if k == "Producer" || k == "Creator" || k == "PTEX.Fullbanner" {
				continue
			}
			if s := r.bytes(v); len(s) > 0 {
				said = append(said, textOf(s))
			}
		}
		slices.Sort(said)
		for _, s := range said {
			if !seen[s] {
				seen[s] = true
				r.urlsIn(s, "metadata", true)
			}
		}
	}
}

// form takes what an XFA form says and where it sends what is filled in: XML in
// one stream or several.
func (r *reader) form(v value) {
	const most = 100
	list, ok := r.resolve(v).(array)
	if !ok {
		list = array{v}
	}
	for i, part := range list {
		if i >= most {
			r.problem(ProblemLimit, "more parts of a form than are read")
			return
		}
		if o := r.object(part); o != nil && !r.taken[o] {
			r.taken[o] = true
			r.formPart(textOf(r.data(o)))
		}
	}
}

// formPart reads XML without minding whether it is well formed. Names of
// namespaces look like URLs and are none.
func (r *reader) formPart(s string) {
	script := false
	for s != "" {
		open := strings.IndexByte(s, '<')
		text := s
		if open >= 0 {
			text = s[:open]
		}
		if text = unentity(text); script && strings.TrimSpace(text) != "" {
			r.script(str("\xef\xbb\xbf" + text))
		} else {
			r.line(text)
		}
		if open < 0 {
			return
		}
		s = s[open+1:]
		if cdata, ok := strings.CutPrefix(s, "![CDATA["); ok {
			inner, rest, _ := strings.Cut(cdata, "]]>")
			if script {
				r.script(str("\xef\xbb\xbf" + inner))
			} else {
				r.line(inner)
			}
			s = rest
			continue
		}
		var tag string
		tag, s, _ = strings.Cut(s, ">")
		script = isElement(tag, "script")
		for _, key := range []string{"target=", "href=", "uri=", "url=", "wsdlAddress=", "connection="} {
			r.attribute(tag, key)
		}
	}
}

// isElement is true for the start of the element, in any namespace.
func isElement(tag, element string) bool {
	word, _, _ := strings.Cut(strings.TrimRight(tag, "/"), " ")
	word = strings.TrimSpace(word)
	return word == element || strings.HasSuffix(word, ":"+element)
}

func (r *reader) attribute(tag, key string) {
	i := strings.Index(tag, key)
	if i < 1 || !isSpace(tag[i-1]) {
		return
	}
	v := tag[i+len(key):]
	if v == "" || v[0] != '"' && v[0] != '\'' {
		return
	}
	if stop := strings.IndexByte(v[1:], v[0]); stop > 0 {
		if u := unentity(v[1 : 1+stop]); strings.Contains(u, ":/") || strings.HasPrefix(u, "mailto:") {
			r.link(Link{URL: u, How: "submit form"})
		}
	}
}

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&#x2f;", "/", "&#47;", "/", "&#x2F;", "/", "&amp;", "&")

func unentity(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	return entities.Replace(s)
}
