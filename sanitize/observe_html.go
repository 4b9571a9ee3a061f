package sanitize

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"kairan/sanitize/markup"
)

const htmlNesting = 3 // HTML in comments and data: URLs in HTML

// html finds URLs in the markup of an HTML text; what its reader sees is left to
// text.
func (o *observables) html(s string, at place, depth int) {
	if depth > htmlNesting {
		return
	}
	z := markup.New(s)
	p := page{at: at, depth: depth}
	inside := "" // the element whose text is no text
	for {
		switch z.Next() {
		case markup.Unclosed:
			if rest := z.Raw(); len(rest) < len(s) || depth == 0 {
				o.urls(refang(html.UnescapeString(rest)), in(at, "unclosed tag", RoleLink, "medium"))
			}
		case markup.End:
			for _, l := range p.waiting {
				o.relative(l.url, p.base, l.at)
			}
			return
		case markup.StartTag:
			name := z.Name()
			inside = rawElement(name)
			if inside == "script" {
				o.active = true
			}
			o.tag(z, name, &p)
		case markup.EndTag:
			inside = ""
		case markup.Text:
			switch inside {
			case "":
			case "style":
				o.css(z.Raw(), in(at, "style", RoleResource, "low"))
			case "script":
				o.script(z.Raw(), in(at, "script", RoleLink, "medium"))
			case "title":
				o.urls(refang(html.UnescapeString(z.Raw())), in(at, "title", RoleText, "low"))
			default:
				// Clients that do not know the element read what is in it.
				if raw := z.Raw(); strings.Contains(raw, "<") && o.nested() {
					o.html(raw, at, depth+1)
				}
			}
		case markup.Comment:
			o.comment(z.Text(), at, depth)
		}
	}
}

// page is what is known of a page while it is read.
type page struct {
	at      place
	depth   int
	base    string    // what relative links are relative to (HTML §4.2.3)
	waiting []waiting // relative links before any base
}

type waiting struct {
	url string
	at  place
}

// rawElement is the name if the element's text is not markup (HTML §13.1.2), and
// "" otherwise.
func rawElement(name string) string {
	switch name {
	case "script":
		return "script"
	case "style":
		return "style"
	case "title":
		return "title"
	case "noembed", "noframes", "iframe", "xmp", "plaintext", "textarea":
		return "raw"
	}
	return ""
}

// comment reads a comment: Outlook reads what stands in conditional ones, and a
// processing instruction is a comment to the tokenizer.
func (o *observables) comment(c string, at place, depth int) {
	if strings.Contains(c, "<") && o.nested() {
		if i := strings.Index(c, "]>"); i >= 0 {
			c = c[i+2:]
		}
		o.html(c, at, depth+1)
		return
	}
	if strings.Contains(c, "://") && !strings.Contains(c, "[if ") && !strings.HasPrefix(c, "?xml:namespace") {
		o.urls(refang(html.UnescapeString(c)), in(at, "comment", RoleText, "low"))
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
	return place{where: at.where + " " + inWords(what), role: role, confidence: confidence}
}

// maxAttributes bounds what is read of one tag; the tokenizer has no limit.
const maxAttributes = 200

// tag reads the attributes of one start tag.
func (o *observables) tag(z *markup.Tokenizer, tag string, p *page) {
	at, depth := p.at, p.depth
	refresh, other, content := false, false, ""
	var followed []string
	for range maxAttributes {
		name, value, ok := z.Attr()
		if !ok {
			break
		}
		if i := strings.IndexByte(name, ':'); i >= 0 && !strings.HasPrefix(name, "xmlns") {
			name = name[i+1:] // xlink:href
		}
		switch name {
		case "width", "height", "border", "cellpadding", "cellspacing", "align", "valign", "class", "id", "bgcolor", "color", "size", "face", "target", "type", "rel", "colspan", "rowspan":
			if strings.Contains(value, "://") {
				o.mention(tag, name, value, at)
			}
		case "style":
			style := value
			o.hidden = o.hidden || hidesText(style)
			if strings.IndexByte(style, '(') >= 0 || strings.IndexByte(style, '\\') >= 0 || strings.Contains(style, "//") {
				o.css(style, in(at, tag+" style", RoleResource, "low"))
			}
		case "http-equiv":
			refresh = tag == "meta" && strings.EqualFold(strings.TrimSpace(value), "refresh")
			other = !refresh // a policy, a charset: its hosts are not where anybody goes
		case "content":
			content = value
		case "srcset", "imagesrcset":
			for _, candidate := range strings.Split(value, ",") {
				if f := strings.Fields(candidate); len(f) > 0 {
					o.linkOn(p, f[0], in(at, tag+" "+name, RoleResource, "low"))
				}
			}
		case "srcdoc":
			o.active = true
			if o.nested() {
				o.html(value, at, depth+1)
				o.urls(refang(htmlText(value, o.limits.TextBytes)), in(at, "srcdoc", RoleText, "medium"))
			}
		case "itemtype", "profile", "vocab", "typeof", "prefix", "xmlns":
			// Names of vocabularies, which nobody follows.
		default:
			if tag == "base" && name == "href" {
				o.link(value, in(at, "base href", RoleInfrastructure, "low"), depth)
				if p.base == "" {
					p.base = strings.TrimSpace(value)
				}
				continue
			}
			if tag[0] == 'a' || tag == "set" {
				if animates(tag, name) {
					for _, v := range strings.Split(value, ";") {
						o.linkOn(p, v, in(at, tag+" "+name, RoleLink, "high"))
					}
					continue
				}
			}
			if role := attributeRole(tag, name); role != "" {
				if slices.Contains(followed, name) {
					continue // of two, clients take the first (HTML §13.2.5.33)
				}
				followed = append(followed, name)
				confidence := "high"
				if role != RoleLink {
					confidence = "low"
				}
				o.linkOn(p, value, in(at, tag+" "+name, role, confidence))
				continue
			}
			if strings.HasPrefix(name, "on") && len(name) > 3 {
				o.active = true
				o.script(value, in(at, tag+" "+cleanText(name, 20), RoleLink, "medium"))
				continue
			}
			if strings.HasPrefix(name, "xmlns") {
				continue
			}
			// Nobody follows these, but a script or a person may.
			if strings.Contains(value, "://") {
				o.mention(tag, name, value, at)
			}
		}
	}
	switch {
	case refresh:
		if url := refreshURL(content); url != "" {
			o.linkOn(p, url, in(at, "meta refresh", RoleLink, "high"))
		}
	case !other && strings.Contains(content, "://"):
		o.mention(tag, "content", content, at)
	}
}

// mention records the URLs in an attribute that is no link.
func (o *observables) mention(tag, name, value string, at place) {
	if len(name) > 20 {
		name = name[:20]
	}
	o.urls(refang(value), in(at, tag+" "+cleanText(name, 20), RoleText, "low"))
}

// refreshURL is the URL in the content of a refresh (HTML §4.2.5.3), read as
// browsers do: the seconds, then a ';', a ',' or a blank, then "url=" or not, and
// quotes or not. Those without seconds were followed once too.
func refreshURL(content string) string {
	const blanks = " \t\r\n\f"
	s := strings.TrimLeft(content, blanks)
	s = strings.TrimLeft(strings.TrimLeft(s, "0123456789."), blanks)
	s = strings.TrimLeft(strings.TrimLeft(s, ";,"), blanks)
	if len(s) > 3 && strings.EqualFold(s[:3], "url") {
		if rest, ok := strings.CutPrefix(strings.TrimLeft(s[3:], blanks), "="); ok {
			s = strings.TrimLeft(rest, blanks)
		}
	}
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		quote := s[:1]
		s, _, _ = strings.Cut(s[1:], quote)
	}
	return strings.TrimRight(s, blanks)
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
	case "originalsrc": // what Outlook keeps of a link it rewrote
		return RoleLink
	}
	return ""
}

// animates reports whether the attribute says what an SVG animation makes of
// another, which may be a link.
func animates(tag, attribute string) bool {
	switch attribute {
	case "to", "from", "by", "values":
		return tag == "animate" || tag == "set" || tag == "animatemotion" || tag == "animatetransform"
	}
	return false
}

// link records the URL of an attribute as a browser reads it (WHATWG URL §4.4):
// without the control characters around and the line ends in it, with '\' for
// '/', and whole where the slashes or the scheme are missing.
func (o *observables) link(value string, at place, depth int) {
	o.linkOn(&page{depth: depth}, value, at)
}

// linkOn is link for one that stands in a page.
func (o *observables) linkOn(p *page, value string, at place) {
	u, depth := value, p.depth
	if strings.ContainsFunc(u, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		u = strings.Map(func(r rune) rune {
			if r == '\t' || r == '\n' || r == '\r' || r == 0 {
				return -1
			}
			return r
		}, strings.TrimFunc(value, func(r rune) bool { return r <= ' ' || r == 0xfffd || unicode.IsSpace(r) || invisible(r) }))
	}
	if len(u) > 2 && (u[0] == '/' || u[0] == '\\') && (u[1] == '/' || u[1] == '\\') {
		o.url("http://"+strings.TrimLeft(strings.ReplaceAll(u[2:], `\`, "/"), "/"), at)
		return
	}
	scheme, rest, ok := strings.Cut(u, ":")
	if !ok || strings.ContainsAny(scheme, "/?#") {
		if p.base != "" {
			o.relative(u, p.base, at)
		} else if len(p.waiting) < o.limits.Indicators && u != "" && u[0] != '#' {
			p.waiting = append(p.waiting, waiting{u, at})
		}
		return
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "mailto":
		to, about, _ := strings.Cut(rest, "?")
		for _, a := range strings.Split(string(unpercent(to, '%')), ",") {
			o.address(strings.TrimSpace(a), TypeEmail, at)
		}
		if about != "" && o.nested() {
			o.urls(refang(string(unpercent(about, '%'))), in(at, "text", RoleText, "low"))
		}
	case "javascript", "vbscript":
		o.active = true
		if o.nested() {
			o.urls(refang(string(unpercent(rest, '%'))), at)
		}
	case "data":
		o.active = true
		o.dataURL(rest, at, depth)
	default:
		name, known := urlSchemes[scheme]
		if !known {
			// "view-source:https://…", "intent://…;S.browser_fallback_url=https://…;end"
			if strings.Contains(rest, ":") && o.nested() {
				if scheme == "intent" {
					rest = strings.ReplaceAll(rest, ";", " ")
				}
				o.urls(refang(string(unpercent(rest, '%'))), at)
			}
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

// relative records a link that is relative to base, the page's (RFC 3986 §5).
func (o *observables) relative(u, base string, at place) {
	if base == "" || u == "" || u[0] == '#' || len(u) > o.limits.URLBytes {
		return
	}
	if strings.HasPrefix(base, "//") {
		base = "http:" + base
	}
	b, err := url.Parse(base)
	if err != nil || b.Scheme != "http" && b.Scheme != "https" || b.Host == "" {
		return
	}
	ref, err := url.Parse(strings.ReplaceAll(u, `\`, "/"))
	if err != nil {
		return
	}
	o.url(b.ResolveReference(ref).String(), at)
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
	if kind = strings.ToLower(kind); strings.Contains(kind, "image/") && !strings.Contains(kind, "svg") {
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
