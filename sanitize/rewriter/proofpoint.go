package rewriter

import (
	"strings"
	"unicode/utf8"
)

// The three codings of Proofpoint's URL Defense, as its own decoder undoes them
// (help.proofpoint.com, Threat Insight Dashboard, "How do I decode a rewritten
// URL?").

// proofpointV1 is /v1/url?u=URL&k=…: the URL is percent-encoded, or not at all.
func proofpointV1(l *link) (string, bool) {
	v, ok := proofpointValue(l, "k")
	if !ok {
		return "", false
	}
	return absolute(strings.ReplaceAll(unescape(v, false), "&amp;", "&"), true)
}

// proofpointV2 is /v2/url?u=URL&d=…: percent-encoded with '-' for '%', then '_'
// for '/'.
func proofpointV2(l *link) (string, bool) {
	v, ok := proofpointValue(l, "d", "c")
	if !ok {
		return "", false
	}
	b := []byte(v)
	for i, c := range b {
		switch c {
		case '-':
			b[i] = '%'
		case '_':
			b[i] = '/'
		}
	}
	return absolute(strings.ReplaceAll(unescape(string(b), false), "&amp;", "&"), true)
}

// proofpointValue is what stands between u= and the first of the parameters that
// always follow it.
func proofpointValue(l *link, next ...string) (string, bool) {
	v, rest, ok := l.param("u")
	if !ok || rest == "" {
		return v, ok
	}
	r := rule{own: append(next, "r", "m", "s", "e")}
	v, _ = r.runOn(l.query, v, rest)
	return v, true
}

// proofpointV3 is /v3/__URL__;BYTES!!…: each character that might not survive a
// mail is a '*' in the URL, a run of them "**" and the length as a base64 digit
// (A is 2), and BYTES holds them all in base64. What follows is about the
// recipient, and whatever follows that is not of the URL.
func proofpointV3(l *link) (string, bool) {
	s := l.rest[len("/v3/"):]
	// A gateway behind Proofpoint, or a browser, may have encoded the mark itself.
	if !strings.HasPrefix(s, "__") {
		if s = unescape(s, false); !strings.HasPrefix(s, "__") {
			return "", false
		}
	}
	s = s[2:]
	if !strings.Contains(s, "__;") && strings.Contains(s, "__%3") {
		s = unescape(s, false)
	}
	table := ""
	if i := strings.Index(s, "__;"); i >= 0 {
		s, table = s[:i], s[i+3:]
		if i := strings.IndexByte(table, '!'); i >= 0 {
			table = table[:i]
		}
	} else if i := strings.LastIndex(s, "__"); i > 0 && strings.Trim(s[i:], "_;!$") == "" {
		s = s[:i]
	}
	s = unescape(s, false)
	if table = unbase64(unescape(table, false)); table != "" {
		s = fill(s, table)
	}
	return absolute(s, true)
}

// fill puts the characters of table in the places of s that wait for them. Where
// the table has no more, the place is kept as it is.
func fill(s, table string) string {
	const lengths = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if strings.IndexByte(s, '*') < 0 {
		return s
	}
	b := make([]byte, 0, len(s)+len(table))
	for i := 0; i < len(s); i++ {
		if s[i] != '*' {
			b = append(b, s[i])
			continue
		}
		count := 1
		if i+2 < len(s) && s[i+1] == '*' {
			if n := strings.IndexByte(lengths, s[i+2]); n >= 0 {
				count = n + 2
			}
		}
		if table == "" {
			b = append(b, '*')
			continue
		}
		if count > 1 {
			i += 2
		}
		for ; count > 0 && table != ""; count-- {
			_, size := utf8.DecodeRuneInString(table)
			b = append(b, table[:size]...)
			table = table[size:]
		}
	}
	return string(b)
}
