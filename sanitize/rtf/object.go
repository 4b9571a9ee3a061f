package rtf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// hex takes the digits of an object or a picture out of b. Word passes over
// whatever else stands between them, and exploits put plenty there.
func (r *reader) hex(b []byte) {
	f := r.top()
	most := r.scan.limits.ObjectBytes - r.scan.bytes
	for _, c := range b {
		v := hexValue[c]
		if v >= 16 {
			continue
		}
		if f.half == 0 {
			f.half = v + 1
			continue
		}
		if len(f.buf) >= most {
			r.scan.tooMuch()
			return
		}
		f.buf = append(f.buf, (f.half-1)<<4|v)
		f.half = 0
	}
}

// binary takes the bytes of a \bin. Behind a lone hex digit they are digits
// themselves, as in Word.
func (r *reader) binary(b []byte) {
	f := r.top()
	if r.scan == nil || f.kind != destData && f.kind != destPicture {
		return
	}
	if most := r.scan.limits.ObjectBytes - r.scan.bytes - len(f.buf); len(b) > most {
		r.scan.tooMuch()
		b = b[:max(most, 0)]
	}
	if f.half == 0 {
		f.buf = append(f.buf, b...)
		return
	}
	for _, c := range b {
		f.buf = append(f.buf, (f.half-1)<<4|c>>4)
		f.half = c&15 + 1
	}
}

func (s *scan) tooMuch() {
	s.problem(fmt.Sprintf("objects and pictures of more than %d bytes", s.limits.ObjectBytes))
}

// picture keeps an image that may show something to read, a QR code perhaps.
func (s *scan) picture(b []byte) {
	if !bytes.HasPrefix(b, []byte("\x89PNG")) && !bytes.HasPrefix(b, []byte("\xff\xd8\xff")) {
		return
	}
	if len(s.Pictures) >= s.limits.Objects {
		s.problem(fmt.Sprintf("more than %d pictures", s.limits.Objects))
		return
	}
	s.bytes += len(b)
	s.Pictures = append(s.Pictures, b)
}

// compoundMagic begins an OLE compound file ([MS-CFB] §2.2).
var compoundMagic = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

// object tells one \objdata.
func (s *scan) object(r *reader, data []byte) {
	if len(data) == 0 {
		return
	}
	s.note(NoteObject)
	if len(s.Objects) >= s.limits.Objects {
		s.problem(fmt.Sprintf("more than %d objects", s.limits.Objects))
		return
	}
	s.bytes += len(data)
	o := Object{Class: s.class, Name: s.name, Data: data}
	ole, ok := parseOLE(data)
	switch {
	case ok:
		if ole.class != "" {
			o.Class = ole.class
		}
		if ole.native != nil {
			o.Data = ole.native
		}
		if ole.short {
			s.problem("an object ends early")
		}
		if ole.topic != "" && elsewhere(ole.topic) {
			s.link(ole.topic, "object", true)
		}
	default:
		// A broken header is no reason to miss a compound file behind it.
		if i := bytes.Index(data, compoundMagic); i >= 0 {
			o.Data = data[i:]
		} else {
			s.problem("an object without a readable header")
		}
	}
	s.judgeClass(o.Class)
	if equation(o.Data) {
		s.note(NoteEquation)
	}
	for _, url := range monikers(o.Data) {
		s.link(url, "object", true)
	}
	if strings.EqualFold(o.Class, "Package") {
		if name, file, ok := parsePackage(o.Data, r.ansi); ok {
			if name != "" {
				o.Name = name
			}
			o.Data = file
		}
	}
	s.Objects = append(s.Objects, o)
	s.class, s.name = "", ""
}

func (s *scan) judgeClass(class string) {
	if strings.Contains(strings.ToLower(class), "equation") {
		s.note(NoteEquation)
	}
}

// nul ends a text.
var nul = []byte{0}

// oleObject is an OLE 1.0 object ([MS-OLEDS] §2.2).
type oleObject struct {
	class, topic string
	native       []byte // nil for a linked object
	short        bool   // fewer bytes than the header says
}

// Values of FormatID ([MS-OLEDS] §2.2.4).
const (
	oleNothing = 0
	oleLinked  = 1
)

// parseOLE reads an ObjectHeader and what belongs to it. The version is not
// looked at: Word does not either.
func parseOLE(b []byte) (o oleObject, ok bool) {
	if len(b) < 8 {
		return o, false
	}
	format := binary.LittleEndian.Uint32(b[4:])
	b = b[8:]
	if o.class, b, ok = ansiString(b); !ok || o.class == "" && format != oleLinked {
		return o, false
	}
	if format == oleNothing {
		return o, true
	}
	if o.topic, b, ok = ansiString(b); !ok {
		return o, o.class != ""
	}
	if _, b, ok = ansiString(b); !ok || format == oleLinked {
		return o, true
	}
	if len(b) < 4 {
		o.short = true
		return o, true
	}
	size := uint64(binary.LittleEndian.Uint32(b))
	o.native = b[4:]
	if size > uint64(len(o.native)) {
		o.short = true
	} else if size > 0 {
		o.native = o.native[:size]
	}
	return o, true
}

// ansiString reads a LengthPrefixedAnsiString ([MS-OLEDS] §2.1.4). Its
// characters are told as Latin letters or not at all: classes are ASCII.
func ansiString(b []byte) (s string, rest []byte, ok bool) {
	if len(b) < 4 {
		return "", nil, false
	}
	n := uint64(binary.LittleEndian.Uint32(b))
	b = b[4:]
	if n > uint64(len(b)) {
		return "", nil, false
	}
	v, _, _ := bytes.Cut(b[:n], nul)
	return strings.ToValidUTF8(string(v), "\uFFFD"), b[n:], true
}

// equationClass is the CLSID of Equation.3, {0002CE02-0000-0000-C000-000000000046}.
var equationClass = []byte("\x02\xce\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46")

// equationStream is the name of its stream.
var equationStream = utf16le("Equation Native")

// equation is true for a compound file of the equation editor. Both marks may
// stand anywhere: exploits damage the file's structure on purpose.
func equation(b []byte) bool {
	return bytes.HasPrefix(b, compoundMagic) && (bytes.Contains(b, equationClass) || bytes.Contains(b, equationStream))
}

// urlMoniker is the CLSID of a URL moniker ([MS-OSHARED] §2.3.7.6),
// {79EAC9E0-BAF9-11CE-8C82-00AA004BA90B}: its size in bytes and a
// null-terminated UTF-16 address follow.
var urlMoniker = []byte("\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b")

// maxMoniker is the longest address told.
const maxMoniker = 8 << 10

// monikers are the addresses that a linked object inside a compound file is
// fetched from when it is updated (CVE-2017-0199).
func monikers(b []byte) []string {
	var urls []string
	for {
		i := bytes.Index(b, urlMoniker)
		if i < 0 {
			return urls
		}
		b = b[i+len(urlMoniker):]
		if len(b) < 4 {
			return urls
		}
		n := min(uint64(binary.LittleEndian.Uint32(b)), uint64(len(b)-4), maxMoniker)
		if url := utf16String(b[4 : 4+n]); elsewhere(url) {
			urls = append(urls, url)
		}
	}
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// parsePackage takes the file out of a Package's native data, which is a type word 2, the label, the file's old path, two
// words, where the file is put (with its length before it), and the file; then
// sometimes the same three texts in UTF-16. cp is the code page of the texts.
func parsePackage(b []byte, cp int32) (name string, file []byte, ok bool) {
	if len(b) < 2 {
		return "", nil, false
	}
	label, rest, ok := bytes.Cut(b[2:], nul)
	if !ok {
		return "", nil, false
	}
	path, rest, ok := bytes.Cut(rest, nul)
	if !ok || len(rest) < 8 {
		return "", nil, false
	}
	put := uint64(binary.LittleEndian.Uint32(rest[4:]))
	rest = rest[8:]
	if put > uint64(len(rest)) {
		return "", nil, false
	}
	target, _, _ := bytes.Cut(rest[:put], nul)
	rest = rest[put:]
	if len(rest) < 4 {
		return "", nil, false
	}
	size := uint64(binary.LittleEndian.Uint32(rest))
	file, rest = rest[4:], nil
	if size <= uint64(len(file)) {
		file, rest = file[:size], file[size:]
	}
	name = packageNames(rest)
	for _, n := range [][]byte{label, path, target} {
		if name == "" && len(n) > 0 {
			name = baseName(string(appendDecoded(nil, n, cp)))
		}
	}
	return name, file, true
}

// packageNames is the label out of the texts in UTF-16, which are the target,
// the label and the path, each with the number of its units before it.
func packageNames(b []byte) string {
	_, b, _ = unicodeString(b)
	label, _, _ := unicodeString(b)
	return baseName(label)
}

func unicodeString(b []byte) (s string, rest []byte, ok bool) {
	if len(b) < 4 {
		return "", nil, false
	}
	n := uint64(binary.LittleEndian.Uint32(b)) * 2
	b = b[4:]
	if n > uint64(len(b)) {
		return "", nil, false
	}
	return utf16String(b[:n]), b[n:], true
}

// utf16String decodes little-endian UTF-16 up to a NUL or the end.
func utf16String(b []byte) string {
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		c := binary.LittleEndian.Uint16(b)
		if c == 0 {
			break
		}
		units = append(units, c)
	}
	return string(utf16.Decode(units))
}

// baseName is the file's name without folders. A Package's path is one of
// Windows.
func baseName(path string) string {
	return path[strings.LastIndexAny(path, `\/:`)+1:]
}
