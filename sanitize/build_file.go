package sanitize

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// attachment tells of a file.
func (b *builder) attachment(p *Part, where string) {
	if len(b.facts.Attachments) >= b.limits.Attachments {
		b.problem(Problem{Code: ProblemLimit, Where: "attachments", Detail: "more attachments than are told"})
		return
	}
	m, s := md5.Sum(p.Body), sha1.Sum(p.Body)
	a := Attachment{
		Name: b.fact(p.Name, where+" name"), Type: b.fact(p.MediaType, where+" type"), Size: len(p.Body),
		MD5: hex.EncodeToString(m[:]), SHA1: hex.EncodeToString(s[:]), SHA256: digest(p.Body), Notes: nameNotes(p.Name),
	}
	b.facts.Attachments = append(b.facts.Attachments, a)
	if a.Name != "" {
		name := a.Name
		if exact := exactName(p.Name); cleanText(exact, b.limits.FactRunes) == a.Name {
			name = exact // nothing was redacted, and nothing cut
		}
		b.indicator(TypeFilename, name, RoleAttachment, "medium", []string{where + " name"}, false)
	}
	if len(p.Body) == 0 {
		return // the digests of nothing are everywhere
	}
	for _, d := range []struct{ typ, value string }{{TypeSHA256, a.SHA256}, {TypeSHA1, a.SHA1}, {TypeMD5, a.MD5}} {
		b.indicator(d.typ, d.value, RoleAttachment, "high", []string{where}, false)
	}
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
