package sanitize

import "strings"

// A place is told to people and machines outside, and much of what stands in a
// mail is named by its author: an element, an attribute, a field, a media type
// could be called after the victim. So places are made of words that everybody
// uses, and of stand-ins for all others.

// pageWords are the elements and attributes of pages that a place may name.
var pageWords = stringSet(`a abbr address applet area article aside audio b base bgsound blockquote body br button caption center cite code col dd del details
dialog div dl dt em embed fieldset figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html i iframe img image input ins kbd label
legend li link main map marquee math meta nav noscript object ol optgroup option p param picture pre q s script section select small source span strong
style sub summary sup svg table tbody td template textarea tfoot th thead title tr track u ul use v:fill v:imagedata v:rect v:roundrect v:shape video
action alt background cite classid codebase content data dynsrc formaction href lang longdesc lowsrc manifest ping placeholder poster src srcdoc srcset
value xlink:href onclick onload onerror onmouseover onmouseout onfocus onblur onsubmit onmousedown onkeydown ontoggle onbegin
refresh unclosed tag comment text data-src data-href data-url data-original data-link data-lazy-src`)

// inWords is what with everything but known words taken out.
func inWords(what string) string {
	if pageWords[what] {
		return what
	}
	words := strings.Fields(what)
	for i, w := range words {
		if !pageWords[w] {
			words[i] = "other"
		}
	}
	return strings.Join(words, " ")
}

// mediaWord is a media type as a place tells it.
func mediaWord(media string) string {
	switch media {
	case "text/plain", "text/html", "text/calendar", "text/xml", "text/csv", "application/xhtml+xml", "image/svg+xml", "application/octet-stream",
		"application/pdf", "application/rtf", "application/json", "message/rfc822", "message/global":
		return media
	}
	if main, _, ok := strings.Cut(media, "/"); ok {
		switch main {
		case "text", "image", "audio", "video", "application", "message", "font", "model":
			return main
		}
	}
	return "part"
}

// fieldWord is the name of a header field as a place tells it.
func fieldWord(name string) string {
	switch lower := strings.ToLower(name); {
	case fieldNames[lower], ownFields[lower], listFields[lower]:
		return name
	case strings.HasPrefix(lower, "x-"):
		return "X-..."
	}
	return "another field"
}

// listFields are those of RFC 2369, RFC 2919 and RFC 8058.
var listFields = stringSet("list-help list-unsubscribe list-subscribe list-post list-owner list-archive list-id list-unsubscribe-post")
