package rewriter

import "strings"

// hosts are the rules of every known host. Gateways and redirectors share no host.
var hosts = func() map[string][]rule {
	all := make(map[string][]rule, len(gateways)+len(redirectors))
	for h, r := range gateways {
		all[h] = r
	}
	for h, r := range redirectors {
		all[h] = r
	}
	return all
}()

// redirect is a redirector that takes the target in one of these parameters.
func redirect(service, path string, params ...string) rule {
	return rule{service: service, kind: Redirector, path: path, params: params}
}

// countries are the services that have a domain in every country, by its label.
var countries = map[string][]rule{
	// Google: the results' own links, advertisements, the AMP viewer, the translator,
	// news, scholar, and pages for slow phones (gwt). untrustednetwork.net,
	// "Google open redirect", 2024; LOTS project.
	"google": {
		{service: "google", kind: Redirector, path: "/url", params: []string{"q", "url", "u"}, bare: true},
		{service: "google", kind: Redirector, path: "/amp/", find: googleAMP},
		redirect("google", "/aclk", "adurl"),
		redirect("google", "/pagead/", "adurl", "ds_dest_url"),
		redirect("google", "/translate", "u"),
		redirect("google", "/website", "u"), // translate.google.com/website?sl=…&u=
		redirect("google", "/scholar_url", "url"),
		redirect("google", "/news/url", "url", "q"),
		redirect("google", "/local_url", "q"),
		redirect("google", "/interstitial", "url"),
		redirect("google", "/travel/clk", "pcurl"),
		{service: "google", kind: Redirector, path: "/gwt/", params: []string{"u"}, bare: true},
	},
	"yandex": {
		redirect("yandex", "/redir", "url"),
		redirect("yandex", "/clck/", "url"),
		redirect("yandex", "/turbo", "text"),
		redirect("yandex", "/translate", "url"),
		redirect("yandex", "/search/click", "url"),
		{service: "yandex", kind: Redirector, path: "/redir/", find: starTail},
	},
}

// redirectors are the rules of the hosts of services that send on to any URL.
var redirectors = map[string][]rule{
	"googleadservices.com": {redirect("google", "/pagead/", "adurl", "ds_dest_url")},
	"googleweblight.com":   {{service: "google", kind: Redirector, params: []string{"u", "lite_url"}, bare: true}},
	// developers.google.com/search/docs/appearance/ad-network-and-translation
	"translate.goog": {{service: "google", kind: Redirector, find: translateGoog}},
	// amp.dev/documentation/guides-and-tutorials/learn/amp-caches-and-cors/amp-cache-urls
	"cdn.ampproject.org": {{service: "google", kind: Redirector, find: ampCache}},
	// Campaign Manager: /ddm/clk/…;?URL and /ddm/trackclk/…;?URL; adurl= elsewhere.
	"doubleclick.net": {
		{service: "doubleclick", kind: Redirector, params: []string{"adurl", "ds_dest_url"}},
		{service: "doubleclick", kind: Redirector, find: queryTail},
	},

	"bing.com": {
		{service: "bing", kind: Redirector, path: "/ck/a", find: bing},
		{service: "bing", kind: Redirector, path: "/aclick", find: bing},
		{service: "bing", kind: Redirector, path: "/aclk", find: bing},
		{service: "bing", kind: Redirector, path: "/amp/", find: googleAMP},
		redirect("bing", "/alink/link", "url"),
		redirect("bing", "/newtabredir", "url"),
		redirect("bing", "/translate", "url"),
	},
	"duckduckgo.com": {redirect("duckduckgo", "/l/", "uddg"), redirect("duckduckgo", "/y.js", "u3", "rut")},
	"yahoo.com":      {{service: "yahoo", kind: Redirector, find: yahoo}},
	"yahoo.co.jp":    {{service: "yahoo", kind: Redirector, find: yahoo}},
	"sba.yandex.net": {redirect("yandex", "/redirect", "url")},
	"clck.yandex.ru": {{service: "yandex", kind: Redirector, params: []string{"url"}, find: starTail}},
	// /link?url= is a token of Baidu's: no URL is in it.
	"baidu.com": {redirect("baidu", "/link", "url")},

	"youtube.com": {
		redirect("youtube", "/redirect", "q", "url"),
		redirect("youtube", "/attribution_link", "u"),
	},
	// The link shim of Meta's services.
	"facebook.com": {
		redirect("facebook", "/l.php", "u"),
		redirect("facebook", "/flx/warn", "u"),
	},
	"l.messenger.com": {redirect("facebook", "", "u")},
	"l.instagram.com": {redirect("instagram", "", "u")},
	"l.threads.com":   {redirect("threads", "", "u")},
	"l.threads.net":   {redirect("threads", "", "u")},
	"l.wl.co":         {redirect("whatsapp", "/l", "u")},
	"linkedin.com": {
		redirect("linkedin", "/redir/redirect", "url"),
		redirect("linkedin", "/redir/", "url"),
		redirect("linkedin", "/safety/go", "url"),
		redirect("linkedin", "/authwall", "sessionRedirect"),
	},
	"twitter.com":                {redirect("x", "/i/redirect", "url")},
	"x.com":                      {redirect("x", "/i/redirect", "url")},
	"slack-redir.net":            {redirect("slack", "/link", "url", "v")},
	"steamcommunity.com":         {redirect("steam", "/linkfilter", "url", "u"), {service: "steam", kind: Redirector, path: "/linkfilter", find: queryTail}},
	"vk.com":                     {redirect("vk", "/away", "to")},
	"vk.ru":                      {redirect("vk", "/away", "to")},
	"pinterest.com":              {redirect("pinterest", "/offsite", "url")},
	"out.reddit.com":             {redirect("reddit", "", "url")},
	"medium.com":                 {redirect("medium", "/r/", "url")},
	"t.umblr.com":                {redirect("tumblr", "/redirect", "z")},
	"disq.us":                    {redirect("disqus", "", "url")},
	"go.bsky.app":                {redirect("bluesky", "/redirect", "u")},
	"link.zhihu.com":             {redirect("zhihu", "", "target")},
	"weibo.cn":                   {redirect("weibo", "/sinaurl", "u", "toasturl")},
	"emails.azure.net":           {redirect("azure", "/redirect", "destination")},
	"emails.azure.microsoft.com": {redirect("azure", "/redirect", "destination")},
	// Adobe Campaign: /r/?id=…&p1=TARGET, the target without its scheme.
	"t-info.mail.adobe.com": {{service: "adobe", kind: Redirector, path: "/r/", params: []string{"p1"}, bare: true}},
	// Amazon SES: /L0/URL/1/ID, the URL with its slashes encoded.
	"awstrack.me": {{service: "amazon-ses", kind: Redirector, path: "/l0/", find: encodedSegment}},
	// Referrer strippers: the whole query is the target.
	"anonym.to": {{service: "anonym", kind: Redirector, find: queryTail}},
	"href.li":   {{service: "href.li", kind: Redirector, find: queryTail}},
}

// googleAMP is /amp/s/HOST/PATH, "s" for https; without it http.
func googleAMP(l *link) (string, bool) {
	return ampTarget(l, l.rest[len("/amp/"):])
}

// ampCache is /c/s/HOST/PATH on a host of the AMP cache; the first letter tells
// what is cached, and only documents are read: "i" is an image, "r" a resource.
func ampCache(l *link) (string, bool) {
	for _, kind := range []string{"/c/", "/v/", "/wp/", "/a/", "/mp/", "/t/", "/ad/"} {
		if strings.HasPrefix(l.path, kind) {
			return ampTarget(l, l.rest[len(kind):])
		}
	}
	return "", false
}

// ampTarget puts the scheme back and takes the viewer's own parameters out.
func ampTarget(l *link, s string) (string, bool) {
	scheme := "http://"
	if r, ok := strings.CutPrefix(s, "s/"); ok {
		scheme, s = "https://", r
	}
	if i := strings.IndexAny(s, "/?#"); i > 0 && strings.IndexByte(s[:i], '%') >= 0 || i < 0 {
		s = unescape(s, false)
	}
	s, fragment, _ := strings.Cut(s, "#")
	path, query, _ := strings.Cut(s, "?")
	if q := dropParams(query, "amp_", "usqp", "_js_v"); q != "" {
		path += "?" + q
	}
	if fragment != "" && !strings.Contains(fragment, "amp_tf=") && !strings.Contains(fragment, "aoh=") && !strings.HasPrefix(fragment, "referrer=") {
		path += "#" + fragment
	}
	return absolute(scheme+path, false)
}

// dropParams is query without the parameters whose names begin so.
func dropParams(query string, names ...string) string {
	kept := make([]string, 0, 8)
next:
	for piece := range strings.SplitSeq(query, "&") {
		for _, n := range names {
			if strings.HasPrefix(piece, n) {
				continue next
			}
		}
		kept = append(kept, piece)
	}
	return strings.Join(kept, "&")
}

// translateGoog undoes the host names of Google's translating proxy by its six
// published steps: example-com.translate.goog is example.com, "--" a hyphen.
func translateGoog(l *link) (string, bool) {
	name, ok := strings.CutSuffix(l.host, ".translate.goog")
	if !ok || strings.IndexByte(name, '.') >= 0 {
		return "", false
	}
	if hp, _, ok := l.param("_x_tr_hp"); ok {
		name = unescape(hp, true) + name
	}
	idn := false
	if enc, _, ok := l.param("_x_tr_enc"); ok {
		if strings.Contains(enc, "1") {
			name = strings.TrimPrefix(name, "1-")
		}
		if strings.Contains(enc, "0") {
			name, idn = strings.CutPrefix(name, "0-")
		}
	}
	b := make([]byte, 0, len(name)+4)
	if idn {
		b = append(b, "xn--"...)
	}
	for i := 0; i < len(name); i++ {
		switch {
		case name[i] != '-':
			b = append(b, name[i])
		case i+1 < len(name) && name[i+1] == '-':
			b = append(b, '-')
			i++
		default:
			b = append(b, '.')
		}
	}
	scheme := "https"
	if s, _, ok := l.param("_x_tr_sch"); ok && strings.EqualFold(s, "http") {
		scheme = "http"
	}
	t := scheme + "://" + string(b) + l.path
	if q := dropParams(l.query, "_x_tr_"); q != "" {
		t += "?" + q
	}
	if l.fragment != "" {
		t += "#" + l.fragment
	}
	return absolute(t, false)
}

// bing is u=a1BASE64 of a result, u=BASE64 of an advertisement.
func bing(l *link) (string, bool) {
	v, rest, ok := l.param("u")
	if !ok {
		return "", false
	}
	v = unescape(v, false)
	if len(v) > 2 && v[0] == 'a' && v[1] >= '0' && v[1] <= '9' {
		v = v[2:]
	}
	t, ok := valueTarget(unbase64(v), false)
	if !ok {
		t, ok = valueTarget(v, false)
	}
	return l.withFragment(t, rest == ""), ok
}

// yahoo is …/RU=URL/RK=… of a search result, in base64 where it is Yahoo! JAPAN's,
// and …/**URL or …/*-URL of older ones.
func yahoo(l *link) (string, bool) {
	if _, v, ok := strings.Cut(l.path, "/RU="); ok {
		if i := strings.IndexAny(v, "/;"); i >= 0 && !isRaw(v) {
			v = v[:i]
		} else if i := strings.Index(v, "/RK="); i >= 0 {
			v = v[:i]
		}
		return valueTarget(strings.TrimRight(v, "-"), false)
	}
	return starTail(l)
}

// starTail is the URL behind a star in a path, encoded or not, with all that
// follows it.
func starTail(l *link) (string, bool) {
	i := strings.IndexByte(l.path, '*')
	if i < 0 {
		return "", false
	}
	s := strings.TrimLeft(l.rest[i:], "*-")
	if isRaw(s) {
		return absolute(s, false)
	}
	return decodeTail(s)
}

// queryTail is a query that is a URL: from its beginning, or behind the last
// question mark.
func queryTail(l *link) (string, bool) {
	_, s, ok := strings.Cut(l.rest, "?")
	if !ok {
		return "", false
	}
	s = strings.TrimLeft(s, "?;=")
	if isRaw(s) {
		return absolute(s, false)
	}
	if i := strings.IndexAny(s, "&#"); i >= 0 {
		s = s[:i]
	}
	return valueTarget(s, false)
}

// encodedSegment is a URL with its slashes encoded, as one part of a path.
func encodedSegment(l *link) (string, bool) {
	for s := range strings.SplitSeq(l.path, "/") {
		if scheme, _ := schemeOf(s); scheme == "" && strings.IndexByte(s, '%') < 0 {
			continue
		}
		if t, ok := decodeTail(s); ok {
			return t, true
		}
	}
	return "", false
}
