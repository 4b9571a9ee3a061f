package rewriter

import (
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// openRedirect finds the URL that an unknown service carries: in a parameter, as
// the tail of its path, or in its fragment. Parameters that redirectors use come
// first; any other must hold a whole http or https URL.
func openRedirect(l *link) (target string, ok bool) {
	l.carried(func(t string) bool {
		target, ok = t, true
		return false
	})
	return target, ok
}

// Carried are all URLs that url carries where [Unwrap] can follow only one: an
// attacker may put a decoy before the parameter that counts. They are as
// [Step.Target] has them, likeliest first, each once, at most 32; those of a
// gateway's wrapper are not told, for it has one target. Nil when there are none.
func Carried(url string) []string {
	if len(url) > mostBytes {
		return nil
	}
	l, ok := split(unamp(url))
	if !ok {
		return nil
	}
	if rules, known := rulesFor(&l); known && rules[0].kind == Gateway {
		return nil
	}
	var all []string
	l.carried(func(t string) bool {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
		return true
	})
	return all
}

// carried yields the URLs in l until yield has enough.
func (l *link) carried(yield func(string) bool) {
	if !hasHint(l.rest) || aside(l) {
		return
	}
	// "?https://…" is a target with all that follows it.
	if isRaw(l.query) {
		if t, ok := absolute(l.query, false); ok {
			if t, ok = l.accept(t, sending); ok && !yield(l.withFragment(t, true)) {
				return
			}
		}
	}
	_ = l.inQuery(true, yield) && l.pathTail(yield) && l.inQuery(false, yield) && l.inFragment(yield)
}

// inQuery yields the URLs in parameters whose names promise one, or in any other.
func (l *link) inQuery(promising bool, yield func(string) bool) (more bool) {
	for q := l.query; q != "" && l.candidates > 0; {
		name, value, rest := nextParam(q)
		q = rest
		if strings.Trim(value, "=") == "" { // no name: base64 ends with '=' too
			name, value = "", name
		}
		u := useOf(name)
		if u == mention || (u == sending || u == returning) != promising {
			continue
		}
		if t, ok := l.value(value, u); ok && !yield(l.withFragment(t, rest == "")) {
			return false
		}
	}
	return true
}

// use is what a parameter's name says of a URL in it.
type use uint8

const (
	nothing   use = iota
	sending       // a redirector's: url, redirect, target
	returning     // where to go on after a login
	mention       // a page, an image, a namespace: nobody is sent there
	searching     // what is searched for, or a target, as the path has it
)

// uses are names without '_', '-' and '.', in lower case.
var uses = func() map[string]use {
	m := map[string]use{}
	for u, names := range map[use]string{
		sending: `url uri u link href target to go goto out outlink outurl redirect redirecturl redirecturi redirectto redirectlink
			redir redirurl rd rdr rurl dest desturl destination destinationurl forward forwardurl fwd jump jumpto jumpurl location loc
			exit exiturl away click clickurl clickthrough clk adurl landing landingurl landingpage lp lpurl t l d r durl murl ued deeplink
			deeplinkurl linkurl linkto lnk open openurl load website site targeturl tourl gotourl finalurl externalurl externallink
			external trackurl trackingurl clicktag redirectionurl redirection viewurl visit newurl urlto nexturl a`,
		returning: `continue continueurl next return returnurl returnto returnuri returnpath service callback callbackurl success successurl
			cancel cancelurl ru wreply back backurl backto targetresource relaystate redirectafterlogin loginredirect after origurl originalurl
			requesturl sessionredirect followup`,
		mention: `ref referer referrer referral refurl src source origin from via icon favicon faviconurl logo logourl img image imgurl imgrefurl imageurl
			imgsrc thumb thumbnail thumbnailurl thumburl photo photourl picture pictureurl avatar avatarurl poster banner bg background css
			style stylesheet font fonts script js xmlns schema ns namespace iss issuer aud audience scope resource realm wtrealm canonical
			canonicalurl feed feedurl rss api apiurl apibase endpoint webhook cdn asset static base baseurl context doctype dtd media video
			audio share shareurl text body title description subject query search keyword keywords wd entityid spentityid clientid
			mentions cite citation license docs`,
	} {
		for n := range strings.FieldsSeq(names) {
			m[n] = u
		}
	}
	return m
}()

// useOf looks a parameter's name up.
func useOf(name string) use {
	var buf [24]byte
	n := 0
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c == '_' || c == '-' || c == '.' || c == '[' || c == ']':
			continue
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		}
		if n == len(buf) {
			return nothing
		}
		buf[n] = c
		n++
	}
	if u, ok := uses[string(buf[:n])]; ok {
		return u
	}
	if n >= 3 && string(buf[:3]) == "utm" {
		return mention
	}
	if n == 1 && (buf[0] == 'q' || buf[0] == 's' || buf[0] == 'p') {
		return searching
	}
	return nothing
}

// sends reports whether a path speaks of sending on.
func sends(path string) bool {
	return containsAny(strings.ToLower(path), "redir", "url", "out", "click", "clk", "track", "link", "jump", "exit", "leav", "away", "bounce", "forward", "fwd")
}

// aside reports whether l is about URLs without sending anybody there: pages to
// share one, to log in with another service, to look one up, proxies of images.
func aside(l *link) bool {
	path := strings.ToLower(l.path)
	if containsAny(path, "share", "/intent/", "/submit", "/pin/create", "/lineit", "oembed", "/embed", "validat", "favicon", "safe_image",
		"/_next/image", "cdn-cgi/image", "imageproxy", "/imgproxy", "bookmark", "/checklink", "/whois", "/lookup", "/entry/panel", "/compose", "wp-json") {
		return true
	}
	for _, h := range asideHosts {
		if under(l.host, h) {
			return true
		}
	}
	// OAuth 2.0 (RFC 6749 §4.1.1), SAML: the server sends on to those it knows only.
	for _, n := range []string{"client_id", "response_type", "SAMLRequest"} {
		if _, _, ok := l.param(n); ok {
			return true
		}
	}
	return false
}

// asideHosts serve copies of images, or look pages up.
var asideHosts = []string{
	"googleusercontent.com", "camo.githubusercontent.com", "yusercontent.com", "fbcdn.net", "wsrv.nl", "images.weserv.nl", "w3.org",
	"virustotal.com", "urlscan.io", "login.microsoftonline.com", "login.microsoftonline.us", "login.live.com", "login.windows.net", "appleid.apple.com",
	"api.whatsapp.com", "wa.me", "t.me", "telegram.me", "b.hatena.ne.jp", "social-plugins.line.me", "addtoany.com", "sharethis.com",
}

// mentioned are hosts of namespaces, schemas and fonts: no target, wherever they
// stand.
var mentioned = []string{
	"w3.org", "schema.org", "schemas.microsoft.com", "schemas.openxmlformats.org", "schemas.xmlsoap.org", "ogp.me", "purl.org", "xmlns.com",
	"fonts.googleapis.com", "fonts.gstatic.com", "gstatic.com",
}

func under(host, domain string) bool {
	return strings.HasSuffix(host, domain) && (len(host) == len(domain) || host[len(host)-len(domain)-1] == '.')
}

func containsAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// value is the target in a parameter's value, percent-encoded up to three times
// more than a server decodes, in base64 or in hexadecimal.
func (l *link) value(v string, u use) (string, bool) {
	if t, ok := absolute(unpack(unescape(v, false)), false); ok {
		return l.accept(t, u)
	}
	s := v
	for range 4 {
		if t, ok := absolute(s, false); ok {
			return l.accept(t, u)
		}
		again := unescape(s, !isRaw(v))
		if again == s {
			break
		}
		s = again
	}
	if u == sending || u == returning {
		if strings.HasPrefix(s, "//") || strings.HasPrefix(s, `\\`) || strings.HasPrefix(s, `/\`) {
			if t, ok := absolute(l.scheme+":"+s, false); ok {
				return l.accept(t, u)
			}
		}
	}
	return "", false
}

// pathTail yields the URL that a path ends with, "/https://…" with all that
// follows, or parts of the path that are one, encoded.
func (l *link) pathTail(yield func(string) bool) (more bool) {
	for i := 0; i+8 < len(l.path) && l.candidates > 0; i++ {
		// Only where something begins, so that "/x-http://" is none.
		if strings.IndexByte("/=;*~!|:", l.path[i]) < 0 {
			continue
		}
		s := l.path[i+1:]
		if scheme, n := schemeOf(s); scheme != "" && n < len(s) && s[n] == '/' {
			if t, ok := absolute(l.rest[i+1:], true); ok {
				if t, ok = l.accept(t, sending); ok {
					return yield(t) // all that follows is in it
				}
			}
			continue
		}
		if l.path[i] != '/' || strings.IndexByte("hHfF%aS64", s[0]) < 0 {
			continue
		}
		if end := strings.IndexByte(s, '/'); end >= 0 {
			s = s[:end]
		}
		if t, ok := l.value(s, nothing); ok && !yield(t) {
			return false
		}
	}
	return true
}

// inFragment yields the URL that a fragment is, or those in parameters in it.
func (l *link) inFragment(yield func(string) bool) (more bool) {
	f := strings.TrimLeft(l.fragment, "!/?")
	if f == "" {
		return true
	}
	if t, ok := l.value(f, nothing); ok {
		return yield(t)
	}
	if i := strings.IndexByte(f, '?'); i >= 0 {
		f = f[i+1:]
	}
	for f != "" && l.candidates > 0 {
		var name, value string
		name, value, f = nextParam(f)
		if u := useOf(name); u != mention && value != "" {
			if t, ok := l.value(value, u); ok && !yield(t) {
				return false
			}
		}
	}
	return true
}

// accept reports whether somebody is sent to t. The site itself is no target, but
// for a redirector that serves several names of one domain and does not look like
// a login.
func (l *link) accept(t string, u use) (string, bool) {
	if l.candidates--; l.candidates < 0 {
		return "", false
	}
	target, ok := split(t)
	if !ok || target.host == l.host || u == searching && !sends(l.path) {
		return "", false
	}
	for _, h := range mentioned {
		if under(target.host, h) {
			return "", false
		}
	}
	if isAsset(target.path) {
		return "", false
	}
	if sameSite(l.host, target.host) && (u != sending || loginLike(l)) {
		return "", false
	}
	return t, true
}

// isAsset reports whether a path is that of an image, a font or a style sheet.
// SVG is not among them: it runs scripts.
func isAsset(path string) bool {
	i := strings.LastIndexByte(path, '.')
	if i < 0 || len(path)-i > 6 {
		return false
	}
	switch strings.ToLower(path[i+1:]) {
	case "ico", "png", "jpg", "jpeg", "gif", "webp", "bmp", "avif", "css", "woff", "woff2", "ttf", "otf", "eot":
		return true
	}
	return false
}

// loginLike reports whether a URL is that of a page where people log in.
func loginLike(l *link) bool {
	return containsAny(strings.ToLower(l.host+l.path), "login", "logon", "signin", "sign-in", "sign_in", "logout", "signout", "sso", "auth", "oauth", "account", "session", "passport", "register", "signup", "idp", "saml", "openid")
}

// sameSite reports whether two hosts were registered as one domain.
func sameSite(a, b string) bool {
	x, err := publicsuffix.EffectiveTLDPlusOne(a)
	if err != nil {
		return a == b
	}
	y, err := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && x == y
}

// hasHint reports whether s may carry a URL at all: "http", "ftp", two slashes in
// a row, or what stands for them in an encoding. Almost every URL ends here.
func hasHint(s string) bool {
	for i := 0; i+3 < len(s); i++ {
		switch s[i] {
		case 'h', 'H':
			if s[i+2]|0x20 == 't' || s[i+2]|0x20 == 'x' {
				if w := s[i+1 : i+4]; strings.EqualFold(w, "ttp") || strings.EqualFold(w, "xxp") {
					return true
				}
			}
		case 'f', 'F':
			if s[i+1]|0x20 == 't' && s[i+2]|0x20 == 'p' && (s[i+3] == ':' || s[i+3] == '%') {
				return true
			}
		case '/', '\\':
			if s[i+1] == '/' || s[i+1] == '\\' {
				return true
			}
		case '%':
			if s[i+1] == '2' && (s[i+2] == '5' || s[i+2]|0x20 == 'f' && (s[i+3] == '%' || s[i+3] == '/')) || s[i+1] == '6' && s[i+2] == '8' || s[i+1] == '5' && s[i+2]|0x20 == 'c' {
				return true
			}
		case 'a', 'S':
			if s[i+1:i+4] == "HR0" || s[i+1:i+4] == "FRU" {
				return true
			}
		case '6':
			if s[i+1:i+4] == "874" {
				return true
			}
		}
	}
	return false
}
