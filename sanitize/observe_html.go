package sanitize

import (
	"encoding/base64"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

const htmlNesting = 3 // HTML in comments and data: URLs in HTML

// html finds URLs in the markup of an HTML text; what its reader sees is left to
// text. It uses the tokenizer, which is linear and never fails, and not the
// parser, which refuses more than 512 open elements.
func (o *observables) html(s string, at place, depth int) {
	if depth > htmlNesting {
		return
	}
	z := html.NewTokenizer(strings.NewReader(s))
	inside := "" // script, style or title
	base := ""   // what relative links are relative to (HTML §4.2.3)
	for {
		switch z.Next() {
		case html.ErrorToken:
			// A tag that never ends is dropped by the tokenizer, and shown by clients.
			if rest := string(z.Raw()); strings.HasPrefix(rest, "<") && len(rest) < len(s) || depth == 0 && strings.HasPrefix(string(z.Raw()), "<") {
				o.urls(refang(html.UnescapeString(string(z.Raw()))), in(at, "unclosed tag", RoleLink, "medium"))
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			inside = ""
			if tag == "script" || tag == "style" || tag == "title" {
				inside = tag
			}
			at.base = base
			if b := o.tag(z, tag, more, at, depth); b != "" && base == "" {
				base = b
			}
		case html.EndTagToken:
			inside = ""
		case html.TextToken:
			switch inside {
			case "style":
				o.css(string(z.Raw()), in(at, "style", RoleResource, "low"))
			case "script":
				o.script(string(z.Raw()), in(at, "script", RoleLink, "medium"))
			case "title":
				o.urls(refang(html.UnescapeString(string(z.Raw()))), in(at, "title", RoleText, "low"))
			}
		case html.CommentToken:
			// Outlook reads what stands in conditional comments.
			if c := string(z.Text()); strings.Contains(c, "<") && o.nested() {
				if i := strings.Index(c, "]>"); i >= 0 {
					c = c[i+2:]
				}
				o.html(c, at, depth+1)
			}
		}
	}
}

// script records the URLs that stand in a program, its escapes undone.
func (o *observables) script(s string, at place) {
	if strings.Contains(s, `\x`) || strings.Contains(s, `\u`) || strings.Contains(s, "%u") {
		s = unescapeUnicode(s)
	}
	o.urls(refang(s), at)
}

// in is at, more exactly.
func in(at place, what, role, confidence string) place {
	return place{where: at.where + " " + what, role: role, confidence: confidence, base: at.base}
}

// maxAttributes bounds what is read of one tag; the tokenizer has no limit.
const maxAttributes = 200

// tag reads the attributes of one start tag. It returns the URL of a base tag.
func (o *observables) tag(z *html.Tokenizer, tag string, more bool, at place, depth int) (base string) {
	refresh, content := false, ""
	for n := 0; more && n < maxAttributes; n++ {
		var k, v []byte
		k, v, more = z.TagAttr()
		name, value := string(k), string(v)
		if _, local, ok := strings.Cut(name, ":"); ok && name != "xmlns" && !strings.HasPrefix(name, "xmlns:") {
			name = local // xlink:href
		}
		switch {
		case name == "style":
			o.hidden = o.hidden || hidesText(value)
			o.css(value, in(at, tag+" style", RoleResource, "low"))
		case tag == "meta" && name == "http-equiv":
			refresh = strings.EqualFold(strings.TrimSpace(value), "refresh")
		case tag == "meta" && name == "content":
			content = value
		case name == "srcset":
			for _, candidate := range strings.Split(value, ",") {
				if f := strings.Fields(candidate); len(f) > 0 {
					o.link(f[0], in(at, tag+" srcset", RoleResource, "low"), depth)
				}
			}
		case strings.HasPrefix(name, "on"):
			o.script(value, in(at, tag+" "+cleanText(name, 20), RoleLink, "medium"))
		case name == "srcdoc":
			if o.nested() {
				o.html(value, at, depth+1)
				o.urls(refang(htmlText(value, o.limits.TextBytes)), in(at, "srcdoc", RoleText, "medium"))
			}
		case strings.HasPrefix(name, "data-"), name == "value", name == "title", name == "alt":
			// Nobody follows these, but a script or a person may.
			if strings.Contains(value, "://") {
				o.urls(refang(value), in(at, tag+" "+cleanText(name, 20), RoleText, "low"))
			}
		case tag == "base" && name == "href":
			base = value
			o.link(value, in(at, "base href", RoleInfrastructure, "low"), depth)
		default:
			if role := attributeRole(tag, name); role != "" {
				confidence := "high"
				if role != RoleLink {
					confidence = "low"
				}
				o.link(value, in(at, tag+" "+name, role, confidence), depth)
			}
		}
	}
	if refresh {
		if _, url, ok := strings.Cut(content, ";"); ok {
			url = strings.TrimSpace(url)
			if len(url) > 4 && strings.EqualFold(url[:3], "url") {
				_, url, _ = strings.Cut(url, "=")
			}
			o.link(strings.Trim(strings.TrimSpace(url), `'"`), in(at, "meta refresh", RoleLink, "high"), depth)
		}
	}
	return base
}

// attributeRole says what a URL in this attribute does, "" if it holds none. A
// link is followed by whoever clicks, or by the client itself in a document; a
// resource is only drawn.
func attributeRole(tag, attribute string) string {
	switch attribute {
	case "href":
		switch tag {
		case "link":
			return RoleResource
		case "base":
			return RoleInfrastructure
		}
		return RoleLink
	case "action", "formaction", "ping", "manifest":
		return RoleLink
	case "src":
		switch tag {
		case "script", "iframe", "frame", "embed", "object":
			return RoleLink
		}
		return RoleResource
	case "data":
		if tag == "object" {
			return RoleLink
		}
	case "background", "poster", "lowsrc", "dynsrc", "longdesc", "cite", "classid", "codebase":
		return RoleResource
	}
	return ""
}

// link records the URL of an attribute as a browser reads it (WHATWG URL §4.4):
// without the control characters around and the line ends in it, with '\' for
// '/', and whole where the slashes or the scheme are missing.
func (o *observables) link(value string, at place, depth int) {
	u := strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r == 0 {
			return -1
		}
		return r
	}, strings.TrimFunc(value, func(r rune) bool { return r <= ' ' || unicode.IsSpace(r) || invisible(r) }))
	if strings.HasPrefix(u, "//") || strings.HasPrefix(u, `\\`) {
		o.url("http://"+strings.ReplaceAll(u[2:], `\`, "/"), at)
		return
	}
	scheme, rest, ok := strings.Cut(u, ":")
	if !ok || strings.ContainsAny(scheme, "/?#") {
		o.relative(u, at)
		return
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "mailto":
		to, _, _ := strings.Cut(rest, "?")
		for _, a := range strings.Split(string(unpercent(to, '%')), ",") {
			o.address(strings.TrimSpace(a), TypeEmail, at)
		}
	case "javascript", "vbscript":
		if o.nested() {
			o.urls(refang(string(unpercent(rest, '%'))), at)
		}
	case "data":
		o.dataURL(rest, at, depth)
	default:
		name, known := urlSchemes[scheme]
		if !known {
			return
		}
		if name == "http" || name == "https" {
			path, query, hasQuery := strings.Cut(rest, "?")
			rest = strings.TrimLeft(strings.ReplaceAll(path, `\`, "/"), "/")
			if hasQuery {
				rest += "?" + query
			}
		} else {
			rest = strings.TrimLeft(rest, "/")
		}
		o.url(name+"://"+rest, at)
	}
}

// relative records a link that is relative to the page's base (RFC 3986 §5).
func (o *observables) relative(u string, at place) {
	if at.base == "" || u == "" || u[0] == '#' || len(u) > o.limits.URLBytes {
		return
	}
	base, err := url.Parse(strings.TrimSpace(at.base))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return
	}
	ref, err := url.Parse(strings.ReplaceAll(u, `\`, "/"))
	if err != nil {
		return
	}
	o.url(base.ResolveReference(ref).String(), at)
}

// dataURL reads the document in a data: URL (RFC 2397).
func (o *observables) dataURL(rest string, at place, depth int) {
	kind, data, ok := strings.Cut(rest, ",")
	if !ok || !o.nested() {
		return
	}
	body := unpercent(data, '%')
	if strings.Contains(strings.ToLower(kind), ";base64") {
		decoded := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
		n, _ := base64.StdEncoding.Decode(decoded, body) // what could be decoded is enough
		body = decoded[:n]
	}
	if strings.Contains(strings.ToLower(kind), "image/") {
		return
	}
	o.html(string(body), at, depth+1)
	o.urls(refang(string(body)), at)
}

// css records the URLs of a style: url(…) and @import.
func (o *observables) css(s string, at place) {
	for from := 0; ; {
		i := indexFold(s[from:], "url(")
		if i < 0 {
			break
		}
		start := from + i + 4
		end := strings.IndexByte(s[start:], ')')
		if end < 0 {
			break
		}
		o.link(strings.Trim(strings.TrimSpace(s[start:start+end]), `'"`), at, htmlNesting)
		from = start + end
	}
	o.urls(refang(s), at)
}
