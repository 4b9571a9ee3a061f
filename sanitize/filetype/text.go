package filetype

import (
	"bytes"
	"strings"
)

// isText reports whether the beginning of b is text in some charset: no NUL
// outside UTF-16, and hardly any control characters.
func isText(b []byte) bool {
	b = b[:min(len(b), 512)]
	if len(b) == 0 {
		return false
	}
	if utf16(b) != 0 {
		return true
	}
	control := 0
	for _, c := range b {
		switch {
		case c == 0:
			return false
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b:
			control++
		}
	}
	return control*20 <= len(b)
}

// utf16 is 'l' or 'b' where b is UTF-16 of that byte order, else 0.
func utf16(b []byte) byte {
	switch {
	case prefix(b, "\xff\xfe"):
		return 'l'
	case prefix(b, "\xfe\xff"):
		return 'b'
	case len(b) >= 8 && b[1] == 0 && b[3] == 0 && b[5] == 0 && b[0] != 0 && b[2] != 0 && b[4] != 0:
		return 'l'
	}
	return 0
}

// plainText is h in lower case, as far as it is ASCII, from UTF-16 too.
func plainText(h []byte) []byte {
	switch utf16(h) {
	case 'l':
		h = narrow(h, 0)
	case 'b':
		h = narrow(h, 1)
	}
	h = bytes.TrimPrefix(h, []byte("\xef\xbb\xbf"))
	low := make([]byte, len(h))
	for i, c := range h {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	return low
}

func narrow(h []byte, at int) []byte {
	out := make([]byte, 0, len(h)/2)
	for i := 0; i+1 < len(h); i += 2 {
		c := h[i+at]
		if h[i+1-at] != 0 {
			c = '?'
		}
		out = append(out, c)
	}
	return out
}

// byText says what kind of text h is. Where its content says nothing, what its
// extension promises is believed if that is a kind of text; else it is what the
// library took it for.
func byText(h []byte, guess, ext string) string {
	s := plainText(h)
	s = bytes.TrimLeft(s, " \t\r\n\f?")
	promised := extensions[ext]
	switch {
	case has(s, "<hta:application"):
		return typeHTA
	case has(s, "[internetshortcut"):
		return typeURL
	case prefix(s, "begin:vcalendar"):
		return "text/calendar"
	case prefix(s, "begin:vcard"):
		return "text/vcard"
	case prefix(s, "begin:vevent"), prefix(s, "begin:vtodo"):
		return "text/calendar" // a fragment that clients still read
	case isMail(s):
		return "message/rfc822"
	}
	// A script may hold HTML and HTML a script: who opens the file decides by its
	// extension.
	switch Family(promised) {
	case "script", "web":
		return promised
	}
	if t := markup(s); t != "" {
		return t
	}
	if t := script(s); t != "" {
		return t
	}
	switch Family(promised) {
	case "text", "mail", "shortcut":
		if guess == "text/plain" || guess == unknown || Family(guess) == "script" {
			return promised
		}
	}
	if guess == unknown || Family(guess) == "script" && !prefix(s, "#!") && guess != "text/javascript" {
		return "text/plain"
	}
	return guess
}

func has(s []byte, words ...string) bool {
	for _, w := range words {
		if bytes.Contains(s, []byte(w)) {
			return true
		}
	}
	return false
}

// markup recognises HTML, its fragments and its relatives.
func markup(s []byte) string {
	if !has(s, "<") {
		return ""
	}
	start := bytes.TrimLeft(s, " \t\r\n")
	switch {
	case prefix(start, "<job") || prefix(start, "<package>") && has(s, "<job"), prefix(start, "<?xml") && has(s, "<job"):
		return "application/x-wsf"
	case prefix(start, "<scriptlet"), has(s, "<scriptlet>"):
		return "text/scriptlet"
	case has(s, "<html", "<!doctype html"):
		return "text/html"
	case has(s, "<svg"):
		return "image/svg+xml"
	case has(s, "<?php"):
		return "text/x-php"
	case has(s, "<libraryd"), has(s, "<searchconnector"), has(s, "<persistedquery"), has(s, "<pcsettings>"):
		return "application/windows-library+xml"
	case has(s, "<script", "<body", "<head", "<meta ", "<iframe", "<form", "<a href", "<img ", "<table", "<div", "<br>", "<object", "<embed", "<base "):
		return "text/html"
	case prefix(start, "<?xml"):
		return "text/xml"
	}
	return ""
}

// script recognises scripts by what hardly any other text says.
func script(s []byte) string {
	switch {
	case prefix(s, "#!") && has(s[:min(len(s), 64)], "python"):
		return "text/x-python"
	case prefix(s, "#!") && has(s[:min(len(s), 64)], "perl"):
		return "text/x-perl"
	case prefix(s, "#!"):
		return "application/x-sh"
	case prefix(s, "#@~^"):
		return typeVBS // encoded by screnc
	case prefix(s, "@echo"), prefix(s, "echo off"), has(s, "%comspec%", "cmd /c ", "cmd.exe /c", "\nset /a ", "\n@echo off", "certutil -decode", "certutil -urlcache"):
		return typeBAT
	case has(s, "new activexobject", "wscript.createobject(", "new-activexobject", "wscript.shell\")"), has(s, "wscript.") && has(s, "var ", "function"):
		if has(s, "new activexobject") || has(s, "var ") && !has(s, "dim ") {
			return typeJS
		}
		return typeVBS
	case has(s, "invoke-expression", "iex(", "iex (", "new-object net.webclient", "new-object system.net", "[system.convert]::frombase64string", "invoke-webrequest", "-executionpolicy bypass", "set-mppreference"):
		return typePS1
	case has(s, "createobject(", "wscript.", "on error resume next", "execute(chr(", "\nend sub", "\nend function"):
		return typeVBS
	case has(s, "eval(", "string.fromcharcode(", "document.write(", "document.location", "window.location", "=function(", "function(){", "unescape(", "atob("):
		return typeJS
	}
	return ""
}

// mailFields begin the lines of a mail's header.
var mailFields = []string{
	"received:", "return-path:", "delivered-to:", "from:", "to:", "subject:", "date:", "message-id:", "mime-version:",
	"content-type:", "reply-to:", "x-mailer:", "x-originating-ip:", "dkim-signature:", "authentication-results:", "cc:",
	"content-transfer-encoding:", "x-received:", "arc-seal:", "sender:", "received-spf:", "x-ms-exchange-",
}

// isMail wants two header fields before anything that is none. Of a fragment
// one is enough if only transport writes it.
func isMail(s []byte) bool {
	if prefix(s, "from ") {
		if i := bytes.IndexByte(s, '\n'); i >= 0 { // mbox
			s = s[i+1:]
		}
	}
	fields := 0
	transport := prefix(s, "received:") || prefix(s, "return-path:") || prefix(s, "delivered-to:")
	for n := 0; n < 40 && len(s) > 0; n++ {
		line, rest, _ := bytes.Cut(s, []byte("\n"))
		s = rest
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if fields == 0 {
				return false
			}
			continue
		}
		i := bytes.IndexByte(line, ':')
		if i <= 0 || bytes.IndexByte(line[:i], ' ') >= 0 && !strings.HasSuffix(string(line[:i]), " ") {
			break
		}
		for _, f := range mailFields {
			if prefix(line, f) {
				fields++
				break
			}
		}
	}
	return fields >= 2 || fields == 1 && transport
}
