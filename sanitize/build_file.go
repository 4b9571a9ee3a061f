package sanitize

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// attachment tells of a file.
func (b *builder) attachment(p *Part, where string, depth int) {
	if a, ok := b.file(p, where, depth, 0); ok {
		b.facts.Attachments = append(b.facts.Attachments, a)
	}
}

// file tells of a file and of those in it, and searches what it holds. mails
// counts the mails around it, files the files.
func (b *builder) file(p *Part, where string, mails, files int) (a Attachment, ok bool) {
	if b.files >= b.limits.Attachments {
		b.problem(Problem{Code: ProblemLimit, Where: "attachments", Detail: "more attachments than are told"})
		return a, false
	}
	b.files++
	a = Attachment{
		Name: b.fact(p.Name, where+" name"), Type: b.fact(p.MediaType, where+" type"), Size: len(p.Body), Notes: nameNotes(p.Name),
	}
	if a.Name != "" {
		name := a.Name
		if exact := exactName(p.Name); cleanText(exact, 0) == a.Name {
			name = exact // nothing was redacted, and nothing cut
		}
		b.indicator(TypeFilename, name, RoleAttachment, "medium", []string{where + " name"}, false)
	}
	whole := true
	if m := p.member; m != nil {
		whole = !m.partial && !m.unread
		if m.unread || m.partial {
			a.Size = int(max(0, m.size))
		}
		a.Notes = append(a.Notes, m.notes...)
		if m.encrypted {
			a.Notes = append(a.Notes, "password-protected")
		}
	}
	if whole {
		b.digests(&a, p.Body, where)
	}
	if b.places == nil {
		b.places = map[[2]string][]string{}
	}
	key := [2]string{a.Name, a.SHA256}
	b.places[key] = append(b.places[key], where)
	o := b.reader.open(p, files, where)
	if o.media != "" && o.media != p.MediaType && o.media != "application/octet-stream" {
		a.RealType = o.media
	}
	a.Notes = append(a.Notes, o.notes...)
	b.inside(o, where, mails)
	for i, f := range o.files {
		inner := where + " > " + strconv.Itoa(i+1)
		if b.innerMail(f, inner, mails) {
			continue
		}
		if m, ok := b.file(f, inner, mails, files+1); ok {
			a.Members = append(a.Members, m)
		}
		b.content(f, inner)
	}
	slices.Sort(a.Notes)
	a.Notes, a.Members = orEmpty(slices.Compact(a.Notes)), orEmpty(a.Members)
	return a, true
}

// digests fills in the digests of a file and records them.
func (b *builder) digests(a *Attachment, body []byte, where string) {
	m, s := md5.Sum(body), sha1.Sum(body)
	a.MD5, a.SHA1, a.SHA256 = hex.EncodeToString(m[:]), hex.EncodeToString(s[:]), digest(body)
	if len(body) == 0 {
		return // the digests of nothing are everywhere
	}
	for _, d := range []struct{ typ, value string }{{TypeSHA256, a.SHA256}, {TypeSHA1, a.SHA1}, {TypeMD5, a.MD5}} {
		b.indicator(d.typ, d.value, RoleAttachment, "high", []string{where}, false)
	}
}

// inside searches what a file holds.
func (b *builder) inside(o *opened, where string, mails int) {
	if o.mail != nil && mails < b.limits.MessageDepth {
		b.message(o.mail, where, mails+1)
	}
	for _, l := range o.links {
		if host, ok := strings.CutPrefix(l.url, "file://"); ok {
			b.share(host, where+" "+l.how)
			continue
		}
		at := place{where: where + " " + l.how, role: RoleLink, confidence: "high"}
		if l.resource {
			at.role, at.confidence = RoleResource, "low"
		}
		b.seen.link(l.url, at, 0)
	}
	at := place{where: where + " text", role: RoleAttachment, confidence: "medium"}
	if o.text != "" {
		b.seen.text(capText(o.text, b.limits.TextBytes), at)
	}
	for _, page := range o.pages {
		page = capText(page, b.limits.TextBytes)
		b.seen.html(page, at, 0)
		b.seen.text(htmlText(page, b.limits.TextBytes), at)
	}
	for _, code := range o.codes {
		b.code(code, where+" QR code")
	}
}

// share records the host of a file on a share, from which a program or a template
// is loaded.
func (b *builder) share(path, where string) {
	name, _, _ := strings.Cut(path, "/")
	if host, ok := canonicalHost(name); ok && !isPrivateHost(strings.Trim(host, "[]")) {
		b.seen.host(strings.Trim(host, "[]"), place{where: where, role: RoleLink, confidence: "high"}, false)
	}
}

// code records what a QR code says.
func (b *builder) code(text, where string) {
	at := place{where: where, role: RoleLink, confidence: "high"}
	b.seen.add(TypeQR, cleanText(text, b.limits.FieldBytes), at, false)
	if strings.Contains(text, ":") {
		b.seen.link(strings.TrimSpace(text), at, 0)
	}
	b.seen.text(text, at)
}

// capText is at most n bytes of s, cut between characters.
func capText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// Endings of file names.
var (
	executableExtensions = stringSet(`exe scr com pif bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta lnk msi msp msc cpl dll jar iso img vhd vhdx reg
chm scf url application appref-ms gadget inf sct settingcontent-ms xll wll ppam xlam one library-ms search-ms diagcab cab apk dmg pkg app command sh py`)
	documentExtensions = stringSet(`pdf doc docx docm xls xlsx xlsm ppt pptx pptm rtf txt csv jpg jpeg png gif bmp tif tiff html htm zip rar 7z lzh xml mp3 mp4 wav
odt ods eml msg`)
)

// nameNotes says what is suspicious about a file name as it was sent.
func nameNotes(name string) []string {
	var notes []string
	if strings.ContainsFunc(name, turnsText) {
		notes = append(notes, "bidi-in-name")
	}
	clean := strings.ToLower(strings.TrimRight(cleanText(name, 0), " ."))
	stem, last, ok := cutLast(clean, '.')
	last = strings.TrimSpace(last)
	if ok {
		_, before, two := cutLast(strings.TrimRight(stem, " "), '.')
		if two && documentExtensions[strings.TrimSpace(before)] && (executableExtensions[last] || documentExtensions[last]) {
			notes = append(notes, "double-extension")
		}
		if executableExtensions[last] {
			notes = append(notes, "executable-extension")
		}
	}
	sort.Strings(notes)
	return notes
}

func hasExtension(name string, extensions ...string) bool {
	_, last, _ := cutLast(strings.ToLower(name), '.')
	for _, e := range extensions {
		if last == e {
			return true
		}
	}
	return false
}

// turnsText is true for the characters that change the direction of the text
// around them (Unicode Bidirectional Algorithm, UAX #9).
func turnsText(r rune) bool {
	return r == 0x061c || r >= 0x200e && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// exactName is a file name as whoever searches for it needs it: its direction
// marks stay, every other character that shows nothing goes.
func exactName(name string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(name, "\ufffd") {
		if turnsText(r) || !invisible(r) {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(strings.TrimSpace(b.String()))
}

// showDirections writes direction marks out, so that a person sees that they are
// there and nothing is turned round.
func showDirections(name string) string {
	if !strings.ContainsFunc(name, turnsText) {
		return name
	}
	var b strings.Builder
	for _, r := range name {
		if turnsText(r) {
			fmt.Fprintf(&b, "[U+%04X]", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
